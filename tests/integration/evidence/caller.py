"""A caller with plain HTTP and no client of ours, which takes part in the fake's clock: its waits are virtual."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

import httpx

from nemovideo_contract.profiles import find_profile
from nemovideo_harness.virtual_time import VirtualTimeTransport
from nemovideo_mock.clock import VirtualClock
from nemovideo_mock.server import RunningServer, running
from nemovideo_mock.settings import Settings
from tests.guards import HANG_S

Json = dict[str, Any]  # Any: what a server answers

PHOTO: Final = (Path(__file__).parents[3] / "scripts/photos/cat.jpg").read_bytes()
ATTRIBUTION: Final = {"X-Skill-Source": "test", "X-Skill-Version": "1.0.0", "X-Skill-Platform": "unknown"}
#: Work on an uploaded photo, and a clip from words alone.
REEL: Final = "Turn this photo into a 5-second vertical reel, title 'Kyoto'"
SCENE: Final = "Make a 5-second video of a sunrise over mountains"
#: Seconds.
DAY: Final = 24 * 60 * 60.0
WEEK: Final = 7 * DAY
RENDER: Final = "/api/render/proxy/lambda"
FINAL: Final = ("completed", "failed")
#: Virtual seconds without a byte after which a read is given up.
PATIENCE_S: Final = 3600.0


@contextmanager
def playing(profile: str = "seeds", **keys: object) -> Generator[RunningServer]:
    """A fake on a virtual clock that plays a named set, some of its keys chosen differently."""
    with running(Settings(quality="stub", clock="virtual", profile=find_profile(profile).replace(keys))) as server:
        yield server


class Caller:
    """Whoever has one token; without one given it gets an anonymous one for its client id."""

    def __init__(
        self,
        server: RunningServer,
        token: str | None = None,
        *,
        client_id: str = "test",
        attribution: Mapping[str, str] = ATTRIBUTION,
    ) -> None:
        clock = server.runtime().clock
        assert isinstance(clock, VirtualClock)
        self.clock = clock
        self.http = httpx.Client(
            base_url=server.url, transport=VirtualTimeTransport(clock), timeout=PATIENCE_S, headers=attribution
        )
        self.token = token or self.ask_token(client_id).json()["data"]["token"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    # --- calls --------------------------------------------------------------------------------------------------------

    def ask_token(self, client_id: str | None, address: str | None = None) -> httpx.Response:
        """Ask for an anonymous token, from another address where one is given."""
        headers = {} if client_id is None else {"X-Client-Id": client_id}
        if address is not None:
            headers["X-Forwarded-For"] = address
        return self.http.post("/api/auth/anonymous-token", headers=headers)

    def start(self, *, user: str = "me", **body: str) -> Json:
        """A new session's ids, with one photo in it."""
        data: Json = self.create(user=user, **body).json()["data"]
        self.upload(data["session_id"])
        return data

    def create(self, *, user: str = "me", **body: str) -> httpx.Response:
        """Create a session."""
        return self.http.post(f"/api/tasks/{user}/with-session/nemo_agent", json=body or {"task_name": "project"})

    def upload(self, session_id: str, name: str = "cat.jpg", content: bytes = PHOTO) -> httpx.Response:
        """Upload one file."""
        return self.http.post(f"/api/upload-video/nemo_agent/me/{session_id}", files=[("files", (name, content))])

    def upload_urls(self, session_id: str, *urls: str) -> httpx.Response:
        """Upload by URL."""
        body = {"urls": urls, "source_type": "url"}
        return self.http.post(f"/api/upload-video/nemo_agent/me/{session_id}", json=body)

    def state(self, session_id: str) -> Json:
        """All that the state endpoint answers."""
        answer: Json = self.http.get(f"/api/state/nemo_agent/me/{session_id}/latest").json()
        return answer

    def made(self, session_id: str) -> Json:
        """The session's `state`."""
        state: Json = self.state(session_id)["data"]["state"]
        return state

    def credits(self) -> tuple[int, int, int]:
        """What is available, frozen, and left in total."""
        data = self.http.get("/api/credits/balance/simple").json()["data"]
        return data["available"], data["frozen"], data["total"]

    def post(self, session_id: str, text: str, **headers: str) -> httpx.Response:
        """Send a message and read its whole answer."""
        return self.http.post("/run_sse", json=message(session_id, text), headers=headers)

    @contextmanager
    def stream(self, session_id: str, text: str) -> Generator[Iterator[Json]]:
        """Send a message and read its records one by one; leaving early hangs up."""
        with self.http.stream("POST", "/run_sse", json=message(session_id, text)) as answer:
            yield (json.loads(line[5:]) for line in answer.iter_lines() if line[5:].strip())

    def say(self, session_id: str, text: str) -> list[Json]:
        """Every record of a message's answer but the signs of life."""
        with self.stream(session_id, text) as records:
            return [record for record in records if record["type"] != "heartbeat"]

    def timed(self, session_id: str, text: str) -> float:
        """How many seconds a message's answer takes."""
        begun = self.clock.now()
        self.post(session_id, text)
        return self.clock.now() - begun

    def order(self, session_id: str, draft: object, render_id: str = "render_1", **more: object) -> httpx.Response:
        """Submit an export."""
        body = {"id": render_id, "sessionId": session_id, "draft": draft, **more}
        return self.http.post(RENDER, json=body)

    def ordered(self) -> str:
        """A session with a draft, its export submitted as render_1."""
        session_id: str = self.start()["session_id"]
        self.say(session_id, REEL)
        self.order(session_id, self.made(session_id)["draft"])
        return session_id

    def poll(self, render_id: str = "render_1") -> Json:
        """How far an export is, whatever the envelope."""
        answer: Json = self.http.get(f"{RENDER}/{render_id}").json()
        return answer

    def finish(self, render_id: str = "render_1") -> tuple[Json, float]:
        """Poll each second until an export ends: its last answer, and how many seconds went by."""
        begun = self.clock.now()
        while (answer := self.poll(render_id)).get("data", answer)["status"] not in FINAL:
            self.clock.sleep(1)
        return answer, self.clock.now() - begun

    def download(self, render_id: str = "render_1") -> httpx.Response:
        """Fetch an export by its id."""
        return self.http.get(f"/api/render/proxy/{render_id}/download")


def message(session_id: str, text: str) -> Json:
    """The body of a message."""
    return {"app_name": "nemo_agent", "session_id": session_id, "new_message": {"parts": [{"text": text}]}}


def words(records: list[Json]) -> str:
    """What was said."""
    return "".join(record["content"] for record in records if record["type"] == "text")


def kinds(records: list[Json]) -> list[str]:
    """The types of records, in their order."""
    return [record["type"] for record in records]


def fetch(url: str) -> httpx.Response:
    """Fetch a file as anybody may, without a token and without a part in the clock."""
    return httpx.get(url, trust_env=False, timeout=HANG_S)

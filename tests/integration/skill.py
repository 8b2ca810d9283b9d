"""A caller as the documents have one: plain HTTP and a clock of its own, told who it is by its environment alone.

It knows nothing of test tokens and faults; what it hears is kept as it came.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import httpx

from nemovideo_contract.wire import ENV_API_URL, ENV_TOKEN
from tests.guards import HANG_S

Json = dict[str, Any]  # Any: what a server answers

PHOTO: Final = (Path(__file__).parents[2] / "scripts/photos/cat.jpg").read_bytes()
ATTRIBUTION: Final = {"X-Skill-Source": "test", "X-Skill-Version": "1.0.0", "X-Skill-Platform": "unknown"}
#: Work on an uploaded photo, and a clip from words alone.
REEL: Final = "Turn this photo into a 5-second vertical reel, title 'Kyoto'"
SCENE: Final = "Make a 5-second video of a sunrise over mountains"
RENDER: Final = "/api/render/proxy/lambda"
SIGNS_OF_LIFE: Final = (b"data:", b'data: {"type":"heartbeat"}')


@dataclass(frozen=True, slots=True)
class Heard:
    """The answer to a message: its head, its bytes as far as they came, and what broke it off, if anything did."""

    status: int
    headers: httpx.Headers
    body: bytes
    error: httpx.TransportError | None = None

    @property
    def records(self) -> list[bytes]:
        """Its whole records, without the blank lines that end them; signs of life among them."""
        return self.body.split(b"\n\n")[:-1]

    @property
    def rest(self) -> bytes:
        """What follows the last whole record."""
        return self.body.split(b"\n\n")[-1]

    @property
    def said(self) -> list[bytes]:
        """Its whole records without the signs of life, in the forms that these have by default."""
        return [record for record in self.records if record not in SIGNS_OF_LIFE]

    @property
    def heartbeats(self) -> int:
        """How many signs of life came."""
        return len(self.records) - len(self.said)

    @property
    def events(self) -> list[Json]:
        """What the records say; signs of life left out."""
        return [json.loads(record.removeprefix(b"data:")) for record in self.said]

    @property
    def words(self) -> str:
        """What was said to the user."""
        return "".join(event["content"] for event in self.events if event["type"] == "text")


class Skill:
    """One caller; `environment` names the service and the token, `transport` makes its waits virtual."""

    def __init__(
        self, environment: Mapping[str, str], transport: httpx.BaseTransport | None = None, timeout: float = HANG_S
    ) -> None:
        headers = {"Authorization": f"Bearer {environment[ENV_TOKEN]}", **ATTRIBUTION}
        self.http = httpx.Client(
            base_url=environment[ENV_API_URL], headers=headers, timeout=timeout, trust_env=False, transport=transport
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    # --- calls ------------------------------------------------------------------------------------------------------

    def create(self) -> httpx.Response:
        """Create a session."""
        return self.http.post("/api/tasks/me/with-session/nemo_agent", json={"task_name": "project"})

    def upload(self, session_id: str, content: bytes = PHOTO) -> httpx.Response:
        """Upload one photo."""
        return self.http.post(f"/api/upload-video/nemo_agent/me/{session_id}", files=[("files", ("cat.jpg", content))])

    def begin(self) -> str:
        """A new session's id, with one photo in it."""
        session_id: str = self.create().json()["data"]["session_id"]
        assert self.upload(session_id).json()["code"] == 0
        return session_id

    def say(self, session_id: str, text: str = REEL) -> Heard:
        """Send a message and hear as much of its answer as comes."""
        body = b""
        status, headers = 0, httpx.Headers()
        try:
            with self.http.stream("POST", "/run_sse", json=message(session_id, text)) as answer:
                status, headers = answer.status_code, answer.headers
                for piece in answer.iter_raw():
                    body += piece
        except httpx.TransportError as error:
            return Heard(status, headers, body, error)
        return Heard(status, headers, body)

    def state(self, session_id: str) -> httpx.Response:
        """Ask for the session as it is."""
        return self.http.get(f"/api/state/nemo_agent/me/{session_id}/latest")

    def draft(self, session_id: str) -> Json:
        """The session's draft; empty where there is none."""
        draft: Json = self.state(session_id).json()["data"]["state"]["draft"]
        return draft

    def credits(self) -> httpx.Response:
        """Ask what is left."""
        return self.http.get("/api/credits/balance/simple")

    def balance(self) -> tuple[int, int]:
        """What is available, and what is frozen."""
        left = self.credits().json()["data"]
        return left["available"], left["frozen"]

    def submit(self, session_id: str, draft: Json, render_id: str = "render_1") -> httpx.Response:
        """Submit an export."""
        return self.http.post(RENDER, json={"id": render_id, "sessionId": session_id, "draft": draft})

    def export(self, session_id: str, render_id: str = "render_1") -> httpx.Response:
        """Submit an export of the session's draft."""
        return self.submit(session_id, self.draft(session_id), render_id)

    def poll(self, render_id: str = "render_1") -> httpx.Response:
        """Ask how far an export is."""
        return self.http.get(f"{RENDER}/{render_id}")

    def finish(self, render_id: str = "render_1", polls: int = 30) -> Json:
        """Poll until an export ends, or so many times: the last answer."""
        answer: Json = {}
        for _ in range(polls):
            answer = self.poll(render_id).json()
            if answer.get("data", answer)["status"] in {"completed", "failed"}:
                break
        return answer

    def download(self, render_id: str = "render_1") -> httpx.Response:
        """Fetch an export by its id."""
        return self.http.get(f"/api/render/proxy/{render_id}/download")

    def make(self) -> tuple[str, Heard]:
        """A session with a photo, worked on: its id and the answer."""
        session_id = self.begin()
        return session_id, self.say(session_id)


def message(session_id: str, text: str) -> Json:
    """The body of a message."""
    return {"app_name": "nemo_agent", "session_id": session_id, "new_message": {"parts": [{"text": text}]}}

"""A whole conversation over plain HTTP, each answer of which is held against the specification.

It is the same for every profile: a token, a project, uploads, messages alone and at once, exports, and everything that
can be refused. What must be seen in a profile is asserted here; what an answer looks like is for the specification to
say.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx

from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import TEST_TOKEN_PREFIX
from nemovideo_mock.server import RunningServer, running
from nemovideo_mock.settings import Settings
from tests.guards import HANG_S
from tests.integration.conformity import Conformity, Seen

Json = dict[str, Any]  # Any: what a server answers

PHOTO: Final = (Path(__file__).parents[2] / "scripts/photos/cat.jpg").read_bytes()
ATTRIBUTION: Final = {"X-Skill-Source": "test", "X-Skill-Version": "1.0.0", "X-Skill-Platform": "unknown"}
#: Often enough a sign of life that every turn has some.
SETTINGS: Final = Settings(quality="stub", clock="virtual", heartbeat=2.0)
RENDER: Final = "/api/render/proxy/lambda"
REEL: Final = "Turn this photo into a 5-second vertical reel, title 'Kyoto'"
SCENE: Final = "Make a 5-second video of a sunrise over mountains"
#: More state reads than two turns of any kind can take, a minute passing with each.
READS: Final = 12
POLLS: Final = 10


@contextmanager
def conversing(profile: Profile, settings: Settings = SETTINGS) -> Generator[Conversation]:
    """A fake that plays a profile, and a conversation with it."""
    with (
        running(replace(settings, profile=profile)) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http,
    ):
        yield Conversation(server, http, profile)


class Conversation:
    """One caller's calls, every answer checked."""

    def __init__(self, server: RunningServer, http: httpx.Client, profile: Profile) -> None:
        self.server = server
        self.http = http
        self.profile = profile
        self.conformity = Conformity(profile)

    @property
    def seen(self) -> set[Seen]:
        """What was answered so far."""
        return self.conformity.seen

    @property
    def codes(self) -> set[int | None]:
        """The codes of the answers so far, in bodies and in streams."""
        return {code for _, _, code in self.seen}

    # --- calls --------------------------------------------------------------------------------------------------------

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Read something."""
        return self.conformity.check(self.http.get(path, headers=headers))

    def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Send a JSON body, or none."""
        return self.conformity.check(self.http.post(path, json=body, headers=headers))

    def upload(self, session_id: str, name: str, content: bytes) -> httpx.Response:
        """Upload one file."""
        path = f"/api/upload-video/nemo_agent/me/{session_id}"
        return self.conformity.check(self.http.post(path, files={"files": (name, content)}))

    def asked(self, session_id: str, text: str, **fields: object) -> httpx.Request:
        """A message that is not sent yet."""
        parts = {"parts": [{"text": text}]}
        body = {"app_name": "nemo_agent", "user_id": "me", "session_id": session_id, "new_message": parts, **fields}
        return self.http.build_request("POST", "/run_sse", json=body)

    def say(self, session_id: str, text: str, **fields: object) -> httpx.Response:
        """Send a message and listen to the end."""
        return self.conformity.check(self.http.send(self.asked(session_id, text, **fields)))

    def act_as(self, token: str) -> None:
        """Go on with another token."""
        self.http.headers.update({**ATTRIBUTION, "Authorization": f"Bearer {token}"})

    def start(self) -> Json:
        """A new session's ids, with a photo in it."""
        ids: Json = self.post("/api/tasks/me/with-session/nemo_agent", {"task_name": "project"}).json()["data"]
        assert self.upload(ids["session_id"], "cat.jpg", PHOTO).json()["code"] == 0
        return ids

    def state(self, session_id: str) -> Json:
        """What a session holds."""
        data: Json = self.get(f"/api/state/nemo_agent/me/{session_id}/latest").json()["data"]
        state: Json = data["state"]
        return state

    def balance(self) -> Json:
        """What is left, whose parts make the whole."""
        data: Json = self.get("/api/credits/balance/simple").json()["data"]
        assert data["total"] == data["available"] + data["frozen"]
        return data

    def settled(self, session_id: str) -> Json:
        """The draft when no turn runs any more, empty where there is none; asking again lets time pass."""
        states = [self.state(session_id) for _ in range(READS)]
        assert self.balance()["frozen"] == 0
        draft: Json | None = states[-1].get("draft")
        return draft or {}

    def render_of(self, answer: httpx.Response) -> tuple[str, str | None]:
        """The status and the URL of a render, in either shape."""
        body: Json = answer.json()
        if self.profile.render == "wrapped":
            return body["data"]["status"], body["data"].get("outputUrl")
        return body["status"], body.get("output", {}).get("url")

    # --- the parts of the conversation --------------------------------------------------------------------------------

    def play(self) -> None:
        """All of it, and that all of it was seen."""
        ids = self.arrive()
        draft = self.edit(ids["session_id"])
        self.export(ids["session_id"], draft)
        self.err(ids["session_id"])
        self.work_from_words()
        self.fail()
        expected = {0, 400, 402, 403, 404, 1001, 1002, 4001}
        if self.profile.turn_errors != "in_stream" or self.profile.events != "adk-1":
            expected.add(2001)  # that family's failures have no code
        expected |= {429} if self.profile.token_limit != "none" else set()
        expected |= {409} if self.profile.busy == "refuse" else set()
        expected |= {4002} if self.profile.size_limit_mb == 1 else set()
        missing = expected - self.codes
        assert not missing, f"never answered: {missing}"
        assert (self.conformity.heartbeats > 0) == (self.profile.heartbeat != "none")

    def arrive(self) -> Json:
        """A token, its limits, and a project."""
        nameless = self.post("/api/auth/anonymous-token").status_code
        assert nameless == (400 if self.profile.client_id == "required" else 200)
        assert self.get("/api/credits/balance/simple").json()["code"] == 1001
        token = self.post("/api/auth/anonymous-token", **{"X-Client-Id": "x"}).json()["data"]["token"]
        if self.profile.token_limit != "none":
            more = (self.post("/api/auth/anonymous-token", **{"X-Client-Id": "x"}).status_code for _ in range(10))
            assert 429 in more
        self.act_as(token)
        assert self.balance() == {"available": 100, "frozen": 0, "total": 100}
        unattributed = self.get("/api/credits/balance/simple", **{"X-Skill-Source": ""}).json()["code"]
        assert unattributed == (1001 if self.profile.attribution == "everywhere" else 0)
        ids = self.start()
        self.post("/api/auth/claim-token", {"task_id": ids["task_id"], "session_id": ids["session_id"]})
        empty: dict[str, list[object]] = {"object": [{}], "null": [None], "absent": []}
        drafts = [value for key, value in self.state(ids["session_id"]).items() if key == "draft"]
        assert drafts == empty[self.profile.empty_draft]
        assert self.upload(ids["session_id"], "cat.txt", b"x").json()["code"] == 4001
        if self.profile.size_limit_mb == 1:
            assert self.upload(ids["session_id"], "cat.jpg", PHOTO + bytes(1_000_000)).json()["code"] == 4002
        return ids

    def edit(self, session_id: str) -> Json:
        """A message, and another one while it is worked on."""
        clock = self.server.runtime().clock
        release = clock.hold(clock.now())  # or the first turn may end before the second message arrives
        first = self.http.send(self.asked(session_id, REEL), stream=True)
        second = self.http.send(self.asked(session_id, "add a calm piano as music", streaming=True), stream=True)
        release()
        assert self.conformity.check(first).headers["content-type"].startswith("text/event-stream")
        self.conformity.check(second)
        assert (409 in self.codes) == (self.profile.busy == "refuse")
        draft = self.settled(session_id)
        assert draft, "the first message made nothing"
        assert 0 <= self.balance()["total"] < 100
        return draft

    def export(self, session_id: str, draft: Json) -> None:
        """A render to its end, one that is given up, and what is refused."""
        order = {"id": "render_1", "sessionId": session_id, "draft": draft, "output": {"format": "mp4"}}
        before = self.balance()
        assert self.render_of(self.post(RENDER, order)) == ("pending", None)
        again = self.post(RENDER, order).status_code
        assert again == (200 if self.profile.duplicate_render == "existing" else 400)
        assert self.get("/api/render/proxy/render_1/download").status_code == 404
        self.post(RENDER, {**order, "id": "render_2"})
        assert self.render_of(self.post(f"{RENDER}/render_2/cancel")) == ("failed", None)
        assert self.post(f"{RENDER}/render_2/cancel").status_code == 400
        polls = [self.get(f"{RENDER}/render_1") for _ in range(POLLS)]
        status, url = self.render_of(polls[-1])
        assert status == "completed", polls[-1].text
        assert url is not None
        file = self.get("/api/render/proxy/render_1/download")
        assert file.content[4:8] == b"ftyp"
        assert httpx.get(url, trust_env=False, timeout=HANG_S).content == file.content
        assert self.get(f"{RENDER}/unknown").status_code == 404
        rule = self.profile.attribution
        spared = rule == "none" or (rule == "exhausted" and before["available"] > 0)
        unattributed = self.post(RENDER, {**order, "id": "render_4"}, **{"X-Skill-Source": ""}).status_code
        assert unattributed == (200 if spared else 402)
        assert self.post(RENDER, {**order, "id": "render_3", "sessionId": "1"}).json()["code"] == 1002
        assert self.balance() == before

    def err(self, session_id: str) -> None:
        """Messages that are no messages, sessions that are none, a file that is nowhere."""
        by_url = {"urls": ["https://example.com/a.mp3"], "source_type": "url"}
        assert self.post(f"/api/upload-video/nemo_agent/me/{session_id}", by_url).json()["code"] == 0
        own = self.profile.turn_errors != "adk"
        assert self.say("1", "hello").status_code == (200 if own and not self._is_http_json() else 404)
        assert self.get("/api/state/nemo_agent/me/1/latest").json()["code"] == 1002
        assert self.get(f"/api/state/nemo_agent/somebody/{session_id}/latest").json()["code"] == 1002
        agent = self.say(session_id, "hello", app_name="another")
        crashed = self.profile.turn_errors == "adk" and self.profile.events == "adk-1"
        assert agent.status_code == (200 if self.profile.turn_errors == "in_stream" else 500 if crashed else 404)
        assert self.say(session_id, "hello", new_message="hello").status_code == (400 if own else 422)
        assert self.post("/run_sse", {}).status_code == (400 if own else 422)
        assert self.post("/run_sse").status_code == (400 if own else 422)

    def _is_http_json(self) -> bool:
        return self.profile.turn_errors == "json" and self.profile.errors == "http"

    def work_from_words(self) -> None:
        """A clip from words, by an account that can pay for it."""
        self.act_as(TEST_TOKEN_PREFIX + "funded")
        session_id = self.start()["session_id"]
        self.say(session_id, SCENE, streaming=True)
        assert self.settled(session_id)
        before = self.balance()
        assert before["total"] < 25_000
        self.say(session_id, "How do I export this?")
        assert self.balance() == before, "talk is free"

    def fail(self) -> None:
        """Accounts that can't: without credits, running out of them, without the scope, with an expired token."""
        self.act_as(TEST_TOKEN_PREFIX + "no_credits")
        broke = self.say(self.start()["session_id"], REEL)
        in_stream = broke.headers["content-type"].startswith("text/event-stream")
        assert in_stream == (self.profile.turn_errors == "in_stream")
        assert not in_stream or '"error"' in broke.text
        # No draft: what an account without credits and attribution may not do, it may not even try.
        spared = self.profile.attribution == "none"
        assert self.post(RENDER, {}, **{"X-Skill-Version": ""}).status_code == (400 if spared else 402)
        self.act_as(TEST_TOKEN_PREFIX + "plan_blocked")
        assert self.post(RENDER, {}).status_code == 402
        self.act_as(TEST_TOKEN_PREFIX + "runs_out")
        failures = self.conformity.failures
        session_id = self.start()["session_id"]
        self.say(session_id, REEL)
        if self.profile.stream_limit != 7:
            assert self.conformity.failures > failures, "the credits ran out without a word"
        self.settled(session_id)
        self.act_as(TEST_TOKEN_PREFIX + "turn_fails")
        session_id = self.start()["session_id"]
        before = self.balance()
        self.say(session_id, REEL)
        self.settled(session_id)
        assert self.balance() == before, "a turn that fails costs nothing"
        self.act_as(TEST_TOKEN_PREFIX + "read_only")
        self.balance()
        self.post("/api/tasks/me/with-session/nemo_agent", {"task_name": "project"})
        self.act_as(TEST_TOKEN_PREFIX + "expired")
        assert self.get("/api/credits/balance/simple").json()["code"] == 1001

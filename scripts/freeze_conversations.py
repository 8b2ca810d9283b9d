"""Conversations with the fake that are the same each time: what callers send, for journals to tell of."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import httpx
from freeze_ours import PHOTOS

from nemovideo_client import Client, NemoError

#: What a caller sends by itself: a form whose parts are divided by the same line each time.
FORM: Final = {"Content-Type": "multipart/form-data; boundary=00000000000000000000000000000000"}
SKILL: Final = {"X-Skill-Source": "freeze", "X-Skill-Version": "1.0.0", "X-Skill-Platform": "unknown"}
RENDER: Final = "/api/render/proxy/lambda"

Conversation = Callable[[Client, httpx.Client, Path], None]


def careful(nemo: Client, http: httpx.Client, folder: Path) -> None:
    """The client's own way from photos to a file, in English and Chinese, edits and talk between."""
    del http
    session = nemo.session("trip", language="en")
    nemo.upload(session, *PHOTOS[:3])
    for message in (
        "Turn these photos into a 6-second vertical reel, title 'Kyoto'",
        "Change the title to 'Osaka'",
        "add a calm piano as music",
        "make the music quieter",
        "把标题改成“京都”",
        "remove the second photo",
        "How do I export this?",
        "Make it a square video of 8 seconds",
        "Add a dragon that sings",
    ):
        nemo.say(session, message).read()
        nemo.state(session)
    nemo.credits()
    nemo.export(session, folder / "reel.mp4")


def unlucky(nemo: Client, http: httpx.Client, folder: Path) -> None:
    """The same by the vendor's numbers, with a fault of each kind that a client gets over."""
    http.put("/_mock/profile", json={"name": "reference-4.4"}).raise_for_status()
    for fault in (
        {"name": "down", "kind": "status", "on": "credits", "status": 503, "first": 2},
        {"name": "break", "kind": "cut", "records": 2, "mid_record": True, "how": "abort", "first": 1},
        {"name": "spoilt", "kind": "render_fails", "error": "out of memory", "first": 1},
        {"name": "slow", "kind": "latency", "delay": 20, "jitter": 5, "every": 3},
    ):
        http.post("/_mock/faults", json=fault).raise_for_status()
    nemo.credits()
    session = nemo.session()
    nemo.upload(session, PHOTOS[0])
    for message in ("a 5-second clip of this photo, slow zoom in", "Change the title to 'Kyoto'", "make it 7 seconds"):
        with suppress(NemoError):
            nemo.say(session, message).read()
    nemo.export(session, folder / "unlucky.mp4")
    http.post("/_mock/clock/advance", json={"seconds": 604_800}).raise_for_status()
    with suppress(NemoError):
        nemo.credits()


def kit(nemo: Client, http: httpx.Client, folder: Path) -> None:
    """A conversation in the dialect of Google's agent server."""
    http.put("/_mock/profile", json={"name": "adk"}).raise_for_status()
    session = nemo.session()
    nemo.upload(session, *PHOTOS[1:3])
    for message in (
        "a 4-second reel",
        "Make a 5-second video of a sunrise over mountains",
        "Change the title to 'Uji'",
    ):
        nemo.say(session, message).read()
    nemo.export(session, folder / "kit.mp4")


def careless(nemo: Client, http: httpx.Client, folder: Path) -> None:
    """A caller that means well and breaks as many rules as it can."""
    del nemo, folder
    http.headers["User-Agent"] = "careless/1.0"
    http.post("/api/auth/anonymous-token")
    for client_id in ("me", "x" * 70, "me"):
        http.post("/api/auth/anonymous-token", headers={"X-Client-Id": client_id})
    http.get("/api/credits/balance/simple")
    token = http.post("/api/auth/anonymous-token", headers={"X-Client-Id": "another"}).json()["data"]["token"]
    http.headers["Authorization"] = f"Bearer {token}"
    http.get("/api/credits/balance/simple", params={"token": token})
    http.get("/workspace/projects")
    http.post("/api/tasks/me/with-session/nemo_agent", json={"name": "x", "language": "English"})
    created = http.post("/api/tasks/me/with-session/nemo_agent", json={"task_name": "project"})
    session = created.json()["data"]["session_id"]
    for name in ("cat.txt", "cat.txt", "cat.jpg"):
        http.post(
            f"/api/upload-video/nemo_agent/me/{session}",
            files={"files": (name, PHOTOS[0].read_bytes(), "image/jpeg")},
            headers=FORM,
        )
    http.post("/_mock/faults", json={"name": "a", "kind": "cut", "records": 1, "how": "abort", "first": 1})
    for text in (
        "a 5-second reel",
        "a 5-second reel",
        "click the Export button",
        "export",
        f"my token is {token}",
        "Change the title to 'Kyoto'",
        "make the music quieter",
    ):
        with suppress(httpx.HTTPError):
            http.post("/run_sse", json=_message(session, text))
    http.post("/run_sse", json={"appName": "nemo_agent", "sessionId": session, "message": "hello"})
    http.post("/run_sse", json=_message("1", "hello"), headers={**SKILL, "Accept": "text/event-stream"})
    http.post("/run_sse", json=_message("1", "hello"), headers=SKILL)
    http.post(RENDER, json={"id": "r", "session_id": session, "draft": {}})
    draft = http.get(f"/api/state/nemo_agent/me/{session}/latest").json()["data"]["state"].get("draft")
    order = {"id": "r", "sessionId": session, "draft": draft}
    http.post(RENDER, json=order)
    http.post(RENDER, json=order, headers=SKILL)
    http.post(RENDER, json={**order, "id": "s"}, headers=SKILL)
    http.post(RENDER, content=b"{", headers={**SKILL, "Content-Type": "text/plain"})
    for _ in range(6):
        http.get(f"{RENDER}/r", headers=SKILL)
    http.get("/api/render/proxy/r/download", headers=SKILL)
    http.get(f"{RENDER}/unknown")
    for test_token in ("no_credits", "plan_blocked", "expired", "rate_limited"):
        http.headers["Authorization"] = f"Bearer nmv_usr_test_{test_token}"
        for _ in range(3):
            http.get("/api/credits/balance/simple", headers=SKILL)
            with suppress(httpx.HTTPError):
                http.post("/run_sse", json=_message(session, "a 5-second reel"), headers=SKILL)
            http.post(RENDER, json=order, headers=SKILL)


def _message(session: str, text: str) -> dict[str, object]:
    return {
        "app_name": "nemo_agent",
        "user_id": "me",
        "session_id": session,
        "new_message": {"parts": [{"text": text}]},
    }


CONVERSATIONS: Final[tuple[Conversation, ...]] = (careful, unlucky, kit, careless)

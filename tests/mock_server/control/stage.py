"""A fake with a caller, and the calls that the tests of the control API share."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from nemovideo_mock.agent.turn_planner import AgentSettings
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from tests.guards import HANG_S

PHOTO = (Path(__file__).parents[3] / "scripts/photos/cat.jpg").read_bytes()
PROMPT = "Turn this photo into a 5-second vertical reel, title 'Kyoto'"
ATTRIBUTION = {"X-Skill-Source": "test", "X-Skill-Version": "1.0.0", "X-Skill-Platform": "unknown"}
STUB = Settings(quality="stub", clock="virtual", agent_settings=AgentSettings(silent=0.0))


@contextmanager
def fake(settings: Settings = STUB) -> Generator[httpx.Client]:
    """A caller of a separate fake that is not a participant of the clock."""
    with running(settings) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
        yield http


def register(http: httpx.Client, client_id: str = "test", world: str = "") -> dict[str, str]:
    """Return the headers of a new anonymous account."""
    answer = http.post(f"{world}/api/auth/anonymous-token", headers={"X-Client-Id": client_id}).json()
    return ATTRIBUTION | {"Authorization": f"Bearer {answer['data']['token']}"}


def start(http: httpx.Client, headers: dict[str, str], world: str = "") -> str:
    """Create a session."""
    answer = http.post(f"{world}/api/tasks/me/with-session/nemo_agent", json={}, headers=headers).json()
    session_id: str = answer["data"]["session_id"]
    return session_id


def upload(http: httpx.Client, headers: dict[str, str], session_id: str) -> None:
    path = f"/api/upload-video/nemo_agent/me/{session_id}"
    assert http.post(path, files=[("files", ("cat.jpg", PHOTO))], headers=headers).json()["code"] == 0


def message(session_id: str, text: str = PROMPT) -> dict[str, object]:
    return {
        "app_name": "nemo_agent",
        "user_id": "me",
        "session_id": session_id,
        "new_message": {"parts": [{"text": text}]},
    }


def say(http: httpx.Client, headers: dict[str, str], session_id: str, text: str = PROMPT, world: str = "") -> bytes:
    """Send a message and return its whole stream."""
    return http.post(f"{world}/run_sse", json=message(session_id, text), headers=headers).content


def say_and_leave(http: httpx.Client, headers: dict[str, str], session_id: str, text: str = PROMPT) -> None:
    """Send a message and close before any virtual time has passed: the turn has only begun, or waits."""
    http.post("/_mock/clock/mode", json={"mode": "real"})
    with http.stream("POST", "/run_sse", json=message(session_id, text), headers=headers) as answer:
        assert answer.status_code == 200
    http.post("/_mock/clock/mode", json={"mode": "virtual"})


def advance(http: httpx.Client, seconds: float, world: str = "") -> None:
    assert http.post(f"{world}/_mock/clock/advance", json={"seconds": seconds}).status_code == 200


def state(http: httpx.Client, headers: dict[str, str], session_id: str, world: str = "") -> dict[str, Any]:
    answer = http.get(f"{world}/api/state/nemo_agent/me/{session_id}/latest", headers=headers).json()
    data: dict[str, Any] = answer["data"]
    return data


def export(http: httpx.Client, headers: dict[str, str], session_id: str, render_id: str = "render_1") -> dict[str, Any]:
    """Submit an export of the session's draft."""
    draft = state(http, headers, session_id)["state"]["draft"]
    order = {"id": render_id, "sessionId": session_id, "draft": draft, "output": {"format": "mp4", "quality": "high"}}
    answer: dict[str, Any] = http.post("/api/render/proxy/lambda", json=order, headers=headers).json()
    return answer


def poll(http: httpx.Client, headers: dict[str, str], render_id: str = "render_1", world: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = http.get(f"{world}/api/render/proxy/lambda/{render_id}", headers=headers).json()
    return answer


def error(answer: httpx.Response, status: int) -> str:
    """Check that a response is an error of this status, and return its sentence."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert list(body) == ["error"]
    sentence: str = body["error"]
    assert sentence.endswith((".", "?"))
    return sentence

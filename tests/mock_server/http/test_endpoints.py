"""Every endpoint over a real socket, as a caller with plain HTTP sees it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import socket
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from starlette.types import Message

from nemovideo_contract.profiles import PROFILES
from nemovideo_mock.agent.turn_planner import AgentSettings
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.http.responses import StoredFileResponse
from nemovideo_mock.server import RunningServer, bind, running
from nemovideo_mock.settings import Settings
from tests.guards import HANG_S

ROOT = Path(__file__).parents[3]
PHOTO = (ROOT / "scripts/photos/cat.jpg").read_bytes()
PROMPT = "Turn this photo into a 5-second vertical reel, title 'Kyoto'"
ATTRIBUTION = {"X-Skill-Source": "test", "X-Skill-Version": "1.0.0", "X-Skill-Platform": "unknown"}


@pytest.fixture
def server() -> Iterator[RunningServer]:
    with running(Settings(quality="stub", clock="virtual", agent_settings=AgentSettings(silent=0.0))) as server:
        yield server


@pytest.fixture
def http(server: RunningServer) -> Iterator[httpx.Client]:
    with caller_of(server) as http:
        yield http


@contextlib.contextmanager
def caller_of(server: RunningServer) -> Generator[httpx.Client]:
    """A caller with a token and the attribution headers that is not a participant of the clock."""
    with httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
        answer = http.post("/api/auth/anonymous-token", headers={"X-Client-Id": "test"}).json()
        http.headers.update(ATTRIBUTION | {"Authorization": f"Bearer {answer['data']['token']}"})
        yield http


def start(http: httpx.Client, user: str = "me") -> dict[str, str]:
    answer = http.post(f"/api/tasks/{user}/with-session/nemo_agent", json={"task_name": "project", "language": "en"})
    data: dict[str, str] = answer.json()["data"]
    return data


def upload(http: httpx.Client, session_id: str, name: str = "cat.jpg", content: bytes = PHOTO) -> httpx.Response:
    return http.post(f"/api/upload-video/nemo_agent/me/{session_id}", files=[("files", (name, content))])


def message(session_id: str, text: str = PROMPT) -> dict[str, object]:
    return {
        "app_name": "nemo_agent",
        "user_id": "me",
        "session_id": session_id,
        "new_message": {"parts": [{"text": text}]},
    }


def say(http: httpx.Client, session_id: str, text: str = PROMPT) -> list[Any]:
    answer = http.post("/run_sse", json=message(session_id, text), headers={"Accept": "text/event-stream"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in answer.text.split("\n") if line]
    assert all(line.startswith("data:") for line in lines)
    return [json.loads(line[5:]) for line in lines if line[5:].strip()]


def ready(http: httpx.Client) -> tuple[str, dict[str, Any]]:
    """A session with a draft."""
    session_id = start(http)["session_id"]
    upload(http, session_id)
    say(http, session_id)
    state = http.get(f"/api/state/nemo_agent/me/{session_id}/latest").json()["data"]["state"]
    return session_id, state["draft"]


def order(session_id: str, draft: object, render_id: str = "render_1") -> dict[str, object]:
    output = {"format": "mp4", "quality": "high"}
    return {"id": render_id, "sessionId": session_id, "draft": draft, "output": output}


def finish(http: httpx.Client, render_id: str = "render_1") -> dict[str, Any]:
    """Poll as often as the documents allow; a second request passes the waiting time."""
    answer: dict[str, Any] = {}
    for _ in range(10):
        answer = http.get(f"/api/render/proxy/lambda/{render_id}").json()
        if answer["status"] in {"completed", "failed"}:
            return answer
    pytest.fail(f"still {answer['status']} after ten polls")


def test_a_token_comes_with_its_account(server: RunningServer) -> None:
    answer = httpx.post(
        f"{server.url}/api/auth/anonymous-token", headers={"X-Client-Id": "x"}, trust_env=False, timeout=HANG_S
    )
    body = answer.json()
    assert (answer.status_code, body["code"], body["message"]) == (200, 0, "success")
    assert body["data"]["credits"] == 100
    assert body["data"]["expires_at"] == "2026-01-12T09:00:00Z"
    assert re.fullmatch(r"nmv_usr_[A-Za-z0-9_-]{43}", body["data"]["token"])


def test_a_token_without_a_client_id_is_a_bad_request(server: RunningServer) -> None:
    answer = httpx.post(f"{server.url}/api/auth/anonymous-token", trust_env=False, timeout=HANG_S)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)


def test_the_seed_is_echoed(http: httpx.Client) -> None:
    assert http.get("/api/credits/balance/simple").headers["x-nemo-mock-seed"] == "0"


def test_every_answer_of_a_world_has_the_time_of_the_worlds_clock_as_its_date(
    server: RunningServer, http: httpx.Client
) -> None:
    assert http.get("/api/credits/balance/simple").headers["date"] == "Mon, 05 Jan 2026 09:00:00 GMT"
    http.post("/_mock/clock/advance", json={"seconds": 55 * 86400 + 61.5})
    for path in ("/api/credits/balance/simple", "/api/state/nemo_agent/me/1/latest", "/nowhere"):
        assert http.get(path).headers["date"] == "Sun, 01 Mar 2026 09:01:01 GMT"
    late = 10.0**12
    server.runtime().clock.put(late)
    assert http.get("/nowhere").headers["date"] == "Fri, 31 Dec 9999 23:59:59 GMT"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/auth/claim-token"),
        ("POST", "/api/tasks/me/with-session/nemo_agent"),
        ("POST", "/run_sse"),
        ("POST", "/api/upload-video/nemo_agent/me/1"),
        ("GET", "/api/state/nemo_agent/me/1/latest"),
        ("GET", "/api/credits/balance/simple"),
        ("POST", "/api/render/proxy/lambda"),
        ("GET", "/api/render/proxy/lambda/r"),
        ("POST", "/api/render/proxy/lambda/r/cancel"),
        ("GET", "/api/render/proxy/r/download"),
    ],
)
@pytest.mark.parametrize("authorization", [None, "Bearer nmv_usr_wrong", "Basic abc", "Bearer"])
def test_every_call_but_the_tokens_wants_a_valid_one(
    server: RunningServer, method: str, path: str, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = httpx.request(method, server.url + path, headers=headers, trust_env=False, timeout=HANG_S)
    assert (answer.status_code, answer.json()["code"]) == (200, 1001)


def test_me_and_the_real_user_id_are_both_accepted(http: httpx.Client) -> None:
    user = start(http)["user_id"]
    assert user.startswith("anon_")
    assert start(http, user)["user_id"] == user
    answer = http.post("/api/tasks/anon_somebody/with-session/nemo_agent", json={})
    assert answer.json()["code"] == 1002


def test_a_session_needs_neither_language_nor_name(http: httpx.Client) -> None:
    answer = http.post("/api/tasks/me/with-session/nemo_agent", json={})
    assert set(answer.json()["data"]) == {"task_id", "session_id", "user_id"}


@pytest.mark.parametrize("field", ["task_name", "language"])
def test_a_name_or_language_of_a_session_has_1000_characters_at_most(http: httpx.Client, field: str) -> None:
    path = "/api/tasks/me/with-session/nemo_agent"

    assert http.post(path, json={field: "é" * 1000}).json()["code"] == 0
    refused = http.post(path, json={field: "é" * 1001})

    assert (refused.status_code, refused.json()["code"]) == (400, 400)
    assert f"The field {field} is longer than 1000 characters." in refused.text


def test_before_anything_is_made_the_draft_is_empty(http: httpx.Client) -> None:
    session = start(http)
    data = http.get(f"/api/state/nemo_agent/me/{session['session_id']}/latest").json()["data"]
    assert data["task_name"] == "project"
    assert data["user_id"] == session["user_id"]
    assert data["state"] == {
        "video_infos": [],
        "draft": {},
        "canvas_config": {},
        "video_analyses": {},
        "generated_media": [],
    }


def test_an_upload_is_measured_and_can_be_fetched_again(http: httpx.Client) -> None:
    session_id = start(http)["session_id"]
    data = upload(http, session_id).json()["data"]
    (file,) = data["files"]
    assert data["session_state_applied"] is True
    assert (file["filename"], file["file_type"], file["width"], file["height"]) == ("cat.jpg", "image", 451, 300)
    assert set(file) == {"filename", "file_type", "cdn_url", "duration", "width", "height", "fps", "hash"}
    fetched = httpx.get(file["cdn_url"], trust_env=False, timeout=HANG_S)
    assert (fetched.content, fetched.headers["content-type"]) == (PHOTO, "image/jpeg")
    state = http.get(f"/api/state/nemo_agent/me/{session_id}/latest").json()["data"]["state"]
    assert state["video_infos"] == [file]


def test_several_files_come_in_one_request_and_keep_their_order(http: httpx.Client) -> None:
    session_id = start(http)["session_id"]
    names = ["rocket.jpg", "astronaut.jpg", "coffee.jpg"]
    parts = [("files", (name, (ROOT / "scripts/photos" / name).read_bytes())) for name in names]
    answer = http.post(f"/api/upload-video/nemo_agent/me/{session_id}", files=parts).json()
    assert [file["filename"] for file in answer["data"]["files"]] == names


def test_an_upload_by_url_is_answered_from_its_name(http: httpx.Client) -> None:
    session_id = start(http)["session_id"]
    url = "https://example.com/a/harbour.mp4?x=1"
    body = {"urls": [url], "source_type": "url"}
    (file,) = http.post(f"/api/upload-video/nemo_agent/me/{session_id}", json=body).json()["data"]["files"]
    assert (file["filename"], file["file_type"], file["cdn_url"]) == ("harbour.mp4", "video", url)
    assert (file["duration"], file["width"]) == (None, None)


@pytest.mark.parametrize(
    ("name", "content"),
    [("notes.txt", b"hello"), ("cat.jpg", b"not a picture"), ("noending", PHOTO), ("cat.mp4", PHOTO)],
)
def test_a_file_of_another_kind_is_4001_and_leaves_no_trace(http: httpx.Client, name: str, content: bytes) -> None:
    session_id = start(http)["session_id"]
    parts = [("files", ("cat.jpg", PHOTO)), ("files", (name, content))]
    answer = http.post(f"/api/upload-video/nemo_agent/me/{session_id}", files=parts).json()
    assert answer["code"] == 4001
    state = http.get(f"/api/state/nemo_agent/me/{session_id}/latest").json()["data"]["state"]
    assert state["video_infos"] == []


def test_a_file_over_the_limit_is_4002() -> None:
    with (
        running(Settings(quality="stub", clock="virtual", size_limit=1000)) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http,
    ):
        token = http.post("/api/auth/anonymous-token", headers={"X-Client-Id": "x"}).json()["data"]["token"]
        http.headers.update({"Authorization": f"Bearer {token}"})
        assert upload(http, start(http)["session_id"]).json()["code"] == 4002
        assert list((server.runtime().storage.root / "incoming").iterdir()) == []


@pytest.mark.parametrize("name", ["../../etc/cat.jpg", "..\\..\\cat.jpg", "/abs/cat.jpg", "a/b/../cat.jpg"])
def test_a_path_in_a_file_name_is_only_a_name(http: httpx.Client, name: str) -> None:
    session_id = start(http)["session_id"]
    (file,) = upload(http, session_id, name).json()["data"]["files"]
    assert file["filename"] == "cat.jpg"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"[" * 100_000,
        b'{"app_name":"nemo_agent"}',
        b'{"app_name":5,"session_id":"1","new_message":{"parts":[{"text":"x"}]}}',
        b'{"app_name":"nemo_agent","session_id":"1","new_message":"x"}',
        b'{"app_name":"nemo_agent","session_id":"1","new_message":{"parts":[]}}',
        b'{"app_name":"nemo_agent","session_id":"1","new_message":{"parts":[{"text":"  "}]}}',
        b'{"app_name":"nemo_agent","session_id":"1","new_message":{"parts":[5]}}',
        b'{"app_name":"nemo_agent","session_id":"1","new_message":{"parts":[{"text":"\\ud800"}]}}',
        b'{"app_name":"nemo_agent","session_id":"1","new_message":{"parts":[{"text":"\xed\xa0\x80"}]}}',
        b'{"app_name":"nemo_agent","session_id":"1","x":1e999}',
        b'{"app_name":"nemo_agent","session_id":"1","x":' + b"9" * 101 + b"}",
        b'{"app_name":"nemo_agent","session_id":"1","new_message":{"parts":[{"text":"x"}]},"y":NaN}',
        b"\xff\xfe",
    ],
)
def test_a_body_without_a_message_is_a_bad_request(http: httpx.Client, body: bytes) -> None:
    answer = http.post("/run_sse", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, 400)


@pytest.mark.parametrize("half", [b"\xed\xa0\x80", b"\\ud800", b"\\uDFFF"], ids=["raw", "escaped", "a second half"])
def test_half_a_surrogate_pair_is_refused_wherever_it_comes_and_changes_nothing(
    http: httpx.Client, server: RunningServer, half: bytes
) -> None:
    session_id = start(http)["session_id"]
    before = http.get(f"{server.url}/_mock/snapshot").json()["state"]
    text = b'"x' + half + b'"'
    for path, body in {
        "/api/tasks/me/with-session/nemo_agent": b'{"task_name": ' + text + b"}",
        f"/api/upload-video/nemo_agent/me/{session_id}": b'{"urls": [' + text + b'], "source_type": "url"}',
        "/api/render/proxy/lambda": b'{"id": "r", "sessionId": "'
        + session_id.encode()
        + b'", "draft": {"t": '
        + text
        + b"}}",
        "/api/auth/claim-token": b'{"task_id": ' + text + b"}",
    }.items():
        answer = http.post(path, content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (400, 400), path
        assert answer.json()["message"].startswith("The body can't be read: it "), path
    assert http.get(f"{server.url}/_mock/snapshot").json()["state"] == before
    assert "The fake failed" not in http.get(f"/api/state/nemo_agent/me/{session_id}/latest").text


def test_a_message_to_no_session_is_1002_before_any_stream(http: httpx.Client) -> None:
    answer = http.post("/run_sse", json=message("5529798706024415232"))
    assert (answer.json()["code"], answer.headers["content-type"]) == (1002, "application/json")


def test_a_message_becomes_text_and_tool_events_and_a_draft(http: httpx.Client) -> None:
    session_id = start(http)["session_id"]
    upload(http, session_id)
    records = say(http, session_id)
    kinds = [record["type"] for record in records if record["type"] != "heartbeat"]
    assert kinds[0] == "text"
    assert kinds[-1] == "text"
    assert kinds.index("tool_call") < kinds.index("tool_result")
    assert all(record["content"] for record in records if record["type"] == "text")
    state = http.get(f"/api/state/nemo_agent/me/{session_id}/latest").json()["data"]["state"]
    assert (state["draft"]["d"], state["draft"]["m"]["title"]) == (5000, "Kyoto")
    assert state["canvas_config"] == {"width": 1080, "height": 1920, "aspect_ratio": "9:16"}


def test_the_stream_is_lines_of_data_and_nothing_else(http: httpx.Client) -> None:
    session_id = start(http)["session_id"]
    upload(http, session_id)
    with http.stream("POST", "/run_sse", json=message(session_id)) as answer:
        raw = answer.read()
    assert b"\r" not in raw
    assert raw.endswith(b"\n\n")
    assert all(record.startswith(b"data:") and b"\n" not in record for record in raw[:-2].split(b"\n\n"))


def test_a_clip_from_words_uses_up_the_credits_for_the_next(http: httpx.Client) -> None:
    session_id = start(http)["session_id"]
    say(http, session_id, "Make a 5-second video of a sunrise over mountains")
    assert http.get("/api/credits/balance/simple").json()["data"] == {"available": 0, "frozen": 0, "total": 0}
    answer = http.post("/run_sse", json=message(start(http)["session_id"], "Make a video of the sea"))
    assert answer.json()["code"] == 2001


def test_an_export_goes_from_pending_to_a_file(http: httpx.Client) -> None:
    session_id, draft = ready(http)
    submitted = http.post("/api/render/proxy/lambda", json=order(session_id, draft))
    assert submitted.headers["x-nemo-mock-quality"] == "stub"
    assert (submitted.json()["status"], submitted.json()["progress"]) == ("pending", 5)
    done = finish(http)
    assert (done["status"], done["progress"], done["output"]["duration"], done["output"]["stub"]) == (
        "completed", 100, 5.0, True,
    )  # fmt: skip
    fetched = httpx.get(done["output"]["url"], trust_env=False, timeout=HANG_S)
    assert fetched.headers["content-type"] == "video/mp4"
    assert len(fetched.content) == done["output"]["size"]
    assert http.get("/api/render/proxy/render_1/download").content == fetched.content
    part = httpx.get(done["output"]["url"], headers={"Range": "bytes=4-7"}, trust_env=False, timeout=HANG_S)
    assert (part.status_code, part.content) == (206, b"ftyp")


def test_a_new_export_is_pending_in_its_first_answer_however_fast_time_passes() -> None:
    with running(Settings(quality="stub", speed=10_000)) as server, caller_of(server) as http:
        session_id, draft = ready(http)
        submitted = http.post("/api/render/proxy/lambda", json=order(session_id, draft)).json()
    assert (submitted["status"], submitted["progress"]) == ("pending", 5)


def test_asking_again_about_a_render_passes_thirty_seconds_and_the_first_question_none(
    http: httpx.Client, server: RunningServer
) -> None:
    session_id, draft = ready(http)
    before = server.runtime().clock.now()
    http.post("/api/render/proxy/lambda", json=order(session_id, draft))
    http.get("/api/render/proxy/lambda/render_1")
    assert server.runtime().clock.now() == before
    http.get("/api/render/proxy/lambda/render_1")
    assert server.runtime().clock.now() == before + 30
    finish(http)
    after = server.runtime().clock.now()
    for _ in range(3):
        http.get("/api/render/proxy/lambda/render_1")
    assert server.runtime().clock.now() == after


def test_asking_again_for_the_state_during_a_turn_passes_a_minute(http: httpx.Client, server: RunningServer) -> None:
    session_id = start(http)["session_id"]
    upload(http, session_id)
    with http.stream("POST", "/run_sse", json=message(session_id)):
        pass  # closes at once: the turn continues
    states = [http.get(f"/api/state/nemo_agent/me/{session_id}/latest").json()["data"]["state"] for _ in range(3)]
    assert states[-1]["draft"]["d"] == 5000


@pytest.mark.parametrize("header", list(ATTRIBUTION))
@pytest.mark.parametrize("value", [None, ""])
def test_an_export_without_attribution_is_402(http: httpx.Client, header: str, value: str | None) -> None:
    session_id, draft = ready(http)
    del http.headers[header]
    if value is not None:
        http.headers[header] = value
    answer = http.post("/api/render/proxy/lambda", json=order(session_id, draft))
    assert (answer.status_code, answer.json()["code"]) == (402, 402)
    assert header in answer.json()["message"]


NOTHING: list[object] = [{}, {"t": []}, {"t": [{"tt": 0, "sg": []}]}, "draft", None, 5]


@pytest.mark.parametrize("draft", NOTHING)
def test_an_export_of_nothing_is_refused(http: httpx.Client, draft: object) -> None:
    session_id = start(http)["session_id"]
    answer = http.post("/api/render/proxy/lambda", json=order(session_id, draft))
    assert (answer.status_code, answer.json()["code"]) == (400, 400)


def test_an_export_that_cant_be_drawn_fails_with_a_reason(http: httpx.Client) -> None:
    session_id, draft = ready(http)
    draft["m"]["width"] = 10**9
    http.post("/api/render/proxy/lambda", json=order(session_id, draft))
    done = finish(http)
    assert done["status"] == "failed"
    assert done["error"]
    assert "output" not in done


def test_a_render_id_is_used_once(http: httpx.Client) -> None:
    session_id, draft = ready(http)
    answers = [http.post("/api/render/proxy/lambda", json=order(session_id, draft)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 400]


@pytest.mark.parametrize("render_id", ["", "a/b", "..", ".", "x" * 201])
def test_a_render_id_that_no_poll_could_name_is_refused(http: httpx.Client, render_id: str) -> None:
    session_id, draft = ready(http)
    assert http.post("/api/render/proxy/lambda", json=order(session_id, draft, render_id)).status_code == 400


def test_an_agent_that_fails_apologises_and_the_turn_ends(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    session_id = start(http)["session_id"]
    monkeypatch.setattr("nemovideo_mock.agent.turn_planner.plan_turn", fail)
    assert say(http, session_id) == [{"type": "text", "content": "I encountered a temporary issue"}]
    assert http.get("/api/credits/balance/simple").json()["data"]["total"] == 100
    assert "The agent failed" in caplog.text


def test_answers_are_not_held_back_for_acknowledgements() -> None:
    with contextlib.closing(bind()) as sock:
        assert sock.proto == socket.IPPROTO_TCP  # makes asyncio set TCP_NODELAY


def test_a_cancelled_export_has_failed_and_has_no_file(http: httpx.Client) -> None:
    session_id, draft = ready(http)
    http.post("/api/render/proxy/lambda", json=order(session_id, draft))
    assert http.post("/api/render/proxy/lambda/render_1/cancel").json()["status"] == "failed"
    assert http.get("/api/render/proxy/lambda/render_1").json()["error"] == "cancelled"
    assert http.get("/api/render/proxy/render_1/download").status_code == 404


def test_the_session_and_renders_of_another_account_are_not_found(http: httpx.Client, server: RunningServer) -> None:
    session_id, draft = ready(http)
    http.post("/api/render/proxy/lambda", json=order(session_id, draft))
    with httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as other:
        token = other.post("/api/auth/anonymous-token", headers={"X-Client-Id": "other"}).json()["data"]["token"]
        other.headers.update(ATTRIBUTION | {"Authorization": f"Bearer {token}"})
        assert other.get(f"/api/state/nemo_agent/me/{session_id}/latest").json()["code"] == 1002
        assert other.get("/api/render/proxy/lambda/render_1").status_code == 404


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", "/run_sse", 405)])
def test_an_unknown_path_or_method_is_answered_in_the_envelope(
    http: httpx.Client, method: str, path: str, status: int
) -> None:
    answer = http.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, status)


@pytest.mark.parametrize(
    "path",
    [
        "/cdn/uploads/../../x/y.jpg",
        "/cdn/uploads/%2e%2e%2fx/y.jpg",
        f"/cdn/uploads/{'0' * 64}/y.jpg",
        "/cdn/renders/x/output.mp4",
    ],
)
def test_the_files_give_nothing_away_but_themselves(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 404


@pytest.mark.anyio
@pytest.mark.parametrize("asked", [[], [(b"range", b"bytes=0-1")], [(b"range", b"bytes=0-1,3-4")]])
async def test_a_file_that_a_reset_removes_before_it_is_sent_is_404(
    tmp_path: Path, asked: list[tuple[bytes, bytes]]
) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"0123456789")
    response = StoredFileResponse(path, {}, "video/mp4", etag="x")
    path.unlink()
    with pytest.raises(ServiceError, match="There is no such file"):
        StoredFileResponse(path, {}, "video/mp4", etag="x")
    sent: list[Message] = []

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    await response({"type": "http", "method": "GET", "headers": asked}, receive, send)
    assert [sent[0]["status"], json.loads(sent[1]["body"])["message"], len(sent)] == [404, "There is no such file.", 2]


@pytest.fixture
def links(http: httpx.Client) -> list[str]:
    """The links of an upload and of an export."""
    session_id = start(http)["session_id"]
    uploaded = upload(http, session_id).json()["data"]["files"][0]["cdn_url"]
    say(http, session_id)
    draft = http.get(f"/api/state/nemo_agent/me/{session_id}/latest").json()["data"]["state"]["draft"]
    http.post("/api/render/proxy/lambda", json=order(session_id, draft))
    return [uploaded, finish(http)["output"]["url"]]


def test_the_tag_and_the_time_of_a_file_are_those_of_its_bytes_and_of_the_worlds_clock(
    http: httpx.Client, links: list[str]
) -> None:
    photo, video = (http.get(link) for link in links)
    for answer in (photo, video):
        assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert "last-modified" not in photo.headers
    done = parsedate_to_datetime(video.headers["last-modified"])
    begun = datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert begun < done <= parsedate_to_datetime(video.headers["date"])
    assert http.get("/api/render/proxy/render_1/download").headers["etag"] == video.headers["etag"]


def test_a_caller_that_has_a_file_already_is_told_so(http: httpx.Client, links: list[str]) -> None:
    for link in links:
        whole = http.get(link)
        tag, modified = whole.headers["etag"], whole.headers.get("last-modified")
        same: list[dict[str, str]] = [{"If-None-Match": sent} for sent in (tag, f"W/{tag}", f'"x", {tag}', "*")]
        changed: list[dict[str, str]] = [{"If-None-Match": '"x"'}, {"If-Modified-Since": "never"}]
        if modified is not None:
            same.append({"If-Modified-Since": modified})
            changed += [{"If-Modified-Since": "Mon, 05 Jan 2026 08:00:00 GMT"}]
            changed += [{"If-None-Match": '"x"', "If-Modified-Since": modified}]
        for headers in same:
            answer = http.get(link, headers=headers)
            assert (answer.status_code, answer.content) == (304, b"")
            assert (answer.headers["etag"], answer.headers.get("last-modified")) == (tag, modified)
            assert http.head(link, headers=headers).status_code == 304
        for headers in changed:
            assert http.get(link, headers=headers).content == whole.content


def test_a_range_of_a_file_is_sent_only_if_the_file_is_still_the_same(http: httpx.Client, links: list[str]) -> None:
    for link in links:
        whole = http.get(link)
        good = [whole.headers["etag"], *filter(None, [whole.headers.get("last-modified")])]
        for condition in good:
            part = http.get(link, headers={"Range": "bytes=4-7", "If-Range": condition})
            assert (part.status_code, part.content) == (206, whole.content[4:8])
        for condition in ('"x"', f"W/{good[0]}", "Mon, 05 Jan 2026 08:00:00 GMT"):
            answer = http.get(link, headers={"Range": "bytes=4-7", "If-Range": condition})
            assert (answer.status_code, answer.content) == (200, whole.content)


@pytest.mark.parametrize(
    ("headers", "used"),
    [
        ({"X-Forwarded-Proto": "https"}, "https://{host}"),
        ({"X-Forwarded-Host": "fake.example, inner"}, "http://fake.example"),
        ({"X-Forwarded-Prefix": "/nemo/"}, "http://{host}/nemo"),
        ({"Forwarded": 'for=1.2.3.4;proto=https;Host="fake.example:8443", for=x'}, "https://fake.example:8443"),
        ({"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "{host}"}, None),
        ({"Forwarded": "for=1.2.3.4;nonsense"}, None),
        ({}, None),
    ],
)
def test_links_with_another_address_than_the_callers_are_announced(
    http: httpx.Client, links: list[str], headers: dict[str, str], used: str | None
) -> None:
    host = http.base_url.netloc.decode()
    http.headers.update({name: value.format(host=host) for name, value in headers.items()})
    session_id = start(http)["session_id"]
    for answer in (upload(http, session_id), http.get("/api/render/proxy/lambda/render_1")):
        said = answer.headers.get("x-nemo-mock-links")
        expected = f"The links here begin with http://{host}, but a proxy says that the caller used "
        assert said == (None if used is None else expected + used.format(host=host) + ".")
    assert "x-nemo-mock-links" not in http.get("/api/credits/balance/simple").headers
    assert all(link.startswith(f"http://{host}/cdn/") for link in links)


# --- the profile of the Agent Development Kit, as measured on 2.13.0 and 1.39.1 ---------------------------------------


@pytest.fixture
def kit() -> Iterator[httpx.Client]:
    """A caller of a fake that answers as the kit."""
    with (
        running(Settings(quality="stub", clock="virtual", profile=PROFILES["adk"])) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http,
    ):
        http.headers["Authorization"] = "Bearer nmv_usr_test_funded"
        yield http


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "text/json", "x"])
def test_the_kit_refuses_a_message_whose_type_is_not_json(kit: httpx.Client, content_type: str) -> None:
    body = json.dumps(message(start(kit)["session_id"]))
    answer = kit.post("/run_sse", content=body, headers={"Content-Type": content_type} if content_type else {})
    assert answer.status_code == 422
    (complaint,) = answer.json()["detail"]
    assert (complaint["type"], complaint["loc"], complaint["input"]) == ("model_attributes_type", ["body"], body)


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=utf-8", "application/a.b+json"]
)
def test_the_kit_takes_every_type_of_json(kit: httpx.Client, content_type: str) -> None:
    body = json.dumps(message(start(kit)["session_id"]))
    answer = kit.post("/run_sse", content=body, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")


def test_the_kit_says_what_is_not_there_in_a_detail_and_names_its_server(kit: httpx.Client) -> None:
    absent, refused = kit.get("/nowhere"), kit.get("/run_sse")
    assert (absent.status_code, absent.json()) == (404, {"detail": "Not Found"})
    assert (refused.status_code, refused.json()) == (405, {"detail": "Method Not Allowed"})
    assert refused.headers["allow"] == "POST"
    for answer in (absent, refused, kit.get("/api/credits/balance/simple")):
        assert list(answer.headers)[:2] == ["date", "server"]
        assert answer.headers["server"] == "uvicorn"


@pytest.mark.parametrize("world", ["", "/w/other"])
def test_the_kit_redirects_a_path_with_a_slash_too_many(kit: httpx.Client, world: str) -> None:
    kit.post("/_mock/worlds", json={"name": "other"})
    for answer in (kit.post(f"{world}/run_sse/?a=b", json={}), kit.get(f"{world}/run_sse/?a=b")):
        assert (answer.status_code, answer.content) == (307, b"")
        assert answer.headers["location"] == f"{str(kit.base_url).rstrip('/')}{world}/run_sse?a=b"
    assert kit.get(f"{world}/nowhere/").status_code == 404


def test_the_kit_refuses_pages_of_another_origin(kit: httpx.Client) -> None:
    here = str(kit.base_url).rstrip("/")
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", here.replace("http:", "https:")):
        for answer in (
            kit.post("/run_sse", json={}, headers={"Origin": origin}),
            kit.get("/x", headers={"Origin": origin}),
        ):
            assert (answer.status_code, answer.text) == (403, "Forbidden: origin not allowed")
            assert answer.headers["content-type"] == "text/plain"
    rebound = {"Origin": "http://evil.example", "Host": "evil.example"}
    assert kit.get("/api/credits/balance/simple", headers=rebound).status_code == 403
    assert kit.get("/api/credits/balance/simple", headers={"Origin": here}).status_code == 200


def test_before_2_the_kit_fails_on_another_agent_and_on_a_message_without_parts() -> None:
    old = Settings(quality="stub", clock="virtual", profile=PROFILES["adk"].replace({"events": "adk-1"}))
    with running(old) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
        http.headers["Authorization"] = "Bearer nmv_usr_test_funded"
        said = message(start(http)["session_id"])
        crashed = http.post("/run_sse", json={**said, "app_name": "other"})
        failed = http.post("/run_sse", json={**said, "new_message": {"parts": []}})
        unknown = http.post("/run_sse", json={**said, "session_id": "1", "new_message": {"parts": []}})
        balance = http.get("/api/credits/balance/simple").json()["data"]
    assert (crashed.status_code, crashed.text) == (500, "Internal Server Error")
    assert crashed.headers["content-type"] == "text/plain; charset=utf-8"
    assert (failed.status_code, failed.text) == (200, 'data: {"error": "No parts in the new_message."}\n\n')
    assert unknown.status_code == 404
    assert balance["frozen"] == 0

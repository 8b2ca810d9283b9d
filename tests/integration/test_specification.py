"""What the fake answers is what the specification says, and nothing besides."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import httpx
import jsonschema
import pytest

from nemovideo_contract.openapi import Json, Operation, at, document, mapping, operations, resolve, standalone
from nemovideo_mock.agent.script import Manner
from nemovideo_mock.server import Running, running
from nemovideo_mock.settings import Settings

PHOTO = Path(__file__).parents[2] / "scripts/photos/cat.jpg"
SPECIFICATION = document()
SETTINGS = Settings(quality="stub", clock="virtual", manner=Manner(silent=0.0, edit=(60, 60), generate=(60, 60)))
ATTRIBUTION = {"X-Skill-Source": "test", "X-Skill-Version": "1.0.0", "X-Skill-Platform": "unknown"}


def operation_of(request: httpx.Request) -> Operation:
    """The operation that a request is, by method and path; fixed segments win over parameters."""
    found = [
        each
        for each in operations(SPECIFICATION)
        if each.method == request.method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each.path), request.url.path)
    ]
    assert found, f"{request.method} {request.url.path} is no operation"
    return min(found, key=lambda each: each.path.count("{"))


def check(answer: httpx.Response) -> None:
    """The answer's status, media type and body are among those of its operation."""
    operation = operation_of(answer.request)
    responses = mapping(operation.node["responses"])
    named = responses.get(str(answer.status_code), responses.get("default"))
    assert named is not None, f"{operation.id} has no answer {answer.status_code}"
    content = mapping(resolve(SPECIFICATION, named)["content"])
    media = answer.headers["content-type"].partition(";")[0]
    assert media in content, f"{operation.id} answers {answer.status_code} as {media}, not one of {list(content)}"
    if media == "application/json":
        validate(answer.json(), at(content, media, "schema"))
    elif media == "text/event-stream":
        for record in answer.text.split("\n\n"):
            if data := record.removeprefix("data:").strip():
                validate(json.loads(data), at(content, media, "x-records"))


def validate(value: object, schema: Json) -> None:
    """A value fits a schema that takes no keys but those it names."""
    validator = jsonschema.Draft202012Validator(standalone(SPECIFICATION, schema, closed=True))
    validator.validate(value)  # pyright: ignore[reportUnknownMemberType] -- the stubs leave a part of it open


@pytest.fixture
def http() -> Generator[httpx.Client]:
    with running(SETTINGS) as server:
        yield from caller(server)


def caller(server: Running) -> Generator[httpx.Client]:
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30, event_hooks={"response": [read]}) as http:
        yield http


def read(answer: httpx.Response) -> None:
    """Check each answer, except those of the files that are no part of the API."""
    answer.read()
    if not answer.request.url.path.startswith("/cdn/"):
        check(answer)


def test_every_answer_of_a_whole_conversation_fits_the_specification(http: httpx.Client) -> None:
    seen: set[tuple[str, int, int | None]] = set()

    def note(answer: httpx.Response) -> httpx.Response:
        is_json = answer.headers["content-type"] == "application/json"
        seen.add((operation_of(answer.request).id, answer.status_code, answer.json().get("code") if is_json else None))
        return answer

    note(http.post("/api/auth/anonymous-token"))
    note(http.get("/api/credits/balance/simple"))
    token = note(http.post("/api/auth/anonymous-token", headers={"X-Client-Id": "x"})).json()["data"]["token"]
    http.headers.update(ATTRIBUTION | {"Authorization": f"Bearer {token}"})
    ids = note(http.post("/api/tasks/me/with-session/nemo_agent", json={"task_name": "project"})).json()["data"]
    session_id = ids["session_id"]
    claim = {"task_id": ids["task_id"], "session_id": session_id}
    note(http.post("/api/auth/claim-token", json=claim))
    state = f"/api/state/nemo_agent/me/{session_id}/latest"
    note(http.get(state))
    note(http.get("/api/state/nemo_agent/me/1/latest"))
    upload = f"/api/upload-video/nemo_agent/me/{session_id}"
    note(http.post(upload, files={"files": ("cat.jpg", PHOTO.read_bytes())}))
    note(http.post(upload, files={"files": ("cat.txt", b"x")}))
    note(http.post(upload, json={"urls": ["https://example.com/a.mp4"], "source_type": "url"}))
    message = {"app_name": "nemo_agent", "session_id": session_id, "new_message": {"parts": [{"text": "a 5s reel"}]}}
    stream = note(http.post("/run_sse", json=message))
    assert {json.loads(line[5:])["type"] for line in stream.text.split("\n") if line[5:].strip()} == {
        "text", "tool_call", "tool_result", "heartbeat",
    }  # fmt: skip
    draft = note(http.get(state)).json()["data"]["state"]["draft"]
    note(http.get("/api/credits/balance/simple"))
    scene = {**message, "new_message": {"parts": [{"text": "x"}]}, "app_name": "another"}
    note(http.post("/run_sse", json=scene))
    order: dict[str, object] = {"id": "render_1", "sessionId": session_id, "draft": draft}
    note(http.post("/api/render/proxy/lambda", json=order))
    note(http.post("/api/render/proxy/lambda", json=order))
    note(http.get("/api/render/proxy/render_1/download"))
    while note(http.get("/api/render/proxy/lambda/render_1")).json()["status"] not in {"completed", "failed"}:
        pass
    note(http.get("/api/render/proxy/render_1/download"))
    note(http.get("/api/render/proxy/lambda/unknown"))
    note(http.post("/api/render/proxy/lambda", json=replace_id(order)))
    note(http.post("/api/render/proxy/lambda/render_2/cancel"))
    note(http.get("/api/render/proxy/lambda/render_2"))
    note(http.post("/api/render/proxy/lambda", json=order, headers={"X-Skill-Source": ""}))
    assert {operation for operation, _, _ in seen} == {each.id for each in operations(SPECIFICATION)}
    assert {code for _, _, code in seen} >= {0, 400, 402, 404, 1001, 1002, 4001, None}


def replace_id(order: dict[str, object]) -> dict[str, object]:
    """The same order under another id."""
    return {**order, "id": "render_2"}


def test_the_check_would_notice_a_key_too_many_and_a_status_too_many() -> None:
    request = httpx.Request("GET", "http://x/api/credits/balance/simple")
    balance = {"available": 1, "frozen": 0, "total": 1}
    envelope = {"code": 0, "message": "success"}
    check(httpx.Response(200, json={**envelope, "data": balance}, request=request))
    with pytest.raises(jsonschema.ValidationError):
        check(httpx.Response(200, json={**envelope, "data": {**balance, "left": 1}}, request=request))
    with pytest.raises(AssertionError, match="answers 200 as text/html"):
        check(httpx.Response(200, html="<p>no</p>", request=request))


def test_running_out_of_credits_fits_too() -> None:
    with running(replace(SETTINGS, manner=Manner(generate=(1, 1)))) as server:
        for http in caller(server):
            token = http.post("/api/auth/anonymous-token", headers={"X-Client-Id": "x"}).json()["data"]["token"]
            http.headers["Authorization"] = f"Bearer {token}"
            codes: list[int] = []
            for _ in range(3):
                session = http.post("/api/tasks/me/with-session/nemo_agent", json={}).json()["data"]["session_id"]
                http.post(
                    f"/api/upload-video/nemo_agent/me/{session}", files={"files": ("cat.jpg", PHOTO.read_bytes())}
                )
                parts = {"parts": [{"text": "a 5-second reel of this photo"}]}
                body = {"app_name": "nemo_agent", "session_id": session, "new_message": parts}
                answer = http.post("/run_sse", json=body)
                codes.append(answer.json()["code"] if answer.headers["content-type"] == "application/json" else 0)
            assert codes == [0, 0, 2001]

"""What the fake answers is what the specification says, and nothing besides."""

from __future__ import annotations

import httpx
import pytest

from nemovideo_contract.openapi import operations
from nemovideo_contract.profiles import PROFILES, Profile, find_profile
from tests.integration.conformity import SPECIFICATION, Conformity
from tests.integration.conversation import conversing

CREDITS = httpx.Request("GET", "http://x/api/credits/balance/simple")
TOKEN = httpx.Request("POST", "http://x/api/auth/anonymous-token")
RENDER = httpx.Request("GET", "http://x/api/render/proxy/lambda/render_1")
MESSAGE = httpx.Request("POST", "http://x/run_sse")
BALANCE = {"available": 1, "frozen": 0, "total": 1}
REFUSED = {"code": 429, "message": "no", "data": None}
FLAT = {"id": "render_1", "status": "pending"}


@pytest.mark.parametrize("name", PROFILES)
def test_every_answer_of_a_whole_conversation_fits_the_specification(name: str) -> None:
    with conversing(find_profile(name)) as conversation:
        conversation.play()
        assert {operation for operation, _, _ in conversation.seen} == {each.id for each in operations(SPECIFICATION)}


def test_a_body_that_nobody_would_send_fits_too() -> None:
    with conversing(Profile()) as conversation:
        conversation.arrive()
        assert conversation.post("/run_sse", {"app_name": "n" * 5_000_000}).status_code == 413


def stream(*records: str) -> httpx.Response:
    """An answer to a message."""
    text = "".join(f"{record}\n\n" for record in records)
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, text=text, request=MESSAGE)


def answered(request: httpx.Request, body: object, status: int = 200, **headers: str) -> httpx.Response:
    """An answer in JSON."""
    return httpx.Response(status, json=body, request=request, headers=headers)


GOOD: list[tuple[dict[str, object], httpx.Response]] = [
    ({}, answered(CREDITS, {"code": 0, "message": "success", "data": BALANCE})),
    ({"errors": "http"}, answered(CREDITS, {"code": 1001, "message": "no", "data": None}, 401)),
    ({"retry_after": 30}, answered(TOKEN, REFUSED, 429, **{"Retry-After": "30"})),
    ({"heartbeat": "comment"}, stream(": heartbeat", 'data: {"type":"text","content":"x"}')),
    ({"text_key": "text"}, stream('data: {"type":"text","text":"x"}')),
    ({"render": "wrapped"}, answered(RENDER, {"success": True, "data": FLAT})),
    ({"turn_errors": "adk"}, answered(MESSAGE, {"detail": "Session not found: 1"}, 404)),
]
BAD: list[tuple[str, dict[str, object], httpx.Response]] = [
    ("'left': 1", {}, answered(CREDITS, {"code": 0, "message": "", "data": {**BALANCE, "left": 1}})),
    ("comes as text/html", {}, httpx.Response(200, html="<p>no</p>", request=CREDITS)),
    ("is no answer", {}, answered(CREDITS, {"code": 1001, "message": "no", "data": None}, 401)),
    ("has the code 1001", {"errors": "http"}, answered(CREDITS, {"code": 1001, "message": "no", "data": None})),
    ("no example with the code 2001", {}, answered(CREDITS, {"code": 2001, "message": "no", "data": None})),
    ("Retry-After", {}, answered(TOKEN, REFUSED, 429, **{"Retry-After": "30"})),
    ("Retry-After", {"retry_after": 30}, answered(TOKEN, REFUSED, 429)),
    ("another form", {"heartbeat": "empty"}, stream(": heartbeat")),
    ("doesn't fit", {}, stream('data: {"type":"text","text":"x"}')),
    ("doesn't fit", {"events": "adk-2"}, stream('data: {"type":"text","content":"x"}')),
    ("doesn't fit", {}, answered(RENDER, {"success": True, "data": FLAT})),
    ("doesn't fit", {}, answered(MESSAGE, {"detail": "Session not found: 1"}, 404)),
    ("is no answer", {"turn_errors": "json"}, answered(MESSAGE, {"detail": []}, 422)),
    ("is no operation", {}, answered(httpx.Request("GET", "http://x/api/plans"), {})),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "answer"), GOOD)
def test_the_check_lets_pass_what_a_profile_has(changes: dict[str, object], answer: httpx.Response) -> None:
    Conformity(Profile().replace(changes)).check(answer)


@pytest.mark.parametrize(("sentence", "changes", "answer"), BAD)
def test_the_check_notices_what_a_profile_has_not(
    sentence: str, changes: dict[str, object], answer: httpx.Response
) -> None:
    with pytest.raises(AssertionError, match=sentence):
        Conformity(Profile().replace(changes)).check(answer)

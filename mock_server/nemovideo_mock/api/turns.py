"""Messages to the agent, answered as a stream of events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import cast

from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import Response

from nemovideo_contract.wire import AGENT, ME, Code
from nemovideo_mock.agent.dialects import TYPED_HEARTBEAT, typed
from nemovideo_mock.agent.plan import Json, Record
from nemovideo_mock.api.http import account_of, json_object, link_of, service_of, text_field
from nemovideo_mock.errors import ServiceError


async def run_sse(request: Request) -> Response:
    """Send a message; whatever is wrong with it is answered as JSON before a stream begins."""
    account = account_of(request)
    service = service_of(request)
    body = await json_object(request)
    if text_field(body, "app_name") != AGENT:
        raise ServiceError(Code.NOT_FOUND, f"There is no agent of that name; this one is {AGENT}.")
    service.world.check_user(account, text_field(body, "user_id", default=ME))
    turn = service.accept_turn(account, text_field(body, "session_id"), message_text(body))
    return EventSourceResponse(
        records(service.follow(turn, link_of(request))),
        sep="\n",
        ping=0,  # heartbeats come from the clock, not from here
        shutdown_grace_period=1,  # the service ends its streams itself; being cancelled as well would cut them off
    )


def message_text(body: Json) -> str:
    """The text of `new_message.parts[].text`, several parts joined by line breaks; 400 where there is none."""
    message = body.get("new_message")
    parts = cast("Json", message).get("parts") if isinstance(message, dict) else None
    if not isinstance(parts, list):
        raise ServiceError(Code.BAD_REQUEST, "The field new_message.parts is missing or not a list.")
    texts: list[str] = []
    for part in cast("list[object]", parts):
        text = cast("Json", part).get("text") if isinstance(part, dict) else None
        if not isinstance(text, str):
            raise ServiceError(Code.BAD_REQUEST, "Each entry of new_message.parts needs a text.")
        texts.append(text)
    joined = "\n".join(texts).strip()
    if not joined:
        raise ServiceError(Code.BAD_REQUEST, "The message is empty: new_message.parts[0].text has no text.")
    return joined


async def records(followed: AsyncIterator[Record | None]) -> AsyncIterator[bytes]:
    """The bytes of a typed stream; heartbeats take turns between an event and an empty `data:` line."""
    heartbeats = 0
    async for record in followed:
        if record is not None:
            yield data_line(typed(record))
            continue
        heartbeats += 1
        yield data_line(TYPED_HEARTBEAT) if heartbeats % 2 else b"data:\n\n"


def data_line(value: Json) -> bytes:
    """One record: a `data:` line and a blank one."""
    return b"data: " + json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n\n"

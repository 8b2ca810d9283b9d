"""The endpoint for messages to the agent; its response is a stream of events."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from nemovideo_contract.wire import Code
from nemovideo_mock.dialects import dialect_for
from nemovideo_mock.errors import KitError, ServiceError, kit_session_not_found
from nemovideo_mock.http.request_context import (
    BodyError,
    RequestContext,
    account_of,
    authorize,
    draw_work_faults,
    find_session,
    json_object,
)
from nemovideo_mock.http.responses import kit_refusal
from nemovideo_mock.http.run_sse_request import read_message, unreadable
from nemovideo_mock.http.turn_stream import stream_error, stream_turn


async def run_sse(request: Request) -> Response:
    """Accept a message; the profile's `turn_errors` decides how errors are returned."""
    call = authorize(request, "write")
    try:
        return await accept_message(request, call)
    except KitError as error:
        return kit_refusal(error)
    except ServiceError as error:
        if call.profile.turn_errors != "in_stream" or error.code is Code.BAD_REQUEST:
            raise
        dialect = dialect_for(
            call.profile, call.runtime.chance.of("refused", account_of(call).user_id), streaming=False
        )
        return stream_error(call, dialect, error)


async def accept_message(request: Request, call: RequestContext) -> Response:
    """Accept a message and return the stream of its turn."""
    runtime, profile, account = call.runtime, call.profile, account_of(call)
    try:
        message = read_message(await json_object(request), profile)
    except BodyError as error:
        if profile.turn_errors == "adk" and error.status is None:
            raise unreadable(error.raw, called_json=error.called_json) from None
        raise
    try:
        runtime.world.sessions.check_user(account, message.user_id)
        session = find_session(call, message.session_id)
    except ServiceError:
        if profile.turn_errors == "adk":
            raise kit_session_not_found(message.session_id) from None
        raise
    if message.failure is not None:
        dialect = dialect_for(profile, runtime.chance.of("refused", account.user_id), streaming=False)
        return stream_error(call, dialect, ServiceError(Code.BAD_REQUEST, message.failure))
    turn = call.turn = runtime.accept_turn(
        account, session.session_id, message.text, partial(draw_work_faults, call, session, message.text)
    )
    draws = runtime.chance.of(turn.session_id, turn.number, "stream")
    dialect = dialect_for(profile, draws, streaming=message.streaming, user_text=message.text)
    return stream_turn(call, turn, dialect, draws)

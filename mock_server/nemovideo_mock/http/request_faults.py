"""Applies the faults of single requests: before, instead of or after the response."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from nemovideo_contract.wire import TEST_TOKEN_PREFIX, Code
from nemovideo_mock.clock import ClockStoppedError, wall
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.faults import (
    Fault,
    Latency,
    NotJson,
    Refusal,
    Requester,
    Reset,
    SlowAnswer,
    SlowBody,
    Status,
    TruncatedBody,
)
from nemovideo_mock.http.asgi_wrappers import MB, drip_response, slow_request_body, truncate_response
from nemovideo_mock.http.request_context import BodyError, RequestContext, bearer, client_id_of, identify, json_object
from nemovideo_mock.http.responses import failure, refusal
from nemovideo_mock.runtime import fault_effects

#: Handles a request and returns a response also for errors.
Handle = Callable[[Request], Awaitable[Response]]

#: The endpoints whose JSON body names the session, with the names of that field.
_SESSION_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "run_sse": ("sessionId", "session_id"),
    "claim_token": ("session_id",),
    "submit_render": ("sessionId",),
}
_CODES: Final = frozenset(map(int, Code))
#: The response whose connection is reset if the request is not handled.
_NO_ANSWER: Final = Response(b"{}", headers={"content-type": "application/json"})


async def apply_request_faults(
    call: RequestContext, handle: Handle, scope: Scope, receive: Receive, send: Send
) -> None:
    """Answer a request with the faults that apply to it; `handle` makes the regular response."""
    try:
        await _serve_with_faults(call, handle, scope, receive, send)
    except ClockStoppedError:
        call.how = "stopped"  # during a wait of a fault
        if not call.answered:
            await failure(503, "The fake is stopping.")(scope, receive, send)
        elif call.connection is not None:
            await call.connection.end(abrupt=True)


async def _serve_with_faults(call: RequestContext, handle: Handle, scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    faults = call.runtime.faults
    drawn: tuple[Fault, ...] = ()
    if len(faults) or _brings_faults(call, request):
        who = await identify_caller(call, request)
        now = call.runtime.clock.now()
        drawn = faults.draw("request", call.endpoint, who, now)
        at_once = faults.draw("world", call.endpoint, who, now, only=fault_effects.happens_on_request)
        call.exchange.faults.extend(fault.name for fault in (*drawn, *at_once))
        fault_effects.apply_world_fault(at_once, call.token, call.session, now)
    for fault in drawn:
        match fault.effect:
            case Latency():
                await call.runtime.pause(fault.effect.delay, call.link)
            case SlowBody() if call.json is not None:
                length = request.headers.get("content-length", "0")
                size = int(length) if length.isdecimal() else 0
                await call.runtime.pause(size / MB * fault.effect.seconds_per_mb, call.link)
            case SlowBody():
                request = Request(scope, slow_request_body(call, receive, fault.effect))
            case SlowAnswer():
                send = drip_response(call, send, fault.effect)
            case TruncatedBody():
                send = truncate_response(call, send, fault.effect)
            case _:
                pass
    response = await _make_response(call, handle, request, drawn)
    if response is not None:
        await response(scope, receive, send)


def _brings_faults(call: RequestContext, request: Request) -> bool:
    """Return whether the request has a test token for the first time, which adds its faults now."""
    authorization = request.headers.get("authorization", "")
    if TEST_TOKEN_PREFIX not in authorization:
        return False
    return authorization.rpartition(" ")[2] not in call.runtime.world.state.tokens


async def _make_response(
    call: RequestContext, handle: Handle, request: Request, drawn: tuple[Fault, ...]
) -> Response | None:
    """Return the regular response or the one of a fault; None if a fault has closed the connection."""
    for fault in drawn:
        match fault.effect:
            case Status() | NotJson() if fault.effect.handled:
                await handle(request)
                drop_turn_stream(call)
                return make_replacement(call, fault.effect)
            case Status() | NotJson() | Refusal():
                return make_replacement(call, fault.effect)
            case Reset():
                response = await handle(request) if fault.effect.handled else _NO_ANSWER
                await reset(call, response, fault.effect)
                return None
            case _:
                pass
    return await handle(request)


def make_replacement(call: RequestContext, effect: Status | NotJson | Refusal) -> Response:
    """Return the response that a fault sends instead of the regular one."""
    if isinstance(effect, NotJson):
        return Response(effect.body, media_type="text/html")
    if isinstance(effect, Refusal):
        body = effect.answer()
        if effect.code in _CODES:
            return refusal(ServiceError(Code(effect.code), str(body["message"])), call.profile)
        return JSONResponse(body, 400 if call.profile.errors == "http" else 200)
    headers = {} if effect.retry_after is None else {"Retry-After": str(effect.retry_after)}
    made = effect.answer()
    if isinstance(made, dict):
        return JSONResponse(made, effect.status, headers)
    return Response(made[0], effect.status, {"content-type": made[1], **headers})


async def reset(call: RequestContext, response: Response, effect: Reset) -> None:
    """Reset the connection before, inside or after the headers of a response."""
    call.how = "reset"
    drop_turn_stream(call)
    if call.connection is None:
        return
    if effect.when != "before":
        status = HTTPStatus(response.status_code)
        lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
        lines += [name + b": " + value for name, value in response.raw_headers]
        head = b"\r\n".join(lines) + b"\r\n\r\n"
        call.exchange.response(response.status_code, response.raw_headers, call.runtime.clock.now(), wall())
        call.connection.write_raw(head if effect.when == "after" else head[: len(head) // 2])
    await call.connection.end(abrupt=True)


def drop_turn_stream(call: RequestContext) -> None:
    """Abandon the turn of a request whose stream no caller receives."""
    if call.turn is not None:
        call.runtime.abandon_turn(call.turn)


async def identify_caller(call: RequestContext, request: Request) -> Requester:
    """Return what is known about the caller before the request is handled."""
    state = call.runtime.world.state
    with suppress(ServiceError):  # the handler reports the error
        identify(call, *call.runtime.authenticate(bearer(request)))
    account = call.account.user_id if call.account is not None else None
    if call.endpoint == "anonymous_token":
        account = state.clients.get(client_id_of(request))
    session: str | None = request.path_params.get("session_id")
    message: str | None = None
    if (names := _SESSION_FIELDS.get(call.endpoint)) is not None:
        try:
            body = await json_object(request)
        except BodyError:
            body = {}
        found = [value for name in names if isinstance(value := body.get(name), str)]
        session = found[0] if found else None
        message = _collect_texts(body)
    elif (render_id := request.path_params.get("render_id")) is not None and account is not None:
        render = state.renders.get(account, {}).get(render_id)
        session = render.session_id if render is not None else None
    elif call.endpoint == "output" and (name := request.path_params.get("name")) is not None:
        export = call.runtime.world.renders.find_by_file(name)
        if export is not None:
            account, session = export.user_id, export.session_id
    if session is not None:
        known = state.sessions.get(session)
        call.session = known if known is not None and known.user_id == account else None
    return Requester(account, session, message)


def _collect_texts(body: dict[str, object]) -> str:
    """Return all texts of the message in a body, joined by line feeds; empty without a message."""
    texts: list[str] = []
    left: list[object] = [body.get("newMessage", body.get("new_message"))]
    while left and len(texts) < 1000:
        part = left.pop()
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            left += list(part.values())  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] -- any JSON
        elif isinstance(part, list):
            left += part  # pyright: ignore[reportUnknownArgumentType] -- any JSON
    return "\n".join(reversed(texts))

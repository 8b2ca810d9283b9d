"""Faults of single requests, played: what strikes a call before, instead of or after its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

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
from nemovideo_mock.http.bandwidth import MB, dripping, slowly
from nemovideo_mock.http.call import BodyError, RequestContext, bearer, identify, json_object
from nemovideo_mock.http.endpoints.auth import client_id_of
from nemovideo_mock.http.responses import failure, refusal
from nemovideo_mock.runtime import fault_effects

Handler = Callable[[Request], Awaitable[Response]]
#: Runs a handler and maps its errors.
Answer = Callable[[RequestContext, Handler, Request], Awaitable[Response]]

#: Endpoints whose session stands in their JSON body, and under which names.
_TELLING: Final[dict[str, tuple[str, ...]]] = {
    "run_sse": ("sessionId", "session_id"),
    "claim_token": ("session_id",),
    "submit_render": ("sessionId",),
}
_CODES: Final = frozenset(map(int, Code))
#: What a connection says that is reset before there was an answer to lose.
_NO_ANSWER: Final = Response(b"{}", headers={"content-type": "application/json"})


async def apply_request_faults(
    call: RequestContext, handler: Handler, scope: Scope, receive: Receive, send: Send, answer: Answer
) -> None:
    """Answer a request, with everything that is ordered to go wrong with it."""
    try:
        await _apply_effect(call, handler, scope, receive, send, answer)
    except ClockStoppedError:
        call.how = "stopped"  # in the middle of a wait that a fault ordered
        if not call.answered:
            await failure(503, "The fake is stopping.")(scope, receive, send)
        elif call.wire is not None:
            await call.wire.end(abrupt=True)


async def _apply_effect(
    call: RequestContext, handler: Handler, scope: Scope, receive: Receive, send: Send, answer: Answer
) -> None:
    request = Request(scope, receive)
    faults = call.runtime.faults
    struck: tuple[Fault, ...] = ()
    if len(faults) or _brings_faults(call, request):
        who = await identify_caller(call, request)
        now = call.runtime.clock.now()
        struck = faults.draw("request", call.endpoint, who, now)
        sudden = faults.draw("world", call.endpoint, who, now, only=fault_effects.is_sudden)
        call.exchange.faults.extend(fault.name for fault in (*struck, *sudden))
        fault_effects.apply_world_fault(sudden, call.token, call.session, now)
    for fault in struck:
        match fault.effect:
            case Latency():
                await call.runtime.pause(fault.effect.delay, call.link)
            case SlowBody() if call.json is not None:
                length = request.headers.get("content-length", "0")
                size = int(length) if length.isdecimal() else 0
                await call.runtime.pause(size / MB * fault.effect.seconds_per_mb, call.link)
            case SlowBody():
                request = Request(scope, slowly(call, receive, fault.effect))
            case SlowAnswer():
                send = dripping(call, send, fault.effect)
            case TruncatedBody():
                send = truncate_answer(call, send, fault.effect)
            case _:
                pass
    response = await outcome(call, handler, request, answer, struck)
    if response is not None:
        await response(scope, receive, send)


def _brings_faults(call: RequestContext, request: Request) -> bool:
    """Whether the request shows a test token for the first time, whose faults strike from now on."""
    authorization = request.headers.get("authorization", "")
    if TEST_TOKEN_PREFIX not in authorization:
        return False
    return authorization.rpartition(" ")[2] not in call.runtime.world.state.tokens


async def outcome(
    call: RequestContext, handler: Handler, request: Request, answer: Answer, struck: tuple[Fault, ...]
) -> Response | None:
    """The answer, or what a fault puts in its place; None where the connection is gone."""
    for fault in struck:
        match fault.effect:
            case Status() | NotJson() if fault.effect.handled:
                await answer(call, handler, request)
                without_answer(call)
                return replacement(call, fault.effect)
            case Status() | NotJson() | Refusal():
                return replacement(call, fault.effect)
            case Reset():
                response = await answer(call, handler, request) if fault.effect.handled else _NO_ANSWER
                await reset(call, response, fault.effect)
                return None
            case _:
                pass
    return await answer(call, handler, request)


def replacement(call: RequestContext, effect: Status | NotJson | Refusal) -> Response:
    """What is answered instead."""
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
    """Break the connection before, inside or after the headers of an answer."""
    call.how = "reset"
    without_answer(call)
    if call.wire is None:
        return
    if effect.when != "before":
        status = HTTPStatus(response.status_code)
        lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
        lines += [name + b": " + value for name, value in response.raw_headers]
        head = b"\r\n".join(lines) + b"\r\n\r\n"
        call.exchange.response(response.status_code, response.raw_headers, call.runtime.clock.now(), wall())
        call.wire.write_raw(head if effect.when == "after" else head[: len(head) // 2])
    await call.wire.end(abrupt=True)


def without_answer(call: RequestContext) -> None:
    """Give up the stream of a turn that began and whose answer nobody gets."""
    if call.turn is not None:
        call.runtime.abandon_turn(call.turn)


def truncate_answer(call: RequestContext, send: Send, effect: TruncatedBody) -> Send:
    """The answer, its connection closed before its length is reached."""
    left: int | None = None

    async def cut(message: Message) -> None:
        nonlocal left
        if message["type"] == "http.response.start":
            sizes = [value for name, value in message["headers"] if name == b"content-length"]
            left = effect.length(int(sizes[0])) if sizes else None
        elif left is not None:
            body: bytes = message.get("body", b"")
            if left >= 0 and len(body) >= left:
                await send({"type": message["type"], "body": body[:left], "more_body": True})
                call.how = "cut"
                if call.wire is not None:
                    await call.wire.end(abrupt=False)
                left = -1
                return
            if left < 0:
                return
            left -= len(body)
        await send(message)

    return cut


async def identify_caller(call: RequestContext, request: Request) -> Requester:
    """Who asks, as far as it can be known before the request is handled."""
    state = call.runtime.world.state
    with suppress(ServiceError):  # the handler says so
        identify(call, *call.runtime.authenticate(bearer(request)))
    account = call.account.user_id if call.account is not None else None
    if call.endpoint == "anonymous_token":
        account = state.clients.get(client_id_of(request))
    session: str | None = request.path_params.get("session_id")
    message: str | None = None
    if (names := _TELLING.get(call.endpoint)) is not None:
        try:
            body = await json_object(request)
        except BodyError:
            body = {}
        found = [value for name in names if isinstance(value := body.get(name), str)]
        session = found[0] if found else None
        message = _words(body)
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


def _words(body: dict[str, object]) -> str:
    """Every text in a message, wherever it stands; what is no message has none."""
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

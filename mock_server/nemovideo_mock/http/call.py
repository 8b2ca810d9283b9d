"""One request on its way: which world it is in, who makes it, and what is known of it so far."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, cast

from starlette.requests import ClientDisconnect, Request

from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import ATTRIBUTION_HEADERS, Code
from nemovideo_mock.clock import Link
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.faults import Endpoint, Fault, Requester
from nemovideo_mock.json_types import Json
from nemovideo_mock.runtime import fault_effects
from nemovideo_mock.world import Account, Session, Token, Turn

if TYPE_CHECKING:
    from nemovideo_mock.journal import EndHow, ExchangeRecorder
    from nemovideo_mock.runtime.world_runtime import WorldRuntime

#: Bytes of a JSON body; drafts of hundreds of segments stay far below.
JSON_LIMIT = 4 * 1024 * 1024


class Connection(Protocol):
    """The connection below HTTP, for what HTTP can't say; `on_lost` is called at the instant when it is gone."""

    on_lost: Callable[[], None] | None

    def write_raw(self, data: bytes) -> None:
        """Send bytes as they are; nothing may be answered in the usual way afterwards."""
        ...

    async def end(self, *, abrupt: bool) -> None:
        """Close the connection when all is sent, or break it at once, so that the caller sees a reset; wait for it."""
        ...


class BodyError(ServiceError):
    """The body is no JSON object; `body` has as much of it as was read."""

    def __init__(self, message: str, raw: bytes, *, status: int | None = None) -> None:
        super().__init__(Code.BAD_REQUEST, message, status=status)
        self.raw = raw


@dataclass(slots=True)
class RequestContext:
    """A request and all that its handlers find out about it.

    `link` and `wire` are None under a server that isn't ours. `how` is the end of the exchange where it isn't complete;
    `answered` says that the answer's head is sent.
    """

    runtime: WorldRuntime
    endpoint: Endpoint
    exchange: ExchangeRecorder
    link: Link | None = None
    wire: Connection | None = None
    token: Token | None = None
    account: Account | None = None
    session: Session | None = None
    turn: Turn | None = None
    how: EndHow | None = None
    answered: bool = False
    json: Json | None = field(default=None, repr=False)
    unreadable: BodyError | None = None

    @property
    def profile(self) -> Profile:
        """The profile as this caller meets it."""
        world = self.runtime.world
        return world.settings.profile if self.account is None else world.settings.profile_of(self.account)


def work_faults(call: RequestContext, session: Session, message: str | None = None) -> tuple[Fault, ...]:
    """The faults of the work that is being accepted, counted now and not when the request came."""
    who = Requester(account_of(call).user_id, session.session_id, message)
    drawn = call.runtime.faults.draw(
        "world", call.endpoint, who, call.runtime.clock.now(), only=fault_effects.is_of_work
    )
    call.exchange.faults.extend(fault.name for fault in drawn)
    return drawn


def call_of(request: Request) -> RequestContext:
    """The call that a request is."""
    return cast("RequestContext", request.scope["state"]["call"])


def bearer(request: Request) -> str:
    """The token that a request carries; 1001 where it carries none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ServiceError(Code.TOKEN_INVALID, "The header Authorization: Bearer <token> is missing.")
    return token.strip()


def authorize(request: Request, scope: str | None) -> RequestContext:
    """Find out who calls, and that they may: 1001 for a bad token, 403 for one that lacks the scope.

    With the profile's `attribution` everywhere, a call without the attribution headers isn't authorised either.
    """
    call = call_of(request)
    if call.token is None or call.account is None:
        identify(call, *call.runtime.authenticate(bearer(request)))
    else:
        call.runtime.authenticate(call.token.value)
    assert call.token is not None
    assert call.account is not None
    if scope is not None:
        call.runtime.world.tokens.require_scope(call.token, call.account, scope)
    exempt = call.endpoint == "submit_render"  # which answers 402 instead
    if call.profile.attribution == "everywhere" and not exempt and (lacking := find_missing_attribution(request)):
        raise ServiceError(Code.TOKEN_INVALID, f"The request is not authorised: it lacks the header {lacking}.")
    return call


def identify(call: RequestContext, token: Token, account: Account) -> None:
    """Note whose call it is."""
    call.token = token
    call.account = account
    call.exchange.account = account.user_id
    if account.scenario is not None:
        call.exchange.scenario = account.scenario


def account_of(call: RequestContext) -> Account:
    """The account of an authorised call."""
    assert call.account is not None
    return call.account


def token_of(call: RequestContext) -> Token:
    """The token of an authorised call."""
    assert call.token is not None
    return call.token


def in_session(call: RequestContext, session_id: str) -> Session:
    """The session that the call is about; 1002 where it is none of the caller's."""
    call.exchange.session = session_id
    call.session = call.runtime.world.sessions.get(account_of(call), session_id, call.runtime.clock.now())
    return call.session


def find_missing_attribution(request: Request) -> str | None:
    """The first of the three attribution headers that is absent or empty."""
    return next((name for name in ATTRIBUTION_HEADERS if not request.headers.get(name, "").strip()), None)


async def json_object(request: Request) -> Json:
    """The body as a JSON object, read once; `BodyError` (400) where it is anything else."""
    call = call_of(request)
    if call.unreadable is not None:
        raise call.unreadable
    if call.json is None:
        try:
            call.json = await _read_object(request)
        except BodyError as error:
            call.unreadable = error
            raise
    return call.json


async def _read_object(request: Request) -> Json:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > JSON_LIMIT:
                raise BodyError(f"The body is longer than {JSON_LIMIT} bytes.", b"", status=413)
    except ClientDisconnect:
        raise BodyError("The caller left before the body was complete.", b"") from None
    raw = bytes(body)
    try:
        value: object = json.loads(raw, parse_constant=_refuse_constant)
        if b"\\u" in raw:
            json.dumps(value, ensure_ascii=False).encode("utf-8")  # half a surrogate pair could never be sent back
    except (ValueError, RecursionError):
        raise BodyError("The body is not JSON.", raw) from None
    if not isinstance(value, dict):
        raise BodyError("The body is not a JSON object.", raw)
    return cast("Json", value)


def _refuse_constant(name: str) -> None:
    message = f"{name} is not JSON"
    raise ValueError(message)


def text_field(body: Json, name: str, *, default: str | None = None) -> str:
    """A field that must be a string; 400 where it is missing and has no default, or is something else."""
    value = body.get(name, default)
    if value is None:
        raise ServiceError(Code.BAD_REQUEST, f"The field {name} is missing.")
    if not isinstance(value, str):
        raise ServiceError(Code.BAD_REQUEST, f"The field {name} is not a string.")
    return value

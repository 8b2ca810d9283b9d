"""The context of one request: its world, its caller, and everything that is known about it so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, cast

from starlette.requests import ClientDisconnect, Request

from nemovideo_contract.json_input import DEEPEST_BODY, JsonInputError, parse
from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import ATTRIBUTION_HEADERS, CLIENT_ID_HEADER, Code
from nemovideo_mock.clock import Link
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.faults import Endpoint, Fault, Requester
from nemovideo_mock.json_types import Json
from nemovideo_mock.runtime import fault_effects
from nemovideo_mock.world import Account, Session, Token, Turn

if TYPE_CHECKING:
    from nemovideo_mock.journal import EndHow, ExchangeRecorder
    from nemovideo_mock.runtime.world_runtime import WorldRuntime

#: The longest JSON body in bytes; drafts with hundreds of segments are far shorter.
JSON_LIMIT = 4 * 1024 * 1024


class Connection(Protocol):
    """The connection below HTTP, for faults that HTTP can't express; `on_lost` is called as soon as it is closed."""

    on_lost: Callable[[], None] | None

    def write_raw(self, data: bytes) -> None:
        """Send bytes unchanged; after that no regular response is possible."""
        ...

    async def end(self, *, abrupt: bool) -> None:
        """Close the connection when everything is sent, or reset it at once; wait until it is closed."""
        ...


class BodyError(ServiceError):
    """The body is not a JSON object, or its `Content-Type` does not say JSON (`called_json`); `raw` are its bytes."""

    def __init__(self, message: str, raw: bytes, *, status: int | None = None, called_json: bool = True) -> None:
        super().__init__(Code.BAD_REQUEST, message, status=status)
        self.raw = raw
        self.called_json = called_json


@dataclass(slots=True)
class RequestContext:
    """A request and everything that its handlers find out about it.

    `link` and `connection` are None under another server than ours. `how` is the kind of end of the exchange, if it is
    known. `answered` is true when the head of the response is sent.
    """

    runtime: WorldRuntime
    endpoint: Endpoint
    exchange: ExchangeRecorder
    link: Link | None = None
    connection: Connection | None = None
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
        """The profile of the world with the overrides of the caller's account."""
        world = self.runtime.world
        return world.settings.profile if self.account is None else world.settings.profile_of(self.account)


def draw_work_faults(call: RequestContext, session: Session, message: str | None = None) -> tuple[Fault, ...]:
    """Return the faults of work that is accepted now; they are counted now, not at the start of the request."""
    who = Requester(account_of(call).user_id, session.session_id, message)
    drawn = call.runtime.faults.draw(
        "world", call.endpoint, who, call.runtime.clock.now(), only=fault_effects.happens_on_acceptance
    )
    call.exchange.faults.extend(fault.name for fault in drawn)
    return drawn


def call_of(request: Request) -> RequestContext:
    """Return the context of a request."""
    return cast("RequestContext", request.scope["state"]["call"])


def bearer(request: Request) -> str:
    """Return the token of a request; raise 1001 if there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ServiceError(Code.TOKEN_INVALID, "The header Authorization: Bearer <token> is missing.")
    return token.strip()


def authorize(request: Request, scope: str | None) -> RequestContext:
    """Identify the caller and return the context; raise 1001 for a bad token and 403 for a missing scope.

    If the profile's `attribution` is `everywhere`, also raise 1001 if an attribution header is missing.
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
    exempt = call.endpoint == "submit_render"  # it answers 402 instead
    if call.profile.attribution == "everywhere" and not exempt and (lacking := find_missing_attribution(request)):
        raise ServiceError(Code.TOKEN_INVALID, f"The request is not authorised: it lacks the header {lacking}.")
    return call


def identify(call: RequestContext, token: Token, account: Account) -> None:
    """Store the caller of a request in its context and in the journal."""
    call.token = token
    call.account = account
    call.exchange.account = account.user_id
    if account.scenario is not None:
        call.exchange.scenario = account.scenario


def account_of(call: RequestContext) -> Account:
    """Return the account of an authorised request."""
    assert call.account is not None
    return call.account


def token_of(call: RequestContext) -> Token:
    """Return the token of an authorised request."""
    assert call.token is not None
    return call.token


def find_session(call: RequestContext, session_id: str) -> Session:
    """Return the session of a request; raise 1002 if the caller has no such session."""
    call.exchange.session = session_id
    call.session = call.runtime.world.sessions.get(account_of(call), session_id, call.runtime.clock.now())
    return call.session


def client_id_of(request: Request) -> str:
    """Return the client id by which anonymous tokens are counted, or an empty string."""
    return request.headers.get(CLIENT_ID_HEADER, "").strip()


def find_missing_attribution(request: Request) -> str | None:
    """Return the first of the three attribution headers that is absent or empty, or None."""
    return next((name for name in ATTRIBUTION_HEADERS if not request.headers.get(name, "").strip()), None)


async def json_object(request: Request) -> Json:
    """Read the body once and return it as a JSON object; raise `BodyError` (400) if it is something else."""
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
    call = call_of(request)
    as_kit = call.endpoint == "run_sse" and call.profile.turn_errors == "adk"
    if as_kit and not _is_json_type(request.headers.get("content-type", "")):
        raise BodyError("The Content-Type is not JSON.", raw, called_json=False)
    try:
        value = parse(raw, deepest=DEEPEST_BODY)
    except JsonInputError as error:
        message = "The body is not JSON." if error.position is not None else f"The body can't be read: {error.reason}."
        raise BodyError(message, raw) from None
    if not isinstance(value, dict):
        raise BodyError("The body is not a JSON object.", raw)
    return cast("Json", value)


def _is_json_type(content_type: str) -> bool:
    """Return whether the Agent Development Kit reads such a body as JSON: `application/json`, `application/*+json`."""
    main, _, subtype = content_type.partition(";")[0].strip().lower().partition("/")
    return main == "application" and (subtype == "json" or subtype.endswith("+json"))


def text_field(body: Json, name: str, *, default: str | None = None, longest: int | None = None) -> str:
    """Return a string field; raise 400 if it has another type, is missing without a default, or is too long.

    `longest` is the most characters; without it, only the size of the body is limited.
    """
    value = body.get(name, default)
    if value is None:
        raise ServiceError(Code.BAD_REQUEST, f"The field {name} is missing.")
    if not isinstance(value, str):
        raise ServiceError(Code.BAD_REQUEST, f"The field {name} is not a string.")
    if longest is not None and len(value) > longest:
        raise ServiceError(Code.BAD_REQUEST, f"The field {name} is longer than {longest} characters.")
    return value

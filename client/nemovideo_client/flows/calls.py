"""How every call is made: addresses, headers, envelopes, and retries. Also the flows of the short calls.

A call is repeated in these cases, once unless stated otherwise:

- 1001: with a new token for the same client id, if the client got the refused token itself. The service did not carry
  out the refused call, so any call may be repeated.
- 429: after `Retry-After`, or after 30 s without that header. If the wait is more than a minute, the call fails with an
  error that says when to try again.
- No response, or 5xx: only reads, after 1, 2 and 4 s. A call that may spend or change something is never repeated.

One deadline covers all tries of a call: no try and no wait begins that would exceed it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar
from urllib.parse import quote, urljoin, urlsplit

from nemovideo_client.attribution import Attribution
from nemovideo_client.errors import (
    ApiError,
    InsufficientCredits,
    InvalidSetting,
    RateLimited,
    ServiceFailed,
    TokenInvalid,
    TransportError,
    UnexpectedAnswer,
    api_error,
    redact,
    redact_json,
)
from nemovideo_client.flows.effects import Flow, Request, Response, Sleep, authorise, now, send
from nemovideo_client.json_reading import Json, child, decode, integer, mapping, sequence, text, without
from nemovideo_client.models import Credits, Limits, Session, State, Token
from nemovideo_contract import wire
from nemovideo_contract.targets import refusal

T = TypeVar("T")

#: Seconds before each further try of a read.
BACKOFF_S: Final = (1.0, 2.0, 4.0)
#: Seconds before the second try after 429, if the response has no `Retry-After`. Documented.
RATE_LIMIT_WAIT_S: Final = 30.0
#: The longest wait after 429, in seconds.
RATE_LIMIT_PATIENCE_S: Final = 60.0

Origin = tuple[str, str, int]
_PORTS: Final = {"http": 80, "https": 443}


def origin_of(url: str) -> Origin | None:
    """Return scheme, host and port of a web address, or None if it is not one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not parts.hostname:
        return None
    return scheme, parts.hostname.lower(), port or _PORTS[scheme]


def resolve(base: str, reference: str) -> str:
    """Resolve a reference against a base address; return it unchanged if it cannot be parsed."""
    try:
        return urljoin(base, reference)
    except ValueError:
        return reference


def check_base_url(url: str, *, allow_plain_http: bool = False) -> str:
    """Return the base URL without a slash at its end.

    Raises:
        InvalidSetting: It is not a plain http or https address. Or it is http to another machine, so that anyone
            between could read the token, and `allow_plain_http` is false.
    """
    url = url.strip().rstrip("/")
    parts = urlsplit(url) if origin_of(url) else None
    if parts is None or parts.query or parts.fragment or "@" in parts.netloc:
        # The message does not repeat the address, which may contain a password.
        raise InvalidSetting("The base URL must be http:// or https:// with a host, and no user, query or fragment.")
    if not allow_plain_http and (reason := refusal(url, None)) is not None:
        raise InvalidSetting(f"{reason} If you trust the network between, pass allow_plain_http=True.")
    return url


@dataclass(frozen=True, slots=True)
class Service:
    """The addresses of the service, and how this client identifies itself."""

    base_url: str
    web_url: str
    attribution: Attribution
    limits: Limits
    #: The cancelled renders, so that an export that waits for one does not submit it again.
    cancelled: set[str] = field(default_factory=set[str], repr=False, compare=False)
    _attribution_headers: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_attribution_headers", self.attribution.headers())

    def url(self, path: wire.Path, **parameters: str) -> str:
        """Return the address of an endpoint."""
        return self.base_url + path.format(
            **{name: quote(value, safe="", errors="replace") for name, value in parameters.items()}
        )

    def request(
        self, method: str, url: str, token: Token, *, body: Json | None = None, accept: str = "application/json"
    ) -> Request:
        """Return a request with the bearer token and the attribution headers, only for the service's own origin."""
        if origin_of(url) != origin_of(self.base_url):
            raise ValueError("the bearer token may go only to the origin of the base URL")
        headers = {"Accept": accept, "Authorization": f"Bearer {token.value}", **self._attribution_headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return Request(
            method,
            url,
            headers=tuple(headers.items()),
            body=None if body is None else encode(body),
            patience_s=self.limits.answer_s,
        )


def encode(body: Json) -> bytes:
    """Encode a JSON body as UTF-8; a lone surrogate, which UTF-8 cannot encode, becomes a replacement character."""
    written = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return written.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode("utf-8")


def error_of(response: Response, *secrets: str) -> ApiError:
    """Return the error that a response describes, with the secrets redacted."""
    words = response.body.decode("utf-8", "replace")
    decoded = decode(words)
    request_id = response.headers.get("x-request-id")
    return api_error(
        redact_json(words if decoded is None else decoded, *secrets),
        status=response.status,
        request_id=None if request_id is None else redact(request_id, *secrets),
        retry_after=response.headers.get("retry-after"),
    )


def unwrap(response: Response, *secrets: str) -> Json:
    """Return the JSON object of a successful response, with the secrets redacted.

    Raises:
        ApiError: The status, the envelope's `code` or its `success` reports an error.
        UnexpectedAnswer: The body is not a JSON object.
    """
    body = mapping(decode(response.body))
    if not 200 <= response.status < 300 or (body is not None and _refuses(body)):
        raise error_of(response, *secrets)
    if body is None:
        words = redact(response.body[:200].decode("utf-8", "replace"), *secrets)
        raise UnexpectedAnswer("The service's response is not a JSON object; is the base URL right?", body=words)
    return mapping(without(body, *secrets)) or {}


def _refuses(body: Json) -> bool:
    if integer(body, "code"):
        return True
    # A failed render in an envelope may have `success: false`; the caller reads its status.
    described = text(mapping(body.get("data")) or body, "status") is not None
    return body.get("success") is False and not described


def data_of(body: Json) -> Json:
    """Return the `data` of an envelope, or the object itself if it has no envelope."""
    return mapping(body.get("data")) or body


def retry_until_deadline(
    service: Service,
    attempt: Callable[[Token], Flow[T]],
    *,
    pauses: Sequence[float] = (),
    until: float = math.inf,
    user_id: str | None = None,
) -> Flow[T]:
    """Run an attempt that needs a token, and repeat it as the module's rules allow.

    `pauses` are the waits before further tries, in seconds; without them, only 1001 and 429 are repeated. The last try
    begins before `until`. `user_id` is the account's id, for the advice about credits if the token has none.
    """
    token = yield from authorise()
    renewed = waited = False
    remaining = iter(pauses)
    while True:
        try:
            return (yield from attempt(token))
        except TokenInvalid:
            if renewed or not token.renewable:
                raise
            renewed = True
            token = yield from authorise(token)
        except RateLimited as error:
            if waited:
                raise
            waited = True
            yield from wait_before_retry(error, until)
        except InsufficientCredits as error:
            error.hint = advice_on_credits(service, token.user_id or user_id)
            raise
        except (TransportError, ServiceFailed):
            pause = next(remaining, None)
            if pause is None or (yield from now()) + pause >= until:
                raise
            yield Sleep(pause)


def wait_before_retry(error: RateLimited, until: float = math.inf) -> Flow[None]:
    """Wait as long as a 429 response asks.

    Raises:
        RateLimited: The wait is over a minute, or ends after `until`; the error says when to try again.
    """
    time = yield from now()
    wait = _retry_after(error.retry_after, time)
    if wait > RATE_LIMIT_PATIENCE_S or time + wait >= until:
        error.hint = f"Too many requests: the service accepts no more {_until(time + wait)}."
        raise error
    yield Sleep(wait)


def _until(time: float) -> str:
    try:
        return f"until {datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return "for many years"


def _retry_after(header: str | None, time: float) -> float:
    if header is None:
        return RATE_LIMIT_WAIT_S
    header = header.strip()
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time)
    except (ValueError, OverflowError):
        return RATE_LIMIT_WAIT_S


def advice_on_credits(service: Service, user_id: str | None) -> str:
    """Return what to do about 2001: register and keep the account's work, or top up."""
    if user_id is None:
        return InsufficientCredits.sentence
    if user_id.startswith(wire.ANONYMOUS_USER_PREFIX):
        link = f"{service.web_url}/register?bind={quote(user_id, safe='')}"
        return f"Not enough credits: register at {link} to get more and keep the project."
    return f"Not enough credits: top up at {service.web_url} and try again."


def call(
    service: Service,
    method: str,
    url: str,
    *,
    body: Json | None = None,
    repeatable: bool,
    until: float = math.inf,
) -> Flow[Json]:
    """Make a JSON call with the token; return the whole answer, checked for errors.

    The last try ends at the limit `call_s`, or at `until` (s since the epoch) if that is earlier.
    """
    end = min(until, (yield from now()) + service.limits.call_s)

    def attempt(token: Token) -> Flow[Json]:
        request = replace(service.request(method, url, token, body=body), until=end)
        return unwrap((yield from send(request)), token.value)

    return (yield from retry_until_deadline(service, attempt, pauses=BACKOFF_S if repeatable else (), until=end))


# --- flows of one call each -------------------------------------------------------------------------------------------


def create_session(service: Service, task_name: str, language: str | None) -> Flow[Session]:
    """Create a session; `language` is left out if it is None."""
    body: Json = {"task_name": task_name}
    if language is not None:
        body["language"] = language
    url = service.url(wire.Path.SESSION, user_id=wire.ME)
    return _parse_session(data_of((yield from call(service, "POST", url, body=body, repeatable=False))))


def read_state(service: Service, session_id: str, until: float = math.inf) -> Flow[State]:
    """Read a session's state, before the time `until` (s since the epoch)."""
    url = service.url(wire.Path.STATE, user_id=wire.ME, session_id=session_id)
    return _parse_state(data_of((yield from call(service, "GET", url, repeatable=True, until=until))))


def read_credits(service: Service) -> Flow[Credits]:
    """Read the balance."""
    return _parse_credits(data_of((yield from call(service, "GET", service.url(wire.Path.CREDITS), repeatable=True))))


def claim_link(service: Service, session: Session) -> Flow[str]:
    """Get a link that opens the session in a browser; it contains a claim token, never the bearer token."""
    body: Json = {"task_id": session.task_id, "session_id": session.session_id}
    answer = data_of((yield from call(service, "POST", service.url(wire.Path.CLAIM_TOKEN), body=body, repeatable=True)))
    claim = text(answer, "claim_token")
    if claim is None:
        raise UnexpectedAnswer("The service gave no claim token.")
    return f"{service.web_url}/workspace/claim?ct={quote(claim, safe='')}"


def cancel_render(service: Service, render_id: str) -> Flow[None]:
    """Cancel a render that is pending."""
    url = service.url(wire.Path.RENDER_CANCEL, render_id=render_id)
    service.cancelled.add(render_id)  # before the call, because an export in another thread may see the effect at once
    try:
        yield from call(service, "POST", url, repeatable=False)
    except ApiError:
        service.cancelled.discard(render_id)
        raise


def _parse_session(data: Json) -> Session:
    """Return the session from a create-session response."""
    session_id = text(data, "session_id", "sessionId")
    if session_id is None:
        raise UnexpectedAnswer("The service's response does not name the new session.", body=data)
    return Session(session_id, text(data, "task_id", "taskId"), text(data, "user_id", "userId", "bind_id"))


def _parse_state(data: Json) -> State:
    """Return the state from a state response."""
    state = mapping(data.get("state")) or data
    return State(
        draft=mapping(state.get("draft")) or None,
        video_infos=sequence(state.get("video_infos")),
        canvas_config=child(state, "canvas_config"),
        generated_media=state.get("generated_media"),
        video_analyses=state.get("video_analyses"),
        raw=data,
    )


def _parse_credits(data: Json) -> Credits:
    """Return the balance from a credits response."""
    available = integer(data, "available")
    if available is None:
        raise UnexpectedAnswer("The service's response about credits lacks 'available'.", body=data)
    frozen = integer(data, "frozen") or 0
    total = integer(data, "total")
    return Credits(available, frozen, available + frozen if total is None else total)

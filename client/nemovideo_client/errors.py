"""All errors of the client, as one tree.

    NemoError
    ├── ApiError                 the service answered with an error: status, code, body, request_id
    │   ├── BadRequest           400
    │   ├── TokenInvalid         1001, HTTP 401
    │   ├── SessionNotFound      1002, HTTP 404 that says so
    │   ├── InsufficientCredits  2001
    │   ├── UnsupportedFile      4001
    │   ├── FileTooLarge         4002
    │   ├── ExportBlocked        402
    │   ├── MissingScope         403
    │   ├── NotFound             404
    │   ├── SessionBusy          409
    │   ├── RateLimited          429
    │   ├── ServiceFailed        HTTP 5xx
    │   └── UnknownApiError      any other code
    ├── UnexpectedAnswer         the service answered in a form that no document describes
    ├── TransportError           no complete response
    │   ├── ConnectionFailed     the service received nothing: safe to try again
    │   ├── ConnectionLost       the connection broke: the service may have carried out the request
    │   └── TimedOut             silence for too long: the service may have carried out the request
    ├── ExportError              carries render_id
    │   ├── RenderFailed         the render failed twice
    │   │   └── RenderCancelled  the render was cancelled, so it is not submitted again
    │   ├── RenderUnfinished     still rendering at the last poll: continue later with its id
    │   └── DownloadFailed       rendered, but the file did not arrive complete
    └── MisuseError              the call cannot work with these arguments; nothing was sent
        ├── UnusableFile         missing, a folder, unreadable, empty, wrong format, too large: path, reason
        ├── UnwritableDestination  path
        ├── NothingToExport      the session has no draft with segments
        ├── InvalidAttribution
        └── InvalidSetting       a token, client id, base URL or message that cannot be sent

`str(error)` is a sentence for people. No message, repr, request id or body contains the token of the call, or anything
else that looks like one of the service's tokens: they are redacted when the error is created.
"""

# ruff: noqa: N818 -- the names say what happened; `Error` at the end of each would only repeat the root

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar, Final, Literal

from nemovideo_client.json_reading import Json, child, integer, map_strings, mapping, text
from nemovideo_contract import wire
from nemovideo_contract.redaction import strike_out

#: The service says that the attribution headers did not arrive, which the client always sends.
_NO_HEADERS: Final = re.compile(r"\battribution\b|\bX-Skill-", re.IGNORECASE)
_HEADERS_LOST: Final = (
    "The service misses the attribution headers (X-Skill-...). The client sent them, so something between removes "
    "them: call the service without that proxy, or let it pass these headers."
)
_NO_SESSION: Final = re.compile(r"\s*session not found\b", re.IGNORECASE)
#: The accepted formats, as text for people.
FORMATS_IN_WORDS: Final = ", ".join(ending for endings in wire.FORMATS.values() for ending in endings)


def redact(words: str, *secrets: str) -> str:
    """Return the words with `***` for every token and for every given secret."""
    return strike_out(words, *secrets)


def redact_json(value: object, *secrets: str) -> object:
    """Return a JSON value with every token, and every given secret, struck out of its strings."""
    return map_strings(value, lambda words: redact(words, *secrets))


class NemoError(Exception):
    """The base class of all errors of this package."""


class ApiError(NemoError):
    """The service answered with an error.

    `status` is the HTTP status, and `code` the code in the envelope, or the status if the body has no code. `body` is
    the decoded response or its text. `request_id` is the service's id of the request, or None. `retry_after` is the
    header of that name. `hint` is advice that is more exact than the class's own, if the client has any.
    """

    #: The meaning of the error, and what the user can do.
    sentence: ClassVar[str] = "The service refused the request."

    def __init__(
        self,
        message: str | None = None,
        *,
        status: int | None = None,
        code: int | None = None,
        body: object = None,
        request_id: str | None = None,
        retry_after: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.body = redact_json(body)
        self.request_id = request_id
        self.retry_after = retry_after
        self.hint: str | None = None

    def __str__(self) -> str:
        facts = [
            f"code {self.code}" if self.code is not None else "",
            f"HTTP {self.status}" if self.status not in (None, self.code) else "",
            f"request {self.request_id}" if self.request_id else "",
        ]
        says = f' It says: "{self.message.rstrip(".")}".' if self.message else ""
        known = ", ".join(fact for fact in facts if fact)
        return f"{self.hint or self.sentence}{says}" + (f" ({known})" if known else "")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message!r}, status={self.status}, code={self.code})"


class BadRequest(ApiError):
    """400: the service does not understand the request; documented for a missing `X-Client-Id`."""

    sentence = "The service did not accept this request."


class TokenInvalid(ApiError):
    """1001: the token is unknown, expired or revoked."""

    sentence = (
        "The token is not valid or has expired: set NEMO_TOKEN to a valid one, or unset it to get an anonymous one."
    )


class SessionNotFound(ApiError):
    """1002: the session is unknown, expired, or belongs to another account."""

    sentence = "The session does not exist or has expired: create a new one and upload again."


class InsufficientCredits(ApiError):
    """2001: the account has too few credits for this."""

    sentence = "Not enough credits: top up at nemovideo.com, or register there if the account is anonymous."


class UnsupportedFile(ApiError):
    """4001: the service does not accept this kind of file."""

    sentence = f"The service does not take this kind of file. It takes {FORMATS_IN_WORDS}."


class FileTooLarge(ApiError):
    """4002: the file exceeds the size limit."""

    sentence = "The file is too large for the service: compress or trim it."


class ExportBlocked(ApiError):
    """402: the plan does not allow export, or the attribution headers were missing; the credits do not matter."""

    sentence = (
        "Export is blocked. The attribution headers were sent, so the reason is the account's plan, not its credits: "
        "register at nemovideo.com to unlock export."
    )


class MissingScope(ApiError):
    """403: the token lacks the scope for this call; a second try fails too."""

    sentence = "The token lacks the permission for this: create one with the right scopes under Settings, API Tokens."


class NotFound(ApiError):
    """404: nothing exists at this address."""

    sentence = "The service has nothing at this address or with this id."


class SessionBusy(ApiError):
    """409: the session works on another message; the service did not accept this one."""

    sentence = "The agent still works on the previous message: wait until it is answered, then send this one."


class RateLimited(ApiError):
    """429: too many requests; documented for tokens, of which a client gets one in 7 days."""

    sentence = "Too many requests: the service gives one anonymous token per client, and ten per address, in 7 days."


class ServiceFailed(ApiError):
    """HTTP 5xx: the service itself failed."""

    sentence = "The service failed; try again later."


class UnknownApiError(ApiError):
    """A code that no document lists; it is kept unchanged."""

    sentence = "The service answered with an error that its documents do not list."


class UnexpectedAnswer(NemoError):
    """The service's response has a form that no document describes; `body` is its content."""

    def __init__(self, message: str, *, body: object = None) -> None:
        super().__init__(message)
        self.body = redact_json(body)


class TransportError(NemoError):
    """No complete response arrived."""


class ConnectionFailed(TransportError):
    """There was no connection: the service received nothing of the request."""


class ConnectionLost(TransportError):
    """The connection broke while the request was under way; the service may have carried it out."""


class TimedOut(TransportError):
    """The service stayed silent for too long; it may have carried out the request."""


class ExportError(NemoError):
    """An export that produced no file; `render_id` names its render."""

    def __init__(self, message: str, *, render_id: str) -> None:
        super().__init__(message)
        self.render_id = render_id


class RenderFailed(ExportError):
    """The render failed, and so did the second try."""


class RenderCancelled(RenderFailed):
    """This client or the service cancelled the render; it is not submitted again."""


class RenderUnfinished(ExportError):
    """The render had not ended at the last poll; `export(..., render_id=...)` continues it."""


class DownloadFailed(ExportError):
    """The render is completed, but its file did not arrive complete."""


class MisuseError(NemoError):
    """The call cannot work with these arguments; nothing was sent."""


class UnusableFile(MisuseError):
    """A file that cannot be uploaded, found before the first byte was sent; `path` names it and `reason` says why."""

    def __init__(
        self,
        message: str,
        *,
        path: Path,
        reason: Literal["missing", "folder", "unreadable", "empty", "format", "size"],
    ) -> None:
        super().__init__(message)
        self.path = path
        self.reason: Literal["missing", "folder", "unreadable", "empty", "format", "size"] = reason


class UnwritableDestination(MisuseError):
    """A path where no file can be written; `path` names it."""

    def __init__(self, message: str, *, path: Path) -> None:
        super().__init__(message)
        self.path = path


class NothingToExport(MisuseError):
    """The draft has no track with segments: create something first."""


class InvalidAttribution(MisuseError):
    """A skill's name, version or platform is missing or cannot be sent in a header."""


class InvalidSetting(MisuseError):
    """A token, client id, base URL or message cannot be sent, or a limit is not above 0."""


#: The class of each documented code.
ERRORS: Final[dict[int, type[ApiError]]] = {
    wire.Code.BAD_REQUEST: BadRequest,
    wire.Code.EXPORT_BLOCKED: ExportBlocked,
    wire.Code.MISSING_SCOPE: MissingScope,
    wire.Code.NOT_FOUND: NotFound,
    wire.Code.BUSY: SessionBusy,
    wire.Code.RATE_LIMITED: RateLimited,
    wire.Code.TOKEN_INVALID: TokenInvalid,
    wire.Code.SESSION_NOT_FOUND: SessionNotFound,
    wire.Code.INSUFFICIENT_CREDITS: InsufficientCredits,
    wire.Code.UNSUPPORTED_FILE: UnsupportedFile,
    wire.Code.FILE_TOO_LARGE: FileTooLarge,
}
#: The class of each status that has a meaning of its own, if the body has no code.
_BY_STATUS: Final[dict[int, type[ApiError]]] = {
    # Assumed: no document gives 1001 a status, but a gateway that checks bearer tokens answers 401.
    401: TokenInvalid,
    413: FileTooLarge,
    415: UnsupportedFile,
    422: BadRequest,
}


#: HTTP statuses of a gateway that stopped waiting for the service, which may still work; three are Cloudflare's.
GAVE_UP: Final = frozenset({408, 499, 502, 504, 520, 522, 524})


def error_class(code: int | None, status: int | None) -> type[ApiError]:
    """Return the class for an envelope's code, else for an HTTP status. A gateway's status overrules the code."""
    if status in GAVE_UP:
        return ServiceFailed
    if code in ERRORS:
        return ERRORS[code]
    if (status is not None and status >= 500) or (code is not None and 500 <= code < 600):
        return ServiceFailed
    if code is None or code == status:
        return ERRORS.get(status or 0) or _BY_STATUS.get(status or 0) or UnknownApiError
    return UnknownApiError


def api_error(
    body: object, *, status: int | None = None, request_id: str | None = None, retry_after: str | None = None
) -> ApiError:
    """Return the error that a response's body and status describe, in any of the known or likely shapes."""
    fields: Json = mapping(body) or {}
    inner = child(fields, "error")
    code = integer(fields, "code", "error_code", "errorCode")
    if code is None:
        code = integer(inner, "code")
    message = text(fields, "message", "error", "detail", "errorMessage", "msg", "reason") or text(inner, "message")
    if message is None and isinstance(body, str) and len(body) <= 200:
        message = body.strip() or None
    kind = error_class(code, status)
    if kind is NotFound and message is not None and _NO_SESSION.match(message):
        # Google's agent server has the same path but no codes: only the text distinguishes its two kinds of 404.
        kind = SessionNotFound
    error = kind(
        redact(message) if message else None,
        status=status,
        code=code if code is not None else status,
        body=body,
        request_id=request_id or text(fields, "request_id", "requestId"),
        retry_after=retry_after,
    )
    if kind in {ExportBlocked, TokenInvalid} and message is not None and _NO_HEADERS.search(message):
        error.hint = _HEADERS_LOST
    return error

"""Everything that can go wrong, as one tree.

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
    ├── UnexpectedAnswer         the service answered, but not in a form that any document shows
    ├── TransportError           no complete answer
    │   ├── ConnectionFailed     nothing was sent: safe to try again
    │   ├── ConnectionLost       broke off midway: the request may have been carried out
    │   └── TimedOut             silence for too long: the request may have been carried out
    ├── ExportError              carries render_id
    │   ├── RenderFailed         the service gave up, twice
    │   │   └── RenderCancelled  somebody cancelled it, so it is not tried again
    │   ├── RenderUnfinished     still rendering at the last poll: pick it up later by its id
    │   └── DownloadFailed       rendered, but the file could not be fetched whole
    └── MisuseError              the call can't work as it was made; nothing was sent
        ├── UnusableFile         missing, a folder, unreadable, empty, of another format, too large: path, reason
        ├── UnwritableDestination  path
        ├── NothingToExport      the session has no draft with segments
        ├── InvalidAttribution
        └── InvalidSetting       a token, client id, base URL or message that can't be sent

`str(error)` is a sentence for people. The token that a call was made with, and whatever else looks like one of the
service's tokens, appear in no message, repr, request id or body: they are struck out on the way in.
"""

# ruff: noqa: N818 -- the names say what happened; an `Error` behind each would only repeat the root

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Final, Literal, cast

from nemovideo_client.json_reading import Json, child, integer, mapping, text
from nemovideo_contract import wire
from nemovideo_contract.redaction import HIDDEN, SEARCHED_LENGTH, public_prefix, strike_out

_NO_SESSION: Final = re.compile(r"\s*session not found\b", re.IGNORECASE)
#: The formats as a person reads them.
FORMATS_IN_WORDS: Final = ", ".join(ending for endings in wire.FORMATS.values() for ending in endings)


def redact(words: str, *secrets: str) -> str:
    """Return the words with `***` for every token and for every given secret."""
    return strike_out(words, *secrets)


def redact_json(value: object, *secrets: str) -> object:
    """Return a JSON value with every token, and every given secret, struck out of its strings."""
    return _each(value, lambda words: redact(words, *secrets))


def without(value: object, *secrets: str) -> object:
    """Return a JSON value with the given secrets struck out of its strings.

    Tokens of others stay. A secret of less than eight characters stays too: it can be a part of any word.
    """
    long = [secret for secret in secrets if len(secret) >= SEARCHED_LENGTH]

    def strike(words: str) -> str:
        for secret in long:
            words = words.replace(secret, public_prefix(secret) + HIDDEN)
        return words

    return _each(value, strike) if long else value


def _each(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(key): _each(inner, change) for key, inner in cast("Json", value).items()}
    if isinstance(value, list):
        return [_each(inner, change) for inner in cast("list[object]", value)]
    return value


class NemoError(Exception):
    """Root of all errors of this package."""


class ApiError(NemoError):
    """The service answered with an error.

    `status` is the HTTP status, `code` the envelope's code (the status where the body has none), `body` the decoded
    answer or its text, `request_id` what the service calls the request (None where it doesn't say), `retry_after` the
    header of that name. `hint` is what to do about it, as far as the client knows more than the code says.
    """

    #: What the error means and what to do.
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
    """400: the request is not understood; documented for a missing `X-Client-Id`."""

    sentence = "The service did not accept the request as it was made."


class TokenInvalid(ApiError):
    """1001: the token is unknown, expired or revoked."""

    sentence = (
        "The token is not valid or has expired: set NEMO_TOKEN to a valid one, or unset it to get an anonymous one."
    )


class SessionNotFound(ApiError):
    """1002: the session is unknown, gone, or somebody else's."""

    sentence = "The session does not exist or has expired: create a new one and upload again."


class InsufficientCredits(ApiError):
    """2001: the account can't pay for this."""

    sentence = "Not enough credits: top up at nemovideo.com, or register there if the account is anonymous."


class UnsupportedFile(ApiError):
    """4001: a file of a kind that the service doesn't take."""

    sentence = f"The service does not take this kind of file. It takes {FORMATS_IN_WORDS}."


class FileTooLarge(ApiError):
    """4002: a file over the size limit."""

    sentence = "The file is too large for the service: compress or trim it."


class ExportBlocked(ApiError):
    """402: the plan doesn't allow export, or the attribution headers were missing; never a matter of credits."""

    sentence = (
        "Export is blocked. The attribution headers were sent, so it is the account's plan and not its credits: "
        "register at nemovideo.com to unlock export."
    )


class MissingScope(ApiError):
    """403: the token lacks the scope for this call; trying again is no use."""

    sentence = "The token lacks the permission for this: create one with the right scopes under Settings, API Tokens."


class NotFound(ApiError):
    """404: there is nothing at this address."""

    sentence = "The service has nothing under this address or id."


class SessionBusy(ApiError):
    """409: the session is at work on another message; this one was not taken."""

    sentence = "The agent is still at work on the message before: wait until that is answered, then send this one."


class RateLimited(ApiError):
    """429: too many requests; documented for tokens, of which a client gets one in 7 days."""

    sentence = "Too many requests: the service gives one anonymous token per client, and ten per address, in 7 days."


class ServiceFailed(ApiError):
    """An HTTP 5xx: the service itself failed."""

    sentence = "The service failed to answer properly; try again later."


class UnknownApiError(ApiError):
    """A code that no document lists; kept as it came."""

    sentence = "The service answered with an error that its documents do not list."


class UnexpectedAnswer(NemoError):
    """The service answered with something that no document describes; `body` is what came."""

    def __init__(self, message: str, *, body: object = None) -> None:
        super().__init__(message)
        self.body = redact_json(body)


class TransportError(NemoError):
    """No complete answer came back."""


class ConnectionFailed(TransportError):
    """No connection: nothing of the request has reached the service."""


class ConnectionLost(TransportError):
    """The connection broke after the request was on its way, which may therefore have been carried out."""


class TimedOut(TransportError):
    """The service stayed silent for too long; the request may have been carried out."""


class ExportError(NemoError):
    """An export that did not end with a file; `render_id` names it."""

    def __init__(self, message: str, *, render_id: str) -> None:
        super().__init__(message)
        self.render_id = render_id


class RenderFailed(ExportError):
    """The render failed, and so did the second try."""


class RenderCancelled(RenderFailed):
    """The render was cancelled, by this client or at the service; it is not submitted again."""


class RenderUnfinished(ExportError):
    """The render was still going on at the last poll; `export(..., render_id=...)` picks it up."""


class DownloadFailed(ExportError):
    """The render is complete but its file could not be fetched whole."""


class MisuseError(NemoError):
    """The call can't work as it was made; nothing was sent."""


class UnusableFile(MisuseError):
    """A file that can't be uploaded, found before any byte was sent; `path` names it and `reason` says why."""

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
    """A place where no file can be written; `path` names it."""

    def __init__(self, message: str, *, path: Path) -> None:
        super().__init__(message)
        self.path = path


class NothingToExport(MisuseError):
    """The draft has no track with segments: something must be made first."""


class InvalidAttribution(MisuseError):
    """A skill's name, version or platform that is missing or can't stand in a header."""


class InvalidSetting(MisuseError):
    """A token, client id, base URL or message that can't be sent, or a limit that is none."""


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
#: The class of each status that says more than its number, where the body has no code of its own.
_BY_STATUS: Final[dict[int, type[ApiError]]] = {
    # Assumed: no document gives 1001 a status, but a gateway that checks bearers answers so.
    401: TokenInvalid,
    413: FileTooLarge,
    415: UnsupportedFile,
    422: BadRequest,
}


#: HTTP statuses of something that gave up on a service which may be at work all the same; three are Cloudflare's.
GAVE_UP: Final = frozenset({408, 499, 502, 504, 520, 522, 524})


def error_class(code: int | None, status: int | None) -> type[ApiError]:
    """The class for an envelope's code, else for an HTTP status; what gave up on the service can't speak for it."""
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
    """The error that an answer's body and status describe, in any of the shapes that are known or likely."""
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
        # Google's agent server, whose path this API shares, has no codes: the words tell its two kinds of 404 apart.
        kind = SessionNotFound
    return kind(
        redact(message) if message else None,
        status=status,
        code=code if code is not None else status,
        body=body,
        request_id=request_id or text(fields, "request_id", "requestId"),
        retry_after=retry_after,
    )

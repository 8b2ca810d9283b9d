"""Effects of the faults of single requests. Their class docstrings appear in the generated documents."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final, Literal

from nemovideo_contract.wire import Code
from nemovideo_mock.faults.fault_fields import FaultError, Flag, NonEmptyText, Number, OneOf, Whole

#: In seconds; a day is longer than any caller waits.
LONGEST_WAIT: Final = 86_400

Handled = Annotated[bool, Flag("if true, the service does what the request asks, and only its response is replaced")]
ErrorCode = Annotated[int, Whole("the envelope's code", 1, 9999)]

#: The message of an envelope if the fault has none.
MESSAGES: Final[dict[int, str]] = {
    Code.BAD_REQUEST: "The request is not valid.",
    Code.EXPORT_BLOCKED: "Export is blocked.",
    Code.MISSING_SCOPE: "The token lacks a scope.",
    Code.NOT_FOUND: "There is nothing here.",
    Code.RATE_LIMITED: "Too many requests.",
    Code.TOKEN_INVALID: "The token is not valid.",
    Code.SESSION_NOT_FOUND: "The session was not found.",
    Code.INSUFFICIENT_CREDITS: "Not enough credits.",
    Code.UNSUPPORTED_FILE: "The file type is not supported.",
    Code.FILE_TOO_LARGE: "The file is too large.",
}

_PHRASES: Final = {status.value: status.phrase + "." for status in HTTPStatus}


def default_message(code: int) -> str:
    """Return the service's message for a code: its own sentence, the HTTP status's name, or the number."""
    return MESSAGES.get(code) or _PHRASES.get(code) or f"Error {code}."


@dataclass(frozen=True, slots=True)
class Status:
    """The response has this HTTP status, and an envelope or your own body (such as a gateway's HTML page)."""

    status: Annotated[int, Whole("the HTTP status", 400, 599)] = 503
    code: Annotated[int | None, Whole("the envelope's code; the default is the status", 1, 9999)] = None
    message: Annotated[str | None, NonEmptyText("the envelope's message", 1000)] = None
    retry_after: Annotated[int | None, Whole("the seconds in the header Retry-After", 0, LONGEST_WAIT)] = None
    body: Annotated[str | None, NonEmptyText("the body that replaces the envelope", 100_000)] = None
    content_type: Annotated[str | None, NonEmptyText("the body's content type", 200, one_line=True)] = None
    handled: Handled = False

    def __post_init__(self) -> None:
        if self.body is None and self.content_type is not None:
            raise FaultError("The fault status takes content_type only together with body.")
        if self.body is not None and (self.code is not None or self.message is not None):
            raise FaultError("The fault status takes either body or an envelope's code and message, not both.")

    def answer(self) -> tuple[str, str] | dict[str, object]:
        """Return the body and its content type, or the envelope."""
        if self.body is not None:
            return self.body, self.content_type or "text/html; charset=utf-8"
        code = self.code if self.code is not None else self.status
        return {"code": code, "message": self.message or default_message(code), "data": None}


@dataclass(frozen=True, slots=True)
class Refusal:
    """The service refuses the request with this code. The profile decides the HTTP status."""

    code: ErrorCode = int(Code.SESSION_NOT_FOUND)
    message: Annotated[str | None, NonEmptyText("the envelope's message", 1000)] = None

    def answer(self) -> dict[str, object]:
        """Return the envelope."""
        return {"code": self.code, "message": self.message or default_message(self.code), "data": None}


@dataclass(frozen=True, slots=True)
class Latency:
    """The service waits on the world's clock before it handles the request.

    When a fault has been drawn, its `delay` includes the jitter.
    """

    delay: Annotated[float, Number("the seconds before the service handles the request", 0, LONGEST_WAIT)] = 5.0
    jitter: Annotated[
        float, Number("the maximum of additional seconds; each request gets a random part of it", 0, LONGEST_WAIT)
    ] = 0.0


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset before, inside or after the response headers. The work is done by default."""

    when: Annotated[
        Literal["before", "during", "after"],
        OneOf("when the reset happens, relative to the response headers", ("before", "during", "after")),
    ] = "before"
    handled: Annotated[bool, Flag("if true, the work is done, and only the response is lost")] = True


@dataclass(frozen=True, slots=True)
class SlowBody:
    """The service reads the request body slowly, as in a slow upload."""

    seconds_per_mb: Annotated[
        float, Number("the seconds for each 1,000,000 bytes of the body", 0, 3600, above=True)
    ] = 10.0


@dataclass(frozen=True, slots=True)
class SlowAnswer:
    """The response body arrives in small pieces with pauses."""

    bytes: Annotated[int, Whole("the bytes in each piece", 1, 1_000_000_000)] = 4096
    pause: Annotated[float, Number("the seconds between two pieces", 0, LONGEST_WAIT)] = 0.5


@dataclass(frozen=True, slots=True)
class TruncatedBody:
    """The response ends before its Content-Length is reached."""

    share: Annotated[float, Number("the share of the body that is sent; a part is always missing", 0, 0.999)] = 0.5

    def length(self, whole: int) -> int:
        """Return how many bytes of a body of `whole` bytes are sent: at least one byte less, if it has any."""
        return max(0, min(int(whole * self.share), whole - 1))


@dataclass(frozen=True, slots=True)
class NotJson:
    """The response is a web page with status 200, as a captive portal or a proxy sends it."""

    body: Annotated[str, NonEmptyText("the HTML of the page", 100_000)] = (
        "<!doctype html><html><head><title>Just a moment</title></head><body>Please wait.</body></html>"
    )
    handled: Handled = False


RequestEffect = Status | Refusal | Latency | Reset | SlowBody | SlowAnswer | TruncatedBody | NotJson

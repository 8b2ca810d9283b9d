"""Faults of single requests: what they do, not when. Their class docstrings are what the documents show."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final, Literal

from nemovideo_contract.wire import Code
from nemovideo_mock.faults.rules import FaultError, Flag, Number, OneOf, Whole, Words

#: Seconds; a day is more than any caller waits.
LONGEST_WAIT: Final = 86_400

Handled = Annotated[bool, Flag("the request takes effect all the same; only its answer is replaced")]
ErrorCode = Annotated[int, Whole("the envelope's code", 1, 9999)]

#: What an envelope says where the fault doesn't.
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


def sentence(code: int) -> str:
    """What the service says of a code: its own sentence, the HTTP status's name, or the number."""
    return MESSAGES.get(code) or _PHRASES.get(code) or f"Error {code}."


@dataclass(frozen=True, slots=True)
class Status:
    """The answer is this HTTP status, with an envelope or with a body of your own (a gateway's HTML page)."""

    status: Annotated[int, Whole("the HTTP status", 400, 599)] = 503
    code: Annotated[int | None, Whole("the envelope's code; the status where not given", 1, 9999)] = None
    message: Annotated[str | None, Words("the envelope's message", 1000)] = None
    retry_after: Annotated[int | None, Whole("seconds in the header Retry-After", 0, LONGEST_WAIT)] = None
    body: Annotated[str | None, Words("the body instead of an envelope", 100_000)] = None
    content_type: Annotated[str | None, Words("the body's content type", 200, one_line=True)] = None
    handled: Handled = False

    def __post_init__(self) -> None:
        if self.body is None and self.content_type is not None:
            raise FaultError("The fault status takes content_type only together with body.")
        if self.body is not None and (self.code is not None or self.message is not None):
            raise FaultError("The fault status takes either body or an envelope's code and message, not both.")

    def answer(self) -> tuple[str, str] | dict[str, object]:
        """The body and its content type, or the envelope."""
        if self.body is not None:
            return self.body, self.content_type or "text/html; charset=utf-8"
        code = self.code if self.code is not None else self.status
        return {"code": code, "message": self.message or sentence(code), "data": None}


@dataclass(frozen=True, slots=True)
class Refusal:
    """The service refuses with a code of its own; the HTTP status that goes with it is the profile's."""

    code: ErrorCode = int(Code.SESSION_NOT_FOUND)
    message: Annotated[str | None, Words("the envelope's message", 1000)] = None

    def answer(self) -> dict[str, object]:
        """The envelope."""
        return {"code": self.code, "message": self.message or sentence(self.code), "data": None}


@dataclass(frozen=True, slots=True)
class Latency:
    """The request waits on the clock before it is handled.

    A fault that was drawn has its jitter in `delay` already.
    """

    delay: Annotated[float, Number("seconds before the request is handled", 0, LONGEST_WAIT)] = 5.0
    jitter: Annotated[float, Number("up to so many seconds more, drawn each time", 0, LONGEST_WAIT)] = 0.0


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset before, inside or after the answer's headers; the work is done unless told otherwise."""

    when: Annotated[
        Literal["before", "during", "after"], OneOf("where in the answer's headers", ("before", "during", "after"))
    ] = "before"
    handled: Annotated[bool, Flag("the work is done and only the answer is lost")] = True


@dataclass(frozen=True, slots=True)
class SlowBody:
    """The request's body is read slowly: a slow upload."""

    seconds_per_mb: Annotated[float, Number("seconds for each 1,000,000 bytes of the body", 0, 3600, above=True)] = 10.0


@dataclass(frozen=True, slots=True)
class SlowAnswer:
    """The answer's body drips: so many bytes, then a pause."""

    bytes: Annotated[int, Whole("bytes at a time", 1, 1_000_000_000)] = 4096
    pause: Annotated[float, Number("seconds between two pieces", 0, LONGEST_WAIT)] = 0.5


@dataclass(frozen=True, slots=True)
class TruncatedBody:
    """The answer ends before its Content-Length is reached."""

    share: Annotated[float, Number("the part of the body that is sent; some of it is always missing", 0, 0.999)] = 0.5

    def length(self, whole: int) -> int:
        """How many bytes of a body of `whole` bytes are sent: at least one less, where there are any."""
        return max(0, min(int(whole * self.share), whole - 1))


@dataclass(frozen=True, slots=True)
class NotJson:
    """The answer is a web page with status 200, as a captive portal or a proxy sends one."""

    body: Annotated[str, Words("the page", 100_000)] = (
        "<!doctype html><html><head><title>Just a moment</title></head><body>Please wait.</body></html>"
    )
    handled: Handled = False


RequestEffect = Status | Refusal | Latency | Reset | SlowBody | SlowAnswer | TruncatedBody | NotJson

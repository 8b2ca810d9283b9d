"""The effects that a flow yields, and the values that it gets back.

A flow is a generator: it yields an effect, receives the outcome, and finally returns its result. A failed effect raises
a `NemoError` at the `yield`. So the flows contain all rules and do no I/O, and a driver is a loop that performs
effects. The synchronous and the asynchronous driver differ only in `await`.

Flows use the functions at the end of this module, which know the type of each outcome. When a flow ends, for any
reason, its driver releases what the flow has opened (`Open`, `Create`).
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from nemovideo_client.files import FileCheck, PartialFile
from nemovideo_client.models import Token
from nemovideo_client.progress import TOLERANCE_S, ProgressTimer

T = TypeVar("T")

#: The largest part of a response without success that is read, in bytes.
MAX_ERROR_BODY: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a value; its repr omits headers and body, which may contain a token.

    `body` is sent as JSON, `files` as multipart. `patience_s` limits the silence before and within the response.
    `until` (s since the epoch) limits the whole response, even if bytes keep arriving.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    files: tuple[Path, ...] = ()
    patience_s: float = 60
    until: float = math.inf


@dataclass(frozen=True, slots=True)
class Response:
    """A response; `body` is empty if the body is read in pieces. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request and read the whole response. The outcome is a `Response`.

    Of a response without success, the driver reads at most `MAX_ERROR_BODY` bytes. It raises `UnexpectedAnswer` if any
    other response exceeds the limit `answer_bytes`.
    """

    request: Request


@dataclass(frozen=True, slots=True)
class Open:
    """Send a request and read the head of the response, a `Response`; then `Read` its body and `Close`."""

    request: Request
    progress_timer: ProgressTimer | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """Read the bytes of the open response that have arrived. The outcome is empty at its end.

    Raises `TimedOut` at the time `until` (s since the epoch) if nothing arrives before.
    """

    until: float = math.inf
    progress_timer: ProgressTimer | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """Close the open response."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Now:
    """Read the time. The outcome is in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Authorise:
    """Get the token. The outcome is a `Token`, not the one that was `refused`."""

    refused: Token | None = None


@dataclass(frozen=True, slots=True)
class Emit:
    """Give the caller a value: an event, or progress."""

    value: object


@dataclass(frozen=True, slots=True)
class Notify:
    """Give the caller a notice, or another value that it did not ask for but may need."""

    value: object


@dataclass(frozen=True, slots=True)
class Examine:
    """Check a local file. The outcome is a `FileCheck`."""

    path: Path


@dataclass(frozen=True, slots=True)
class Create:
    """Begin to write a file, or begin it again; only `Commit` makes it appear under its name."""

    path: Path


@dataclass(frozen=True, slots=True)
class Resume:
    """Continue the partial file that an earlier download kept under `key`. The outcome is a `PartialFile`."""

    key: str


@dataclass(frozen=True, slots=True)
class Restart:
    """Begin the file again; with `keep`, a later download may resume it if the entity tag is still `etag`."""

    etag: str | None = None
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """Append bytes to the file."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Commit:
    """Finish the file."""


#: Effects that a driver may have to wait for; effects that it performs at once.
WaitingEffect = Send | Open | Read | Close | Sleep | Authorise
LocalEffect = Now | Notify | Examine | Create | Resume | Restart | Write | Commit
Effect = WaitingEffect | LocalEffect | Emit
Outcome = Response | bytes | float | Token | FileCheck | PartialFile | None
Flow = Generator[Effect, Outcome, T]


def _perform(effect: Effect, kind: type[T]) -> Flow[T]:
    outcome = yield effect
    if not isinstance(outcome, kind):
        raise TypeError(f"the driver answered {type(effect).__name__} with {type(outcome).__name__}")
    return outcome


def send(request: Request) -> Flow[Response]:
    """Send a request and return the whole response."""
    return _perform(Send(request), Response)


def open_stream(request: Request, progress_timer: ProgressTimer | None = None) -> Flow[Response]:
    """Send a request and return the head of the response."""
    return _perform(Open(request, progress_timer), Response)


def read(until: float = math.inf, progress_timer: ProgressTimer | None = None) -> Flow[bytes]:
    """Return the bytes that have arrived; no bytes at the end."""
    return _perform(Read(until, progress_timer), bytes)


def now() -> Flow[float]:
    """Return the time in seconds since the epoch."""
    return _perform(Now(), float)


def authorise(refused: Token | None = None) -> Flow[Token]:
    """Return the token to use."""
    return _perform(Authorise(refused), Token)


def examine(path: Path) -> Flow[FileCheck]:
    """Return the result of checking a local file."""
    return _perform(Examine(path), FileCheck)


def resume(key: str) -> Flow[PartialFile]:
    """Continue the partial file of an earlier download and return what it contains."""
    return _perform(Resume(key), PartialFile)


def rest(seconds: float, progress_timer: ProgressTimer) -> Flow[None]:
    """Wait for so many seconds, and send the notices that are due."""
    end = (yield from now()) + seconds
    while True:
        time = yield from now()
        said = progress_timer.due(time)
        if said is not None:
            yield Notify(said)
        if time >= end - TOLERANCE_S:
            return
        yield Sleep(min(end, progress_timer.next) - time)

"""What a flow may ask its driver to do, and what it gets back.

A flow is a generator: it yields an effect, receives the outcome, and in the end returns its result. Whatever fails
comes back as a `NemoError` thrown at the yield. So all policy is in the flows, free of I/O, and a driver is a loop over
a table of effects; the synchronous and the asynchronous one differ in `await` alone.

Flows don't yield effects themselves but go through the functions at the end of this module, which know the type of each
outcome. A driver releases what is open (`Open`, `Create`) when its flow ends, however it ends.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from nemovideo_client.files import FileCheck, PartialFile
from nemovideo_client.models import Token
from nemovideo_client.progress import TOLERANCE_S, ProgressTimer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a value; headers and body stay out of its repr, where a token could show.

    `body` is sent as JSON, `files` as multipart; `patience_s` bounds the silence before and within the answer, `until`
    (s since the epoch) the whole of it, whatever arrives.
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
    """An answer; `body` is empty for one whose body is read piece by piece. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request and read the whole answer: gives a `Response`."""

    request: Request


@dataclass(frozen=True, slots=True)
class Open:
    """Send a request and read the answer's head: gives a `Response`; `Read` its body, then `Close`."""

    request: Request
    progress_timer: ProgressTimer | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """Read what has arrived of the open answer: gives bytes, none of them at its end.

    Ends as `TimedOut` at the time `until` (s since the epoch) if nothing arrives before.
    """

    until: float = math.inf
    progress_timer: ProgressTimer | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """Close the open answer."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Now:
    """Ask for the time: gives seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Authorise:
    """Ask for the token: gives a `Token`, another one than that which was `refused`."""

    refused: Token | None = None


@dataclass(frozen=True, slots=True)
class Emit:
    """Show the caller something: an event, or progress."""

    value: object


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell the caller something beside what it asked for: a notice, or what is good to keep."""

    value: object


@dataclass(frozen=True, slots=True)
class Examine:
    """Look at a local file: gives `FileCheck`."""

    path: Path


@dataclass(frozen=True, slots=True)
class Create:
    """Begin to write a file, or begin again; it appears under its name at `Commit` alone."""

    path: Path


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on with what an earlier attempt left of the same file, told by its `key`: gives `PartialFile`, often of no
    bytes."""

    key: str


@dataclass(frozen=True, slots=True)
class Restart:
    """Begin the file again; `keep` says whether what arrives can be gone on with later, `etag` how to tell that."""

    etag: str | None = None
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """Append to the file."""

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
    """Send a request and read the whole answer."""
    return _perform(Send(request), Response)


def open_stream(request: Request, progress_timer: ProgressTimer | None = None) -> Flow[Response]:
    """Send a request and read the answer's head."""
    return _perform(Open(request, progress_timer), Response)


def read(until: float = math.inf, progress_timer: ProgressTimer | None = None) -> Flow[bytes]:
    """Read what has arrived; no bytes at the end."""
    return _perform(Read(until, progress_timer), bytes)


def now() -> Flow[float]:
    """The time in seconds since the epoch."""
    return _perform(Now(), float)


def authorise(refused: Token | None = None) -> Flow[Token]:
    """The token to use."""
    return _perform(Authorise(refused), Token)


def examine(path: Path) -> Flow[FileCheck]:
    """What a look at a local file says."""
    return _perform(Examine(path), FileCheck)


def resume(key: str) -> Flow[PartialFile]:
    """What an earlier attempt left of the same file, to be gone on with."""
    return _perform(Resume(key), PartialFile)


def rest(seconds: float, progress_timer: ProgressTimer) -> Flow[None]:
    """Wait so long, and say meanwhile that the work goes on."""
    end = (yield from now()) + seconds
    while True:
        time = yield from now()
        said = progress_timer.due(time)
        if said is not None:
            yield Notify(said)
        if time >= end - TOLERANCE_S:
            return
        yield Sleep(min(end, progress_timer.next) - time)

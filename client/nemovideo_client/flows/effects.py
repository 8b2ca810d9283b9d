"""What a flow may ask its driver to do, and what it gets back.

A flow is a generator: it yields an effect, receives the outcome, and in the end returns its result. Whatever fails
comes back as a `NemoError` thrown at the yield. So all policy is in the flows, free of I/O, and a driver is a loop over
a table of effects; the synchronous and the asynchronous one differ in `await` alone.

Flows don't yield effects themselves but go through the functions at the end of this module, which know the type of each
outcome. A driver releases what is open (`Open`, `Create`) when its flow ends, however it ends.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from nemovideo_client.answers import Token
from nemovideo_client.files import Examined

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a value; headers and body stay out of its repr, where a token could show.

    `body` is sent as JSON, `files` as multipart; `patience_s` bounds the silence before and within the answer.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    files: tuple[Path, ...] = ()
    patience_s: float = 60


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


@dataclass(frozen=True, slots=True)
class Read:
    """Read what has arrived of the open answer: gives bytes, none of them at its end."""


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
class Examine:
    """Look at a local file: gives `Examined`."""

    path: Path


@dataclass(frozen=True, slots=True)
class Create:
    """Begin to write a file, or begin again; it appears under its name at `Commit` alone."""

    path: Path


@dataclass(frozen=True, slots=True)
class Write:
    """Append to the file."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Commit:
    """Finish the file."""


Effect = Send | Open | Read | Close | Sleep | Now | Authorise | Emit | Examine | Create | Write | Commit
Outcome = Response | bytes | float | Token | Examined | None
Flow = Generator[Effect, Outcome, T]


def _perform(effect: Effect, kind: type[T]) -> Flow[T]:
    outcome = yield effect
    if not isinstance(outcome, kind):
        raise TypeError(f"the driver answered {type(effect).__name__} with {type(outcome).__name__}")
    return outcome


def send(request: Request) -> Flow[Response]:
    """Send a request and read the whole answer."""
    return _perform(Send(request), Response)


def open_stream(request: Request) -> Flow[Response]:
    """Send a request and read the answer's head."""
    return _perform(Open(request), Response)


def read() -> Flow[bytes]:
    """Read what has arrived; no bytes at the end."""
    return _perform(Read(), bytes)


def now() -> Flow[float]:
    """The time in seconds since the epoch."""
    return _perform(Now(), float)


def authorise(refused: Token | None = None) -> Flow[Token]:
    """The token to use."""
    return _perform(Authorise(refused), Token)


def examine(path: Path) -> Flow[Examined]:
    """What a look at a local file says."""
    return _perform(Examine(path), Examined)

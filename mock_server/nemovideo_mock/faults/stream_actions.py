"""The actions of a stream's driver; each one has the name of the fault that caused it, if a fault did."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SendBytes:
    """Send these bytes: a record, a piece of one, or a heartbeat."""

    data: bytes
    fault: str | None = None
    heartbeat: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds, then do the next action."""

    seconds: float
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Stall:
    """Send nothing for so many seconds, then continue; None means forever, with the connection open."""

    seconds: float | None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class OnlyHeartbeats:
    """From now on, send heartbeats only, forever, and keep the connection open."""

    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndStream:
    """End the stream: as a response ends normally or, if `abrupt`, by breaking the connection."""

    abrupt: bool = False
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class FailStream:
    """Report in the dialect's form that the stream failed, and end it."""

    code: int
    message: str
    fault: str | None = None


Action = SendBytes | Pause | Stall | OnlyHeartbeats | EndStream | FailStream


def is_last(action: Action) -> bool:
    """Return whether nothing is sent after this action."""
    return isinstance(action, EndStream | FailStream) or (isinstance(action, Stall) and action.seconds is None)

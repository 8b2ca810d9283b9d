"""What the driver of a stream does next; each says which fault made it so, where one did."""

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
    """Send nothing for so many seconds, then go on; None is for ever, with the connection open."""

    seconds: float | None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class OnlyHeartbeats:
    """From here on nothing but heartbeats comes out: keep the connection open, and heartbeats coming, for ever."""

    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndStream:
    """End the stream: as an answer ends, or `abrupt`, by breaking the connection."""

    abrupt: bool = False
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class FailStream:
    """Say in the dialect's way that the stream failed, and end it."""

    code: int
    message: str
    fault: str | None = None


Action = SendBytes | Pause | Stall | OnlyHeartbeats | EndStream | FailStream


def is_last(action: Action) -> bool:
    """Whether nothing is sent after it."""
    return isinstance(action, EndStream | FailStream) or (isinstance(action, Stall) and action.seconds is None)

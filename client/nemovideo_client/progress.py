"""Progress: when a "still working" notice is due, and the callbacks that receive events and notices.

The documents ask for a notice every two minutes if the work takes longer. So each piece of long work has a progress
timer. The flow and its driver share it, because a notice may be due while the driver waits for bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from nemovideo_contract import wire

T = TypeVar("T")

#: Seconds by which rounding may end a wait early: times since the epoch are exact to a quarter of a microsecond.
TOLERANCE_S: Final = 0.001


@dataclass(frozen=True, slots=True)
class StillWorking:
    """A notice that the work goes on; `seconds` have passed since it began."""

    seconds: float


class ProgressTimer:
    """Says when a notice is due: every two minutes after `since` (s since the epoch)."""

    def __init__(self, since: float, every_s: float = wire.STILL_WORKING_S) -> None:
        self.since = since
        self.next = since + every_s
        self._every_s = every_s

    def due(self, time: float) -> StillWorking | None:
        """Return the notice that is due at this time, or None. The next call returns the next notice."""
        if time < self.next - TOLERANCE_S:
            return None
        passed = round(time - self.since, 3)
        # Notices that the caller missed while it was busy are dropped.
        self.next = self.since + (passed // self._every_s + 1) * self._every_s
        return StillWorking(passed)


def reporter(expected: type[T], on_progress: Callable[[T], None] | None) -> Callable[[object], None]:
    """Return a callback that passes on values of one type and ignores others."""

    def report(value: object) -> None:
        if on_progress is not None and isinstance(value, expected):
            on_progress(value)

    return report


def call_both(one: Callable[[object], None], other: Callable[[object], None]) -> Callable[[object], None]:
    """Return a callback that calls two others with the same value."""

    def report(value: object) -> None:
        one(value)
        other(value)

    return report


def notice_callback(on_still_working: Callable[[float], None] | None) -> Callable[[object], None]:
    """Return a callback that passes on how long the work has taken, in seconds."""

    def tell(value: object) -> None:
        if on_still_working is not None and isinstance(value, StillWorking):
            on_still_working(value.seconds)

    return tell


def ignore_events(_: object) -> None:
    """Ignore the value: the caller gave no callback."""

"""Progress: when a "still working" notice is due, and the callbacks that receive events and notices.

The documents ask to speak up every two minutes of a generation that takes longer. So a piece of work that may take long
has a vigil. Flow and driver share it, as a notice may fall due while the driver waits for bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from nemovideo_contract import wire

#: Seconds that a wait may end early by rounding: times since the epoch are exact to a quarter of a microsecond.
TOLERANCE_S: Final = 0.001


@dataclass(frozen=True, slots=True)
class StillWorking:
    """The work goes on; `seconds` have passed since it began."""

    seconds: float


class ProgressTimer:
    """When to say that the work goes on: every two minutes from `since` (s since the epoch), once for each pause."""

    def __init__(self, since: float, every_s: float = wire.STILL_WORKING_S) -> None:
        self.since = since
        self.next = since + every_s
        self._every_s = every_s

    def due(self, time: float) -> StillWorking | None:
        """What is to be said at this time, if anything; it then counts as said."""
        if time < self.next - TOLERANCE_S:
            return None
        passed = round(time - self.since, 3)
        # Those that were missed, while the caller looked at something else, are not made up for.
        self.next = self.since + (passed // self._every_s + 1) * self._every_s
        return StillWorking(passed)


# Who hears what a flow emits and tells, made of the callbacks that a caller gave.


T = TypeVar("T")


def reporter(expected: type[T], on_progress: Callable[[T], None] | None) -> Callable[[object], None]:
    """One who hears values of a kind alone."""

    def report(value: object) -> None:
        if on_progress is not None and isinstance(value, expected):
            on_progress(value)

    return report


def call_both(one: Callable[[object], None], other: Callable[[object], None]) -> Callable[[object], None]:
    """Two who hear the same."""

    def report(value: object) -> None:
        one(value)
        other(value)

    return report


def notice_callback(on_still_working: Callable[[float], None] | None) -> Callable[[object], None]:
    """One who hears how long the work goes on, in seconds."""

    def tell(value: object) -> None:
        if on_still_working is not None and isinstance(value, StillWorking):
            on_still_working(value.seconds)

    return tell


def ignore_events(_: object) -> None:
    """Take what nobody asked to see."""

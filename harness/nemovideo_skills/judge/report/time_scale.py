"""Where the moments of a history stand in its picture.

Time runs from left to right, evenly but for two things. Calls that begin together, or nearly, stand apart all the same,
as on a virtual clock most calls take no time; so places follow the order of the journal. And a time in which nothing
happened, such as a week until a token expires, is cut short and marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

#: Calls that fit side by side into one strip of the picture, and the most strips that a picture has.
CALLS: Final = 40
STRIPS: Final = 24
#: Pixels by which calls that begin together stand apart, where there is room.
APART: Final = 10.0
#: The part of a picture that is spent on keeping calls apart, at most.
SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class TimedEvent:
    """Something that stands in the picture: its number in the journal and its time in seconds.

    `opens` is 1 where a call begins, -1 where one ends, and 0 for what happens in between.
    """

    number: int
    moment: float
    opens: int = 0


@dataclass(frozen=True, slots=True)
class IdleGap:
    """A time in which nothing happened and that is cut short: where it stands, and its length in seconds."""

    x: float
    length: float


class Scale:
    """Places, in pixels from the left of the first strip, by the number of an entry; strips are `width` pixels long."""

    def __init__(self, events: Iterable[TimedEvent], width: float) -> None:
        ordered = sorted(events, key=lambda each: each.number)
        steps = list(_steps(ordered))
        calls = sum(each.opens == 1 for each in ordered)
        self.width = width
        self.strips = max(1, min(STRIPS, ceil(calls / CALLS)))
        whole = self.strips * width
        limit = _limit(steps)
        length = sum(min(each.length, limit) if each.is_idle else each.length for each in steps)
        apart = min(APART if length else width / 8, SHARE * whole / max(1, calls))
        # The last call of all wants its room, too.
        per_second = (whole - apart * calls) / length if length else 0.0
        self.cuts: list[IdleGap] = []
        self._places: dict[int, float] = {}
        x = 0.0
        for event, step in zip(ordered, steps, strict=True):
            shown = min(step.length, limit) if step.is_idle else step.length
            if shown < step.length:
                self.cuts.append(IdleGap(x + shown * per_second / 2, step.length))
            x += shown * per_second
            self._places.setdefault(event.number, min(x, whole))
            if event.opens == 1:
                x += apart
        self.end = min(x, whole)

    def __call__(self, number: int) -> float:
        """The place of an entry that is among the events."""
        return self._places[number]

    def strip(self, x: float) -> int:
        """The strip in which a place stands, from 0."""
        return min(int(x // self.width), self.strips - 1)


@dataclass(frozen=True, slots=True)
class _Step:
    """The time before an event, in seconds; idle where no call was open."""

    length: float
    is_idle: bool


def _steps(events: Sequence[TimedEvent]) -> Iterator[_Step]:
    """A step before each event; times that go back, as those of heads may, count as none."""
    opened = 0
    now = events[0].moment if events else 0.0
    for event in events:
        yield _Step(max(0.0, event.moment - now), opened == 0)
        now = max(now, event.moment)
        opened += event.opens


def _limit(steps: Sequence[_Step]) -> float:
    """The longest idle time that is shown at its length, in seconds: some waits as they are usual here."""
    idle = sorted(each.length for each in steps if each.is_idle and each.length > 0)
    busy = sum(each.length for each in steps if not each.is_idle)
    if not idle:
        return 0.0
    usual = 4 * idle[3 * (len(idle) - 1) // 4]
    return max(min(usual, 2 * busy), busy / 4) if busy else usual

"""Compute the positions of moments in the picture of a history.

Time runs evenly from left to right, with two exceptions. Calls that begin at nearly the same time get a minimum
distance, as most calls take no time on a virtual clock; positions follow the order of the journal. An idle time, such
as a week until a token expires, is shortened and marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

#: The number of calls that fit side by side into one strip, and the largest number of strips.
CALLS: Final = 40
STRIPS: Final = 24
#: The distance in pixels between calls that begin together, if there is room.
APART: Final = 10.0
#: The largest fraction of a picture that these distances may take.
SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class TimedEvent:
    """An event in the picture: its number in the journal and its time in seconds.

    `opens` is 1 if a call begins, -1 if one ends, and 0 for events in between.
    """

    number: int
    moment: float
    opens: int = 0


@dataclass(frozen=True, slots=True)
class IdleGap:
    """A shortened idle time: its position, and its length in seconds."""

    x: float
    length: float


class Scale:
    """Positions by entry number, in pixels from the left of the first strip; each strip is `width` pixels long."""

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
        # The last call needs room, too.
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
        """Return the position of an entry."""
        return self._places[number]

    def strip(self, x: float) -> int:
        """Return the index of the strip at a position, from 0."""
        return min(int(x // self.width), self.strips - 1)


@dataclass(frozen=True, slots=True)
class _Step:
    """The time before an event, in seconds; idle if no call was open."""

    length: float
    is_idle: bool


def _steps(events: Sequence[TimedEvent]) -> Iterator[_Step]:
    """Return the step before each event; a time that goes back counts as no time."""
    opened = 0
    now = events[0].moment if events else 0.0
    for event in events:
        yield _Step(max(0.0, event.moment - now), opened == 0)
        now = max(now, event.moment)
        opened += event.opens


def _limit(steps: Sequence[_Step]) -> float:
    """Return the longest idle time that is not shortened, in seconds: several times the usual wait of this history."""
    idle = sorted(each.length for each in steps if each.is_idle and each.length > 0)
    busy = sum(each.length for each in steps if not each.is_idle)
    if not idle:
        return 0.0
    usual = 4 * idle[3 * (len(idle) - 1) // 4]
    return max(min(usual, 2 * busy), busy / 4) if busy else usual

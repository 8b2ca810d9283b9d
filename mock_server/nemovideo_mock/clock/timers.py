"""Timers in the order in which they run: by time, then by `TimerOrder`, then in the order in which they were added."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from nemovideo_mock.clock.interface import TimerOrder


class OrderedTimer:
    """A callback that runs at `when`, in seconds since the epoch, unless it is cancelled."""

    __slots__ = ("callback", "cancelled", "order", "sequence", "when")

    def __init__(self, when: float, order: TimerOrder, sequence: int, callback: Callable[[], None]) -> None:
        self.when = when
        self.order = order
        self.sequence = sequence
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        """Prevent the callback from running; has no effect after it has run."""
        self.cancelled = True

    def __lt__(self, other: OrderedTimer) -> bool:
        return (self.when, self.order, self.sequence) < (other.when, other.order, other.sequence)


class Timers:
    """The timers of one clock."""

    def __init__(self) -> None:
        self._heap: list[OrderedTimer] = []
        self._sequence = itertools.count()

    def add(self, when: float, order: TimerOrder, callback: Callable[[], None]) -> OrderedTimer:
        """Add a timer."""
        timer = OrderedTimer(when, order, next(self._sequence), callback)
        heapq.heappush(self._heap, timer)
        return timer

    def first(self) -> OrderedTimer | None:
        """Return the timer that runs next, or None."""
        while self._heap and self._heap[0].cancelled:
            heapq.heappop(self._heap)
        return self._heap[0] if self._heap else None

    def take(self, now: float) -> OrderedTimer | None:
        """Remove and return the timer that runs next, or None if no timer is due."""
        timer = self.first()
        if timer is None or timer.when > now:
            return None
        return heapq.heappop(self._heap)

    def clear(self) -> None:
        """Remove all timers."""
        self._heap.clear()

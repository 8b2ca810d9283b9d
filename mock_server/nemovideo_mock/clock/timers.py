"""Timers, kept in the order in which they run: by time, then by `TimerOrder`, then first come, first served."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from nemovideo_mock.clock.interface import TimerOrder


class OrderedTimer:
    """Something that will run at `when`, in seconds since the epoch, unless cancelled."""

    __slots__ = ("callback", "cancelled", "order", "sequence", "when")

    def __init__(self, when: float, order: TimerOrder, sequence: int, callback: Callable[[], None]) -> None:
        self.when = when
        self.order = order
        self.sequence = sequence
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        """Make sure that it never runs; harmless afterwards."""
        self.cancelled = True

    def __lt__(self, other: OrderedTimer) -> bool:
        return (self.when, self.order, self.sequence) < (other.when, other.order, other.sequence)


class Timers:
    """The timers of one clock."""

    def __init__(self) -> None:
        self._heap: list[OrderedTimer] = []
        self._sequence = itertools.count()

    def add(self, when: float, order: TimerOrder, callback: Callable[[], None]) -> OrderedTimer:
        """Another timer."""
        timer = OrderedTimer(when, order, next(self._sequence), callback)
        heapq.heappush(self._heap, timer)
        return timer

    def first(self) -> OrderedTimer | None:
        """The timer that runs next, or None where there is none."""
        while self._heap and self._heap[0].cancelled:
            heapq.heappop(self._heap)
        return self._heap[0] if self._heap else None

    def take(self, now: float) -> OrderedTimer | None:
        """The timer that runs next, taken out; None where none is due."""
        timer = self.first()
        if timer is None or timer.when > now:
            return None
        return heapq.heappop(self._heap)

    def clear(self) -> None:
        """Forget all of them."""
        self._heap.clear()

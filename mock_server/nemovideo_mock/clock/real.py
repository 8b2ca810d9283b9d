"""Time as it is."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import ClassVar, Literal

from nemovideo_mock.clock.interface import Order, Signal, Timer, wait_for
from nemovideo_mock.clock.links import Link


class RealTimer:
    """A timer of the event loop."""

    __slots__ = ("_clock", "callback", "handle", "order", "sequence", "when")

    def __init__(self, clock: RealClock, when: float, order: Order, sequence: int, run: Callable[[], None]) -> None:
        self._clock = clock
        self.when = when
        self.order = order
        self.sequence = sequence
        self.callback = run
        self.handle: asyncio.TimerHandle | None = None

    def cancel(self) -> None:
        """Make sure that it never runs."""
        self._clock.forget(self)

    def __lt__(self, other: RealTimer) -> bool:
        return (self.when, self.order, self.sequence) < (other.when, other.order, other.sequence)


class RealClock:
    """Time as it is, from `start` on where one is given; belongs to one event loop."""

    mode: ClassVar[Literal["real", "virtual"]] = "real"

    def __init__(self, start: float | None = None) -> None:
        self._offset = (time.time() if start is None else start) - time.monotonic()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timers: set[RealTimer] = set()
        self._sequence = itertools.count()
        self._stopped = Signal()

    def start(self) -> None:
        """Bind to the running event loop."""
        self._loop = asyncio.get_running_loop()

    def stop(self) -> None:
        """Wake the handlers that wait; their `wait` raises."""
        self._loop = None
        for timer in list(self._timers):
            self.forget(timer)
        self._stopped.notify()

    def now(self) -> float:
        """The time, which never goes backwards."""
        return time.monotonic() + self._offset

    def call_at(self, when: float, callback: Callable[[], None], order: Order = Order.SERVICE) -> Timer:
        """Run something at a time; `order` decides where `advance` makes several due at once."""
        timer = RealTimer(self, when, order, next(self._sequence), callback)
        if self._loop is not None:
            self._timers.add(timer)
            self._arm(timer, self._loop)
        return timer

    def _arm(self, timer: RealTimer, loop: asyncio.AbstractEventLoop) -> None:
        timer.handle = loop.call_later(max(0.0, timer.when - self.now()), self._run, timer)

    def _run(self, timer: RealTimer) -> None:
        self._timers.discard(timer)
        timer.callback()

    def forget(self, timer: RealTimer) -> None:
        """Make sure that a timer never runs."""
        self._timers.discard(timer)
        if timer.handle is not None:
            timer.handle.cancel()

    async def wait(self, signal: Signal, link: Link | None = None, until: float | None = None) -> bool:
        """Block a handler until the signal (True) or the time (False)."""
        del link
        return await wait_for(self, signal, until, self._stopped)

    def hold(self, until: float) -> Callable[[], None]:
        """Do nothing: real time passes anyway."""
        del until
        return lambda: None

    def attach(self, link: Link) -> None:
        """Do nothing: time depends on nobody."""

    async def advance(self, seconds: float) -> float:
        """Put the clock forward and let everything happen that has become due, in order; the answer is the new time.

        Real work that is under way is not shortened.
        """
        self._offset += seconds
        now = self.now()
        while self._loop is not None and (due := [timer for timer in self._timers if timer.when <= now]):
            # One at a time, as what it wakes may set timers of its own that come before the next.
            timer = min(due)
            self.forget(timer)
            timer.callback()
            await asyncio.sleep(0)
        if self._loop is not None:
            for timer in list(self._timers):
                if timer.handle is not None:
                    timer.handle.cancel()
                self._arm(timer, self._loop)
        return self.now()

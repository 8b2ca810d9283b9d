"""Time as it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import ClassVar, Literal

from nemovideo_mock.clock.interface import ClockStoppedError, Signal, Timer, TimerOrder, wait_for, yield_to_loop
from nemovideo_mock.clock.links import Link
from nemovideo_mock.clock.timers import Timers


class RealClock:
    """Time as it is, from `start` on where one is given; belongs to one event loop."""

    mode: ClassVar[Literal["real", "virtual"]] = "real"

    def __init__(self, start: float | None = None) -> None:
        self._offset = (time.time() if start is None else start) - time.monotonic()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timers = Timers()
        self._handle: asyncio.Handle | None = None
        self._is_stopped = False
        self._stopped = Signal()

    def start(self) -> None:
        """Bind to the running event loop; timers run there."""
        self._loop = asyncio.get_running_loop()
        self._is_stopped = False
        self._arm()

    def stop(self) -> None:
        """End: whoever waits gets `ClockStoppedError`, timers never run."""
        self._is_stopped = True
        self._loop = None
        self._timers.clear()
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._stopped.notify()

    def now(self) -> float:
        """The time, which never goes backwards."""
        return time.monotonic() + self._offset

    def call_at(self, when: float, callback: Callable[[], None], order: TimerOrder = TimerOrder.SERVICE) -> Timer:
        """Run something at a time; `order` decides where several are due at once, as after `advance`."""
        timer = self._timers.add(when, order, callback)
        if self._timers.first() is timer:
            self._arm()
        return timer

    def _arm(self) -> None:
        """Have the loop call again when the next timer is due."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        timer = self._timers.first()
        if timer is not None and self._loop is not None:
            self._handle = self._loop.call_later(max(0.0, timer.when - self.now()), self._run)

    def _run(self) -> None:
        """Run one timer; what it wakes goes on before the next, which may come from there."""
        timer = self._timers.take(self.now())
        try:
            if timer is not None:
                timer.callback()
        finally:
            self._arm()

    async def wait(self, signal: Signal, link: Link | None = None, until: float | None = None) -> bool:
        """Block a handler until the signal (True) or the time (False)."""
        del link
        if self._is_stopped:
            raise ClockStoppedError("the clock has stopped, and with it the fake that it drives")
        return await wait_for(self, signal, until, self._stopped)

    def hold(self, until: float) -> Callable[[], None]:
        """Do nothing: real time passes anyway."""
        del until
        return lambda: None

    def attach(self, link: Link) -> None:
        """Do nothing: time depends on nobody."""

    def put(self, now: float) -> None:
        """Let time go on from another time, also an earlier one; what is due at a time stays due then."""
        self._offset += now - self.now()
        self._arm()

    async def advance(self, seconds: float) -> float:
        """Put the clock forward and let everything happen that has become due, in order; the answer is the new time.

        Real work that is under way is not shortened.
        """
        self._offset += max(0.0, seconds)
        now = self.now()
        try:
            while not self._is_stopped and (timer := self._timers.take(now)) is not None:
                # One at a time, as what it wakes may set timers of its own that come before the next.
                timer.callback()
                await yield_to_loop()
        finally:
            self._arm()
        if self._is_stopped:
            raise ClockStoppedError("the clock was stopped while it advanced")
        return self.now()

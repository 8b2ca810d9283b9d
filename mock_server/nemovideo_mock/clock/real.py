"""The clock that follows real time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import ClassVar, Literal

from nemovideo_mock.clock.interface import ClockStoppedError, Signal, Timer, TimerOrder, wait_for, yield_to_loop
from nemovideo_mock.clock.links import Link
from nemovideo_mock.clock.timers import Timers


class RealClock:
    """A clock that follows real time, from `start` on if it is given; it belongs to one event loop."""

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
        """Stop the clock: waiters get `ClockStoppedError`, and timers never run."""
        self._is_stopped = True
        self._loop = None
        self._timers.clear()
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._stopped.notify()

    def now(self) -> float:
        """Return the time, which never goes back."""
        return time.monotonic() + self._offset

    def call_at(self, when: float, callback: Callable[[], None], order: TimerOrder = TimerOrder.SERVICE) -> Timer:
        """Run a callback at a time; `order` decides if several are due at once, for example after `advance`."""
        timer = self._timers.add(when, order, callback)
        if self._timers.first() is timer:
            self._arm()
        return timer

    def _arm(self) -> None:
        """Have the loop call `_run` when the next timer is due."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        timer = self._timers.first()
        if timer is not None and self._loop is not None:
            self._handle = self._loop.call_later(max(0.0, timer.when - self.now()), self._run)

    def _run(self) -> None:
        """Run one timer. What it wakes continues before the next timer, because it may add an earlier one."""
        timer = self._timers.take(self.now())
        try:
            if timer is not None:
                timer.callback()
        finally:
            self._arm()

    async def wait(self, signal: Signal, link: Link | None = None, until: float | None = None) -> bool:
        """Block a handler until the signal (return True) or until the time (return False)."""
        del link
        if self._is_stopped:
            raise ClockStoppedError("the clock has stopped, and with it the fake that it drives")
        return await wait_for(self, signal, until, self._stopped)

    def hold(self, until: float) -> Callable[[], None]:
        """Do nothing: real time passes anyway."""
        del until
        return lambda: None

    def attach(self, link: Link) -> None:
        """Do nothing: real time does not depend on connections."""

    def put(self, now: float) -> None:
        """Set the clock to another time, also to an earlier one; the due times of timers do not change."""
        self._offset += now - self.now()
        self._arm()

    async def advance(self, seconds: float) -> float:
        """Move the clock forward and run everything that becomes due, in order; return the new time.

        This does not shorten real work in progress.
        """
        self._offset += max(0.0, seconds)
        now = self.now()
        try:
            while not self._is_stopped and (timer := self._timers.take(now)) is not None:
                # One at a time, because what a timer wakes may add a timer that is due before the next.
                timer.callback()
                await yield_to_loop()
        finally:
            self._arm()
        if self._is_stopped:
            raise ClockStoppedError("the clock was stopped while it advanced")
        return self.now()

"""What the fake may ask of time, and the signals that end a wait before its time."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

if TYPE_CHECKING:
    from nemovideo_mock.clock.links import Link


class TimerOrder(IntEnum):
    """Who goes first among timers of the same instant."""

    SERVICE = 0
    HEARTBEAT = 1
    PARTICIPANT = 2
    ADVANCE = 3


class ClockStoppedError(RuntimeError):
    """The clock was stopped while somebody waited for it."""


class Timer(Protocol):
    """Something that will run at its time unless cancelled."""

    @property
    def when(self) -> float:
        """Seconds since the epoch."""
        ...

    def cancel(self) -> None:
        """Make sure that it never runs; harmless afterwards."""
        ...


class Signal:
    """Something happened: wakes whoever waits for it, on the clock's loop, in the order of their coming."""

    def __init__(self) -> None:
        self._wakers: dict[int, Callable[[], None]] = {}
        self._numbers = itertools.count()

    def notify(self) -> None:
        """Wake all that wait now."""
        wakers, self._wakers = self._wakers, {}
        for wake in wakers.values():
            wake()

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` once at the next notification; the answer takes that back."""
        number = next(self._numbers)
        self._wakers[number] = wake
        return lambda: void(self._wakers.pop(number, None))


def void(_: object) -> None:
    """Throw a value away."""


class Clock(Protocol):
    """What the fake may ask of time. Times are seconds since the epoch, durations seconds."""

    #: Which of the two it is.
    mode: ClassVar[Literal["real", "virtual"]]

    def start(self) -> None:
        """Bind to the running event loop; timers run there."""
        ...

    def stop(self) -> None:
        """End: whoever waits gets `ClockStoppedError`, timers never run."""
        ...

    def now(self) -> float:
        """The time."""
        ...

    def call_at(self, when: float, callback: Callable[[], None], order: TimerOrder = TimerOrder.SERVICE) -> Timer:
        """Run something at a time, on the loop."""
        ...

    async def wait(self, signal: Signal, link: Link | None = None, until: float | None = None) -> bool:
        """Block a handler until the signal (True) or the time (False)."""
        ...

    def hold(self, until: float) -> Callable[[], None]:
        """Announce real work that is due at `until`; the answer ends it."""
        ...

    def attach(self, link: Link) -> None:
        """Say that a request of this clock's world has come on a connection; its release takes that back."""
        ...

    def put(self, now: float) -> None:
        """Let time go on from another time, also an earlier one; what is due at a time stays due then."""
        ...

    async def advance(self, seconds: float) -> float:
        """Let this much time pass at once and everything due in it happen; the answer is the new time."""
        ...


async def wait_for(
    clock: Clock, signal: Signal, until: float | None, stopped: Signal, on_wake: Callable[[], None] | None = None
) -> bool:
    """Wait for a signal or a time, whichever comes first; `on_wake` runs at that instant and not when we resume."""
    future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def wake(*, signalled: bool) -> None:
        if not future.done():
            future.set_result(signalled)
            if on_wake is not None:
                on_wake()

    def end() -> None:
        if not future.done():
            future.set_exception(ClockStoppedError("the clock was stopped"))

    unsubscribe = signal.subscribe(lambda: wake(signalled=True))
    forget = stopped.subscribe(end)
    timer = None if until is None else clock.call_at(until, lambda: wake(signalled=False), TimerOrder.HEARTBEAT)
    try:
        return await future
    finally:
        unsubscribe()
        forget()
        if timer is not None:
            timer.cancel()


async def yield_to_loop() -> None:
    """Let everything run that is ready on the event loop, and go on; no time passes."""
    await asyncio.sleep(0)


def wall() -> float:
    """The time on the wall in seconds since the epoch, whatever a world's clock says: for records of what happened."""
    return time.time()

"""The interface of clocks, and the signals that can end a wait early."""

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
    """The order of timers that are due at the same time."""

    SERVICE = 0
    HEARTBEAT = 1
    PARTICIPANT = 2
    ADVANCE = 3


class ClockStoppedError(RuntimeError):
    """The clock was stopped while a caller waited for it."""


class Timer(Protocol):
    """A callback that runs at its time unless it is cancelled."""

    @property
    def when(self) -> float:
        """The time in seconds since the epoch."""
        ...

    def cancel(self) -> None:
        """Prevent the callback from running; has no effect after it has run."""
        ...


class Signal:
    """An event that wakes all waiters on the clock's loop, in the order in which they subscribed."""

    def __init__(self) -> None:
        self._wakers: dict[int, Callable[[], None]] = {}
        self._numbers = itertools.count()

    def notify(self) -> None:
        """Wake all current waiters."""
        wakers, self._wakers = self._wakers, {}
        for wake in wakers.values():
            wake()

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` once at the next notification; return a function that cancels this."""
        number = next(self._numbers)
        self._wakers[number] = wake
        return lambda: void(self._wakers.pop(number, None))


def void(_: object) -> None:
    """Discard a value."""


class Clock(Protocol):
    """The interface of both clocks; times are in seconds since the epoch, durations in seconds."""

    #: The kind of the clock.
    mode: ClassVar[Literal["real", "virtual"]]

    def start(self) -> None:
        """Bind to the running event loop; timers run there."""
        ...

    def stop(self) -> None:
        """Stop the clock: waiters get `ClockStoppedError`, and timers never run."""
        ...

    def now(self) -> float:
        """Return the time."""
        ...

    def call_at(self, when: float, callback: Callable[[], None], order: TimerOrder = TimerOrder.SERVICE) -> Timer:
        """Run a callback at a time, on the loop."""
        ...

    async def wait(self, signal: Signal, link: Link | None = None, until: float | None = None) -> bool:
        """Block a handler until the signal (return True) or until the time (return False)."""
        ...

    def hold(self, until: float) -> Callable[[], None]:
        """Announce real work that is due at `until`; return a function that ends it."""
        ...

    def attach(self, link: Link) -> None:
        """Note that a connection has a request for this clock's world; `Link.release` undoes it."""
        ...

    def put(self, now: float) -> None:
        """Set the clock to another time, also to an earlier one; the due times of timers do not change."""
        ...

    async def advance(self, seconds: float) -> float:
        """Advance the clock at once and run everything that becomes due; return the new time."""
        ...


async def wait_for(
    clock: Clock, signal: Signal, until: float | None, stopped: Signal, on_wake: Callable[[], None] | None = None
) -> bool:
    """Wait for a signal or a time, whichever comes first.

    `on_wake` runs at that instant, before this coroutine resumes.
    """
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
    """Let everything run that is ready on the event loop; no time passes."""
    await asyncio.sleep(0)


def wall() -> float:
    """Return the real time in seconds since the epoch, for logs; it does not depend on a world's clock."""
    return time.time()

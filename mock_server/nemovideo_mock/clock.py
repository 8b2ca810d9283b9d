"""One clock drives everything, and nothing else in the fake reads the time.

`RealClock` is time as it is. `VirtualClock` stands still until somebody waits for it; then it jumps to the next
deadline, runs what is due there in order, lets that settle, and looks again. A week, a 15-minute stream or a ten-poll
render passes in milliseconds and always in the same order.

Who may move virtual time, and who stops it
-------------------------------------------
*Waiting* for time: a participant that sleeps or reads (with or without a deadline); an open request of a caller that is
no participant, blocked on the clock with all its bytes handed over; a call of `advance`.

*Holding* time: a request that is being received or handled; bytes on their way to or from a participant; a participant
at work (`running`) that isn't blocked; real work (`hold`), which stops the clock at that work's due time and not
before, so that an encode that needs ten real seconds never outruns a virtual deadline.

The clock jumps when somebody waits and nobody holds it. At one instant the service acts first (`Order.SERVICE`), then
heartbeats that found nothing better to do, then participants wake, then `advance` returns.

A participant is a client in this process: it tells the clock when it blocks and until when (`sleep`, `waiting`), and
its deadline is a timer like any other. Those calls may come from any thread; timers run on the loop that the clock was
started on.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from enum import IntEnum
from typing import ClassVar, Final, Literal, Protocol

#: Where virtual time begins, so that time stamps repeat: 2026-01-05T09:00:00Z, in seconds since the epoch.
VIRTUAL_EPOCH: Final = 1_767_603_600.0


class Order(IntEnum):
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


class Link:
    """One connection between a caller and the fake, as the clock sees it.

    The server side counts what it received and sent; a participant's side counts what it sent and received, so that
    bytes on their way are known. `busy` means that the server is receiving or handling a request; `blocked` that its
    handler waits for the clock; `stalled` that it waits for a caller that doesn't read.
    """

    __slots__ = (
        "blocked", "busy", "client_closed", "client_received", "client_sent", "joined", "reading", "server_closed",
        "server_received", "server_sent", "stalled",
    )  # fmt: skip

    def __init__(self) -> None:
        self.joined = False
        self.busy = False
        self.blocked = False
        self.stalled = False
        self.reading = False
        self.client_sent = self.client_received = 0
        self.server_sent = self.server_received = 0
        self.client_closed = self.server_closed = False

    @property
    def quiet(self) -> bool:
        """Whether nothing on this connection is about to happen by itself."""
        if self.busy and not self.blocked and not (self.stalled and not self.reading):
            return False
        if not self.joined:
            return True
        if self.client_closed:
            # The server has yet to notice, and may then act on it.
            return self.server_closed
        if self.client_sent != self.server_received and not self.server_closed:
            return False
        # Bytes that wait for a reader who does something else must not stop the clock: that reader may be waiting.
        return not self.reading or (self.server_sent == self.client_received and not self.server_closed)

    @property
    def demands(self) -> bool:
        """Whether an open request of a caller that is no participant waits here for time to pass."""
        return self.busy and self.blocked and not self.joined


#: Host and port of the caller's side of a connection.
Address = tuple[str, int]


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

    def call_at(self, when: float, callback: Callable[[], None], order: Order = Order.SERVICE) -> Timer:
        """Run something at a time, on the loop."""
        ...

    async def wait(self, signal: Signal, link: Link | None = None, until: float | None = None) -> bool:
        """Block a handler until the signal (True) or the time (False)."""
        ...

    def hold(self, until: float) -> Callable[[], None]:
        """Announce real work that is due at `until`; the answer ends it."""
        ...

    def link(self, address: Address) -> Link:
        """The connection with this caller's address, made on first use by either side."""
        ...

    def changed(self, link: Link, address: Address | None = None) -> None:
        """Say that a link's counts or states have changed; with an address, that a side of it has closed."""
        ...


class RealTimer:
    """A timer of the event loop."""

    __slots__ = ("handle", "when")

    def __init__(self, when: float) -> None:
        self.when = when
        self.handle: asyncio.TimerHandle | None = None

    def cancel(self) -> None:
        """Make sure that it never runs."""
        if self.handle is not None:
            self.handle.cancel()


class RealClock:
    """Time as it is; belongs to one event loop."""

    mode: ClassVar[Literal["real", "virtual"]] = "real"

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._link = Link()
        self._stopped = Signal()

    def start(self) -> None:
        """Bind to the running event loop."""
        self._loop = asyncio.get_running_loop()

    def stop(self) -> None:
        """Wake the handlers that wait; their `wait` raises."""
        self._loop = None
        self._stopped.notify()

    def now(self) -> float:
        """The time, which never goes backwards."""
        return time.monotonic() + self._offset

    def call_at(self, when: float, callback: Callable[[], None], order: Order = Order.SERVICE) -> Timer:
        """Run something at a time; `order` decides nothing here, as no two instants are the same."""
        del order
        timer = RealTimer(when)
        if self._loop is not None:
            timer.handle = self._loop.call_later(max(0.0, when - self.now()), callback)
        return timer

    async def wait(self, signal: Signal, link: Link | None = None, until: float | None = None) -> bool:
        """Block a handler until the signal (True) or the time (False)."""
        del link
        return await _wait(self, signal, until, self._stopped)

    def hold(self, until: float) -> Callable[[], None]:
        """Do nothing: real time passes anyway."""
        del until
        return lambda: None

    def link(self, address: Address) -> Link:
        """One link for all: nobody needs to know."""
        del address
        return self._link

    def changed(self, link: Link, address: Address | None = None) -> None:
        """Do nothing."""


async def _wait(
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
    timer = None if until is None else clock.call_at(until, lambda: wake(signalled=False), Order.HEARTBEAT)
    try:
        return await future
    finally:
        unsubscribe()
        forget()
        if timer is not None:
            timer.cancel()


class VirtualTimer:
    """A timer of the virtual clock; sorts by time, order, and then first come, first served."""

    __slots__ = ("callback", "cancelled", "order", "sequence", "when")

    def __init__(self, when: float, order: Order, sequence: int, callback: Callable[[], None]) -> None:
        self.when = when
        self.order = order
        self.sequence = sequence
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        """Make sure that it never runs."""
        self.cancelled = True

    def __lt__(self, other: VirtualTimer) -> bool:
        return (self.when, self.order, self.sequence) < (other.when, other.order, other.sequence)


#: A thread, or a task of an event loop: whoever can be blocked.
Actor = tuple[int, int]


def _actor() -> Actor:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return threading.get_ident(), id(task) if task is not None else 0


class Wait:
    """A participant's wait: over when time has come, or when the participant says so.

    `expired` becomes true when the deadline fires; `on_expire` runs then, on the clock's loop, and must only wake.
    """

    __slots__ = ("actor", "error", "expired", "on_expire", "open")

    def __init__(self, actor: Actor, on_expire: Callable[[], None]) -> None:
        self.actor = actor
        self.on_expire = on_expire
        self.expired = False
        self.open = True
        self.error: ClockStoppedError | None = None


class VirtualClock:
    """Time that passes only while somebody waits for it. See the module for who does and who holds it."""

    mode: ClassVar[Literal["real", "virtual"]] = "virtual"

    def __init__(self, start: float = VIRTUAL_EPOCH) -> None:
        self._now = start
        self._lock = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timers: list[VirtualTimer] = []
        self._sequence = itertools.count()
        self._links: dict[Address, Link] = {}
        self._holds: dict[int, float] = {}
        self._waits: set[Wait] = set()
        self._running: Counter[Actor] = Counter()
        self._blocked: Counter[Actor] = Counter()
        self._advancing = 0
        self._pumping = False
        self._is_stopped = False
        self._stopped = Signal()

    # --- the loop ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Bind to the running event loop; timers run there."""
        with self._lock:
            self._loop = asyncio.get_running_loop()
            self._is_stopped = False
        self._pump_soon()

    def stop(self) -> None:
        """End: whoever waits, in whatever thread, gets `ClockStoppedError`."""
        with self._lock:
            self._is_stopped = True
            self._loop = None
            self._timers.clear()
            waits = [wait for wait in self._waits if wait.open]
            for wait in waits:
                wait.error = ClockStoppedError("the clock was stopped while a participant waited for it")
                self._close(wait)
        for wait in waits:
            wait.on_expire()
        self._stopped.notify()

    def _pump_soon(self) -> None:
        with self._lock:
            if self._pumping or self._loop is None:
                return
            self._pumping = True
            try:
                self._loop.call_soon_threadsafe(self._pump)
            except RuntimeError:  # the loop was closed without `stop`
                self._pumping = False

    def _pump(self) -> None:
        """Run timers for as long as somebody waits and nothing holds."""
        with self._lock:
            self._pumping = False
        while (timer := self._next()) is not None:
            timer.callback()

    def _next(self) -> VirtualTimer | None:
        """Move to the next deadline and take its timer, or None where time must not or need not pass."""
        with self._lock:
            if not self._is_waited_for() or not self._is_free():
                return None
            while self._timers and self._timers[0].cancelled:
                heapq.heappop(self._timers)
            if not self._timers:
                return None
            limit = min(self._holds.values(), default=float("inf"))
            if self._timers[0].when >= limit:
                # What is due before the work's due time may happen; at that time the work itself comes first.
                self._now = max(self._now, limit)
                return None
            timer = heapq.heappop(self._timers)
            self._now = max(self._now, timer.when)
            return timer

    def _is_waited_for(self) -> bool:
        return bool(self._advancing or self._waits) or any(link.demands for link in self._links.values())

    def _is_free(self) -> bool:
        if any(count > 0 and not self._blocked[actor] for actor, count in self._running.items()):
            return False
        return all(link.quiet for link in self._links.values())

    # --- for the service --------------------------------------------------------------------------------------------

    def now(self) -> float:
        """The time."""
        return self._now

    def call_at(self, when: float, callback: Callable[[], None], order: Order = Order.SERVICE) -> Timer:
        """Run something at a time, on the loop; a time gone by means as soon as time is allowed to pass."""
        with self._lock:
            timer = VirtualTimer(when, order, next(self._sequence), callback)
            heapq.heappush(self._timers, timer)
        self._pump_soon()
        return timer

    async def wait(self, signal: Signal, link: Link | None = None, until: float | None = None) -> bool:
        """Block a handler until the signal (True) or the time (False).

        The handler's link counts as blocked until the very instant of waking, so time can't pass between that and the
        handler's next line.
        """
        if link is None:
            return await _wait(self, signal, until, self._stopped)

        def unblock() -> None:
            link.blocked = False

        link.blocked = True
        self._pump_soon()
        try:
            return await _wait(self, signal, until, self._stopped, unblock)
        finally:
            unblock()

    def hold(self, until: float) -> Callable[[], None]:
        """Stop time at `until` while real work goes on; the answer ends the hold, from any thread."""
        with self._lock:
            number = next(self._sequence)
            self._holds[number] = until

        def release() -> None:
            with self._lock:
                self._holds.pop(number, None)
            self._pump_soon()

        return release

    def link(self, address: Address) -> Link:
        """The connection with this caller's address, made on first use by either side."""
        with self._lock:
            return self._links.setdefault(address, Link())

    def changed(self, link: Link, address: Address | None = None) -> None:
        """Look again: a link's counts or states have changed; with an address, a side of it has closed."""
        if address is not None and link.server_closed and (link.client_closed or not link.joined):
            with self._lock:
                if self._links.get(address) is link:
                    del self._links[address]
        self._pump_soon()

    # --- for tests and the control of time ----------------------------------------------------------------------------

    async def advance(self, seconds: float) -> float:
        """Let this much time pass and everything due in it happen and settle; the answer is the new time.

        Must be called on the clock's loop.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def arrive() -> None:
            with self._lock:
                self._advancing -= 1
            if not future.done():
                future.set_result(None)

        def give_up() -> None:
            if not future.done():
                future.set_exception(ClockStoppedError("the clock was stopped while it advanced"))

        with self._lock:
            if self._is_stopped:
                raise ClockStoppedError("the clock has stopped, and with it the fake that it drives")
            self._advancing += 1
            self.call_at(self._now + seconds, arrive, Order.ADVANCE)
        forget = self._stopped.subscribe(give_up)
        try:
            await future
        finally:
            forget()
        return self._now

    # --- for participants ---------------------------------------------------------------------------------------------

    @contextmanager
    def running(self) -> Generator[None]:
        """The calling thread or task is at work: while it isn't blocked in a wait of its own, time stands."""
        actor = _actor()
        with self._lock:
            self._running[actor] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[actor] -= 1
                if not self._running[actor]:
                    del self._running[actor]
            self._pump_soon()

    @contextmanager
    def waiting(self, on_expire: Callable[[], None], until: float | None, link: Link | None = None) -> Generator[Wait]:
        """The calling thread or task is about to block, until the deadline at most.

        With a `link` it blocks in a read: then bytes on their way to it stop the clock. `on_expire` must wake the
        caller; it runs on the clock's loop. Raises `ClockStoppedError` where the clock has stopped.
        """
        wait = Wait(_actor(), on_expire)
        with self._lock:
            if self._is_stopped:
                raise ClockStoppedError("the clock has stopped, and with it the fake that it drives")
            self._waits.add(wait)
            self._blocked[wait.actor] += 1
            if link is not None:
                link.reading = True
            timer = None if until is None else self.call_at(until, lambda: self._expire(wait), Order.PARTICIPANT)
        self._pump_soon()
        try:
            yield wait
        finally:
            with self._lock:
                self._close(wait)
                if link is not None:
                    link.reading = False
                if timer is not None:
                    timer.cancel()
            self._pump_soon()
        if wait.error is not None:
            raise wait.error

    def sleep(self, seconds: float) -> None:
        """Block the calling thread until that much time has passed."""
        if seconds <= 0:
            return
        woken = threading.Event()
        with self.waiting(woken.set, self._now + seconds):
            woken.wait()

    async def sleep_async(self, seconds: float) -> None:
        """Block the calling task until that much time has passed, in whatever loop it runs."""
        if seconds <= 0:
            return
        loop = asyncio.get_running_loop()
        woken = asyncio.Event()
        with self.waiting(lambda: void(loop.call_soon_threadsafe(woken.set)), self._now + seconds):
            await woken.wait()

    def _expire(self, wait: Wait) -> None:
        with self._lock:
            if not wait.open:
                return
            wait.expired = True
            self._close(wait)
        wait.on_expire()

    def _close(self, wait: Wait) -> None:
        """The wait is over: from this instant its actor runs again."""
        if wait.open:
            wait.open = False
            self._waits.discard(wait)
            self._blocked[wait.actor] -= 1
            if not self._blocked[wait.actor]:
                del self._blocked[wait.actor]

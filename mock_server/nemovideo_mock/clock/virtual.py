"""The virtual clock: its time passes only while someone waits for it.

Who moves virtual time, and who holds it
----------------------------------------

*Waiting* for time are: a participant that sleeps or reads (with or without a deadline); an open request of another
caller, if its handler is blocked on the clock and all its bytes are sent; a call of `advance`.

*Holding* time are: a request that is being received or handled; bytes on their way to or from a participant; a
participant at work (`running`) that is not blocked; real work (`hold`) for which a participant waits. Real work stops
the clock at its due time and not before, so that an encode of ten real seconds never outruns a virtual deadline. An
encode for which no participant waits does not hold the clock. A caller that keeps its own time does not hold it either
while it waits for an encode.

The clock jumps when someone waits and no one holds it. At one instant the service acts first (`TimerOrder.SERVICE`),
then idle heartbeats are sent, then participants wake, then `advance` returns.

A participant is a client in this process. It tells the clock when it blocks and until when (`sleep`, `waiting`), and
its deadline is a timer like any other. These calls may come from any thread; timers run on the loop on which the clock
was started.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import threading
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import ClassVar, Final, Literal

from nemovideo_mock.clock.interface import ClockStoppedError, Signal, Timer, TimerOrder, void, wait_for
from nemovideo_mock.clock.links import Address, Link, Links
from nemovideo_mock.clock.timers import OrderedTimer, Timers

#: The start of virtual time, 2026-01-05T09:00:00Z, in seconds since the epoch. It is fixed, so that time stamps repeat.
VIRTUAL_EPOCH: Final = 1_767_603_600.0


#: A thread, or a task of an event loop, that can be blocked.
Actor = tuple[int, int]


def _actor() -> Actor:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return threading.get_ident(), id(task) if task is not None else 0


class Wait:
    """The wait of a participant; it ends when its deadline comes or when the participant ends it.

    `expired` becomes true at the deadline. Then `on_expire` runs on the clock's loop; it must only wake the
    participant.
    """

    __slots__ = ("actor", "error", "expired", "on_expire", "open")

    def __init__(self, actor: Actor, on_expire: Callable[[], None]) -> None:
        self.actor = actor
        self.on_expire = on_expire
        self.expired = False
        self.open = True
        self.error: ClockStoppedError | None = None


class VirtualClock:
    """A clock whose time passes only while someone waits for it; the module explains who moves and who holds it."""

    mode: ClassVar[Literal["real", "virtual"]] = "virtual"

    def __init__(self, start: float = VIRTUAL_EPOCH, links: Links | None = None) -> None:
        self._now = start
        self._links = links or Links()
        self._lock = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timers = Timers()
        # The connections of participants change in their threads, so each step reads their state. The other connections
        # change only on the loop and report that, so that a step costs the same with one of them as with thousands.
        self._joined: set[Link] = set()
        self._noisy: set[Link] = set()
        self._demanding: set[Link] = set()
        self._hold_numbers = itertools.count()
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
            self._pumping = False  # a loop that was closed may have dropped the call of `_pump`
        self._pump_soon()

    def stop(self) -> None:
        """Stop the clock: waiters in all threads get `ClockStoppedError`."""
        with self._lock:
            self._is_stopped = True
            self._loop = None
            self._timers.clear()
            self._advancing = 0
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
        """Run timers while someone waits for time and no one holds it."""
        with self._lock:
            self._pumping = False
        while (timer := self._next()) is not None:
            timer.callback()

    def _next(self) -> OrderedTimer | None:
        """Move to the next deadline and return its timer, or None if time must not or need not pass."""
        with self._lock:
            if not self._is_waited_for() or not self._is_free():
                return None
            timer = self._timers.first()
            if timer is None:
                return None
            limit = min(self._holds.values(), default=math.inf)
            if timer.when >= limit:
                # Timers before the due time of the work may run; at the due time the work comes first.
                self._now = max(self._now, limit)
                return None
            self._now = max(self._now, timer.when)
            return self._timers.take(self._now)

    def _is_waited_for(self) -> bool:
        return bool(self._advancing or self._waits or self._demanding)

    def _is_free(self) -> bool:
        if any(count > 0 and not self._blocked[actor] for actor, count in self._running.items()):
            return False
        return not self._noisy and not any(link.at_work or link.in_flight for link in self._joined)

    # --- for the service --------------------------------------------------------------------------------------------

    def now(self) -> float:
        """Return the time."""
        return self._now

    def call_at(self, when: float, callback: Callable[[], None], order: TimerOrder = TimerOrder.SERVICE) -> Timer:
        """Run a callback at a time, on the loop; if the time is past, run it as soon as time may pass."""
        with self._lock:
            timer = self._timers.add(when, order, callback)
        self._pump_soon()
        return timer

    async def wait(self, signal: Signal, link: Link | None = None, until: float | None = None) -> bool:
        """Block a handler until the signal (return True) or until the time (return False).

        The handler's link counts as blocked until the handler wakes. So no time can pass between that and its next
        line.
        """
        if self._is_stopped:
            raise ClockStoppedError("the clock has stopped, and with it the fake that it drives")
        if link is None:
            return await wait_for(self, signal, until, self._stopped)

        def block(*, blocked: bool) -> None:
            link.blocked = blocked
            self.look(link)
            for watcher in link.watchers:
                # The caller may be a participant of another clock, which then does not wait for this request.
                if watcher is not self:
                    watcher.look(link)

        block(blocked=True)
        try:
            return await wait_for(self, signal, until, self._stopped, lambda: block(blocked=False))
        finally:
            block(blocked=False)

    def hold(self, until: float) -> Callable[[], None]:
        """Hold time at `until` while real work goes on; return a function that ends the hold, from any thread."""
        with self._lock:
            number = next(self._hold_numbers)
            self._holds[number] = until

        def release() -> None:
            with self._lock:
                self._holds.pop(number, None)
            self._pump_soon()

        return release

    def attach(self, link: Link) -> None:
        """Note that a connection has a request for this clock's world."""
        if self not in link.watchers:
            link.watchers = (*link.watchers, self)
        self.look(link)

    def look(self, link: Link) -> None:
        """Read the state of a connection again, because it has changed."""
        if link.home is not self:
            # With the lock: a participant of another clock calls this in its own thread, and must not undo a change
            # that the loop has just made.
            with self._lock:
                (self._noisy.add if link.at_work else self._noisy.discard)(link)
                (self._demanding.add if link.busy and link.blocked else self._demanding.discard)(link)
        self._pump_soon()

    def leave(self, link: Link) -> None:
        """Forget a connection."""
        with self._lock:
            self._joined.discard(link)
            self._noisy.discard(link)
            self._demanding.discard(link)
        self._pump_soon()

    # --- for tests and the control of time ----------------------------------------------------------------------------

    def put(self, now: float) -> None:
        """Set the clock to another time, also to an earlier one; the due times of timers do not change."""
        with self._lock:
            self._now = now
        self._pump_soon()

    async def advance(self, seconds: float) -> float:
        """Let this much time pass, run everything that becomes due, and return the new time.

        Call it on the clock's loop.
        """
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()

        def arrive() -> None:
            with self._lock:
                self._advancing -= 1
            if not future.done():
                future.set_result(self._now)

        def give_up() -> None:
            if not future.done():
                future.set_exception(ClockStoppedError("the clock was stopped while it advanced"))

        with self._lock:
            if self._is_stopped:
                raise ClockStoppedError("the clock has stopped, and with it the fake that it drives")
            self._advancing += 1
            self.call_at(self._now + max(0.0, seconds), arrive, TimerOrder.ADVANCE)
        forget = self._stopped.subscribe(give_up)
        try:
            return await future
        finally:
            forget()

    # --- for participants ---------------------------------------------------------------------------------------------

    def join(self, address: Address) -> Link:
        """Return the connection that the calling participant has made from this address."""
        link = self._links.at(address)
        with self._lock:
            link.home = self
            link.watchers = (self, *(watcher for watcher in link.watchers if watcher is not self))
            self._joined.add(link)
            self._noisy.discard(link)
            self._demanding.discard(link)
        self._pump_soon()
        return link

    def left(self, address: Address, link: Link) -> None:
        """Note that the calling participant has closed its connection."""
        self._links.closed(address, link)

    @contextmanager
    def running(self) -> Generator[None]:
        """Hold time while the calling thread or task works in this block and is not blocked in its own wait."""
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
        """Note that the calling thread or task blocks in this block, at most until the deadline.

        Pass `link` for a read: then bytes on their way to it hold the clock. `on_expire` runs on the clock's loop and
        must wake the caller. Raise `ClockStoppedError` if the clock has stopped.
        """
        wait = Wait(_actor(), on_expire)
        with self._lock:
            if self._is_stopped:
                raise ClockStoppedError("the clock has stopped, and with it the fake that it drives")
            self._waits.add(wait)
            self._blocked[wait.actor] += 1
            if link is not None:
                link.reading = True
            timer = None if until is None else self.call_at(until, lambda: self._expire(wait), TimerOrder.PARTICIPANT)
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
        """Block the calling thread until this much time has passed."""
        if seconds <= 0:
            return
        woken = threading.Event()
        with self.waiting(woken.set, self._now + seconds):
            woken.wait()

    async def sleep_async(self, seconds: float) -> None:
        """Block the calling task until this much time has passed; it may run in any loop."""
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
        """End a wait: from this instant its thread or task counts as running again."""
        if wait.open:
            wait.open = False
            self._waits.discard(wait)
            self._blocked[wait.actor] -= 1
            if not self._blocked[wait.actor]:
                del self._blocked[wait.actor]

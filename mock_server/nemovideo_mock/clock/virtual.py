"""Time that passes only while somebody waits for it.

Who may move virtual time, and who stops it
-------------------------------------------
*Waiting* for time: a participant that sleeps or reads (with or without a deadline); an open request of a caller that is
no participant, blocked on the clock with all its bytes handed over; a call of `advance`.

*Holding* time: a request that is being received or handled; bytes on their way to or from a participant; a participant
at work (`running`) that isn't blocked; real work (`hold`) that a participant waits for, which stops the clock at a time
and not before, so that an encode that needs ten real seconds never outruns a virtual deadline. An encode that nobody
waits for holds nothing, and neither does a caller that keeps its own time while it waits for one.

The clock jumps when somebody waits and nobody holds it. At one instant the service acts first (`Order.SERVICE`), then
heartbeats that found nothing better to do, then participants wake, then `advance` returns.

A participant is a client in this process: it tells the clock when it blocks and until when (`sleep`, `waiting`), and
its deadline is a timer like any other. Those calls may come from any thread; timers run on the loop that the clock was
started on.
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

#: Where virtual time begins, so that time stamps repeat: 2026-01-05T09:00:00Z, in seconds since the epoch.
VIRTUAL_EPOCH: Final = 1_767_603_600.0


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

    def __init__(self, start: float = VIRTUAL_EPOCH, links: Links | None = None) -> None:
        self._now = start
        self._links = links or Links()
        self._lock = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timers = Timers()
        # Participants' connections change in their threads, so they are looked at each time; the others change on the
        # loop alone and say so, which keeps a step as cheap with thousands of them as with one.
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
            self._pumping = False  # a loop that has closed may have taken a pump with it
        self._pump_soon()

    def stop(self) -> None:
        """End: whoever waits, in whatever thread, gets `ClockStoppedError`."""
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
        """Run timers for as long as somebody waits and nothing holds."""
        with self._lock:
            self._pumping = False
        while (timer := self._next()) is not None:
            timer.callback()

    def _next(self) -> OrderedTimer | None:
        """Move to the next deadline and take its timer, or None where time must not or need not pass."""
        with self._lock:
            if not self._is_waited_for() or not self._is_free():
                return None
            timer = self._timers.first()
            if timer is None:
                return None
            limit = min(self._holds.values(), default=math.inf)
            if timer.when >= limit:
                # What is due before the work's due time may happen; at that time the work itself comes first.
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
        """The time."""
        return self._now

    def call_at(self, when: float, callback: Callable[[], None], order: TimerOrder = TimerOrder.SERVICE) -> Timer:
        """Run something at a time, on the loop; a time gone by means as soon as time is allowed to pass."""
        with self._lock:
            timer = self._timers.add(when, order, callback)
        self._pump_soon()
        return timer

    async def wait(self, signal: Signal, link: Link | None = None, until: float | None = None) -> bool:
        """Block a handler until the signal (True) or the time (False).

        The handler's link counts as blocked until the very instant of waking, so time can't pass between that and the
        handler's next line.
        """
        if self._is_stopped:
            raise ClockStoppedError("the clock has stopped, and with it the fake that it drives")
        if link is None:
            return await wait_for(self, signal, until, self._stopped)

        def block(*, blocked: bool) -> None:
            link.blocked = blocked
            self.look(link)
            for watcher in link.watchers:
                # The caller may take part in another clock, which stands still for this request as well.
                if watcher is not self:
                    watcher.look(link)

        block(blocked=True)
        try:
            return await wait_for(self, signal, until, self._stopped, lambda: block(blocked=False))
        finally:
            block(blocked=False)

    def hold(self, until: float) -> Callable[[], None]:
        """Stop time at `until` while real work goes on; the answer ends the hold, from any thread."""
        with self._lock:
            number = next(self._hold_numbers)
            self._holds[number] = until

        def release() -> None:
            with self._lock:
                self._holds.pop(number, None)
            self._pump_soon()

        return release

    def attach(self, link: Link) -> None:
        """A request of this clock's world has come on a connection."""
        if self not in link.watchers:
            link.watchers = (*link.watchers, self)
        self.look(link)

    def look(self, link: Link) -> None:
        """Look again: a count or state of a connection has changed."""
        if link.home is not self:
            # Under the lock: a participant of another clock looks from its own thread, and must not put back what the
            # loop has just changed.
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
        """Let time go on from another time, also an earlier one; what is due at a time stays due then."""
        with self._lock:
            self._now = now
        self._pump_soon()

    async def advance(self, seconds: float) -> float:
        """Let this much time pass and everything due in it happen and settle; the answer is the new time.

        Must be called on the clock's loop.
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
        """The connection that the calling participant has made from this address."""
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
        """The calling participant has closed its connection."""
        self._links.closed(address, link)

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

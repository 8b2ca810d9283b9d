"""The runtime of one world: its state, the clock that drives it, its faults, its journal, and the waiting requests.

The world decides what happens and when. The runtime sets one timer of the clock for the next event of the world's
schedule. At that time it runs the event and wakes the streams of its turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from typing import Literal

from nemovideo_contract.profiles import Profile
from nemovideo_mock.clock import Clock, ClockStoppedError, Link, Links, RealClock, Signal, Timer, VirtualClock
from nemovideo_mock.faults import Fault, Faults
from nemovideo_mock.journal import Journal
from nemovideo_mock.json_types import Json
from nemovideo_mock.runtime import fault_effects, scenario_tokens
from nemovideo_mock.runtime.render_worker import RenderWorker
from nemovideo_mock.runtime.storage import Storage
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.settings import Settings
from nemovideo_mock.turn_plan import Plan, PlannedStep, Record, SessionView, Text
from nemovideo_mock.world import Account, Render, RenderFile, Token, Turn, World, WorldSettings

logger = logging.getLogger(__name__)

#: The reply of the agent when it has failed, in the words of the documents.
APOLOGY = "I encountered a temporary issue"
#: The duration of a render in seconds of service time, by the profile's `durations`.
RENDER_TIMES: dict[str, tuple[float, float]] = {"seed": (30.0, 90.0), "vendor": (27.0, 33.0)}
#: Real seconds that a request about a render that is due waits for its encode, if the caller keeps its own time. It is
#: less than the usual timeout of a caller.
ENCODE_PATIENCE_S = 10.0
#: The name of the world at the base URL.
DEFAULT_WORLD = "default"


#: Draws the faults of work that the service accepts.
Drawn = Callable[[], Sequence[Fault]]


class WorldRuntime:
    """Everything behind the endpoints of one world. Use it on one event loop from `start` to `stop`."""

    def __init__(
        self, settings: Settings, storage: Storage, render_worker: RenderWorker, links: Links, name: str = DEFAULT_WORLD
    ) -> None:
        self.settings = settings
        self.name = name
        self.storage = storage
        self.render_worker = render_worker
        self.seed = settings.seed
        self.clock: Clock = VirtualClock(links=links) if settings.clock == "virtual" else RealClock()
        self.world: World
        self.faults: Faults
        self.journal: Journal
        self._links = links
        #: The times of the last requests for unfinished work by callers that keep their own time, by kind and id.
        self.asked: dict[tuple[str, str], float] = {}
        #: Wakes the waiters of a state that is replaced.
        self.state_replaced = Signal()
        #: The requests that are being handled, by method and path.
        self.serving: dict[Link, str] = {}
        self._signals: dict[str, Signal] = {}
        #: The encodes that have not ended, each with a signal for its end; `_idle` has those that have not begun
        #: because no caller needs them yet.
        self._encodes: dict[int, Signal] = {}
        self._idle: dict[int, Render] = {}
        #: True if the world was deleted, so that no caller will ask for its exports.
        self.is_deleted = False
        self._timer: Timer | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running = False
        self.reset(settings.seed, settings.profile)

    # --- from start to stop -------------------------------------------------------------------------------------------

    def reset(self, seed: int, profile: Profile) -> None:
        """Restart with an empty state, no faults and an empty journal."""
        chance = Chance(str(seed)) if self.name == DEFAULT_WORLD else Chance(str(seed)).of("world", self.name)
        self.seed = seed
        self.world = World(WorldSettings(chance, profile, pace=1 / self.settings.speed), self._plan)
        self.faults = Faults(chance)
        self.journal = Journal(
            self.name,
            seed=str(seed),
            max_entries=self.settings.journal_entries,
            max_bytes=self.settings.journal_bytes,
        )
        self._forget_waits()

    def adopt(self, world: World, faults: Faults) -> None:
        """Continue from another state, for example from a snapshot; start its unfinished encodes again."""
        self.world = world
        self.faults = faults
        self._forget_waits()
        for renders in world.state.renders.values():
            for render in renders.values():
                if not render.finished and render.fate is None and render.file is None:
                    self._encode(render)
        self._arm()

    def _forget_waits(self) -> None:
        self.state_replaced.notify()
        for signal in (*self._signals.values(), *self._encodes.values()):
            signal.notify()
        self._signals = {}
        for key in self._idle:
            del self._encodes[key]
        self._idle = {}
        self.asked = {}
        self._arm()

    @property
    def profile(self) -> Profile:
        """The profile of the world."""
        return self.world.settings.profile

    @profile.setter
    def profile(self, profile: Profile) -> None:
        self.world.settings.profile = profile

    @property
    def chance(self) -> Chance:
        """The source of all random draws of the world."""
        return self.world.settings.chance

    def _plan(self, message: str, view: SessionView, profile: Profile) -> Plan:
        # The agent's tables take longer to load than everything else, and no caller needs them before the first
        # message.
        from nemovideo_mock.agent.turn_planner import AgentSettings, plan_turn

        try:
            return plan_turn(message, view, self.chance, self.settings.agent_settings or AgentSettings.of(profile))
        except Exception:
            # A turn must always end: its caller waits for it, and other turns queue behind it.
            logger.exception("The agent failed on a message in session %s.", view.session_id)
            return Plan("talk", (PlannedStep(1.0, Text(APOLOGY)),), 2.0)

    def start(self) -> None:
        """Bind to the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._running = True
        self.clock.start()
        self._arm()

    def stop(self) -> None:
        """End open streams and waits at once; finished work stays readable until `close`."""
        self._running = False
        self._loop = None
        self.clock.stop()
        for signal in self._encodes.values():
            signal.notify()

    def set_mode(self, mode: Literal["real", "virtual"], now: float | None = None) -> None:
        """Change the kind of the clock, and continue from its time or from `now`; waiters continue to wait."""
        old = self.clock
        if mode == old.mode:
            if now is not None:
                old.put(now)
            return
        now = old.now() if now is None else now
        self.clock = VirtualClock(now, self._links) if mode == "virtual" else RealClock(now)
        self._timer = None
        if self._running:
            self.clock.start()
        old.stop()
        if mode == "real":
            for render in list(self._idle.values()):
                self._begin_encode(render)
        for signal in self._encodes.values():
            signal.notify()  # waiters for an encode read the time again
        self._arm()

    async def wait(self, signal: Signal, link: Link | None = None, until: float | None = None) -> bool:
        """Block a handler until the signal (return True) or the time (return False), also if the clock is replaced.

        Raises:
            ClockStoppedError: the fake stops.
        """
        while True:
            clock = self.clock
            if link is not None:
                clock.attach(link)
            try:
                return await clock.wait(signal, link, until)
            except ClockStoppedError:
                if clock is self.clock:
                    raise

    async def pause(self, seconds: float, link: Link | None = None) -> None:
        """Block a handler for this long on the clock, whether or not its caller is still connected."""
        if seconds > 0:
            await self.wait(Signal(), link, self.clock.now() + seconds)

    # --- the agenda ---------------------------------------------------------------------------------------------------

    def _arm(self) -> None:
        due = self.world.schedule.next_due()
        if self._timer is not None:
            if due == self._timer.when:
                return
            self._timer.cancel()
        self._timer = None if due is None or not self._running else self.clock.call_at(due, self._fire)

    def _fire(self) -> None:
        self._timer = None
        try:
            # One event at a time: under a virtual clock, everything that it wakes must settle before the next event.
            happening = self.world.step(self.clock.now())
            if happening is not None and happening.turn is not None:
                self._notify(happening.turn)
        finally:
            self._arm()

    def _notify(self, turn: Turn) -> None:
        signal = self._signals.get(turn.turn_id)
        if signal is not None:
            if turn.closed:
                del self._signals[turn.turn_id]
            signal.notify()
        elif turn.closed:
            self.world.turns.forget_records(turn)

    # --- who calls ----------------------------------------------------------------------------------------------------

    def authenticate(self, value: str) -> tuple[Token, Account]:
        """Return the token and its account; a test token creates its account on first use.

        Raise 1001 for an invalid token.
        """
        if value not in self.world.state.tokens and scenario_tokens.is_test_token(value):
            scenario_tokens.install(value, self.world, self.faults, self.clock.now())
        return self.world.tokens.authenticate(value, self.clock.now())

    def size_limit(self, account: Account) -> int:
        """Return the size of the largest upload of this account, in bytes."""
        limit = self.settings.size_limit
        return limit if limit is not None else self.world.settings.profile_of(account).size_limit_mb * 1_000_000

    # --- turns --------------------------------------------------------------------------------------------------------

    def accept_turn(self, account: Account, session_id: str, message: str, faults: Drawn = tuple) -> Turn:
        """Accept a message; its turn runs whether or not a caller follows it."""
        turn = self.world.turns.accept(
            account, session_id, message, self.clock.now(), lambda: fault_effects.turn_faults(faults())
        )
        self._signals[turn.turn_id] = Signal()
        self._arm()
        return turn

    def abandon_turn(self, turn: Turn) -> None:
        """Note that the caller of a turn has left: the turn continues or is cancelled (profile `disconnect`)."""
        if self.world.state.turns.get(turn.turn_id) is not turn:
            return  # the state was replaced
        self._signals.pop(turn.turn_id, None)  # no caller follows the turn: its records are dropped when it ends
        account = self.world.state.accounts[self.world.state.sessions[turn.session_id].user_id]
        if not turn.closed and self.world.settings.profile_of(account).disconnect == "cancel":
            self.world.turns.cancel(turn, self.clock.now())
            self._notify(turn)
            self._arm()

    async def follow(self, turn: Turn, link: Link | None, until: float | None = None) -> AsyncGenerator[Record | None]:
        """Yield the records of a turn as they come; None is a heartbeat, which is sent after a time without records.

        The generator ends with the turn, at `until`, or with the fake.
        """
        interval = self.settings.heartbeat / self.settings.speed
        followed = 0
        last = self.clock.now()
        signal = self._signals.get(turn.turn_id, Signal())
        try:
            while True:
                while followed < len(turn.sent):
                    yield turn.sent[followed]
                    followed += 1
                    last = self.clock.now()
                if turn.closed:
                    return
                due = last + interval if until is None else min(last + interval, until)
                try:
                    signalled = await self.wait(signal, link, due)
                except ClockStoppedError:
                    return
                if until is not None and self.clock.now() >= until:
                    return
                if self.world.state.turns.get(turn.turn_id) is not turn:
                    return  # the state was replaced
                if not signalled:
                    yield None
                    last = self.clock.now()
        finally:
            if self._signals.get(turn.turn_id) is signal:
                del self._signals[turn.turn_id]
            self.world.turns.forget_records(turn)

    # --- renders ------------------------------------------------------------------------------------------------------

    def submit_render(
        self,
        token: Token,
        render_id: str,
        session_id: str,
        draft: Json,
        output: Json,
        faults: Drawn = tuple,
    ) -> tuple[Render, bool]:
        """Accept an export and begin its encode; it completes when it is due and the encode is done.

        Return its render, and False if that existed already.
        """
        account = self.world.state.accounts[token.user_id]
        span = self.settings.render_time or RENDER_TIMES[self.world.settings.profile_of(account).durations]
        # Drawn by the account's count and not by the id, because callers choose a new id in each run.
        seconds = self.chance.between(*span, "render", account.user_id, account.renders_submitted)
        render, is_new = self.world.renders.submit(
            token, render_id, session_id, draft, output, self.clock.now(), seconds,
            draw_fault=lambda: fault_effects.render_fault(faults()),
        )  # fmt: skip
        if is_new and render.fate is None:
            self._encode(render)
        self._arm()
        return render, is_new

    def _encode(self, render: Render) -> None:
        """Start the encode of an export: now, or under a virtual clock when a caller asks for it and it is due.

        Virtual time passes at once, so an early start gains nothing, and an export for which no caller asks costs
        nothing.
        """
        self._encodes[id(render)] = Signal()
        self._idle[id(render)] = render
        if self.clock.mode == "real":
            self._begin_encode(render)

    def _begin_encode(self, render: Render) -> None:
        if self._idle.pop(id(render), None) is None:
            self.render_worker.hurry(render)
            return

        def done(outcome: RenderFile | str) -> None:
            loop = self._loop
            if loop is not None:
                with contextlib.suppress(RuntimeError):  # the loop was closed: no caller asks any more
                    loop.call_soon_threadsafe(self._encoded, render, outcome)
            elif self.is_deleted and isinstance(outcome, RenderFile):
                self.storage.forget_renders([outcome.name])

        self.render_worker.start(render, done, self.name)

    def _encoded(self, render: Render, outcome: RenderFile | str) -> None:
        if self.world.state.renders.get(render.user_id, {}).get(render.render_id) is render and not self.is_deleted:
            # Virtual time goes on while an encode is late. The render still ends at its due time, so that no time stamp
            # depends on the speed of this machine.
            ended_at = render.due if self.clock.mode == "virtual" else self.clock.now()
            self.world.renders.finish_encode(render, outcome, ended_at)
            self._arm()
        elif isinstance(outcome, RenderFile) and (
            self.is_deleted or render.render_id not in self.world.state.renders.get(render.user_id, {})
        ):
            self.storage.forget_renders([outcome.name])  # the state was replaced or the world deleted
        signal = self._encodes.pop(id(render), None)
        if signal is not None:
            signal.notify()

    def late_encode(self, render: Render) -> Render | None:
        """Return the render whose encode a request about this one must wait for under a virtual clock, or None.

        A render that waits for another one in its session also waits for the encode of that one.
        """
        ahead = self.world.renders.find_active(render)
        waits = self.clock.mode == "virtual" and id(ahead) in self._encodes and self.world.renders.is_overdue(ahead)
        return ahead if waits else None

    async def wait_for_encode(self, render: Render, link: Link | None = None, patience: float | None = None) -> bool:
        """Wait in real time for the encode of a render that is due in virtual time; return False if it is not done.

        The clock is held meanwhile for a participant, and without a `link`. It is not held for a caller that keeps
        its own time: other waiting requests go on, and this caller gets a response after `patience` real seconds.
        """
        until = None if patience is None else asyncio.get_running_loop().time() + patience
        world = self.world
        while self._running and self.world is world and (late := self.late_encode(render)) is not None:
            if link is not None and link.server_closed:
                return False
            self._begin_encode(late)
            with self._hold_for_encode(link):
                over = asyncio.Event()
                forget = [self._encodes[id(late)].subscribe(over.set)]
                if link is not None:
                    forget.append(link.gone.subscribe(over.set))
                try:
                    async with asyncio.timeout_at(until):
                        await over.wait()
                except TimeoutError:
                    return False
                finally:
                    for each in forget:
                        each()
            self._catch_up()
        return True

    @contextlib.contextmanager
    def _hold_for_encode(self, link: Link | None) -> Generator[None]:
        """Hold the clock while this block waits for an encode, unless the caller keeps its own time."""
        if link is None or link.joined:
            release = self.clock.hold(self.clock.now())
            try:
                yield
            finally:
                release()
            return
        link.encoding = True
        link.changed()
        try:
            yield
        finally:
            link.encoding = False
            link.changed()

    def _catch_up(self) -> None:
        """Run the events that became due since a render ended in the past."""
        while (due := self.world.schedule.next_due()) is not None and due < self.clock.now():
            if self._timer is not None:
                self._timer.cancel()
            self._fire()

    async def wait_for_encodes(self) -> None:
        """Wait for the encode of every render that is due in virtual time."""
        for render in [render for each in self.world.state.renders.values() for render in each.values()]:
            await self.wait_for_encode(render)

    def _end_encode(self, render: Render) -> None:
        if self._idle.pop(id(render), None) is not None:
            self._encodes.pop(id(render)).notify()
        else:
            self.render_worker.cancel(render)

    def end_encodes(self) -> None:
        """Stop all encodes, also those that have not begun."""
        for renders in self.world.state.renders.values():
            for render in renders.values():
                self._end_encode(render)

    def end_renders(self) -> None:
        """Stop all encodes and remove their files, before the state itself is replaced."""
        self.end_encodes()
        renders = [render for each in self.world.state.renders.values() for render in each.values()]
        self.storage.forget_renders([render.file.name for render in renders if render.file is not None])

    def cancel_render(self, render: Render) -> None:
        """Cancel a render that has not finished."""
        self.world.renders.cancel(render, self.clock.now())
        self._end_encode(render)
        self._arm()

    # --- callers that keep their own time -----------------------------------------------------------------------------

    async def ask_again(self, what: str, key: str, *, unfinished: bool, wait: float, link: Link | None) -> None:
        """Under a virtual clock, let a second request about unfinished work pass the time that the documents require.

        A caller in another process sleeps in real time, which does not move the clock. Its second request shows that it
        has waited. Participants move the clock themselves.
        """
        if self.clock.mode == "real" or not self.settings.ask_again or link is None or link.joined:
            return
        if not unfinished:
            self.asked.pop((what, key), None)
            return
        last = self.asked.get((what, key))
        if last is not None and self.clock.now() < last + wait:
            await self.wait(Signal(), link, last + wait)
        self.asked[what, key] = self.clock.now()

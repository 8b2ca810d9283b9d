"""The fake at work: a world, the clock that drives it, and what waits for either.

The world decides what happens and when; the service arms one timer of the clock for the next thing in the world's
agenda, lets it happen, and wakes the streams that it concerns.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from nemovideo_mock.agent.plan import Beat, Json, Plan, Record, SessionView, Text
from nemovideo_mock.clock import Clock, ClockStoppedError, Link, RealClock, Signal, Timer, VirtualClock
from nemovideo_mock.exporter import Exporter
from nemovideo_mock.ids import Chance
from nemovideo_mock.settings import Settings
from nemovideo_mock.storage import Storage
from nemovideo_mock.world import Account, Render, RenderFile, Turn, World

logger = logging.getLogger(__name__)

#: What the agent says when it has failed; the words are the documents'.
APOLOGY = "I encountered a temporary issue"


class Service:
    """Everything behind the routes. Lives on one event loop, from `start` to `stop`."""

    def __init__(self, settings: Settings, clock: RealClock | VirtualClock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or (VirtualClock() if settings.clock == "virtual" else RealClock())
        self.chance = Chance(str(settings.seed))
        self.storage = Storage(settings.directory)
        self.exporter = Exporter(self.storage, settings.quality)
        self.world = World(self.chance, self._plan, pace=1 / settings.speed)
        self._signals: dict[str, Signal] = {}
        self._asked: dict[tuple[str, str], float] = {}
        self._timer: Timer | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def _plan(self, message: str, view: SessionView) -> Plan:
        # The agent's tables take longer to load than all the rest; nobody needs them before the first message.
        from nemovideo_mock.agent.script import Manner, respond

        try:
            return respond(message, view, self.chance, self.settings.manner or Manner())
        except Exception:
            # A turn must end whatever happens: its caller waits for it, and others queue behind it.
            logger.exception("The agent failed on a message in session %s.", view.session_id)
            return Plan("talk", (Beat(1.0, Text(APOLOGY)),), 2.0)

    def start(self) -> None:
        """Bind to the running event loop."""
        self._loop = asyncio.get_running_loop()
        self.clock.start()
        self._arm()

    def stop(self) -> None:
        """End open streams and waits at once; what is done stays readable until `close`."""
        self._loop = None
        self.clock.stop()

    def close(self) -> None:
        """Stop encodes and remove temporary files."""
        self.exporter.close()
        self.storage.close()

    # --- the agenda ---------------------------------------------------------------------------------------------------

    def _arm(self) -> None:
        due = self.world.next_due()
        if self._timer is not None:
            if due == self._timer.when:
                return
            self._timer.cancel()
        self._timer = None if due is None else self.clock.call_at(due, self._fire)

    def _fire(self) -> None:
        self._timer = None
        try:
            # One thing at a time: under a virtual clock, what it wakes must settle before the next.
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

    # --- turns --------------------------------------------------------------------------------------------------------

    def accept_turn(self, account: Account, session_id: str, message: str) -> Turn:
        """A message arrives; the turn runs whether or not anybody follows it."""
        turn = self.world.accept_turn(account, session_id, message, self.clock.now())
        self._signals[turn.turn_id] = Signal()
        self._arm()
        return turn

    async def follow(self, turn: Turn, link: Link | None) -> AsyncIterator[Record | None]:
        """What a turn does, as it does it; None is a heartbeat, sent where nothing else was for a while."""
        interval = self.settings.heartbeat / self.settings.speed
        followed = 0
        last = self.clock.now()
        signal = self._signals.get(turn.turn_id, Signal())
        while True:
            while followed < len(turn.sent):
                yield turn.sent[followed]
                followed += 1
                last = self.clock.now()
            if turn.closed:
                return
            try:
                signalled = await self.clock.wait(signal, link, last + interval)
            except ClockStoppedError:
                return
            if not signalled:
                yield None
                last = self.clock.now()

    # --- renders ------------------------------------------------------------------------------------------------------

    def submit_render(self, account: Account, render_id: str, session_id: str, draft: Json, output: Json) -> Render:
        """Accept an export and begin its encode; it completes when it is due and the encode is done."""
        # By the account's count and not by the id, which callers draw afresh each time.
        seconds = self.chance.between(*self.settings.render_time, "render", account.user_id, account.renders_submitted)
        now = self.clock.now()
        render = self.world.submit_render(account, render_id, session_id, draft, output, now, seconds)
        release = self.clock.hold(render.due)
        self._arm()

        def done(outcome: RenderFile | str) -> None:
            loop = self._loop
            if loop is not None:
                with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody asks any more
                    loop.call_soon_threadsafe(self._encoded, render, outcome)
                    loop.call_soon_threadsafe(release)

        self.exporter.start(render, done)
        return render

    def _encoded(self, render: Render, outcome: RenderFile | str) -> None:
        self.world.render_encoded(render, outcome, self.clock.now())
        self._arm()

    def cancel_render(self, render: Render) -> None:
        """End an export that isn't finished."""
        self.world.cancel_render(render, self.clock.now())
        self.exporter.cancel(render)

    # --- callers that keep their own time -----------------------------------------------------------------------------

    async def ask_again(self, what: str, key: str, *, unfinished: bool, wait: float, link: Link | None) -> None:
        """Under a virtual clock, let a second question about unfinished work pass the time that the documents ask for.

        A caller in another process sleeps in real time, which moves nothing here; asking again is what shows that it
        waited. Participants move the clock themselves.
        """
        if self.clock.mode == "real" or not self.settings.ask_again or link is None or link.joined:
            return
        if not unfinished:
            self._asked.pop((what, key), None)
            return
        last = self._asked.get((what, key))
        if last is not None and self.clock.now() < last + wait:
            await self.clock.wait(Signal(), link, last + wait)
        self._asked[what, key] = self.clock.now()

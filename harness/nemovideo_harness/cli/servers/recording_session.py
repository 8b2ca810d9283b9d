"""What `record` and `diff` share: the server that they call, within the rails of a run, and how they read tapes."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import click

from nemovideo_contract import machine
from nemovideo_contract.requirements import FREE, Cost, Expense
from nemovideo_contract.targets import RouteOverride, Target, TargetError, choose_target, fake
from nemovideo_contract.wire import POLL_INTERVAL_S, TEST_TOKEN_PREFIX
from nemovideo_contract.wire import Path as Paths
from nemovideo_harness.cli.console.exit_codes import Exit, Stop

if TYPE_CHECKING:
    from nemovideo_contract.http.driver import Driver
    from nemovideo_contract.http.exchange import Answer
    from nemovideo_contract.http.spending_limits import SpendingLimits
    from nemovideo_contract.recording.conversation import ConversationState, NextCall
    from nemovideo_contract.recording.recording import RecordedExchange, Recording, Skipped
    from nemovideo_contract.recording.replay import Replay

S = TypeVar("S")
Y = TypeVar("Y")

INSTALL_SUITE: Final = "Tapes need the suite. Install it with: pip install 'nemovideo-harness[suite]'"
#: Polls of a server near by that follow each other at once: on a virtual clock asking is all the waiting there is.
_AT_ONCE: Final = 10
#: The longest pause before the next of them, in seconds.
_LONGEST_PAUSE_S: Final = 2.0
#: What a message may cost at worst, whose words are somebody else's.
_ANY_MESSAGE: Final = 150
#: Characters of what a server answers that are shown.
_EXCERPT: Final = 200


@dataclass(slots=True)
class RecordingSession:
    """A server that is called: what is known of it, the way there, and what the run may spend."""

    target: Target
    driver: Driver
    spending: SpendingLimits
    label: str
    exchanges: list[RecordedExchange] = field(default_factory=list["RecordedExchange"])
    skipped: list[Skipped] = field(default_factory=list["Skipped"])
    on_ask: Callable[[str], None] = lambda _: None
    _repeats: int = 0

    @property
    def token(self) -> str | None:
        """The account's token, or None where an anonymous one has to be asked for."""
        return self.target.token or self.target.scenarios.get("funded")

    def send(self, ask: NextCall) -> Answer:
        """Make a call and take down what came.

        Raises:
            Forbidden: the rails let it not be made.
            Stop: nobody answers there.
        """
        from nemovideo_contract.http.errors import Unreachable
        from nemovideo_contract.recording.capture import capture_exchange

        self.on_ask(ask.name)
        self._repeats = self._repeats + 1 if ask.again else 0
        if ask.again:
            self.spending.sleep(self._pause_s())
        try:
            self.spending.permit(ask.call, self._available)
            with self.driver.listen(ask.call) as listening:
                limit = ask.records
                answer = listening.read(lambda so_far: limit is not None and len(so_far.records) >= limit)
        except Unreachable as error:
            raise Stop(Exit.UNREACHABLE, str(error)) from None
        self.spending.heard(answer)
        self.exchanges.append(capture_exchange(ask.name, ask.call, answer))
        return answer

    def skip(self, name: str, reason: str) -> None:
        """Note what is not called, and why."""
        from nemovideo_contract.recording.recording import Skipped

        self.skipped.append(Skipped(name, reason))

    def recording(self, script: str) -> Recording:
        """What was recorded, without secrets."""
        from nemovideo_contract.recording import Recording, redact_recording

        at = machine.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        by = f"nemovideo-harness {version('nemovideo-harness')}"
        return redact_recording(Recording(self.label, at, by, script, tuple(self.exchanges), tuple(self.skipped)))

    def _pause_s(self) -> float:
        if self.spending.charged:
            return float(POLL_INTERVAL_S)
        return min(_LONGEST_PAUSE_S, 0.05 * max(0, self._repeats - _AT_ONCE))

    def _available(self) -> int:
        """What is available on the account that is charged, neither gone nor reserved; a call like any other.

        Raises:
            Forbidden: the server doesn't say, so that nothing that may cost something is sent.
        """
        from nemovideo_contract.http.errors import CallNotAllowed, RequirementFailure
        from nemovideo_contract.http.exchange import Call
        from nemovideo_contract.recording.conversation import ATTRIBUTION

        call = Call("credits", "GET", Paths.CREDITS, ATTRIBUTION, self.token)
        self.spending.count(call)
        answer = self.driver.send(call)
        self.spending.heard(answer)
        try:
            return answer.number("data", "available")
        except RequirementFailure:
            raise CallNotAllowed(f"The balance can't be read: {answer.describe(_EXCERPT)}.") from None


def require_suite() -> None:
    """End the command with how to install what tapes need, where it isn't."""
    if any(find_spec(module) is None for module in ("jsonschema", "hypothesis", "pytest")):
        raise Stop(Exit.NOT_INSTALLED, INSTALL_SUITE)


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """What a command was told about where it goes and what it may spend there."""

    target: str
    profile: str | None = None
    changes: tuple[str, ...] = ()
    credits: int | None = None
    may_mint: bool = False
    connect_to: str | None = None
    authority: str | None = None

    def aim(self) -> Target:
        """The target, when it isn't a fake of the command's own; nothing is sent.

        Raises:
            Stop: it may not be called, or not without a token.
        """
        try:
            route = None
            if self.connect_to is not None:
                route = RouteOverride(self.connect_to, None if self.authority is None else Path(self.authority))
            return choose_target(
                self.target, os.environ, credits=self.credits, may_ask_tokens=self.may_mint, route=route
            )
        except TargetError as error:
            said = str(error)
            raise Stop(Exit.USAGE, said if self.target in said else f"{self.target}: {said}") from None


@contextmanager
def open_session(target_options: TargetOptions, *, apart: bool = True) -> Generator[RecordingSession]:
    """The server that an errand leads to: `mock` is a fake that lives as long as this.

    On another fake the run goes `apart`, into a world that nobody else uses, as far as its token is known there: it
    meets no other run's accounts and limits. A base URL that names a world already is taken as it is.
    """
    from nemovideo_contract.http.driver import Driver
    from nemovideo_contract.http.spending_limits import SpendingLimits

    with ExitStack() as stack:
        if target_options.target == "mock":
            target, label = stack.enter_context(_fake(target_options.profile, target_options.changes))
        elif target_options.profile is not None or target_options.changes:
            raise Stop(Exit.USAGE, "--profile and --set choose what a fake plays: they go with the target mock alone.")
        else:
            target, label = target_options.aim(), target_options.target
        driver = stack.enter_context(Driver(target.base_url, target.route))
        if target_options.target != "mock":
            target = _detect_target(target, driver)
            if apart and (world := _world_of_its_own(target, stack)) is not None:
                driver = stack.enter_context(Driver(world))
        yield RecordingSession(target, driver, SpendingLimits(target.spends, target.token), label)


@contextmanager
def _fake(profile: str | None, changes: tuple[str, ...]) -> Generator[tuple[Target, str]]:
    from nemovideo_contract.profiles import DEFAULT
    from nemovideo_harness.cli.serve import choose_profile, require_mock

    require_mock()
    from nemovideo_mock.server import running
    from nemovideo_mock.settings import Settings

    played = choose_profile(profile or DEFAULT, changes)
    words = " with ".join([profile or DEFAULT, ", ".join(changes)] if changes else [profile or DEFAULT])
    with running(Settings(quality="stub", clock="virtual", profile=played)) as server:
        yield fake(server.url), f"mock, profile {words}"


def _detect_target(target: Target, driver: Driver) -> Target:
    """The target, without the test tokens where it isn't a fake that knows them; one that charges is not asked.

    Raises:
        Stop: nobody answers there, or something else than the service.
    """
    from nemovideo_contract.http.driver import FIRST
    from nemovideo_contract.http.errors import Unreachable
    from nemovideo_contract.http.exchange import Call
    from nemovideo_contract.recording.conversation import ATTRIBUTION

    if target.spends is not None:
        return target
    token = target.token or target.scenarios.get("funded")
    usual, driver.patience = driver.patience, FIRST
    try:
        answer = driver.send(Call("credits", "GET", Paths.CREDITS, ATTRIBUTION, token))
    except Unreachable as error:
        raise Stop(Exit.UNREACHABLE, str(error)) from None
    finally:
        driver.patience = usual
    if answer.object is None:
        said = f"GET {Paths.CREDITS} wants a JSON object, and got {answer.describe(_EXCERPT)}."
        raise Stop(Exit.REFUSED, f"{target.base_url} is not the service. {said}")
    return target if target.token is not None or answer.code == 0 else replace(target, scenarios={})


def _world_of_its_own(target: Target, stack: ExitStack) -> str | None:
    """The base URL of a new world, where the target is a fake that has such and the run's token opens it.

    The `stack` deletes it at its end.
    """
    from nemovideo_contract.http.errors import Unreachable
    from nemovideo_contract.suite.worlds import Worlds

    if not (target.scenarios or (target.token or "").startswith(TEST_TOKEN_PREFIX)):
        return None
    worlds = Worlds(target.base_url)

    def end() -> None:
        worlds.delete()
        for each in worlds.summary_lines():
            click.echo(each, err=True)

    stack.callback(end)
    try:
        return worlds.make()
    except Unreachable:
        return None


# --- running ----------------------------------------------------------------------------------------------------------


def scene_of(goal: RecordingSession) -> ConversationState:
    """What the script begins with on a server."""
    from nemovideo_contract.recording.conversation import ConversationState

    spends = goal.target.spends
    may_mint = spends is None or Expense.TOKEN in spends.spends
    return ConversationState(goal.token, fresh_id, charged=spends is not None, may_mint=may_mint)


def perform(goal: RecordingSession, parts: Iterable[str], scene: ConversationState) -> None:
    """Play parts of the script; what can't be played is noted."""
    from nemovideo_contract.http.errors import CallNotAllowed
    from nemovideo_contract.recording.conversation import PARTS, MissingPart

    for name in parts:
        goal.spending.worst = cost = PARTS[name].cost
        if not goal.target.lets(cost):
            goal.skip(f"part {name}", f"It may spend {cost}, and the run may spend {goal.target.spends}.")
            continue
        part = PARTS[name].begin(scene)
        try:
            ask = next(part, None)
            while ask is not None:
                try:
                    answer = goal.send(ask)
                except CallNotAllowed as reason:
                    left, missing = ask.name, MissingPart(str(reason))
                    ask = _send_refusal(part, missing)
                    goal.skip(left, str(missing))
                else:
                    ask = _send_answer(part, answer)
        except MissingPart as reason:
            goal.skip(f"part {name}", str(reason))


def repeat(goal: RecordingSession, recording: Recording) -> None:
    """Play a tape again; what can't be played is noted."""
    from nemovideo_contract.http.errors import CallNotAllowed
    from nemovideo_contract.recording.conversation import MissingPart
    from nemovideo_contract.recording.recording import Skipped
    from nemovideo_contract.recording.replay import ReplayResources, replay

    scene = scene_of(goal)
    means = ReplayResources(scene.token, fresh_id, near=not scene.charged, polls=scene.polls, may_mint=scene.may_mint)
    spends = goal.target.spends
    goal.spending.worst = FREE if spends is None else Cost(spends.spends, _ANY_MESSAGE)
    playing: Replay = replay(recording, means)
    step = next(playing, None)
    while step is not None:
        if isinstance(step, Skipped):
            goal.skip(step.name, step.reason)
            step = next(playing, None)
            continue
        try:
            answer = goal.send(step)
        except CallNotAllowed as reason:
            missing = MissingPart(str(reason))
            step = _send_refusal(playing, missing)
        else:
            step = _send_answer(playing, answer)


def _send_answer(playing: Generator[Y, S, None], answer: S) -> Y | None:
    """What comes next after an answer; None at the end."""
    try:
        return playing.send(answer)
    except StopIteration:
        return None


def _send_refusal(playing: Generator[Y, S, None], reason: Exception) -> Y | None:
    """What comes next after a call that may not be made; None at the end."""
    try:
        return playing.throw(reason)
    except StopIteration:
        return None


def fresh_id() -> str:
    """An id that nobody has."""
    return machine.new_id()

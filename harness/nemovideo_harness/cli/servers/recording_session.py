"""A session of `record` or `diff` with a server: it sends requests within a spending limit, and records them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from nemovideo_contract import machine
from nemovideo_contract.extras import install_hint
from nemovideo_contract.requirements import FREE, Cost, Expense
from nemovideo_contract.targets import RouteOverride, Target, TargetError, choose_target, fake
from nemovideo_contract.wire import POLL_INTERVAL_S, TEST_TOKEN_PREFIX
from nemovideo_contract.wire import Path as Paths
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.console.output import print_notice
from nemovideo_harness.cli.options.target import choose_profile, describe_profile
from nemovideo_harness.cli.servers.local_fake import run_stub_fake

if TYPE_CHECKING:
    from nemovideo_contract.http.driver import Driver
    from nemovideo_contract.http.exchange import Answer
    from nemovideo_contract.http.spending_limits import SpendingLimits
    from nemovideo_contract.recording.recording import RecordedExchange, Recording, Skipped
    from nemovideo_contract.recording.replay import Replay
    from nemovideo_contract.recording.scripted_conversation import ConversationState, NextCall

S = TypeVar("S")
Y = TypeVar("Y")

INSTALL_SUITE: Final = f"Recordings need the suite. Install it with: {install_hint('suite')}"
#: The name of the fixed series of requests, as recordings have it.
SCRIPT: Final = "conversation"
#: The number of polls of a free server without a pause. On a virtual clock, each poll moves the time on.
_POLLS_WITHOUT_PAUSE: Final = 10
#: The longest pause between two later polls, in seconds.
_LONGEST_PAUSE_S: Final = 2.0
#: The most that a message from a recording may cost, in credits; its text is unknown.
_ANY_MESSAGE: Final = 150
#: The number of characters of a response that errors show.
_EXCERPT: Final = 200


@dataclass(slots=True)
class RecordingSession:
    """The server that a run calls, the driver, the spending limit, and the requests so far."""

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
        """The token of the account; None if the run has to request an anonymous one."""
        return self.target.token or self.target.scenarios.get("funded")

    def send(self, ask: NextCall) -> Answer:
        """Send a request, and record it with its response.

        Raises:
            CallNotAllowed: The spending limit forbids the request.
            Stop: The server can't be reached.
        """
        from nemovideo_contract.http.errors import Unreachable
        from nemovideo_contract.recording.capture import capture_exchange

        self.on_ask(ask.name)
        self._repeats = self._repeats + 1 if ask.again else 0
        if ask.again:
            self.spending.sleep(self._pause_s())
        try:
            self.spending.permit(ask.call, self._available)
            answer = self._answer(ask)
            if (answer.is_gateway_page or answer.cut) and (ask.call.method == "GET" or not self.spending.charged):
                answer = self._answer(ask)  # something in front of the server failed
        except Unreachable as error:
            raise Stop(Exit.UNREACHABLE, str(error)) from None
        self.spending.heard(answer)
        self.exchanges.append(capture_exchange(ask.name, ask.call, answer))
        return answer

    def _answer(self, ask: NextCall) -> Answer:
        limit = ask.records
        with self.driver.listen(ask.call) as listening:
            return listening.read(lambda so_far: limit is not None and len(so_far.records) >= limit)

    def skip(self, name: str, reason: str) -> None:
        """Record that a request or a part was not played, and why."""
        from nemovideo_contract.recording.recording import Skipped

        self.skipped.append(Skipped(name, reason))

    def recording(self, script: str) -> Recording:
        """Return the recording so far, without secrets."""
        from nemovideo_contract.recording import Recording, redact_recording

        at = machine.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        by = f"nemovideo-harness {version('nemovideo-harness')}"
        return redact_recording(Recording(self.label, at, by, script, tuple(self.exchanges), tuple(self.skipped)))

    def _pause_s(self) -> float:
        if self.spending.charged:
            return float(POLL_INTERVAL_S)
        return min(_LONGEST_PAUSE_S, 0.05 * max(0, self._repeats - _POLLS_WITHOUT_PAUSE))

    def _available(self) -> int:
        """Read the available credits of the account that pays. This sends a request, which counts like any other.

        Raises:
            CallNotAllowed: The balance can't be read, so no request that may cost something is sent.
        """
        from nemovideo_contract.http.errors import CallNotAllowed, RequirementFailure
        from nemovideo_contract.http.exchange import Call
        from nemovideo_contract.recording.scripted_conversation import ATTRIBUTION

        call = Call("credits", "GET", Paths.CREDITS, ATTRIBUTION, self.token)
        self.spending.count(call)
        answer = self.driver.send(call)
        self.spending.heard(answer)
        try:
            return answer.number("data", "available")
        except RequirementFailure:
            raise CallNotAllowed(f"The balance can't be read: {answer.describe(_EXCERPT)}.") from None


def require_suite() -> None:
    """End the command if the suite is not installed, and say how to install it."""
    if any(find_spec(module) is None for module in ("jsonschema", "hypothesis", "pytest")):
        raise Stop(Exit.NOT_INSTALLED, INSTALL_SUITE)


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """The options of a command: the target, its profile, and what the run may spend there."""

    target: str
    profile: str | None = None
    changes: tuple[str, ...] = ()
    credits: int | None = None
    may_mint: bool = False
    connect_to: str | None = None
    authority: str | None = None
    is_plan: bool = False

    def choose(self) -> Target:
        """Return a target that is not a fake inside the command; no request is sent.

        Raises:
            Stop: The target may not be called, or needs a token.
        """
        try:
            route = None
            if self.connect_to is not None:
                route = RouteOverride(self.connect_to, None if self.authority is None else Path(self.authority))
            return choose_target(
                self.target,
                os.environ,
                credits=self.credits,
                may_ask_tokens=self.may_mint,
                route=route,
                is_plan=self.is_plan,
            )
        except TargetError as error:
            raise Stop(Exit.USAGE, str(error)) from None


@contextmanager
def open_session(target_options: TargetOptions, *, apart: bool = True) -> Generator[RecordingSession]:
    """Open a session with the target; the target `mock` is a fake inside the command that ends with the session.

    On another fake, with `apart`, the run works in a new world if the token works there. So it does not share accounts
    and limits with other runs. If the base URL names a world, the run uses that world.

    Raises:
        Stop: The target may not be called or can't be reached, or the options do not fit it.
    """
    from nemovideo_contract.http.driver import Driver
    from nemovideo_contract.http.spending_limits import SpendingLimits

    with ExitStack() as stack:
        if target_options.target == "mock":
            target, label = stack.enter_context(_fake(target_options.profile, target_options.changes))
        elif target_options.profile is not None or target_options.changes:
            raise Stop(Exit.USAGE, "--profile and --set work only with the target mock.")
        else:
            target, label = target_options.choose(), target_options.target
        driver = stack.enter_context(Driver(target.base_url, target.route))
        if target_options.target != "mock":
            target = _detect_target(target, driver)
            if apart and (world := _create_world(target, stack)) is not None:
                driver = stack.enter_context(Driver(world))
        yield RecordingSession(target, driver, SpendingLimits(target.spends, target.token), label)


@contextmanager
def _fake(profile: str | None, changes: tuple[str, ...]) -> Generator[tuple[Target, str]]:
    from nemovideo_contract.profiles import DEFAULT

    name = profile or DEFAULT
    with run_stub_fake(choose_profile(name, changes)) as server:
        yield fake(server.url), f"mock, profile {describe_profile(name, changes)}"


def _detect_target(target: Target, driver: Driver) -> Target:
    """Return the target, without the test tokens if it does not accept them. A server that charges gets no request.

    Raises:
        Stop: The server can't be reached, or is not the service.
    """
    from nemovideo_contract.http.driver import FIRST
    from nemovideo_contract.http.errors import Unreachable
    from nemovideo_contract.http.exchange import Call
    from nemovideo_contract.recording.scripted_conversation import ATTRIBUTION

    if target.spends is not None:
        return target
    token = target.token or target.scenarios.get("funded")
    usual, driver.patience = driver.patience, FIRST
    try:
        answer = driver.send(Call("credits", "GET", Paths.CREDITS, ATTRIBUTION, token), repeats=1)
    except Unreachable as error:
        raise Stop(Exit.UNREACHABLE, str(error)) from None
    finally:
        driver.patience = usual
    if answer.object is None:
        problem = f"GET {Paths.CREDITS} must return a JSON object, but it returned {answer.describe(_EXCERPT)}."
        raise Stop(Exit.REFUSED, f"{target.base_url} is not the service. {problem}")
    return target if target.token is not None or answer.code == 0 else replace(target, scenarios={})


def _create_world(target: Target, stack: ExitStack) -> str | None:
    """Create a world and return its base URL; None if the target is not a fake, or the token does not work there.

    `stack` deletes the world at its end.
    """
    from nemovideo_contract.http.errors import Unreachable
    from nemovideo_contract.suite.worlds import Worlds

    if not (target.scenarios or (target.token or "").startswith(TEST_TOKEN_PREFIX)):
        return None
    worlds = Worlds(target.base_url)

    def end() -> None:
        worlds.delete()
        for each in worlds.summary_lines():
            print_notice(each)

    stack.callback(end)
    try:
        return worlds.make()
    except Unreachable:
        return None


# --- playing ----------------------------------------------------------------------------------------------------------


class show_requests:  # noqa: N801 -- a context manager, used like a function
    """Shows the current request of a session, on a terminal."""

    def __init__(self, session: RecordingSession) -> None:
        from nemovideo_harness.cli.console import activity

        self._display = activity.choose(as_json=not sys.stderr.isatty(), is_plain=False)
        session.on_ask = self._display.on

    def __enter__(self) -> None:
        self._display.__enter__()

    def __exit__(self, *error: object) -> None:
        self._display.off()


def script_state(session: RecordingSession) -> ConversationState:
    """Return the state in which the script starts on a server."""
    from nemovideo_contract.recording.scripted_conversation import ConversationState

    spends = session.target.spends
    may_mint = spends is None or Expense.TOKEN in spends.spends
    return ConversationState(session.token, fresh_id, charged=spends is not None, may_mint=may_mint)


def play_script(session: RecordingSession, parts: Iterable[str], state: ConversationState) -> None:
    """Play parts of the script; parts and requests that can't be played are recorded as skipped."""
    from nemovideo_contract.http.errors import CallNotAllowed
    from nemovideo_contract.recording.scripted_conversation import PARTS, MissingPart

    for name in parts:
        session.spending.worst = cost = PARTS[name].cost
        if not session.target.lets(cost):
            session.skip(f"part {name}", f"It may spend {cost}, but the run may spend {session.target.spends}.")
            continue
        part = PARTS[name].begin(state)
        try:
            ask = next(part, None)
            while ask is not None:
                try:
                    answer = session.send(ask)
                except CallNotAllowed as reason:
                    left, missing = ask.name, MissingPart(str(reason))
                    ask = _send_refusal(part, missing)
                    session.skip(left, str(missing))
                else:
                    ask = _send_answer(part, answer)
        except MissingPart as reason:
            session.skip(f"part {name}", str(reason))


def play_recording(session: RecordingSession, recording: Recording) -> None:
    """Replay a recording; requests that can't be played are recorded as skipped."""
    from nemovideo_contract.http.errors import CallNotAllowed
    from nemovideo_contract.recording.recording import Skipped
    from nemovideo_contract.recording.replay import ReplayResources, replay
    from nemovideo_contract.recording.scripted_conversation import MissingPart

    state = script_state(session)
    means = ReplayResources(state.token, fresh_id, near=not state.charged, polls=state.polls, may_mint=state.may_mint)
    spends = session.target.spends
    session.spending.worst = FREE if spends is None else Cost(spends.spends, _ANY_MESSAGE)
    playing: Replay = replay(recording, means)
    step = next(playing, None)
    while step is not None:
        if isinstance(step, Skipped):
            session.skip(step.name, step.reason)
            step = next(playing, None)
            continue
        try:
            answer = session.send(step)
        except CallNotAllowed as reason:
            missing = MissingPart(str(reason))
            step = _send_refusal(playing, missing)
        else:
            step = _send_answer(playing, answer)


def _send_answer(playing: Generator[Y, S, None], answer: S) -> Y | None:
    """Give the player a response; return its next request, or None at the end."""
    try:
        return playing.send(answer)
    except StopIteration:
        return None


def _send_refusal(playing: Generator[Y, S, None], reason: Exception) -> Y | None:
    """Tell the player that a request was not sent; return its next request, or None at the end."""
    try:
        return playing.throw(reason)
    except StopIteration:
        return None


def fresh_id() -> str:
    """Return a new, unused ID."""
    return machine.new_id()

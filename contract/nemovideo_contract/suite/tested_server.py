"""The server under test: sends calls to it, records them, and holds each answer against the specification.

A `TestedServer` knows tokens and profiles, but no accounts: those are in `account`, and `context` creates them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from nemovideo_contract.events import grammar
from nemovideo_contract.http.conformity import ConformityChecker
from nemovideo_contract.http.driver import Driver, OpenAnswer
from nemovideo_contract.http.errors import InDoubt, Interrupted, RequirementFailure
from nemovideo_contract.http.exchange import Answer, Call
from nemovideo_contract.http.spending_limits import SpendingLimits
from nemovideo_contract.profiles import Profile
from nemovideo_contract.requirements import REQUIREMENTS, Requirement
from nemovideo_contract.suite.interference import Interference
from nemovideo_contract.suite.messages import ATTRIBUTION
from nemovideo_contract.targets import Target
from nemovideo_contract.wire import Path, RenderStatus

#: The number of calls that a failed check shows.
SHOWN_CALLS: Final = 8

#: How often a call or a check is repeated that something in front of the service has interrupted.
REPEATS: Final = 2

_STATUS_BEFORE, _STATUS_AFTER = Path.RENDER_STATUS.split("{render_id}")
_CANCEL_BEFORE, _CANCEL_AFTER = Path.RENDER_CANCEL.split("{render_id}")
_MAKERS: Final = frozenset({"create_session", "submit_render", "render_status", "cancel_render"})
_OVER: Final = frozenset({RenderStatus.COMPLETED.value, RenderStatus.FAILED.value})


@dataclass(slots=True)
class Leftovers:
    """What a run leaves on a server: the ids of its sessions, and its unfinished exports.

    No call deletes a session. `under_way` has the token that submitted each unfinished export, by the export's id.
    """

    sessions: list[str] = field(default_factory=list[str])
    under_way: dict[str, str | None] = field(default_factory=dict[str, "str | None"], repr=False)

    def take(self, answer: Answer) -> None:
        """Note the session or export that an answer reports as created or ended."""
        call = answer.call
        found = answer.object if answer.status == 200 and call.operation in _MAKERS else None
        if found is None:
            return
        data = found.get("data")
        node = data if isinstance(data, dict) else found
        status = node.get("status")
        match call.operation:
            case "create_session" if isinstance(made := node.get("session_id"), str):
                self.sessions.append(made)
            case "submit_render" if isinstance(status, str) and isinstance(call.body, dict):
                self._note(str(call.body.get("id")), status, call.token)
            case "render_status" if isinstance(status, str):
                self._note(call.path.removeprefix(_STATUS_BEFORE).removesuffix(_STATUS_AFTER), status, call.token)
            case "cancel_render":
                self.under_way.pop(call.path.removeprefix(_CANCEL_BEFORE).removesuffix(_CANCEL_AFTER), None)
            case _:
                pass

    def _note(self, render_id: str, status: str, token: str | None) -> None:
        if status in _OVER:
            self.under_way.pop(render_id, None)
        else:
            self.under_way.setdefault(render_id, token)


@dataclass(slots=True)
class TestedServer:
    """A server under test, with the calls to it and the findings about it.

    `profile` is the profile that the server has, `spending` what the run may spend. `owner_token` returns the token of
    the account that a server with credits charges. `doubts` has two kinds of findings that only warn: assumed facts
    that a charging server contradicts, and requirements that could not be decided. `trail` has the calls and `came`
    the answers of the running check. `latest` is the last finding, `led` the answers up to it. `interferences` has what
    changes calls and answers on their way, and `interruptions` counts the answers that did not come from the service.
    """

    __test__ = False  # pytest would collect a class with this name

    target: Target
    driver: Driver
    spending: SpendingLimits
    profile: Profile
    owner_token: Callable[[], str | None]
    #: True if a message takes real time on this server.
    unhurried: bool = False
    #: True if work takes less time on this server than the documents say.
    hurried: bool = False
    #: True if work takes more time on this server than the documents say, as the server itself says.
    slowed: bool = False
    #: True while the profile is unknown: no answer is held against the specification.
    loose: bool = False
    #: False if answers are never held against the specification.
    checks_form: bool = True
    #: True if a broken connection or an error of a server interrupts a check, which then runs again.
    interruptible: bool = True
    interferences: list[Interference] = field(default_factory=list[Interference])
    interruptions: int = 0
    leftovers: Leftovers = field(default_factory=Leftovers)
    doubts: list[RequirementFailure] = field(default_factory=list[RequirementFailure])
    trail: list[Call] = field(default_factory=list[Call])
    came: list[Answer] = field(default_factory=list[Answer])
    #: The answers to earlier calls that the running check uses.
    reused: list[Answer] = field(default_factory=list[Answer])
    latest: RequirementFailure | None = None
    led: tuple[Answer, ...] = ()
    account_tokens: set[str] = field(default_factory=set[str], repr=False)
    _kept: tuple[int, int] = 0, 0
    _conformity: dict[Profile, ConformityChecker] = field(default_factory=dict[Profile, ConformityChecker])

    def adopt(self, other: TestedServer) -> None:
        """Take over what another context has found out about the same target."""
        self.unhurried, self.hurried, self.slowed = other.unhurried, other.hurried, other.slowed
        self.interferences = other.interferences

    # --- calls --------------------------------------------------------------------------------------------------------

    def send(self, call: Call, profile: Profile, *, form: bool = True) -> Answer:
        """Send a call and return its whole answer; with `form`, hold the answer against the specification.

        Raises:
            RequirementFailure: the answer broke off or contradicts the specification.
            InDoubt: the answer took longer than the suite waits.
        """
        with self.listen(call) as listening:
            answer = listening.read()
        return self.check_answer(answer, profile) if form and not self.loose else self.check_whole(answer)

    @contextmanager
    def listen(self, call: Call) -> Generator[OpenAnswer]:
        """Send a call and yield its answer, which the caller reads piece by piece."""
        self.start(call)
        with self.driver.listen(call) as listening:
            try:
                self._check_source(listening)
                yield listening
            finally:
                self.came.append(listening.answer)
                self.spending.heard(listening.answer)
                self.leftovers.take(listening.answer)

    def _check_source(self, listening: OpenAnswer) -> None:
        """Check that an answer that has begun comes from the service.

        Raises:
            Interrupted: something in front of the service failed, the service failed once, or the connection broke.
        """
        answer = listening.answer
        is_own = answer.call.url is None and answer.call.operation
        fails = answer.cut or (answer.status >= 500 and answer.status != HTTPStatus.SERVICE_UNAVAILABLE)
        if is_own and (answer.is_gateway_page or (fails and self.interruptible)):
            listening.read()
            raise self._interrupt(answer)

    def _interrupt(self, answer: Answer) -> Interrupted:
        self.interruptions += 1
        said = f"{answer.call.method} {answer.call.path} was interrupted: {answer.describe()}"
        return Interrupted(said, tokens=self.tokens)

    def start(self, call: Call) -> None:
        """Ask the spending limits for permission to send a call, and record the call."""
        self.spending.permit(call, self.available)
        self.trail.append(call)

    def available(self) -> int:
        """Return the credits of the charged account that are neither spent nor reserved."""
        call = Call("credits", "GET", Path.CREDITS, ATTRIBUTION, self.owner_token())
        self.spending.count(call)
        answer = self.driver.send(call, REPEATS)
        self.spending.heard(answer)
        return answer.number("data", "available")

    def forget_calls(self) -> None:
        """Forget the calls since `keep_calls`: a failure shows only the calls that follow."""
        del self.trail[self._kept[0] :], self.came[self._kept[1] :]

    def forget_all_calls(self) -> None:
        """Forget all calls, as a new check begins."""
        self._kept = 0, 0
        self.reused.clear()
        self.forget_calls()

    def keep_calls(self) -> None:
        """Keep the calls so far as the beginning of each example that follows, and clear `latest`."""
        self._kept = len(self.trail), len(self.came)
        self.latest = None

    @property
    def keeps_time(self) -> bool:
        """Whether the server's clock runs as fast as the clock of this machine."""
        return self.unhurried or self.hurried

    @property
    def works_as_documented(self) -> bool:
        """Whether work takes as long as the documents say."""
        return not (self.hurried or self.slowed)

    def has(self, *interferences: Interference) -> Interference | None:
        """Return the first of these interferences that the first look found, or None."""
        return next((each for each in interferences if each in self.interferences), None)

    # --- answers ------------------------------------------------------------------------------------------------------

    def check_in_time(self, answer: Answer) -> Answer:
        """Return the answer if it came within the time that the suite waits.

        Raises:
            InDoubt: it did not.
        """
        if answer.late:
            call = answer.call
            came = answer.describe().removesuffix(f"; it broke off: {answer.broken}")
            seen = "" if answer.status == 0 else f"; last seen: {came}"
            raise self.doubt(f"{call.method} {call.path} took too long: {answer.broken}{seen}")
        return answer

    def check_whole(self, answer: Answer) -> Answer:
        """Return the answer if it came to its end.

        Raises:
            RequirementFailure: it broke off.
            InDoubt: it took longer than the suite waits.
        """
        self.check_in_time(answer)
        if answer.cut and self.interruptible:
            raise self._interrupt(answer)
        if answer.broken:
            raise self.finding(answer.call.requirement, "a whole answer", answer.describe())
        return answer

    def check_answer(self, answer: Answer, profile: Profile) -> Answer:
        """Return the answer if it came to its end and has the form that the specification gives it.

        Raises:
            RequirementFailure: it broke off or contradicts the specification.
            InDoubt: it took longer than the suite waits.
        """
        if not self.checks_form:
            return self.check_whole(answer)
        answer.tell = self._note
        self.check_whole(answer)
        if profile not in self._conformity:
            self._conformity[profile] = ConformityChecker(profile, closed=not self.spending.charged)
        problems = self._conformity[profile].problems(answer)
        if problems:
            rule = answer.call.requirement
            if answer.is_stream and answer.call.operation == "run_sse":
                rule = REQUIREMENTS["stream-typed" if profile.events == "typed" else f"stream-{profile.events}"]
            expected = f"an answer as openapi.yaml has it: {'; '.join(problems[:3])}"
            self.report(self.finding(rule, expected, answer.describe(), of_form=True))
        if answer.is_stream:
            for violation in grammar.check(answer.values, profile.events, closed=answer.whole)[:1]:
                rule = REQUIREMENTS[violation.requirement]
                self.report(
                    self.finding(rule, f"record {violation.index} in order: {violation.message}", answer.describe())
                )
        return answer

    # --- findings -----------------------------------------------------------------------------------------------------

    @property
    def tokens(self) -> list[str]:
        """The tokens of the accounts here, which no message may show."""
        return [*([] if self.target.token is None else [self.target.token]), *sorted(self.account_tokens)]

    def finding(self, rule: Requirement, expected: str, came: str, *, of_form: bool = False) -> RequirementFailure:
        """Return a finding with the calls of the running check."""
        calls = [call.curl() for call in self.trail[-SHOWN_CALLS:]]
        found = RequirementFailure(
            rule, expected, came, calls, where=self.driver.base_url, tokens=self.tokens, of_form=of_form
        )
        self._note(found)
        return found

    def explain(self) -> Interference | None:
        """Return the interference that may have led the running check to a finding, or None."""
        answers = [*self.came, *self.reused]
        return next((each for each in self.interferences if any(map(each.misleads, answers))), None)

    def doubt(self, words: str, rules: Sequence[str] = ()) -> InDoubt:
        """Return a doubt: something took too long to be judged, as `words` say in one sentence."""
        return InDoubt(words, rules, tokens=self.tokens)

    def report(self, finding: RequirementFailure) -> None:
        """Raise a finding, unless it is about an assumed fact and the server charges: then note it as a doubt."""
        if self.spending.charged and finding.requirement.standing.word == "assumed":
            self.doubts.append(finding)
            return
        raise finding

    def _note(self, found: RequirementFailure) -> None:
        self.latest, self.led = found, tuple(self.came)

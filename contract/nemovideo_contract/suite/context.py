"""What a check gets: the server under test, the accounts on it, and the functions that state what must hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Protocol

from nemovideo_contract import machine
from nemovideo_contract.http.driver import Driver
from nemovideo_contract.http.errors import InDoubt, Interrupted, RequirementFailure
from nemovideo_contract.http.exchange import Answer, Call, seconds_between
from nemovideo_contract.http.spending_limits import SpendingLimits
from nemovideo_contract.profiles import Profile
from nemovideo_contract.requirements import REQUIREMENTS
from nemovideo_contract.suite.account import Account
from nemovideo_contract.suite.caller import STRANGER, Caller
from nemovideo_contract.suite.interference import Interference
from nemovideo_contract.suite.marks import CheckMarks, find_marks
from nemovideo_contract.suite.tested_server import REPEATS, TestedServer
from nemovideo_contract.targets import TOKEN_SCENARIOS, Approach, Target, approach
from nemovideo_contract.wire import CLIENT_ID_HEADER, CLIENT_ID_MAX_LENGTH, Code, Path

#: The shortest work on a photo in any document, in seconds.
SHORTEST_WORK_S: Final = 10.0
#: Requirements about times, which a server that works faster or slower than the documents say can't show.
TIMES: Final = frozenset({"turn-time-seed", "turn-time-vendor", "render-time-seed", "render-time-vendor"})


class Check(Protocol):
    """A function that checks some requirements on a server."""

    __name__: str
    __module__: str
    __doc__: str | None

    def __call__(self, context: Context) -> None:
        """Run the check; raises `RequirementFailure` if the server contradicts a requirement."""
        ...


class Context:
    """The server under test, with its accounts and what the running check has found.

    `caller` is the account of the running check. `checked` has the ids of the requirements that an answer was held
    against. `examples` is the number of examples that a property draws. With `thorough`, checks that send many messages
    also run on a server where each message takes real time.
    """

    def __init__(
        self, target: Target, driver: Driver, spending: SpendingLimits, profile: Profile, examples: int = 10
    ) -> None:
        spending.token = target.token
        self.server = TestedServer(target, driver, spending, profile, lambda: self.owner().token)
        self.examples = examples
        self.thorough = False
        self.checked: set[str] = set()
        self.caller = Account(self.server, STRANGER, None, profile, expect_refusal=True)
        self._marks: CheckMarks | None = None
        self._accounts: dict[str, Account] = {}
        self._token_answers: dict[str, Answer] = {}

    @property
    def target(self) -> Target:
        """Where the server is, what it offers, and what a run may spend on it."""
        return self.server.target

    @property
    def driver(self) -> Driver:
        """The driver that sends the calls."""
        return self.server.driver

    @property
    def spending(self) -> SpendingLimits:
        """What the run may spend, and what it has spent."""
        return self.server.spending

    @property
    def profile(self) -> Profile:
        """The profile of the server."""
        return self.server.profile

    # --- running a check ----------------------------------------------------------------------------------------------

    def approaches(self, check: CheckMarks) -> list[Approach] | str:
        """Return how to run a check, one approach for each account that it needs; or a sentence why it can't run."""
        if check.slow and self.spending.charged:
            return "It sends many messages, which is too many for a server that charges."
        if check.slow and self.server.unhurried and not self.thorough:
            return "It sends many messages, and each takes real time on this server; --thorough sends them."
        if not self.target.lets(check.worst_cost):
            return (
                f"It may spend {check.worst_cost}, and on {self.target.name} this run may spend {self.target.spends}."
            )
        found: list[Approach] = []
        reasons: list[str] = []
        for rule in check.requirements:
            way = approach(rule, self.target, self.profile)
            if isinstance(way, str):
                reasons.append(way)
            elif not any(rule.holds(each.profile) and rule.needs in {None, each.scenario} for each in found):
                found.append(way)
        return found or reasons[0]

    def run(self, check: Check) -> str | None:
        """Run a check; return None, or a sentence why it can't run on this target.

        Raises:
            RequirementFailure: the server contradicts a requirement.
            InDoubt: the server was too slow for a verdict.
        """
        marks = find_marks(check)
        assert marks is not None, f"{check.__name__} names no requirement"
        ways = self.approaches(marks)
        if isinstance(ways, str):
            return ways
        for way in ways:
            self._run_once(check, marks, way)
        return None

    def _run_once(self, check: Check, marks: CheckMarks, way: Approach) -> None:
        """Run a check with one account; run it again if something in front of the service interrupts it.

        What interrupts the first run counts in the second, except a failure of something in front of the service.
        """
        for repeat in range(REPEATS + 1):
            # A server that charges would charge for each repeat.
            is_last = repeat == REPEATS or self.spending.charged
            # The second run of a check judges what the service itself does each time.
            self.server.interruptible = repeat == 0
            self.begin(marks, way)
            try:
                check(self)
            except Interrupted as cut:
                if is_last:
                    times = "" if repeat == 0 else f" in {repeat + 1} runs of the check"
                    raise self.server.doubt(f"{cut.words}{times}") from None
                continue
            except RequirementFailure as failure:
                if (cause := self.server.explain()) is not None:
                    raise self._doubt_because(cause, str(failure).partition("\n  repeat:")[0]) from None
                self.server.report(failure)
            return

    def _doubt_because(self, cause: Interference, finding: str) -> InDoubt:
        return self.server.doubt(f"Something between may have caused this finding. {cause.words}\n  {finding}")

    def begin(self, marks: CheckMarks, way: Approach) -> None:
        """Prepare to run a check with one account."""
        self._marks, self.spending.worst = marks, marks.worst_cost
        self.server.forget_all_calls()
        self.caller = self.account(way.scenario) if way.scenario else self.owner()

    def forget_scenarios(self) -> None:
        """Stop using the test tokens, which the target doesn't know."""
        self.server.target = replace(self.target, scenarios={})
        self._accounts.clear()

    def use_profile(self, profile: Profile) -> None:
        """Use the profile that was detected, also for the accounts that exist already."""
        self.server.profile, self.server.loose = profile, False
        for name, each in self._accounts.items():
            each.profile = profile.replace(TOKEN_SCENARIOS.get(name, {}))

    def cancel_exports(self) -> None:
        """Cancel the exports that are under way."""
        for render_id, token in list(self.server.leftovers.under_way.items()):
            caller = Caller(self.server, "tidy", token, self.profile)
            caller.call("cancel_render", "POST", Path.RENDER_CANCEL.format(render_id=render_id), form=False)
            if render_id in self.server.leftovers.under_way:  # a refusal: it may have ended since, which a poll shows
                caller.call("render_status", "GET", Path.RENDER_STATUS.format(render_id=render_id), form=False)

    # --- accounts -----------------------------------------------------------------------------------------------------

    def owner(self) -> Account:
        """Return the account for every check that needs no special one."""
        if self.target.token is None and "funded" in self.target.scenarios:
            return self.account("funded")
        if "owner" not in self._accounts:
            token = self.target.token or self.mint("owner").text("data", "token")
            self._add_account("owner", token, self.profile)
        return self._accounts["owner"]

    def account(self, scenario: str) -> Account:
        """Return the account of a scenario that the target offers."""
        if scenario not in self._accounts:
            profile = self.profile.replace(TOKEN_SCENARIOS[scenario])
            self._add_account(scenario, self.target.scenarios[scenario], profile)
        return self._accounts[scenario]

    def stranger(self, token: str | None) -> Caller:
        """Return a caller without a valid token."""
        return Caller(self.server, STRANGER, token, self.profile, expect_refusal=True)

    def another(self) -> Account | None:
        """Return an account that is not the running check's, or None if the target offers none."""
        name = "fresh" if self.caller.name != "fresh" else "funded"
        return self.account(name) if name in self.target.scenarios else None

    def anonymous(self, name: str) -> Account:
        """Return a new account with its first credits; the same account for the same name."""
        key = f"anonymous {name}"
        if key not in self._accounts:
            answer = self.mint(name)
            user_id = answer.text("data", "user_id")
            self._add_account(key, answer.text("data", "token"), self.profile, user_id)
        return self._accounts[key]

    def _add_account(self, name: str, token: str, profile: Profile, user_id: str | None = None) -> None:
        self._accounts[name] = Account(self.server, name, token, profile, user_id)
        self.server.account_tokens.add(token)

    def ask_token(self, client_id: str | None, *, form: bool = True) -> Answer:
        """Ask for an anonymous token."""
        headers = {} if client_id is None else {CLIENT_ID_HEADER: client_id}
        expect_refusal = client_id is not None and not 0 < len(client_id) <= CLIENT_ID_MAX_LENGTH
        expect_refusal = expect_refusal or (client_id is None and self.profile.client_id == "required")
        return self.server.send(
            Call("anonymous_token", "POST", Path.ANONYMOUS_TOKEN, headers, expect_refusal=expect_refusal),
            self.profile,
            form=form,
        )

    def mint(self, name: str, client_id: str | None = None, *, nameless: bool = False, form: bool = True) -> Answer:
        """Ask for an anonymous token once for each name, and return the answer."""
        if name not in self._token_answers:
            chosen = self.target.client_id if name == "owner" else None
            named = None if nameless else client_id or chosen or machine.new_id()
            answer = self.ask_token(named, form=form)
            if nameless and answer.code != Code.SUCCESS:
                return answer  # no account that other checks could use
            self._token_answers[name] = answer
        self.server.reused.append(self._token_answers[name])
        return self._token_answers[name]

    # --- verdicts -----------------------------------------------------------------------------------------------------

    def holds(self, rule: str) -> bool:
        """Return whether a requirement holds for the account of the running check."""
        if rule in self.target.without or (not self.server.works_as_documented and rule in TIMES):
            return False
        return REQUIREMENTS[rule].holds(self.caller.profile)

    def must(self, rule: str, fact: object, expected: str, came: object = None) -> None:
        """State that a fact must be true for a requirement; nothing happens if the requirement doesn't hold here.

        `expected` says what was expected, `came` what came: words, an answer, or any other value.

        Raises:
            RequirementFailure: the fact is not true. On a server that charges, an assumed fact is noted as a doubt.
        """
        self._assert_named(rule)
        if not self.holds(rule):
            return
        self.checked.add(rule)
        if not fact:
            words = came.describe() if isinstance(came, Answer) else "otherwise" if came is None else str(came)
            self.server.report(self.server.finding(REQUIREMENTS[rule], expected, words))

    def equal(self, rule: str, came: object, expected: object, what: str) -> None:
        """State that two values must be equal; see `must`."""
        self.must(rule, came == expected, f"{what} is {expected!r}", f"{what} is {came!r}")

    def note_doubt(self, rule: str, expected: str, came: str) -> None:
        """Note that an answer does not show whether a requirement holds; `expected` is what would have shown it."""
        self._assert_named(rule)
        if self.holds(rule):
            self.server.doubts.append(self.server.finding(REQUIREMENTS[rule], expected, came))

    def doubt_if_missed(self, rule: str, fact: object, what: str, begun: Answer, later: Answer) -> None:
        """Raise a doubt if a fact was not seen that shows only while work runs, and the work may have ended before.

        That can happen on a server that works faster than the documents say. It can also happen on a busy machine:
        `begun` is the answer that began the work and `later` the one without the fact, and their dates show how much of
        the service's time passed in between.

        Raises:
            InDoubt: the fact was not seen, and one of both may be the reason.
        """
        if fact or not self.holds(rule):
            return
        if self.server.hurried:
            raise self.server.doubt(f"{what}, as the target works faster than the documents say", (rule,))
        passed = seconds_between(begun, later)
        if passed is not None and passed > SHORTEST_WORK_S:
            raise self.server.doubt(f"{what}, as {passed:.0f} s of the service's time passed in between", (rule,))

    def _assert_named(self, rule: str) -> None:
        assert self._marks is None or rule in self._marks.ids, f"the check does not name {rule}"

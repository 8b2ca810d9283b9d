"""One run of the suite under pytest: the target, its profile, the outcomes of the checks, and the output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final, cast

import pytest

from nemovideo_contract import machine
from nemovideo_contract.http.driver import Driver
from nemovideo_contract.http.errors import CallNotAllowed, InDoubt, Interrupted, RequirementFailure, Unreachable
from nemovideo_contract.http.spending_limits import SpendingLimits
from nemovideo_contract.json_input import parse
from nemovideo_contract.requirements import area_of
from nemovideo_contract.suite import profile_detection
from nemovideo_contract.suite.check_runner import CheckOutcome, WorkerPool, run_check, sum_calls
from nemovideo_contract.suite.context import TIMES, Check, Context
from nemovideo_contract.suite.marks import CheckMarks, find_marks
from nemovideo_contract.suite.report import as_html, as_json, keep_agreed
from nemovideo_contract.suite.verdicts import CheckResult, Verdicts, verdicts
from nemovideo_contract.suite.worlds import Worlds, uninterrupted
from nemovideo_contract.targets import Target
from nemovideo_contract.wire import ENV_TOKEN


@cache
def load_call_plan() -> Mapping[str, Mapping[str, int]]:
    """Return how often each check calls each operation at most, as recorded on a fake.

    So a plan can be shown before anything is sent.
    """
    text = (files("nemovideo_contract.suite") / "calls.json").read_text(encoding="utf-8")
    return cast("dict[str, dict[str, int]]", parse(text))


def calls_of(check: str) -> str:
    """Return the calls of a check, in words."""
    return ", ".join(f"{name} x{count}" for name, count in sorted(load_call_plan().get(check, {}).items()))


#: The exit code if the server can't be reached; pytest's own codes are 0, 1, 2, 4 and 5.
UNREACHABLE: Final = 3
#: The number of contexts that work at once if messages take real time and each can have its own world.
SEVERAL: Final = 16
#: The heading of what is between.
BETWEEN: Final = (
    "Something between this run and the service changes calls or answers, the likely cause of what differs:"
)
#: The number of ids that a line shows.
SHOWN: Final = 4


@dataclass(slots=True, eq=False)
class Run:
    """One run: its contexts, the first of which detects the profile of the target, and its results."""

    contexts: list[Context]
    worlds: Worlds
    expected: str | None = None
    changes: Mapping[str, object] = field(default_factory=dict[str, object])
    areas: frozenset[str] = frozenset()
    reports: tuple[Path, ...] = ()
    record: Path | None = None
    plans: bool = False
    found: profile_detection.DetectedProfile | None = None
    worker_pool: WorkerPool | None = None
    lines: list[CheckResult] = field(default_factory=list[CheckResult])
    closing: ExitStack = field(default_factory=ExitStack)
    began: datetime = field(default_factory=machine.now)

    @property
    def context(self) -> Context:
        """The first context."""
        return self.contexts[0]

    @property
    def target(self) -> Target:
        """The target of the run."""
        return self.context.target

    @property
    def rehearses(self) -> bool:
        """Whether a stand-in is called in place of the target."""
        return self.target.route is not None

    # --- steps of a run ---------------------------------------------------------------------------------------------

    def detect_profile(self) -> profile_detection.DetectedProfile:
        """Return the detected profile of the target, or exit if the target can't be used."""
        if self.found is None:
            try:
                self._enter_world()
                self.found = profile_detection.detect_profile(self.context, self.expected, self.changes)
            except Unreachable as error:
                pytest.exit(str(error), UNREACHABLE)
            except profile_detection.NotTheService as error:
                pytest.exit(str(error), 1)
            except Interrupted as error:
                pytest.exit(f"{self.context.driver.base_url} can't be used now.\n{error}", UNREACHABLE)
            except InDoubt as error:
                pytest.exit(f"{self.context.driver.base_url} is too slow to be used.\n{error}", UNREACHABLE)
            except (RequirementFailure, CallNotAllowed) as error:
                pytest.exit(f"{self.context.driver.base_url} can't be used.\n{error}", 1)
            self.context.use_profile(self.found.profile)
        return self.found

    def _enter_world(self) -> None:
        """Move to the run's own world if the target is a fake with worlds."""
        if not self.target.scenarios:
            return
        profile_detection.meet_target(self.context)
        if (url := self.worlds.make()) is not None:
            self.context.server.driver = self.closing.enter_context(Driver(url))

    def _add_workers(self, checks: Sequence[Check]) -> None:
        """Create more contexts, each in its own world, if messages take real time."""
        if not (self.context.server.unhurried and self.target.scenarios) or len(checks) < SEVERAL:
            return
        first = self.context
        for _ in range(SEVERAL - 1):
            url = self.worlds.make()
            if url is None:
                return
            driver = self.closing.enter_context(Driver(url))
            context = Context(
                self.target, driver, SpendingLimits(self.target.spends), first.profile, examples=first.examples
            )
            context.thorough = first.thorough
            context.server.adopt(first.server)
            self.contexts.append(context)
        self.worker_pool = WorkerPool(self.contexts, checks)

    def outcome(self, check: Check) -> CheckOutcome:
        """Return the outcome of a check."""
        return run_check(self.context, check) if self.worker_pool is None else self.worker_pool.outcome(check)

    def finish(self) -> None:
        """Cancel the exports that are under way, and read the balance for the last time."""
        # Also without a detected profile: the calls of the detection may have created and cost something.
        if self.plans or not any(context.spending.calls for context in self.contexts):
            return
        try:
            for context in self.contexts if self.worker_pool is None else ():
                context.cancel_exports()
        except (Unreachable, CallNotAllowed, RequirementFailure, InDoubt):
            pass  # the receipt names what is left
        spending = self.context.spending
        if spending.before is not None:
            try:
                spending.note(self.context.server.available())
            except (Unreachable, CallNotAllowed, RequirementFailure, InDoubt):
                return  # the receipt says that the balance could not be read

    def clean(self) -> None:
        """End what is still running, and delete the worlds of the run; a second call is harmless."""
        with uninterrupted():
            if self.worker_pool is not None:
                self.worker_pool.stop()
            self.closing.close()  # first: a later call would create its world again
            if self.worlds.trouble is None:
                self.worlds.delete()

    # --- output -------------------------------------------------------------------------------------------------

    def verdicts(self) -> Verdicts:
        """Return what was found out about each requirement."""
        checked = {each for context in self.contexts for each in context.checked}
        doubts = {each.requirement.id for context in self.contexts for each in context.server.doubts}
        context = self.context
        too_fast = frozenset[str]() if context.server.works_as_documented else TIMES
        return verdicts(self.target, context.profile, self.lines, checked, doubts, areas=self.areas, too_fast=too_fast)

    def describe_target(self) -> list[str]:
        """Return lines about the target, its detected profile, and what the run may spend."""
        target = self.target
        spends = "any credits" if target.spends is None else str(target.spends)
        stand_in = f", replaced by a stand-in at {target.route.address}" if target.route is not None else ""
        lines = [f"{target.name} at {target.base_url}{stand_in}, where the run may spend {spends}"]
        if self.plans:
            return lines
        found = self.detect_profile()
        seen = ", ".join(f"{key}={value}" for key, value in found.seen.items())
        lines.append(f"profile {found.name}; seen {seen}")
        if found.contradictions:
            wrong = ", ".join(f"{key}={value}" for key, value in found.contradictions.items())
            lines.append(f"CONTRADICTS {found.name}: {wrong}")
        if target.scenarios and not self.target.scenarios:
            lines.append(f"it knows no test tokens, and {ENV_TOKEN} is empty, so the run asked for an anonymous token")
        if self.context.server.interferences:
            lines.append(BETWEEN)
            lines += [f"  {each}" for each in self.between()]
        if self.context.driver.base_url != target.base_url:
            lines.append(f"in its own worlds, such as {self.context.driver.base_url}")
        return lines

    def between(self) -> list[str]:
        """Return sentences about what changes calls and answers on their way."""
        return [each.words for each in self.context.server.interferences]

    def interruptions(self) -> list[str]:
        """Return a sentence about the answers that were interrupted so far, or nothing."""
        count = sum(context.server.interruptions for context in self.contexts)
        times = "once" if count == 1 else f"{count} times"
        said = f"A connection broke, or an answer was an error of a server: {times}."
        return [said] if count else []

    def describe_plan(self, checks: Sequence[Check]) -> list[str]:
        """Return lines about what would be called, and its highest cost."""
        lines: list[str] = []
        total = 0
        for check in checks:
            found = find_marks(check)
            assert found is not None
            ways = self.context.approaches(found)
            if isinstance(ways, str):
                lines.append(f"  skip {check.__name__}: {ways}")
                continue
            cost = found.worst_cost
            total += cost.credits
            lines.append(f"  call {check.__name__}: {calls_of(check.__name__) or 'nothing'}; at worst {cost}")
        return [*lines, f"At worst {total} credits if the checks share nothing. The run stops at its limit."]

    def receipt(self) -> list[str]:
        """Return lines about what was sent, what it cost, and what remains."""
        calls, spending = sum_calls(self.contexts), self.context.spending
        expect_refusal = f", {spending.expected_refusals} of them made to be refused" if spending.charged else ""
        listed = ", ".join(f"{name} {count}" for name, count in sorted(calls.items()))
        lines = [f"{sum(calls.values())} calls{expect_refusal}: {listed}"]
        if spending.before is not None and spending.unread:
            lines.append(
                f"{spending.before} credits before. After the last message the balance could not be read:"
                f" {spending.spent} spent before it, and up to {spending.unread} since"
            )
        elif spending.before is not None:
            hidden = " at most, as credits were added to the account during the run" if spending.topped_up else ""
            lines.append(f"{spending.before} credits before, {spending.last} after: {spending.spent} spent{hidden}")
        if spending.charged and (made := self.context.server.leftovers.sessions):
            lines.append(f"{len(made)} sessions remain in the account, as no call deletes them: {_some(made)}")
        if spending.charged and (under_way := list(self.context.server.leftovers.under_way)):
            lines.append(f"{len(under_way)} exports are still under way: {_some(under_way)}")
        if spending.stopped is not None:
            lines.append(spending.stopped)
        return [*lines, *self.worlds.summary_lines()]

    def write(self) -> None:
        """Write the requested reports."""
        found, spending, now = self.verdicts(), self.context.spending, machine.now()
        head: dict[str, object] = {
            "target": self.target.name,
            "url": self.target.base_url,
            "stand_in": self.target.route.address if self.target.route else None,
            "profile": self.found.name if self.found else None,
            "keys": self.context.profile.as_dict(),
            "contradicts": self.found.contradictions if self.found else {},
            "at": self.began.isoformat(timespec="seconds"),
            "between": [*self.between(), *self.interruptions()],
            "seconds": round((now - self.began).total_seconds(), 1),
            "made_to_be_refused": spending.expected_refusals,
            "calls": dict(sorted(sum_calls(self.contexts).items())),
            "credits_before": spending.before,
            "credits_after": None if spending.unread else spending.last,
            "credits_spent": None if spending.before is None else spending.spent,
            "credits_unread": spending.unread,
            "worlds": list(self.worlds.names),
            "sessions": list(self.context.server.leftovers.sessions) if spending.charged else [],
            "under_way": list(self.context.server.leftovers.under_way) if spending.charged else [],
        }
        for file in self.reports:
            if file.suffix == ".json":
                file.write_text(as_json(head, self.lines, found), encoding="utf-8")
            elif file.suffix == ".html":
                file.write_text(as_html(head, self.lines, found), encoding="utf-8")
        if self.record is not None and self.found is not None:
            keep_agreed(self.record, found, now.date())

    # --- pytest's hooks -----------------------------------------------------------------------------------------------

    def pytest_unconfigure(self) -> None:
        """Close the connections, and clean up after an early end."""
        self.clean()

    def pytest_report_header(self) -> list[str]:
        """Show the target, its profile, and what the run may spend."""
        return [f"contract: {line}" for line in self.describe_target()]

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out the areas that were not requested."""
        kept = [each for each in items if (found := mark_of(each)) is None or self._wants(found)]
        config.hook.pytest_deselected(items=[each for each in items if each not in kept])
        items[:] = kept

    def _wants(self, found: CheckMarks) -> bool:
        return not self.areas or bool(self.areas & {area_of(each) for each in found.requirements})

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Show the plan on request, and run nothing; else detect the profile and begin."""
        checks = [check_of(each) for each in session.items if mark_of(each) is not None]
        if session.config.option.collectonly:
            return None
        if self.plans:
            reporter: object = session.config.pluginmanager.get_plugin("terminalreporter")
            for line in self.describe_plan(checks):
                if isinstance(reporter, pytest.TerminalReporter):
                    reporter.write_line(line)
            return True
        self.detect_profile()
        self._add_workers(checks)
        return None

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Run a check, once for each account that it needs."""
        found = mark_of(pyfuncitem)
        if found is None:
            return None
        outcome = self.outcome(check_of(pyfuncitem))
        if outcome.verdict == "gone":
            pytest.exit(outcome.words, UNREACHABLE)
        calls = ", ".join(f"{name} {count}" for name, count in sorted(outcome.calls.items()))
        doubts = "\n".join(map(str, outcome.doubts))
        self.lines.append(
            CheckResult(
                pyfuncitem.name, found.ids, outcome.verdict, outcome.words, doubts, calls, outcome.rule, outcome.unsure
            )
        )
        if outcome.verdict == "skipped":
            pytest.skip(outcome.words)
        if outcome.verdict == "doubted":
            pytest.skip(f"in doubt: {outcome.words}")
        if outcome.verdict == "failed":
            pytest.fail(outcome.words, pytrace=False)
        return True

    def pytest_sessionfinish(self) -> None:
        """Clean up, and write the requested reports."""
        if self.plans:
            return
        if self.worker_pool is not None:
            self.worker_pool.stop()
        try:
            self.finish()
        finally:
            self.clean()
        self.write()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show doubts, verdicts, and the receipt."""
        if self.plans or self.found is None:
            return
        if between := [*self.between(), *self.interruptions()]:
            terminalreporter.section(BETWEEN.rstrip(":"))
            for words in between:
                terminalreporter.write_line(words)
        slow = [line for line in self.lines if line.outcome == "doubted"]
        if slow:
            terminalreporter.section("in doubt, each with its reason")
            for each in slow:
                terminalreporter.write_line(f"{each.name}: {each.words}")
        doubts = [each for context in self.contexts for each in context.server.doubts]
        if doubts:
            terminalreporter.section(
                "in doubt: assumed facts that the target contradicts, and what it gave no way to know"
            )
            for doubt in doubts:
                terminalreporter.write_line(str(doubt))
        for line in (*self.verdicts().summary_lines(), *self.receipt()):
            terminalreporter.write_line(f"contract: {line}")


def _some(ids: Sequence[str]) -> str:
    """Return the first of many ids; a JSON report has them all."""
    return ", ".join(ids[:SHOWN]) + (", ..." if len(ids) > SHOWN else "")


def mark_of(item: pytest.Item) -> CheckMarks | None:
    """Return the marks of a test, or None if it is not a check of the suite."""
    return find_marks(cast("object", item.obj)) if isinstance(item, pytest.Function) else None


def check_of(item: pytest.Item) -> Check:
    """Return the check that a test is."""
    assert isinstance(item, pytest.Function)
    return cast("Check", item.obj)

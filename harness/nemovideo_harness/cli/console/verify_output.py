"""What `verify` says while the suite runs, in the place of pytest's own words."""

from __future__ import annotations

from collections import Counter

import click
import pytest

from nemovideo_contract import machine
from nemovideo_contract.suite.run import Run, check_of
from nemovideo_contract.suite.verdicts import CheckResult

_WORDS = {"passed": "agree", "failed": "differ", "doubted": "in doubt", "skipped": "left out"}


class VerifyOutput:
    """Tells of a run: whom it asks, a line for each part of the suite, then what differs, and what was found out."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._part: str | None = None
        self._began = machine.stopwatch()
        self._counts: Counter[str] = Counter()
        #: What came of telling where nobody listens any more.
        self.deserted: BrokenPipeError | None = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say who is asked, by which the first calls are made; or what would be called, where that is the question."""
        if session.testsfailed:
            return  # the suite itself can't be read
        for line in self._run.describe_target():
            click.echo(line)
        if self._run.plans:
            for line in self._run.describe_plan([check_of(each) for each in session.items]):
                click.echo(line)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Say what of the suite itself can't be read, which is no finding about the target."""
        if report.failed:
            click.echo(f"{report.nodeid} can't be read: {report.longrepr}", err=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """End the line of the part before."""
        part = nodeid.rpartition("test_")[0] and nodeid.partition("::")[0].rpartition("test_")[2].removesuffix(".py")
        if part != self._part:
            self._end_part()
            self._part = part

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what became of a check."""
        if report.when == "call" or report.outcome != "passed":
            is_doubted = report.skipped and self._run.lines and self._run.lines[-1].outcome == "doubted"
            self._counts["doubted" if is_doubted else report.outcome] += 1
            if report.failed and report.when != "call":
                click.echo(f"{report.nodeid}: {report.longreprtext}", err=True)

    def _end_part(self) -> None:
        if self._part is not None:
            counts = ", ".join(f"{self._counts[each]} {words}" for each, words in _WORDS.items() if self._counts[each])
            click.echo(f"  {self._part:12} {counts:40} {machine.stopwatch() - self._began:6.1f} s")
        self._counts.clear()
        self._began = machine.stopwatch()

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Say why the run ends before its time."""
        self._end_part()
        self._part = None
        words = str(excinfo.value) if isinstance(excinfo.value, pytest.exit.Exception) else "Interrupted."
        click.echo(f"Error: {words}", err=True)

    def pytest_internalerror(self, excrepr: object, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        """Say what went wrong on our side; a reader who has gone is told nothing more."""
        del excrepr
        if isinstance(excinfo.value, BrokenPipeError):
            self.deserted = excinfo.value
            return True
        click.echo(f"Error: the suite itself failed: {excinfo.exconly()}", err=True)
        return True

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Say what differs, what was found out, and what it took."""
        if self.deserted is not None:
            return
        self._end_part()
        run = self._run
        if run.plans:
            return
        self._tell_of_checks()
        if run.found is None:
            for told in (
                run.receipt()
                if run.context.spending.charged and run.context.spending.calls
                else run.worlds.summary_lines()
            ):
                click.echo(told)
            return
        click.echo()
        name = f"profile {run.found.name}"
        click.echo(name + (", which it contradicts" if run.found.contradictions else ""))
        for told in (*run.verdicts().summary_lines(), *run.receipt()):
            click.echo(told)

    def _tell_of_checks(self) -> None:
        """Say what differs, and what is in doubt."""
        run = self._run
        failed = [line for line in run.lines if line.outcome == "failed"]
        if failed:
            click.echo("\nWhat differs:")
        for first, *others in _alike(failed):
            click.echo(f"\n{_name(first)}\n{first.words}")
            if others:
                click.echo(f"  also:    {len(others)} other checks find the same, such as: {_name(others[0])}")
        slow = [line for line in run.lines if line.outcome == "doubted"]
        if slow:
            click.echo("\nIn doubt, as it took longer than a run waits, which is no failure:")
        for line in slow:
            click.echo(f"\n{_name(line)}\n  {line.words}")
        doubts = [each for context in run.contexts for each in context.server.doubts]
        if doubts:
            click.echo("\nWhat differs from assumed facts, which is no failure:")
        for doubt in doubts:
            click.echo(f"\n{doubt}")


def _alike(failed: list[CheckResult]) -> list[list[CheckResult]]:
    """What differs, by the requirement that it differs from; what is about none stands alone."""
    by_rule: dict[object, list[CheckResult]] = {}
    for line in failed:
        by_rule.setdefault(line.rule or id(line), []).append(line)
    return list(by_rule.values())


def _name(line: CheckResult) -> str:
    return line.name.removeprefix("test_").replace("_", " ")

"""The output of `verify` while the suite runs; it replaces the output of pytest."""

from __future__ import annotations

from collections import Counter

import pytest

from nemovideo_contract import machine
from nemovideo_contract.suite.run import Run, check_of
from nemovideo_contract.suite.verdicts import CheckResult
from nemovideo_harness.cli.console.output import print_notice, print_text

_WORDS = {"passed": "agree", "failed": "differ", "doubted": "in doubt", "skipped": "left out"}


class VerifyOutput:
    """Prints a run: the target, a line for each part of the suite, the differences, and the detected profile."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._part: str | None = None
        self._began = machine.stopwatch()
        self._counts: Counter[str] = Counter()
        #: The error of a print, after the program that reads the output has ended.
        self.broken_pipe: BrokenPipeError | None = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Send the first requests and print the target; with `--plan`, also print the planned requests."""
        if session.testsfailed:
            return  # pytest could not collect the suite
        for line in self._run.describe_target():
            print_text(line)
        if self._run.plans:
            for line in self._run.describe_plan([check_of(each) for each in session.items]):
                print_text(line)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Print a file of the suite that pytest can't collect; that says nothing about the target."""
        if report.failed:
            print_notice(f"{report.nodeid} can't be collected: {report.longrepr}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Print the line of the previous part, when a new part begins."""
        part = nodeid.rpartition("test_")[0] and nodeid.partition("::")[0].rpartition("test_")[2].removesuffix(".py")
        if part != self._part:
            self._end_part()
            self._part = part

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the outcome of a check."""
        if report.when == "call" or report.outcome != "passed":
            is_doubted = report.skipped and self._run.lines and self._run.lines[-1].outcome == "doubted"
            self._counts["doubted" if is_doubted else report.outcome] += 1
            if report.failed and report.when != "call":
                print_notice(f"{report.nodeid}: {report.longreprtext}")

    def _end_part(self) -> None:
        if self._part is not None:
            counts = ", ".join(f"{self._counts[each]} {words}" for each, words in _WORDS.items() if self._counts[each])
            print_text(f"  {self._part:12} {counts:40} {machine.stopwatch() - self._began:6.1f} s")
        self._counts.clear()
        self._began = machine.stopwatch()

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Print why the run ends early."""
        self._end_part()
        self._part = None
        reason = str(excinfo.value) if isinstance(excinfo.value, pytest.exit.Exception) else "Interrupted."
        print_notice(f"Error: {reason}")

    def pytest_internalerror(self, excrepr: object, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        """Print an error of the suite itself; after a broken pipe, print nothing."""
        del excrepr
        if isinstance(excinfo.value, BrokenPipeError):
            self.broken_pipe = excinfo.value
            return True
        print_notice(f"Error: the suite itself failed: {excinfo.exconly()}")
        return True

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Print the differences, the detected profile, the verdicts, and what the run spent."""
        if self.broken_pipe is not None:
            return
        self._end_part()
        run = self._run
        if run.plans:
            return
        self._print_checks()
        if run.found is None:
            for line in (
                run.receipt()
                if run.context.spending.charged and run.context.spending.calls
                else run.worlds.summary_lines()
            ):
                print_text(line)
            return
        print_text("")
        name = f"profile {run.found.name}"
        print_text(name + (", which it contradicts" if run.found.contradictions else ""))
        for line in (*run.verdicts().summary_lines(), *run.receipt()):
            print_text(line)

    def _print_checks(self) -> None:
        """Print the failed checks, and those that are in doubt."""
        run = self._run
        for said in run.interruptions():
            print_text(f"\n{said}")
        failed = [line for line in run.lines if line.outcome == "failed"]
        if failed:
            print_text("\nWhat differs:")
        for first, *others in _alike(failed):
            print_text(f"\n{_name(first)}\n{first.words}")
            if others:
                print_text(f"  also:    {len(others)} other checks find the same, such as: {_name(others[0])}")
        slow = [line for line in run.lines if line.outcome == "doubted"]
        if slow:
            print_text("\nIn doubt, each with its reason (not a failure):")
        for line in slow:
            print_text(f"\n{_name(line)}\n  {line.words}")
        doubts = [each for context in run.contexts for each in context.server.doubts]
        if doubts:
            print_text("\nWhat differs from assumed facts (not a failure):")
        for doubt in doubts:
            print_text(f"\n{doubt}")


def _alike(failed: list[CheckResult]) -> list[list[CheckResult]]:
    """Group the failed checks by requirement; a check without a requirement is a group by itself."""
    by_rule: dict[object, list[CheckResult]] = {}
    for line in failed:
        by_rule.setdefault(line.rule or id(line), []).append(line)
    return list(by_rule.values())


def _name(line: CheckResult) -> str:
    return line.name.removeprefix("test_").replace("_", " ")

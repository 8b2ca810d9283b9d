"""The order in which tests ran, kept for the case that one fails: an order that breaks something can be repeated."""

from __future__ import annotations

from typing import Final

import pytest

#: A folder below the one where pytest runs; `*_cache` is nowhere committed.
FOLDER: Final = ".order_cache"
ALONE: Final = "main"


class Order:
    """A plugin that takes down which process ran which tests, and says after a failure how to run them so again."""

    def __init__(self) -> None:
        self._ran: dict[str, list[str]] = {}
        self._failed: dict[str, None] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take down what ran; pytest-xdist names the process in the report."""
        process: str = getattr(report, "worker_id", ALONE)
        if report.when == "setup":
            self._ran.setdefault(process, []).append(report.nodeid)
        if report.failed:
            self._failed[process] = None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
        """Say how each process that saw a failure is repeated, in its order and with its seed."""
        seed = config.getoption("randomly_seed", None)
        chance = "" if seed is None else f" --randomly-dont-reorganize --randomly-seed={seed}"
        for process in self._failed:
            path = config.invocation_params.dir / FOLDER / f"{process}.txt"
            path.parent.mkdir(exist_ok=True)
            path.write_text("\n".join(self._ran.get(process, [])) + "\n", encoding="utf-8")
            terminalreporter.write_line(f"To run the tests of {process} in the same order: pytest -n 0{chance} @{path}")

"""Every test is quick or slow, a change has to pass both kinds, and who names a test gets it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.choosing import expression

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("slow", "named", "marks", "chosen"),
    [
        (False, False, "", "not slow"),
        (False, True, "", ""),
        (False, False, "anyio", "anyio"),
        (False, True, "slow", "slow"),
        (True, False, "", "slow"),
        (True, True, "", "slow"),
        (True, False, "anyio or timeout", "(anyio or timeout) and slow"),
    ],
)
def test_slow_tests_run_where_they_are_asked_for_or_named(*, slow: bool, named: bool, marks: str, chosen: str) -> None:
    assert expression(slow=slow, named=named, marks=marks) == chosen


@pytest.mark.slow
def test_each_test_runs_in_one_of_the_two_runs_and_in_no_more() -> None:
    everything, quick, slow = collected("tests"), collected(), collected("--slow")
    assert sorted(quick + slow) == sorted(everything)
    assert quick
    assert slow


def collected(*arguments: str) -> list[str]:
    """The tests of this project that a run with these arguments takes."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    return [line for line in done.stdout.splitlines() if line.startswith("tests/")]


def test_ci_runs_the_quick_tests_and_the_slow_ones() -> None:
    steps = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert [each for each in steps if each.startswith("scripts/")] == [
        "scripts/check",
        "scripts/test",
        "scripts/test --slow",
    ]

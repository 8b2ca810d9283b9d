"""The replacement for `sleep` accepts the arguments of sleep(1), and waits on a world's clock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nemovideo_harness.skill_test import sleep_command
from nemovideo_mock.server import RunningServer
from tests.guards import HANG_S
from tests.harness.commands import shell_for


@pytest.mark.parametrize(
    ("arguments", "seconds"),
    [(["30"], 30), (["0.5"], 0.5), (["2m"], 120), (["1h", "1m", "1s"], 3661), (["1d"], 86_400), (["0"], 0)],
)
def test_lengths_are_those_of_sleep(arguments: list[str], seconds: float) -> None:
    assert sleep_command.length(arguments) == seconds


def test_for_ever_is_a_year() -> None:
    assert sleep_command.length(["infinity"]) == sleep_command.LONGEST_S


@pytest.mark.parametrize("arguments", [[], ["soon"], ["-1"], ["nan"], [""], ["1x"]])
def test_an_invalid_duration_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert sleep_command.main(["http://127.0.0.1:9", *arguments]) == 1
    assert capsys.readouterr().err.startswith("sleep: ")


def test_an_hour_on_a_virtual_clock_takes_no_time(server: RunningServer, tmp_path: Path) -> None:
    shell = shell_for(server, tmp_path, "sleeper")
    clock = server.runtime(shell.world).clock
    before = clock.now()
    file = sleep_command.__file__
    done = subprocess.run([sys.executable, "-I", "-S", file, shell.url, "1h"], timeout=HANG_S, check=False)
    assert done.returncode == 0
    assert clock.now() == pytest.approx(before + 3600, abs=0.01)


def test_a_world_that_is_gone_is_said(capsys: pytest.CaptureFixture[str], server: RunningServer) -> None:
    assert sleep_command.main([f"{server.url}/no/such/place", "1"]) == 1
    assert capsys.readouterr().err.startswith("sleep: ")

"""The benchmarks work, say what they measured, and keep the spending limits. No test asserts what they measure.

A usual run leaves them out, so each runs here in a new process, with one round of each operation.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from nemovideo_contract import wire
from nemovideo_contract.profiles import find_profile
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from tests.contract.suite.stand_in import CREDITS, TOKEN, StandIn, standing_in
from tests.guards import HANG_S

TOP = Path(__file__).parents[3]
OPERATIONS = {
    "test_credits",
    "test_download",
    "test_message_to_end",
    "test_message_to_first_record",
    "test_poll",
    "test_session",
    "test_state_empty",
    "test_state_with_draft",
    "test_submit",
    "test_token",
    "test_upload_small",
}
#: A draft and what little talk may cost on top.
CEILING = 60


@dataclass(frozen=True, slots=True)
class Done:
    """A run that has ended: how, what it said, and the file that it saved, empty without one."""

    code: int
    said: str
    saved: dict[str, Any]  # Any: pytest-benchmark's JSON

    @property
    def rounds(self) -> dict[str, int]:
        """How often each operation was measured."""
        return {each["name"]: each["stats"]["rounds"] for each in self.saved.get("benchmarks", [])}


def benchmarks(folder: Path, *arguments: str, environ: Mapping[str, str] | None = None) -> Done:
    """Run the benchmarks with an environment of their own."""
    file = folder / "saved.json"
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/benchmarks", "-n", "0", f"--benchmark-json={file}", *arguments],
        cwd=TOP,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": os.pathsep.join(sys.path), **(environ or {})},
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_S,
        check=False,
    )
    saved: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return Done(ended.returncode, ended.stdout + ended.stderr, saved)


def against(stand_in: StandIn, folder: Path, *arguments: str) -> Done:
    """Run them at a stand-in for production."""
    route = ("--contract-connect-to", stand_in.address, "--contract-authority", str(stand_in.authority))
    return benchmarks(folder, "--contract-target", "production", *route, *arguments, environ={"NEMO_TOKEN": TOKEN})


@pytest.mark.slow
def test_without_a_target_every_operation_is_measured_on_a_fake_in_the_process(tmp_path: Path) -> None:
    done = benchmarks(tmp_path, "--contract-rounds", "1")
    assert done.code == 0, done.said
    assert done.rounds == dict.fromkeys(OPERATIONS, 1)
    target = done.saved["target"]
    assert target["where"] == "in this process"
    assert (target["clock"], target["profile"]) == ("virtual", "seeds")
    assert target["version"] == target["harness"] == version("nemovideo-harness")
    assert target["seen"]["events"] == "typed"


@pytest.mark.slow
def test_the_same_operations_are_measured_on_a_named_target_which_the_file_describes(tmp_path: Path) -> None:
    with running(Settings(quality="stub", clock="real", speed=10_000, profile=find_profile("vendor-1.9"))) as server:
        done = benchmarks(tmp_path, "--contract-target", server.url, "--contract-rounds", "2")
    assert done.code == 0, done.said
    assert done.rounds == dict.fromkeys(OPERATIONS, 2)
    target = done.saved["target"]
    assert (target["where"], target["clock"], target["speed"]) == ("this machine", "real", 10_000)
    assert target["profile"] == "vendor-1.9"
    assert "127.0.0.1" not in json.dumps(done.saved["target"])


@pytest.mark.slow
def test_without_a_ceiling_production_is_asked_for_its_balance_alone(tmp_path: Path) -> None:
    with standing_in(tmp_path) as stand_in:
        done = against(stand_in, tmp_path)
        assert done.code == 0, done.said
        assert set(done.rounds) == {"test_credits"}
        assert {f"{each.method} {each.path}" for each in stand_in.requests} == {f"GET {wire.Path.CREDITS}"}
        assert not stand_in.state.sessions
        assert stand_in.account.available == CREDITS
    assert done.saved["target"]["where"] == "a stand-in for production"
    assert TOKEN not in json.dumps(done.saved) + done.said


@pytest.mark.slow
def test_below_a_ceiling_production_does_each_piece_of_work_once_and_gives_no_token(tmp_path: Path) -> None:
    with standing_in(tmp_path) as stand_in:
        done = against(stand_in, tmp_path, "--contract-allow-credits", str(CEILING))
        assert done.code == 0, done.said
        assert set(done.rounds) == OPERATIONS - {"test_token"}
        for work in ("test_session", "test_upload_small", "test_submit", "test_message_to_end"):
            assert done.rounds[work] == 1
        assert 0 < CREDITS - stand_in.account.available <= CEILING
        assert not any(each.path == wire.Path.ANONYMOUS_TOKEN for each in stand_in.requests)


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("https://api.example", "not among the hosts that may be called"),
        ("production", "needs your own token"),
    ],
)
def test_a_target_that_may_not_be_called_is_refused_before_any_request(target: str, says: str, tmp_path: Path) -> None:
    done = benchmarks(tmp_path, "--contract-target", target)
    assert done.code == pytest.ExitCode.USAGE_ERROR
    assert says in done.said
    assert not done.saved


@pytest.mark.slow
def test_a_usual_run_leaves_the_benchmarks_out() -> None:
    others = [each for each in (TOP / "tests").iterdir() if each.is_dir() and each.name != "benchmarks"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", *(f"--ignore={each}" for each in others), "tests"],
        cwd=TOP,
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    assert "tests/test_docs.py" in ended.stdout
    assert "tests/benchmarks/" not in ended.stdout

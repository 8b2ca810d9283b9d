"""What `scripts/freeze` says of two freezes; that one repeats to the byte is seen by making two, in minutes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.guards import HANG_S

SCRIPT = Path(__file__).parents[1] / "scripts/freeze.py"


@pytest.fixture
def freezes(tmp_path: Path) -> tuple[Path, Path]:
    """Two small freezes that are the same."""
    folders = tmp_path / "before", tmp_path / "after"
    for folder in folders:
        (folder / "help").mkdir(parents=True)
        (folder / "help/serve.txt").write_text("Run the fake service.\n--port  8787\n", encoding="utf-8")
    return folders


def freeze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=HANG_S, check=False)


def test_two_freezes_that_agree_end_with_0(freezes: tuple[Path, Path]) -> None:
    done = freeze("compare", *freezes)

    assert done.returncode == 0, done.stderr
    assert {line.split(maxsplit=1)[1] for line in done.stdout.splitlines()} == {"the same"}


def test_changed_new_and_missing_files_are_shown_and_the_exit_code_is_1(freezes: tuple[Path, Path]) -> None:
    before, after = freezes
    (after / "help/serve.txt").write_text("Start the fake service.\n--port  8787\n", encoding="utf-8")
    (before / "help/gone.txt").write_text("gone\n", encoding="utf-8")
    (after / "help/new.txt").write_text("", encoding="utf-8")

    done = freeze("compare", before, after)

    assert done.returncode == 1, done.stderr
    for line in ("-Run the fake service.", "+Start the fake service.", "-gone", "--- old/help/gone.txt"):
        assert line in done.stdout.splitlines()
    assert "+++ new/help/new.txt" in done.stdout.splitlines()
    assert "help       3 files differ" in done.stdout.splitlines()


def test_a_part_that_is_not_asked_for_is_not_compared(freezes: tuple[Path, Path]) -> None:
    before, after = freezes
    (after / "help/serve.txt").unlink()

    assert freeze("compare", before, after, "--only", "names").returncode == 0


def test_a_folder_that_holds_no_freeze_is_refused(freezes: tuple[Path, Path], tmp_path: Path) -> None:
    done = freeze("compare", freezes[0], tmp_path)

    assert done.returncode == 2
    assert "is no freeze" in done.stderr

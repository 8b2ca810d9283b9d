"""The attacks of `scripts/fuzz` find faults that are planted, keep them, and name the command that repeats each."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.guards import HANG_S

SCRIPT: Final = Path(__file__).parents[1] / "scripts/fuzz.py"
FAIL: Final = "def fail(*_, **__): raise ZeroDivisionError('planted')\n"
#: An endpoint that fails, and one that keeps 4 MB and a descriptor of each request.
BROKEN_CREDITS: Final = "from nemovideo_mock.http.endpoints import sessions\nsessions.success = fail\n"
LEAK: Final = """
import os
from nemovideo_mock.http import app
kept, match = [], app.Application._match
def leak(*arguments):
    kept.append((bytearray(os.urandom(4096) * 1024), os.open(os.devnull, os.O_RDONLY)))
    return match(*arguments)
app.Application._match = leak
"""
BROKEN_LINT: Final = "import nemovideo_skills.lint\nnemovideo_skills.lint.check = fail\n"
BROKEN_CLIENT: Final = """
from nemovideo_client import flows
flows.read_credits = flows.claim_link = flows.recover = flows.ask = flows.await_render = flows.pick_up = fail
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the attacks watch through /proc")


def fuzz(folder: Path, plant: str, *arguments: str) -> str:
    """Run an attack with a planted fault, which it must find; return what it prints. Finds are kept in `folder`."""
    # Python runs this module when it starts, also in a server that an attack starts.
    (folder / "sitecustomize.py").write_text(FAIL + plant, encoding="utf-8")
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, str(SCRIPT), *arguments, "--seed", "7", "--keep", str(folder / "finds")]
    done = subprocess.run(command, env=environ, capture_output=True, encoding="utf-8", timeout=HANG_S, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_a_call_that_fails_is_found_by_its_answer_and_in_the_log(tmp_path: Path) -> None:
    printed = fuzz(tmp_path, BROKEN_CREDITS, "http", "--first", "1", "--requests", "40")

    assert "found: 500 from POST /api/tasks/me/with-session/nemo_agent" in printed
    assert re.search(r"found: log: ZeroDivisionError: planted", printed)
    repeat = re.search(r"repeat: scripts/fuzz http --seed 7 --first \d+ --requests 1\n  kept: (\S+)", printed)
    assert repeat is not None
    assert Path(repeat[1]).exists()
    assert Path(repeat[1].replace(".report.txt", ".http")).read_bytes().count(b" HTTP/1.1\r\n")


@pytest.mark.slow
def test_memory_and_descriptors_that_do_not_come_back_are_found(tmp_path: Path) -> None:
    printed = fuzz(tmp_path, LEAK, "http", "--first", "1", "--requests", "80")

    assert "found: memory is not back" in printed
    assert "found: descriptors are not back" in printed


def test_a_command_that_raises_on_a_mutated_file_is_found(tmp_path: Path) -> None:
    printed = fuzz(tmp_path, BROKEN_LINT, "files", "--files", "12")

    assert "found: skill: ZeroDivisionError in" in printed
    assert list((tmp_path / "finds").glob("files-7-*.md"))


@pytest.mark.slow
def test_an_undocumented_error_of_the_client_is_found(tmp_path: Path) -> None:
    printed = fuzz(tmp_path, BROKEN_CLIENT, "client", "--calls", "12")

    assert re.search(r"found: (Async)?Client\.\w+: ZeroDivisionError in ", printed)

"""`scripts/test-dates` shifts the date with libfaketime or time-machine, and corrects what libfaketime disturbs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.guards import HANG_S

TOP: Final = Path(__file__).parents[1]
SHIFTED: Final = TOP / "scripts" / "shifted"
SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 -- the folder that libfaketime uses
LIBRARY: Final = next(Path("/usr/lib").glob("**/faketime/libfaketime.so.1"), None)
#: What `scripts/test-dates` sets; the shift is a year.
FAKETIME: Final = {
    "FAKETIME": "+31536000",
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    "DONT_FAKE_MONOTONIC": "1",
    "FAKETIME_FORCE_MONOTONIC_FIX": "0",
    "NO_FAKE_STAT": "1",
}
#: The environment without the shift of a run of `scripts/test-dates`.
UNSHIFTED: Final = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("LD_PRELOAD", "FAKETIME", "DONT_FAKE", "NO_FAKE"))
}
FOLDER_TEST: Final = """
from datetime import UTC, datetime

def test_the_year_is_another():
    assert datetime.now(UTC).year == 2035
"""


def run_python(
    code: str, *, stdout: int = subprocess.PIPE, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run code in a Python that loads the corrections, and return what it wrote to standard error."""
    return subprocess.run(
        [sys.executable, "-c", code],
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**UNSHIFTED, "PYTHONPATH": str(SHIFTED), **(environ or {})},
        timeout=HANG_S,
        check=False,
    )


@pytest.mark.skipif(not SHARED_MEMORY.is_dir(), reason="no shared memory in the file system")
def test_a_standard_stream_that_libfaketime_took_over_counts_as_closed() -> None:
    shared = SHARED_MEMORY / f"faketime_shm_test_{os.getpid()}"
    try:
        with shared.open("w", encoding="utf-8") as file:
            result = run_python(
                "import sys; print(sys.stdout, sys.stdin is None, file=sys.stderr)", stdout=file.fileno()
            )
    finally:
        shared.unlink()
    assert result.stderr == "None False\n"


def test_a_standard_stream_that_is_a_file_stays_open(tmp_path: Path) -> None:
    with (tmp_path / "output").open("w", encoding="utf-8") as file:
        assert run_python("print('kept')", stdout=file.fileno()).returncode == 0
    assert (tmp_path / "output").read_text(encoding="utf-8") == "kept\n"


@pytest.mark.skipif(LIBRARY is None, reason="no libfaketime on this machine")
def test_sleep_works_under_libfaketime_and_only_the_date_is_shifted() -> None:
    code = (
        "import sys, time; before = time.monotonic(); time.sleep(0.01)\n"
        "print(0.01 <= time.monotonic() - before < 1e6, int(time.time()), file=sys.stderr)"
    )
    true, shifted = (run_python(code, environ=env) for env in ({}, {**FAKETIME, "LD_PRELOAD": str(LIBRARY)}))
    assert shifted.returncode == 0, shifted.stderr
    (slept, date), (_, today) = shifted.stderr.split(), true.stderr.split()
    assert slept == "True"
    assert int(date) - int(today) > 31_000_000


def test_without_libfaketime_the_tests_of_a_worker_see_the_date(tmp_path: Path) -> None:
    (tmp_path / "test_year.py").write_text(FOLDER_TEST, encoding="utf-8")
    (tmp_path / "conftest.py").write_text("from tests.conftest import *\n", encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = slow\n", encoding="utf-8")
    pytest_run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    result = subprocess.run(
        [*pytest_run, "-n", "1", "--machine-date=2035-01-01", str(tmp_path)],
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
        env={**UNSHIFTED, "PYTHONPATH": str(TOP)},
        timeout=HANG_S,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr

"""A temporary folder is removed at the end of its process, or by the next process if it was killed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from nemovideo_mock.runtime.temporary_folder import MARK, TemporaryFolder

HELD = (
    "from nemovideo_mock.runtime.temporary_folder import TemporaryFolder; import sys; "
    "print(TemporaryFolder().path, flush=True); sys.stdin.read()"
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no asking for a process by a signal there")


@pytest.fixture(autouse=True)
def nursery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The parent of temporary folders, here and in the started processes."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_the_folder_of_a_process_that_was_killed_is_removed_by_the_next_and_not_before() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HELD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        path = Path(process.stdout.readline().strip())
        TemporaryFolder().remove()
        assert path.is_dir()
        process.kill()
    (path / "uploads").mkdir()
    (path / "uploads" / "cat").write_bytes(b"cat")
    assert path.is_dir()
    folder = TemporaryFolder()
    assert not path.exists()
    assert folder.path.is_dir()
    folder.remove()


def test_a_folder_without_our_mark_or_with_an_unreadable_one_stays(nursery: Path) -> None:
    for name, mark in (("nemovideo-none", None), ("nemovideo-empty", ""), ("nemovideo-words", "nobody")):
        (nursery / name).mkdir()
        if mark is not None:
            (nursery / name / MARK).write_text(mark, encoding="utf-8")
    (nursery / "other").mkdir()
    (nursery / "other" / MARK).write_text("999999999", encoding="utf-8")
    (nursery / "nemovideo-link").symlink_to(nursery / "other")
    TemporaryFolder().remove()
    assert sorted(path.name for path in nursery.iterdir()) == [
        "nemovideo-empty", "nemovideo-link", "nemovideo-none", "nemovideo-words", "other",
    ]  # fmt: skip


def test_a_folder_of_this_process_is_left_to_it() -> None:
    first, second = TemporaryFolder(), TemporaryFolder()
    assert first.path.is_dir()
    for folder in (first, second):
        folder.remove()
        folder.remove()
        assert not folder.path.exists()

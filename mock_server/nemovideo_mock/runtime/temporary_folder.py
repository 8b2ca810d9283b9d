"""Temporary folders that end with their process, or with the next one where theirs was killed.

Each has a file that its process keeps locked, with the process's id in it. A folder is left behind where the lock is
free and no process has the id: the id alone means nothing to whoever shares the folder from another container, and a
lock may live on in a child for a moment.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

PREFIX: Final = "nemovideo-"
#: Says that a folder is one of ours, and whose.
MARK: Final = "owner.pid"


class TemporaryFolder:
    """A new folder of this process, at `path`; those of dead processes are removed on the occasion."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._mark = os.open(self.path / MARK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        _lock(self._mark)
        os.write(self._mark, b"%d\n" % os.getpid())
        remove_abandoned(self.path.parent)

    def remove(self) -> None:
        """Remove it with all that is in it; harmless where that is done."""
        if self._mark >= 0:
            os.close(self._mark)
            self._mark = -1
        shutil.rmtree(self.path, ignore_errors=True)


def remove_abandoned(parent: Path) -> None:
    """Remove the folders here whose processes are gone; what has no mark of ours, or another owner, stays."""
    if sys.platform == "win32":
        return  # where asking for a process by a signal would end it
    for path in parent.glob(f"{PREFIX}*/{MARK}"):
        try:
            if path.parent.is_symlink() or path.stat(follow_symlinks=False).st_uid != os.getuid():
                continue
            mark = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:  # another fake was faster
            continue
        try:
            if _lock(mark) and not _lives(os.read(mark, 32)):
                shutil.rmtree(path.parent, ignore_errors=True)
        finally:
            os.close(mark)


def _lock(mark: int) -> bool:
    """Whether nobody else has the lock, which is ours from then on."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _lives(mark: bytes) -> bool:
    """Whether there is a process of this id; also where nobody has written it down yet."""
    if not mark.strip().isdigit():
        return True
    try:
        os.kill(int(mark), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True

"""Temporary folders that are removed at the end of their process. If it was killed, the next process removes them.

Each folder has a file that its process keeps locked and that contains the process id. A folder is abandoned if the lock
is free and no process has the id. One sign is not enough: a process in another container can't see the id, and a child
process may keep the lock for a moment.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

PREFIX: Final = "nemovideo-"
#: The name of the file that marks our folders and has the process id.
MARK: Final = "owner.pid"


class TemporaryFolder:
    """A new folder of this process at `path`; creating it removes the folders of dead processes."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._mark = os.open(self.path / MARK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        _lock(self._mark)
        os.write(self._mark, b"%d\n" % os.getpid())
        remove_abandoned(self.path.parent)

    def remove(self) -> None:
        """Remove the folder with its content; has no effect if it is removed."""
        if self._mark >= 0:
            os.close(self._mark)
            self._mark = -1
        shutil.rmtree(self.path, ignore_errors=True)


def remove_abandoned(parent: Path) -> None:
    """Remove the folders of processes that have ended; skip folders without our mark or of another owner."""
    if sys.platform == "win32":
        return  # on Windows, a signal that only checks for a process would end it
    for path in parent.glob(f"{PREFIX}*/{MARK}"):
        try:
            if path.parent.is_symlink() or path.stat(follow_symlinks=False).st_uid != os.getuid():
                continue
            mark = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:  # another fake has removed it first
            continue
        try:
            if _lock(mark) and not _lives(os.read(mark, 32)):
                shutil.rmtree(path.parent, ignore_errors=True)
        finally:
            os.close(mark)


def _lock(mark: int) -> bool:
    """Try to take the lock; return whether this process has it now."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _lives(mark: bytes) -> bool:
    """Return whether the process of this id runs; True also if the file has no id yet."""
    if not mark.strip().isdigit():
        return True
    try:
        os.kill(int(mark), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True

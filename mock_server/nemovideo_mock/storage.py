"""Where uploads and exports lie: files named by what they are, never by what a caller calls them.

All worlds share the uploads, as the same bytes have the same hash; exports are named by world, account and render.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path


class Arrival:
    """A file that is arriving: written once, counted (`size`, in bytes) and hashed on the way. It blocks: use a thread.

    `sha256` is that of all written so far, in hex.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._digest = hashlib.sha256()
        self._file = path.open("wb")

    @property
    def sha256(self) -> str:
        """The hash of what has been written."""
        return self._digest.hexdigest()

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Append. Raises OSError where the disk refuses."""
        data = b"".join(pieces)
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)

    def close(self) -> None:
        """Hand the last bytes to the system; harmless where that is done."""
        self._file.close()

    def discard(self) -> None:
        """Close and remove, whatever the state; harmless where the file has been filed."""
        try:
            self._file.close()  # may have to write, and fail where the disk is full
        finally:
            self.path.unlink(missing_ok=True)


class Storage:
    """A folder with uploads by SHA-256 and exports by name; a temporary one ends with `close`."""

    def __init__(self, directory: Path | None = None) -> None:
        self._temporary = directory is None
        self.root = Path(tempfile.mkdtemp(prefix="nemovideo-")) if directory is None else directory
        for name in ("incoming", "uploads", "renders"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self._serial = 0

    def incoming(self) -> Path:
        """An empty file of its own for bytes that are arriving, also where several fakes share the folder."""
        while True:
            self._serial += 1
            path = self.root / "incoming" / str(self._serial)
            try:
                path.touch(exist_ok=False)
            except FileExistsError:
                continue
            return path

    def keep(self, incoming: Path, sha256: str) -> Path:
        """File an upload under its hash; the same bytes lie there once."""
        path = self.root / "uploads" / sha256
        incoming.replace(path)
        return path

    def upload(self, sha256: str) -> Path | None:
        """The file of an upload, or None where its bytes never came."""
        path = self.root / "uploads" / sha256
        is_hash = len(sha256) == 64 and all(digit in "0123456789abcdef" for digit in sha256)
        return path if is_hash and path.is_file() else None

    @staticmethod
    def render_name(world: str, user_id: str, render_id: str | None = None) -> str:
        """A name for an export, 32 hex digits, that gives neither the account nor a path away.

        With two arguments they are the account and the render, in the world without a name.
        """
        names = ("", world, user_id) if render_id is None else (world, user_id, render_id)
        # `repr` keeps the three apart whatever characters they hold, half surrogate pairs among them.
        return hashlib.sha256(repr(names).encode("utf-8")).hexdigest()[:32]

    def render(self, name: str) -> Path:
        """The path of an export, whether it is there or not."""
        return self.root / "renders" / f"{name}.mp4"

    def forget_renders(self, names: Iterable[str]) -> None:
        """Remove exports; harmless where one isn't there."""
        for name in names:
            self.render(name).unlink(missing_ok=True)

    def close(self) -> None:
        """Remove a temporary folder."""
        if self._temporary:
            shutil.rmtree(self.root, ignore_errors=True)

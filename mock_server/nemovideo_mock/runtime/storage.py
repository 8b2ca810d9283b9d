"""Where uploads and exports lie: files named by what they are, never by what a caller calls them.

All worlds share the uploads, as the same bytes have the same hash; exports are named by world, account and render.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path

from nemovideo_mock.runtime import temporary_folder


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
    """A folder with uploads by SHA-256 and exports by name; a temporary one ends with `close`.

    A given folder keeps its uploads. Those in a temporary one go when no world knows them any more.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._folder: temporary_folder.TemporaryFolder | None = None
        if directory is None:
            self._folder = temporary_folder.TemporaryFolder()
            directory = self._folder.path
        self.root = directory
        for name in ("incoming", "uploads", "renders"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self._serial = 0
        self._filed: set[str] = set()
        self._pinned: set[str] = set()
        self._intakes = 0
        self._postponed: Callable[[], set[str]] | None = None

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
        self._filed.add(sha256)
        incoming.replace(path)
        return path

    @contextmanager
    def receiving(self) -> Generator[None]:
        """While this lasts, uploads are filed that no world knows as yet: none is removed."""
        self._intakes += 1
        try:
            yield
        finally:
            self._intakes -= 1
            postponed, self._postponed = self._postponed, None
            if postponed is not None:
                self.forget_uploads(postponed)

    def pin(self, uploads: Iterable[str]) -> None:
        """Keep uploads to the end, by their hashes: something outside refers to them."""
        self._pinned.update(uploads)

    def forget_uploads(self, used: Callable[[], set[str]]) -> None:
        """Remove uploads of a temporary folder that aren't used, as soon as none is arriving."""
        if self._intakes:
            self._postponed = used
            return
        if self._folder is None or not self._filed - self._pinned:
            return
        unused = self._filed - self._pinned - used()
        for sha256 in unused:
            (self.root / "uploads" / sha256).unlink(missing_ok=True)
        self._filed -= unused

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
        if self._folder is not None:
            self._folder.remove()

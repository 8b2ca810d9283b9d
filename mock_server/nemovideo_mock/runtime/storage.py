"""The files of uploads and exports. File names come from hashes, never from names that a caller chose.

All worlds share the uploads, because the same bytes have the same hash. The name of an export comes from its world,
account and render.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path

from nemovideo_mock.runtime import temporary_folder


class Arrival:
    """A file that is being received; it is written once, and counted (`size`, in bytes) and hashed on the way.

    `sha256` is the hash of everything written so far, in hex. The methods block: use a thread.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._digest = hashlib.sha256()
        self._file = path.open("wb")

    @property
    def sha256(self) -> str:
        """The hash of the bytes that are written so far."""
        return self._digest.hexdigest()

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Append bytes; raise `OSError` if the disk can't take them."""
        data = b"".join(pieces)
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)

    def close(self) -> None:
        """Write the last bytes; has no effect if the file is closed."""
        self._file.close()

    def discard(self) -> None:
        """Close and remove the file; has no effect if it was stored with `keep`."""
        try:
            self._file.close()  # closing may have to write, and fails if the disk is full
        finally:
            self.path.unlink(missing_ok=True)


class Storage:
    """A folder with uploads by SHA-256 and exports by name; `close` removes a temporary one.

    A given folder keeps its uploads. Uploads in a temporary folder are removed when no world uses them any more.
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
        """Return a new empty file for an upload; its name is unique also if several fakes share the folder."""
        while True:
            self._serial += 1
            path = self.root / "incoming" / str(self._serial)
            try:
                path.touch(exist_ok=False)
            except FileExistsError:
                continue
            return path

    def keep(self, incoming: Path, sha256: str) -> Path:
        """Store an upload under its hash; equal uploads are stored once."""
        path = self.root / "uploads" / sha256
        self._filed.add(sha256)
        incoming.replace(path)
        return path

    @contextmanager
    def receiving(self) -> Generator[None]:
        """Keep all uploads while this block runs, also those that no world uses yet."""
        self._intakes += 1
        try:
            yield
        finally:
            self._intakes -= 1
            postponed, self._postponed = self._postponed, None
            if postponed is not None:
                self.forget_uploads(postponed)

    def pin(self, uploads: Iterable[str]) -> None:
        """Keep uploads until the end, by their hashes, because something outside the fake refers to them."""
        self._pinned.update(uploads)

    def forget_uploads(self, used: Callable[[], set[str]]) -> None:
        """Remove the unused uploads of a temporary folder as soon as no upload is being received."""
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
        """Return the file of an upload, or None if the fake does not have its bytes."""
        path = self.root / "uploads" / sha256
        is_hash = len(sha256) == 64 and all(digit in "0123456789abcdef" for digit in sha256)
        return path if is_hash and path.is_file() else None

    @staticmethod
    def render_name(world: str, user_id: str, render_id: str | None = None) -> str:
        """Return the name of an export: 32 hex digits that reveal neither the account nor a path.

        With two arguments they are the account and the render, in the world without a name.
        """
        names = ("", world, user_id) if render_id is None else (world, user_id, render_id)
        # `repr` keeps the three parts apart whatever characters they have, even half surrogate pairs.
        return hashlib.sha256(repr(names).encode("utf-8")).hexdigest()[:32]

    def render(self, name: str) -> Path:
        """Return the path of an export, whether the file exists or not."""
        return self.root / "renders" / f"{name}.mp4"

    def forget_renders(self, names: Iterable[str]) -> None:
        """Remove exports; has no effect for files that do not exist."""
        for name in names:
            self.render(name).unlink(missing_ok=True)

    def close(self) -> None:
        """Remove a temporary folder."""
        if self._folder is not None:
            self._folder.remove()

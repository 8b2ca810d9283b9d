"""Local files: the check before an upload, the file that is being sent, and the file that a download writes."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal
from urllib.parse import quote, unquote

from nemovideo_client.errors import UnusableFile, UnwritableDestination
from nemovideo_contract.machine import new_id


@dataclass(frozen=True, slots=True)
class FileCheck:
    """The result of checking a path: its `size` in bytes, or the `problem` with it."""

    path: Path
    size: int = 0
    problem: Literal["missing", "folder", "unreadable"] | None = None


def check_file(path: Path) -> FileCheck:
    """Check whether a file exists and can be opened, without reading it."""
    try:
        facts = path.stat()
    except OSError as error:
        absent = isinstance(error, FileNotFoundError | NotADirectoryError)
        return FileCheck(path, problem="missing" if absent else "unreadable")
    except ValueError:
        return FileCheck(path, problem="missing")  # the name contains NUL
    if stat.S_ISDIR(facts.st_mode):
        return FileCheck(path, problem="folder")
    if not stat.S_ISREG(facts.st_mode):
        return FileCheck(path, problem="unreadable")  # opening a pipe would block
    try:
        with path.open("rb"):
            return FileCheck(path, size=facts.st_size)
    except OSError:
        return FileCheck(path, problem="unreadable")


class CountedFile(io.FileIO):
    """A file opened for reading; it reports the size in bytes of each read."""

    def __init__(self, path: Path, on_read: Callable[[int], None]) -> None:
        try:
            super().__init__(path, "rb")
        except OSError as error:
            raise UnusableFile(f"{path} can't be read: {error.strerror}.", path=path, reason="unreadable") from error
        self._on_read = on_read

    def read(self, size: int | None = -1, /) -> bytes:
        """Read bytes and report how many."""
        data = super().read(-1 if size is None else size) or b""
        self._on_read(len(data))
        return data


#: The longest entity tag that is kept in a file name, in characters.
_MAX_ETAG: Final = 64
#: The longest beginning of a partial file's name, in characters: the destination's name, or a part and a hash of it.
_MAX_STEM: Final = 24
#: The end of a partial file's name: the key of the whole file, a random id, and the entity tag.
_PART: Final = re.compile(r"\.(?P<key>[0-9a-f]+)\.[0-9a-f]{32}\.(?P<etag>[^.]*)\.part")


@dataclass(frozen=True, slots=True)
class PartialFile:
    """The part of a file that an earlier download kept: its size in bytes, and its entity tag if known."""

    size: int = 0
    etag: str | None = None


class AtomicFile:
    """A file that appears only when it is complete: it is written next to its destination and renamed at the end.

    A broken download can keep its partial file, whose name says what it is a part of. A later download can then resume
    it, in this process or another. A partial file is locked while it is written, so that two downloads never write the
    same one. A process that is killed leaves its partial file: the next one for this destination resumes it, or deletes
    it at its start if nothing can resume it. When the destination is complete, no partial file of it is left.

    Raises:
        UnwritableDestination: No file can be written there.
    """

    def __init__(self, destination: Path) -> None:
        self.destination = destination
        self._key = "0"
        self._keep = False
        try:
            self._target = destination.resolve()  # keep a link, and write the file that it points to
            if self._target.is_dir():
                raise UnwritableDestination(f"{destination} is a folder, not a file to write.", path=destination)
            if self._target.exists() and not self._target.is_file():
                # The rename would replace it: a pipe, or as root a device of the whole machine.
                raise UnwritableDestination(f"{destination} is a pipe or a device, not a file.", path=destination)
            self._delete_parts(self._key)
            self._path, self._stream = self._new(None)
        except FileNotFoundError as error:
            raise UnwritableDestination(
                f"{destination} can't be written: the folder {destination.parent} does not exist.", path=destination
            ) from error
        except (OSError, ValueError) as error:
            raise self._unwritable(error) from error

    @property
    def _stem(self) -> str:
        name = self._target.name
        if len(name) <= _MAX_STEM:
            return f".{name}"
        digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
        return f".{name[: _MAX_STEM - 9]}.{digest[:8]}"

    def _new(self, etag: str | None) -> tuple[Path, BinaryIO]:
        path = self._target.with_name(f"{self._stem}.{self._key}.{new_id().replace('-', '')}.{_format_etag(etag)}.part")
        stream = path.open("x+b")
        _lock(stream)
        return path, stream

    def _unwritable(self, error: OSError | ValueError) -> UnwritableDestination:
        reason = error.strerror if isinstance(error, OSError) else error
        return UnwritableDestination(f"{self.destination} can't be written: {reason}.", path=self.destination)

    def resume(self, key: str) -> PartialFile:
        """Open the kept partial file for `key` (hexadecimal digits), or a new one; return what it already contains."""
        self.leave()
        self._key = key
        try:
            for path, etag in self._parts(key):
                stream = _claim_part(path)
                if stream is not None:
                    self._path, self._stream, self._keep = path, stream, True
                    return PartialFile(stream.seek(0, os.SEEK_END), etag)
            self._path, self._stream = self._new(None)
        except OSError as error:
            raise self._unwritable(error) from error
        return PartialFile()

    def _parts(self, key: str | None) -> Iterator[tuple[Path, str | None]]:
        """Yield the partial files for a key, or of all keys, with their entity tags."""
        for path in sorted(self._target.parent.iterdir()):
            found = _PART.fullmatch(path.name, len(self._stem)) if path.name.startswith(self._stem) else None
            if found is not None and key in (found["key"], None):
                yield path, unquote(found["etag"]) or None

    def _delete_parts(self, key: str | None) -> None:
        """Delete the partial files for a key, or of all keys, that no process writes."""
        for path, _ in self._parts(key):
            if (stream := _claim_part(path)) is not None:
                stream.close()
                with contextlib.suppress(OSError):
                    path.unlink()

    def restart(self, etag: str | None, *, keep: bool) -> None:
        """Start again from the first byte; `keep` says whether a later download may resume this file."""
        self.discard()
        try:
            self._path, self._stream = self._new(etag)
        except OSError as error:
            raise self._unwritable(error) from error
        self._keep = keep

    def write(self, data: bytes) -> None:
        """Append bytes."""
        try:
            self._stream.write(data)
        except OSError as error:
            raise self._unwritable(error) from error

    def commit(self) -> None:
        """Move the complete file to its destination; replace an existing file."""
        try:
            self._stream.close()
            self._path.replace(self._target)
        except OSError as error:
            raise self._unwritable(error) from error
        with contextlib.suppress(OSError):
            self._delete_parts(None)

    def leave(self) -> None:
        """Close the file; keep it only if a later download can resume it. After `commit` this does nothing."""
        with contextlib.suppress(OSError):
            self._stream.close()
            if self._keep and self._path.stat().st_size:
                return
        self.discard()

    def discard(self) -> None:
        """Close and delete the partial file; after `commit` this does nothing."""
        with contextlib.suppress(OSError):
            self._stream.close()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def _format_etag(etag: str | None) -> str:
    # A dot is the separator, and a weak tag does not guarantee equal bytes.
    written = quote(etag, safe="").replace(".", "%2E") if etag and etag.startswith('"') else ""
    return written if len(written) <= _MAX_ETAG else ""


def _claim_part(path: Path) -> BinaryIO | None:
    """Open and lock a partial file; return None if another process has locked it or it no longer exists."""
    try:
        stream = path.open("r+b")
    except OSError:
        return None
    if _lock(stream):
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(stream.fileno()), path.stat()):
                return stream
    stream.close()
    return None


def _lock(stream: BinaryIO) -> bool:
    """Lock the file until it is closed; return False if it is locked already."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True

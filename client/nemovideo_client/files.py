"""Files at the edge: what can be uploaded, what is being uploaded, what is being downloaded."""

from __future__ import annotations

import contextlib
import io
import stat
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nemovideo_client.errors import UnusableFile, UnwritableDestination


@dataclass(frozen=True, slots=True)
class Examined:
    """What a look at a path says: its `size` in bytes, or the `problem` with it."""

    path: Path
    size: int = 0
    problem: Literal["missing", "folder", "unreadable"] | None = None


def examine(path: Path) -> Examined:
    """Look whether a file is there and can be read, without reading it."""
    try:
        facts = path.stat()
    except OSError as error:
        absent = isinstance(error, FileNotFoundError | NotADirectoryError)
        return Examined(path, problem="missing" if absent else "unreadable")
    except ValueError:
        return Examined(path, problem="missing")  # a name with a NUL in it
    if stat.S_ISDIR(facts.st_mode):
        return Examined(path, problem="folder")
    if not stat.S_ISREG(facts.st_mode):
        return Examined(path, problem="unreadable")  # opening a pipe would block
    try:
        with path.open("rb"):
            return Examined(path, size=facts.st_size)
    except OSError:
        return Examined(path, problem="unreadable")


class CountedFile(io.FileIO):
    """A file opened for reading that tells how many bytes each read took."""

    def __init__(self, path: Path, on_read: Callable[[int], None]) -> None:
        try:
            super().__init__(path, "rb")
        except OSError as error:
            raise UnusableFile(f"{path} can't be read: {error.strerror}.", path=path, reason="unreadable") from error
        self._on_read = on_read

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, and tell."""
        data = super().read(-1 if size is None else size) or b""
        self._on_read(len(data))
        return data


class PartFile:
    """A file that comes into being whole or not at all: written beside its destination and renamed at the end.

    Raises:
        UnwritableDestination: No file can be written there.
    """

    def __init__(self, destination: Path) -> None:
        self.destination = destination
        try:
            self._target = destination.resolve()  # a link stays one, and what it points to is written
            if self._target.is_dir():
                raise UnwritableDestination(f"{destination} is a folder, not a file to write.", path=destination)
            self._part = self._target.with_name(f".{self._target.name[:60]}.{uuid.uuid4().hex}.part")
            self._stream = self._part.open("xb")
        except FileNotFoundError as error:
            raise UnwritableDestination(
                f"{destination} can't be written: the folder {destination.parent} does not exist.", path=destination
            ) from error
        except (OSError, ValueError) as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError | ValueError) -> UnwritableDestination:
        reason = error.strerror if isinstance(error, OSError) else error
        return UnwritableDestination(f"{self.destination} can't be written: {reason}.", path=self.destination)

    def write(self, data: bytes) -> None:
        """Append."""
        try:
            self._stream.write(data)
        except OSError as error:
            raise self._unwritable(error) from error

    def commit(self) -> None:
        """Put the file where it belongs, in place of what may be there."""
        try:
            self._stream.close()
            self._part.replace(self._target)
        except OSError as error:
            raise self._unwritable(error) from error

    def discard(self) -> None:
        """Leave nothing behind; harmless after `commit`."""
        with contextlib.suppress(OSError):
            self._stream.close()
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)

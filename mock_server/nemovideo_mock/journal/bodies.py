"""What is kept of a body: its text up to a limit, its size, and a hash where the text isn't whole."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Final, NoReturn, cast

from nemovideo_contract.journal import BodyKind
from nemovideo_mock.journal.redaction import Secrets

#: What no text has in it.
CONTROL: Final = re.compile(rb"[\x00-\x07\x0b\x0e-\x1f]")
#: The end of a text that was cut inside a character.
BROKEN_END: Final = re.compile(rb"[\xc0-\xff][\x80-\xbf]{0,2}\Z")


@dataclass(slots=True)
class JournalBody:
    """A body as the journal keeps it.

    `data` is its text in UTF-8, without secrets; None where it isn't text or is multipart. `size` in bytes and `sha256`
    are those of the whole body as it was sent; the hash is there where the data isn't the whole.
    """

    data: bytes | None
    size: int
    sha256: str | None = None
    cut: bool = False
    multipart: bool = False

    @property
    def kind(self) -> BodyKind:
        """What the body is. A body that was cut is never JSON."""
        if self.multipart:
            return "multipart"
        if not self.size:
            return "empty"
        if self.data is None:
            return "binary"
        return "text" if self.cut or not is_json(self.data) else "json"

    @property
    def text(self) -> str | None:
        """The text, also of JSON; None where there is none."""
        return None if self.data is None else self.data.decode("utf-8", "replace")

    def json(self) -> object:
        """The value that the body's JSON stands for; None where it isn't JSON."""
        return cast("object", json.loads(self.data)) if self.data is not None and self.kind == "json" else None

    def scrub(self, secrets: Secrets) -> None:
        """Search the text again."""
        if self.data:
            self.data = secrets.data(self.data)

    @property
    def cost(self) -> int:
        """Bytes that the text takes as a JSON string or as JSON: at most twice as many as said here."""
        return len(self.data) if self.data is not None else 0


class Collector:
    """Takes in a body chunk by chunk and keeps at most `limit` bytes of it; of a multipart body only its size."""

    __slots__ = ("_chunks", "_hash", "_limit", "_multipart", "size")

    def __init__(self, limit: int, *, multipart: bool) -> None:
        self.size = 0
        self._limit = limit
        self._multipart = multipart
        self._chunks: list[bytes] = []
        self._hash: hashlib._Hash | None = None

    def __repr__(self) -> str:
        return f"<Collector size={self.size}>"

    def add(self, chunk: bytes) -> None:
        """The next bytes of the body."""
        self.size += len(chunk)
        if self._multipart or not chunk:
            return
        if self._hash is not None:
            self._hash.update(chunk)
            return
        self._chunks.append(chunk)
        if self.size > self._limit:
            whole = b"".join(self._chunks)
            self._hash = hashlib.sha256(whole, usedforsecurity=False)
            self._chunks = [whole[: self._limit]]

    def body(self, secrets: Secrets) -> JournalBody:
        """What is kept, without secrets; the raw bytes are let go."""
        if self._multipart or not self.size:
            return JournalBody(None, self.size, multipart=self._multipart)
        data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks = []
        cut = self._hash is not None
        if cut:
            data = BROKEN_END.sub(b"", data)
        if not is_text(data):
            digest = self._hash if self._hash is not None else hashlib.sha256(data, usedforsecurity=False)
            return JournalBody(None, self.size, digest.hexdigest())
        return JournalBody(
            secrets.data(data, cut=cut), self.size, self._hash.hexdigest() if self._hash is not None else None, cut=cut
        )


def is_text(data: bytes) -> bool:
    """Whether the bytes are UTF-8 without control characters other than the usual ones."""
    if CONTROL.search(data) is not None:
        return False
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def is_json(data: bytes) -> bool:
    """Whether the bytes are JSON as the standard has it: UTF-8, and no NaN or Infinity."""
    try:
        json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return False
    return True


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} isn't JSON")

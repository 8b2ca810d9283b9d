"""The body of a message in the journal: its text up to a limit, its size, and a hash if the text is not complete."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from nemovideo_contract.journal import BodyKind
from nemovideo_contract.json_input import is_json, parse
from nemovideo_mock.journal.redaction import Secrets

#: Control characters that no text contains.
CONTROL: Final = re.compile(rb"[\x00-\x07\x0b\x0e-\x1f]")
#: The end of a text that was cut in the middle of a character.
BROKEN_END: Final = re.compile(rb"[\xc0-\xff][\x80-\xbf]{0,2}\Z")


@dataclass(slots=True)
class JournalBody:
    """A body in the journal.

    `data` is its text in UTF-8, without secrets; None if it is not text, or is multipart. `size` in bytes and `sha256`
    are those of the whole body as it was sent. The hash is there if `data` is not the whole body.
    """

    data: bytes | None
    size: int
    sha256: str | None = None
    cut: bool = False
    multipart: bool = False

    @property
    def kind(self) -> BodyKind:
        """The kind of the body. A body that was cut is never JSON."""
        if self.multipart:
            return "multipart"
        if not self.size:
            return "empty"
        if self.data is None:
            return "binary"
        return "text" if self.cut or not is_json(self.data) else "json"

    @property
    def text(self) -> str | None:
        """The text, also of JSON; None if there is none."""
        return None if self.data is None else self.data.decode("utf-8", "replace")

    def json(self) -> object:
        """Return the JSON value of the body; None if it is not JSON."""
        return parse(self.data, half_pairs=True) if self.data is not None and self.kind == "json" else None

    def scrub(self, secrets: Secrets) -> None:
        """Search the text again, for credentials remembered since."""
        if self.data:
            self.data = secrets.data(self.data)

    @property
    def cost(self) -> int:
        """An estimate of the bytes that the text takes in an entry. The truth is at most twice as much."""
        return len(self.data) if self.data is not None else 0


class Collector:
    """Collects a body chunk by chunk. It keeps at most `limit` bytes, and only the size of a multipart body."""

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
        """Add the next bytes of the body."""
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
        """Return the body without secrets, and release the raw bytes."""
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
    """Return whether the bytes are UTF-8 without control characters, except tabs, line breaks and the like."""
    if CONTROL.search(data) is not None:
        return False
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True

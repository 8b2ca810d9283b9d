"""A decoder for event streams: bytes in, records out. It follows the WHATWG standard exactly and does no I/O.

The standard drops comments, records without data, and lines with an unknown field name. A caller that watches for signs
of life needs the first two, so this decoder returns them as `Comment` and `EmptyRecord`. The last are the `stray` lines
of a record, because an old agent server sends the text of an error so. A caller that needs only what the standard
dispatches uses only the `ServerSentEvent`s, without `stray`.

Standard: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

#: The byte order mark, which may precede the first record.
BOM: Final = b"\xef\xbb\xbf"
#: The largest size of one record with its field names, in bytes; a tool's result may have megabytes.
MAX_RECORD: Final = 16 * 1024 * 1024
#: The most digits of a `retry` time that are read; Python converts no longer numbers, however it is configured.
_MAX_RETRY_DIGITS: Final = 640


class RecordTooLargeError(ValueError):
    """A record exceeds the decoder's limit."""


class ServerSentEvent(NamedTuple):
    """A dispatched event; `event` is "message" unless the stream names it, `id` the last id, `retry` in ms or None.

    `stray` has the lines with an unknown field name, joined by LF.

    A tuple, because a stream has many events and creating a frozen dataclass takes three times as long.
    """

    data: str
    event: str = "message"
    id: str = ""
    retry: int | None = None
    stray: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """A line that begins with a colon; the standard ignores it."""

    text: str


@dataclass(frozen=True, slots=True)
class EmptyRecord:
    """A record without a `data` line; the standard drops it. `event` is its name, if it has one; `stray` as above."""

    event: str = ""
    retry: int | None = None
    stray: str = ""


Record = ServerSentEvent | Comment | EmptyRecord


class Decoder:
    """Converts the bytes of one stream to records; the bytes may be split anywhere."""

    def __init__(self, max_record: int = MAX_RECORD) -> None:
        self._max_record = max_record
        self._line: list[bytes] = []
        self._line_size = 0
        self._first = True
        self._after_cr = False
        self._data: list[str] = []
        self._size = 0
        self._event = ""
        self._retry: int | None = None
        self._fields = False
        self._stray: list[str] = []
        #: The `id` of the present record, which counts when the record ends.
        self._id = ""
        self.last_event_id = ""

    @property
    def unfinished(self) -> bool:
        """Whether a record has begun that no blank line has ended; at the end of a stream it is lost."""
        return self._fields or (self._line_size > 0)

    def feed(self, chunk: bytes) -> list[Record]:
        """Add the next bytes and return the records that they complete.

        Raises:
            RecordTooLargeError: A record exceeds the limit; the decoder cannot continue.
        """
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        if not chunk:
            return []
        # bytes.splitlines splits only at LF, CR and CRLF; str.splitlines would also split at U+2028 and others.
        lines = chunk.splitlines()
        rest = b""
        if chunk[-1] == 0x0D:
            self._after_cr = True
        elif chunk[-1] != 0x0A:
            rest = lines.pop()
        records: list[Record] = []
        for line in lines:
            if self._line:
                self._line.append(line)
                line = b"".join(self._line)
                self._line.clear()
                self._line_size = 0
            self._take(line, records)
        if rest:
            self._line.append(rest)
            self._line_size += len(rest)
            self._check(0)
        return records

    def _take(self, line: bytes, records: list[Record]) -> None:
        if self._first:
            self._first = False
            line = line.removeprefix(BOM)
        if not line:
            self._dispatch(records)
            return
        self._check(len(line))
        if line[0] == 0x3A:
            records.append(Comment(_decode(line[1:])))
            return
        self._size += len(line)
        self._fields = True
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(_decode(value))
        elif name == b"event":
            self._event = _decode(value)
        elif name == b"id":
            if b"\0" not in value:
                self._id = _decode(value)
        elif name == b"retry":
            if value.isdigit() and len(value) <= _MAX_RETRY_DIGITS:
                self._retry = int(value)
        else:
            self._stray.append(_decode(line))

    def _dispatch(self, records: list[Record]) -> None:
        self.last_event_id = self._id
        if self._data or self._fields:
            stray = "\n".join(self._stray)
            records.append(
                ServerSentEvent("\n".join(self._data), self._event or "message", self._id, self._retry, stray)
                if self._data
                else EmptyRecord(self._event, self._retry, stray)
            )
        self._data.clear()
        self._stray.clear()
        self._size = 0
        self._event = ""
        self._retry = None
        self._fields = False

    def _check(self, line: int) -> None:
        if self._size + self._line_size + line > self._max_record:
            raise RecordTooLargeError(f"A record of the stream exceeds {self._max_record} bytes.")


def _decode(value: bytes) -> str:
    return value.decode("utf-8", "replace")

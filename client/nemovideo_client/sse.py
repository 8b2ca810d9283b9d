"""A decoder for event streams: bytes in, records out. It follows the WHATWG standard exactly and does no I/O.

The standard drops comments and records without data. A caller that watches for signs of life needs them, so this
decoder returns them as `Comment` and `EmptyRecord`. A caller that needs only what the standard dispatches uses only the
`ServerSentEvent`s.

Standard: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

#: The byte order mark, which may precede the first record.
BOM: Final = b"\xef\xbb\xbf"
#: The largest size of one record with its field names, in bytes; a tool's result may have megabytes.
MAX_RECORD: Final = 16 * 1024 * 1024


class RecordTooLargeError(ValueError):
    """A record exceeds the decoder's limit."""


class ServerSentEvent(NamedTuple):
    """A dispatched event; `event` is "message" unless the stream names it, `id` the last id, `retry` in ms or None.

    A tuple, because a stream has many events and creating a frozen dataclass takes three times as long.
    """

    data: str
    event: str = "message"
    id: str = ""
    retry: int | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A line that begins with a colon; the standard ignores it."""

    text: str


@dataclass(frozen=True, slots=True)
class EmptyRecord:
    """A record without a `data` line; the standard drops it. `event` is its name, if it has one."""

    event: str = ""
    retry: int | None = None


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
                self.last_event_id = _decode(value)
        elif name == b"retry" and value and value.isdigit():
            self._retry = int(value[:18])

    def _dispatch(self, records: list[Record]) -> None:
        if self._data:
            data = "\n".join(self._data)
            records.append(ServerSentEvent(data, self._event or "message", self.last_event_id, self._retry))
        elif self._fields:
            records.append(EmptyRecord(self._event, self._retry))
        self._data.clear()
        self._size = 0
        self._event = ""
        self._retry = None
        self._fields = False

    def _check(self, line: int) -> None:
        if self._size + self._line_size + line > self._max_record:
            raise RecordTooLargeError(f"A record of the stream exceeds {self._max_record} bytes.")


def _decode(value: bytes) -> str:
    return value.decode("utf-8", "replace")

"""A strict reader of event streams, which keeps the bytes and their times, and reports what lenient readers accept.

The contract allows less than the WHATWG standard: a record is one `data:` line and an empty line, in UTF-8, with line
feeds. The reader keeps a record that only the standard allows, and adds a complaint to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, cast

from nemovideo_contract.json_input import JsonInputError, parse
from nemovideo_contract.openapi import Json, JsonObject

#: The fields of the standard. A lenient reader ignores others.
FIELDS: Final = frozenset({"data", "event", "id", "retry"})
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Record:
    """One block of a stream, as it came.

    `raw` has no empty line at its end. `at` is the time of the last byte, in seconds from the request. `fields` has the
    lines in order; a comment has an empty name. `complaints` say how the block departs from the framing.
    """

    raw: bytes
    at: float
    fields: tuple[tuple[str, str], ...]
    complaints: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The block as text, with replacement characters if it is not UTF-8."""
        return self.raw.decode("utf-8", "replace")

    @property
    def event(self) -> str | None:
        """The name of the event, or None."""
        return next((value for name, value in self.fields if name == "event"), None)

    @property
    def data(self) -> str | None:
        """The content of the data lines, or None without any."""
        lines = [value for name, value in self.fields if name == "data"]
        return "\n".join(lines) if lines else None

    @property
    def value(self) -> JsonObject | None:
        """The JSON object in the data, or None."""
        try:
            found = cast("Json", parse(self.data or "", half_pairs=True))
        except JsonInputError:
            return None
        return found if isinstance(found, dict) else None

    @property
    def is_sign_of_life(self) -> bool:
        """Whether the record is a heartbeat in any of the documented forms."""
        value = self.value
        return (
            not (self.data or "").strip()
            or self.event == "heartbeat"
            or (value is not None and value.get("type") == "heartbeat")
        )


@dataclass(slots=True)
class StrictReader:
    """Splits a stream into records; `left` has the bytes after the last empty line."""

    records: list[Record] = field(default_factory=list[Record])
    left: bytes = b""
    _first: bool = True

    def feed(self, piece: bytes, at: float) -> list[Record]:
        """Take bytes that came `at` seconds after the request, and return the records that they complete."""
        self.left += piece
        done: list[Record] = []
        while (found := _end_of_block(self.left)) is not None:
            end, after = found
            whole, block, self.left = self.left[:after], self.left[:end], self.left[after:]
            done.append(self._record(block, at, unusual_break=b"\r" in whole))
        self.records += done
        return done

    def _record(self, block: bytes, at: float, *, unusual_break: bool) -> Record:
        complaints: list[str] = ["it has a carriage return in a line end"] if unusual_break else []
        if self._first and block.startswith(_BOM):
            complaints.append("it begins with a byte order mark")
            block = block.removeprefix(_BOM)
        self._first = False
        try:
            text = block.decode("utf-8")
        except UnicodeDecodeError as error:
            complaints.append(f"it is not UTF-8 at byte {error.start}")
            text = block.decode("utf-8", "replace")
        fields = tuple(_field(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
        return Record(block, at, fields, (*complaints, *_complaints(fields, text)))


def _end_of_block(buffer: bytes) -> tuple[int, int] | None:
    """Return where the first block ends and where the next begins, for any kind of line end."""
    found = [(at, at + len(each)) for each in (b"\n\n", b"\r\n\r\n", b"\r\r") if (at := buffer.find(each)) >= 0]
    return min(found, default=None)


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name, value.removeprefix(" ")


def _complaints(fields: tuple[tuple[str, str], ...], text: str) -> list[str]:
    names = [name for name, _ in fields]
    found = [f"it has a line {name!r}, which no reader knows" for name in names if name and name not in FIELDS]
    found += [f"it has a line {name!r}" for name in ("id", "retry") if name in names]
    if names.count("data") > 1:
        found.append("it has several data lines")
    if text == "":
        found.append("it is empty")
    return found

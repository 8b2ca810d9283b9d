"""A strict reader of event streams: keeps the bytes and their times, and says whatever a lenient reader forgives.

The contract's streams are narrower than the WHATWG text allows: a record is one `data:` line and an empty line, in
UTF-8, ended by line feeds. What a standard reader would accept all the same is kept as a complaint beside the record.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final, cast

from nemovideo_contract.openapi import Json, JsonObject

#: The fields that the standard knows; others are ignored by a lenient reader.
FIELDS: Final = frozenset({"data", "event", "id", "retry"})
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Record:
    """One block of a stream, as it came.

    `raw` is without the empty line that ends it; `at` is when its last byte came, in seconds from the request. `fields`
    has the lines in order, comments under an empty name. `complaints` say how the block departs from the framing.
    """

    raw: bytes
    at: float
    fields: tuple[tuple[str, str], ...]
    complaints: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The block as text, with replacements where it is no UTF-8."""
        return self.raw.decode("utf-8", "replace")

    @property
    def event(self) -> str | None:
        """The name of the event, where a line gives one."""
        return next((value for name, value in self.fields if name == "event"), None)

    @property
    def data(self) -> str | None:
        """What the data lines carry, or None without any."""
        lines = [value for name, value in self.fields if name == "data"]
        return "\n".join(lines) if lines else None

    @property
    def value(self) -> JsonObject | None:
        """The JSON object in the data, or None where there is none."""
        try:
            found = cast("Json", json.loads(self.data or ""))
        except (ValueError, RecursionError):  # the latter: nested deeper than anybody means
            return None
        return found if isinstance(found, dict) else None

    @property
    def is_sign_of_life(self) -> bool:
        """Whether it says nothing but that the stream lives, in any of the documented forms."""
        value = self.value
        return (
            not (self.data or "").strip()
            or self.event == "heartbeat"
            or (value is not None and value.get("type") == "heartbeat")
        )


@dataclass(slots=True)
class StrictReader:
    """Splits a stream into records; `left` is what came after the last empty line."""

    records: list[Record] = field(default_factory=list[Record])
    left: bytes = b""
    _first: bool = True

    def feed(self, piece: bytes, at: float) -> list[Record]:
        """Take bytes that came `at` seconds after the request; returns the records that they complete."""
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
            complaints.append(f"it is no UTF-8 at byte {error.start}")
            text = block.decode("utf-8", "replace")
        fields = tuple(_field(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
        return Record(block, at, fields, (*complaints, *_complaints(fields, text)))


def _end_of_block(buffer: bytes) -> tuple[int, int] | None:
    """Where the first block ends and the next begins, in whatever spelling of line ends."""
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

"""Multipart forms (RFC 7578), read as they arrive: bytes in, events out; nothing is kept, nothing is written.

The parser is python-multipart's; here are the parts' names, the limits, and one sentence for whatever is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

#: Files in one request, and plain fields; no document limits them, a server must.
MAX_FILES: Final = 1000
#: Bytes of a boundary; RFC 2046 allows 70, and some clients don't count.
MAX_BOUNDARY: Final = 200
#: Bytes of a plain field.
MAX_FIELD: Final = 1_000_000
#: Bytes after the last boundary, which RFC 2046 allows and nobody sends.
MAX_EPILOGUE: Final = 1 << 16


class FormError(Exception):
    """The form can't be read; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class PartBegin:
    """A part begins; its `filename` is None where it is a plain field, its `content_type` empty where it has none."""

    field: str
    filename: str | None
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class PartContent:
    """The next bytes of the part."""

    data: memoryview


@dataclass(frozen=True, slots=True)
class PartEnd:
    """The part is complete."""


Event = PartBegin | PartContent | PartEnd


class FormReader:
    """One form: `feed` it the body in pieces of any size, then `finish` it. Raises `FormError` from all three."""

    def __init__(self, content_type: str) -> None:
        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
        if not boundary:
            raise FormError("The header Content-Type names no boundary for the form.")
        if len(boundary) > MAX_BOUNDARY:
            raise FormError(f"The form's boundary is longer than {MAX_BOUNDARY} bytes.")
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part_begin,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_header_begin": self._on_header_begin,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_end": self._on_end,
            },
        )
        self._events: list[Event] = []
        self._name = bytearray()
        self._value = bytearray()
        self._disposition = b""
        self._type = b""
        self._files = 0
        self._fields = 0
        self._plain = False
        self._plain_size = 0
        self._ended = False
        self._epilogue = 0

    def feed(self, piece: bytes) -> list[Event]:
        """What the next piece of the body says; contents point into it."""
        if self._ended:
            self._epilogue += len(piece)
            if self._epilogue > MAX_EPILOGUE:
                raise FormError("The form goes on after its last boundary.")
            return []
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise FormError(f"The form can't be read: {str(error).rstrip('.')}.") from None
        events, self._events = self._events, []  # kept, they would keep the piece
        return events

    def finish(self) -> None:
        """Hold that the form is complete."""
        if not self._ended:
            raise FormError("The form ends before its last boundary.")

    def _on_part_begin(self) -> None:
        self._disposition = b""
        self._type = b""

    def _on_header_begin(self) -> None:
        self._name.clear()
        self._value.clear()

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        name = bytes(self._name).lower()
        if name == b"content-disposition":
            self._disposition = bytes(self._value)
        elif name == b"content-type":
            self._type = bytes(self._value)

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"name" not in options:
            raise FormError("A part of the form has no name in its Content-Disposition.")
        filename = options.get(b"filename")
        if filename is None and b"filename*" in self._disposition.lower():
            raise FormError("A file is named by filename* alone, which forms don't have (RFC 7578): use filename.")
        self._plain = filename is None
        self._plain_size = 0
        if self._plain:
            self._fields += 1
        else:
            self._files += 1
        if max(self._files, self._fields) > MAX_FILES:
            what = "fields" if self._plain else "files"
            raise FormError(f"The form has more than {MAX_FILES} {what}.")
        self._events.append(
            PartBegin(
                decode_name(options[b"name"]),
                None if filename is None else decode_name(filename),
                decode_name(self._type),
            )
        )

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._plain:
            self._plain_size += end - start
            if self._plain_size > MAX_FIELD:
                raise FormError(f"A field of the form that is no file is longer than {MAX_FIELD} bytes.")
        self._events.append(PartContent(memoryview(data)[start:end]))

    def _on_part_end(self) -> None:
        self._events.append(PartEnd())

    def _on_end(self) -> None:
        self._ended = True


def decode_name(name: bytes) -> str:
    """A name as its sender meant it: UTF-8, or Latin-1 where it is none; browsers write `"` and line ends as %XX."""
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        text = name.decode("latin-1")
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")

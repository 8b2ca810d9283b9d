"""Reads multipart forms (RFC 7578) as they arrive: bytes in, events out. Nothing is kept or written.

python-multipart parses; this module adds the names of parts, the limits, and one sentence for each error. It removes
what RFC 2046 (section 5.1.1) allows and python-multipart refuses: the text before the first boundary, and spaces after
a boundary.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

#: The most files and plain fields of a request. No document limits them, but a server must.
MAX_FILES: Final = 1000
#: The longest boundary in bytes. RFC 2046 allows 70, but some clients use more.
MAX_BOUNDARY: Final = 200
#: The longest plain field in bytes.
MAX_FIELD: Final = 1_000_000
#: The most bytes after the last boundary; RFC 2046 allows them, but clients do not send them.
MAX_EPILOGUE: Final = 1 << 16
#: The most bytes before the first boundary, and of spaces after a boundary.
MAX_PREAMBLE: Final = 1 << 16
MAX_PADDING: Final = 200
#: A name in the form of RFC 2047, in which .NET and PowerShell write names that are not ASCII.
_ENCODED: Final = re.compile(r"=\?(?:utf-8|us-ascii|iso-8859-1)\?[bq]\?[^?\s]*\?=", re.IGNORECASE)

# python-multipart warns about the input of callers, who get a sentence; keep its errors.
logger = logging.getLogger("python_multipart.multipart.nemovideo")
logger.setLevel(logging.ERROR)


class FormError(Exception):
    """The form is invalid; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class PartBegin:
    """The begin of a part; `filename` is None for a plain field, `content_type` is empty if it is not given."""

    field: str
    filename: str | None
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class PartContent:
    """The next bytes of a part."""

    data: memoryview


@dataclass(frozen=True, slots=True)
class PartEnd:
    """The end of a part."""


Event = PartBegin | PartContent | PartEnd


class FormReader:
    """Reads one form: `feed` it the body in pieces of any size, then call `finish`. All methods raise `FormError`."""

    def __init__(self, content_type: str) -> None:
        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
        if not boundary:
            raise FormError("The header Content-Type has no boundary for the form.")
        if len(boundary) > MAX_BOUNDARY:
            raise FormError(f"The form's boundary is longer than {MAX_BOUNDARY} bytes.")
        self._line = b"\r\n--" + boundary
        self._preamble: bytearray | None = bytearray()
        self._seen = b""  # the line end that the parser has, if a boundary may follow
        self._held = b""
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
        self._parser.logger = logger
        self._events: list[Event] = []
        self._name = bytearray()
        self._value = bytearray()
        self._disposition = b""
        self._type = b""
        self._files = 0
        self._fields = 0
        self._copy_to_json = False
        self._plain_size = 0
        self._ended = False
        self._epilogue = 0

    def feed(self, piece: bytes) -> list[Event]:
        """Return the events of the next piece of the body; their contents are views of it."""
        if self._ended:
            self._epilogue += len(piece)
            if self._epilogue > MAX_EPILOGUE:
                raise FormError("The form continues after its last boundary.")
            return []
        if self._preamble is not None:
            piece = self._without_preamble(self._preamble, piece)
        self._parse(self._without_padding(piece))
        events, self._events = self._events, []  # a traceback would keep the piece in memory
        return events

    def finish(self) -> None:
        """Raise `FormError` unless the form is complete."""
        if self._preamble:
            raise FormError("The form has no line with the boundary that the header Content-Type names.")
        if not self._ended:
            raise FormError("The form ends before its last boundary.")

    def _parse(self, data: bytes) -> None:
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise FormError(f"The form can't be read: {str(error).rstrip('.')}.") from None

    def _without_preamble(self, preamble: bytearray, piece: bytes) -> bytes:
        """Return the form from its first boundary on; nothing while the boundary has not come."""
        seen = len(preamble)
        preamble += piece
        start = 0
        if not preamble.startswith(self._line[2:]):
            start = preamble.find(self._line, max(0, seen - len(self._line)))
        if start < 0:
            if len(preamble) > MAX_PREAMBLE:
                raise FormError(f"The form's first boundary does not come within {MAX_PREAMBLE} bytes.")
            return b""
        self._preamble = None
        return (b"" if start or preamble.startswith(b"\r") else b"\r\n") + bytes(preamble[start:])

    def _without_padding(self, piece: bytes) -> bytes:
        """Return the data without spaces after boundaries; keep back an end that may become such a boundary.

        Line ends are not kept back: after the headers of a part, the caller may wait for a response.
        """
        line = self._line
        sent = len(self._seen)
        data = self._seen + self._held + piece if self._seen or self._held else piece
        if line + b" " in data or line + b"\t" in data:
            data = re.sub(re.escape(line) + rb"[ \t]{1,%d}(?=\r\n)" % MAX_PADDING, lambda _: line, data)
        at = data.rfind(line, max(0, len(data) - len(line) - MAX_PADDING - 1))
        if at < 0 or data[at + len(line) :].strip(b" \t") not in {b"", b"\r"}:
            at = data.rfind(b"\r", max(0, len(data) - len(line)))
            if at < 0 or not line.startswith(data[at:]):
                at = len(data)
        cut = len(data) if len(data) - at < len(b"\r\n--") else max(at, sent)
        self._seen, self._held = data[at:cut], data[cut:]
        return data[sent:cut]

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
            raise FormError("A file has its name only in filename*, which forms must not use (RFC 7578): use filename.")
        self._copy_to_json = filename is None
        self._plain_size = 0
        if self._copy_to_json:
            self._fields += 1
        else:
            self._files += 1
        if max(self._files, self._fields) > MAX_FILES:
            what = "fields" if self._copy_to_json else "files"
            raise FormError(f"The form has more than {MAX_FILES} {what}.")
        self._events.append(
            PartBegin(
                decode_name(options[b"name"]),
                None if filename is None else decode_filename(filename),
                decode_name(self._type),
            )
        )

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._copy_to_json:
            self._plain_size += end - start
            if self._plain_size > MAX_FIELD:
                raise FormError(f"A plain field of the form is longer than {MAX_FIELD} bytes.")
        self._events.append(PartContent(memoryview(data)[start:end]))

    def _on_part_end(self) -> None:
        self._events.append(PartEnd())

    def _on_end(self) -> None:
        self._ended = True


def decode_filename(name: bytes) -> str:
    """Return the name of a file; one that is written as RFC 2047 has it is decoded."""
    text = decode_name(name)
    if not _ENCODED.fullmatch(text):
        return text
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, ValueError):
        return text


def decode_name(name: bytes) -> str:
    """Return a name as its sender wrote it: UTF-8, or else Latin-1. Browsers write `"` and line ends as %XX."""
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        text = name.decode("latin-1")
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")

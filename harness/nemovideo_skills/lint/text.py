"""The text of a document as its author meant it, with every place of it known.

Mirrors of skill documents escape brackets and underscores, turn `<` into an entity or into `\\x3C`, straight quotes
into smart ones, and change the ends of lines. `DocumentText` undoes that without losing a line: offsets into it lead
back to the line and column of the file.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from typing import Final

_NEWLINE: Final = re.compile(r"\r\n|\r|\n")
#: What is undone: an escaped mark of Markdown, an entity, a hexadecimal escape, a typographic sign. `\"` and `\|` stay:
#: they carry meaning in commands and in tables.
_DAMAGE: Final = re.compile(
    r"\\(?P<mark>[][_*#<>{}()~!.+`-])|&(?P<entity>lt|gt|amp|quot|apos|nbsp|#39|#x27|#34|#x22|#60|#62|#95|#91|#93);"
    r"|\\x(?P<hex>3[CcEe]|2[267])|\\u00(?P<code>3[CcEe])|(?P<sign>[“”„‘’\u00a0\u200b\ufeff])"
)
_SIGNS: Final = {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\u00a0": " ", "\u200b": "", "\ufeff": ""}


def decode_text(content: bytes) -> tuple[str, bool]:
    """A file's text, and whether all of it was UTF-8; what was not stands as U+FFFD.

    UTF-16 is read too, with a mark at its beginning or where its zeros show it; other zeros stay, and are no text.
    """
    other = _utf_16(content)
    if other is not None:
        try:
            return content.decode(other), False
        except UnicodeDecodeError:
            pass  # what follows reads it as damaged
    try:
        return content.decode("utf-8-sig"), b"\0" not in content
    except UnicodeDecodeError:
        return content.decode("utf-8-sig", errors="replace"), False


def _utf_16(content: bytes) -> str | None:
    """The name of the UTF-16 that a file is in, or None."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = content[0:2000:2].count(0), content[1:2000:2].count(0)
    # Of western text each second byte is zero; a picture has zeros at both places.
    if min(even, odd) == 0 and max(even, odd) > len(content[:2000]) // 4:
        return "utf-16-le" if odd else "utf-16-be"
    return None


def _clean_line(line: str) -> tuple[str, list[int] | None]:
    """A line without damage, and where each character of it stood; None where nothing moved."""
    if not _DAMAGE.search(line):
        return line, None
    pieces: list[str] = []
    origins: list[int] = []
    end = 0
    for found in _DAMAGE.finditer(line):
        pieces.append(line[end : found.start()])
        origins.extend(range(end, found.start()))
        code = found["hex"] or found["code"]
        if found["mark"]:
            meant = found["mark"]
        elif found["sign"]:
            meant = _SIGNS[found["sign"]]
        else:
            meant = chr(int(code, 16)) if code else unescape(found[0]).replace("\u00a0", " ")
        pieces.append(meant)
        origins.extend([found.start()] * len(meant))
        end = found.end()
    pieces.append(line[end:])
    origins.extend(range(end, len(line)))
    return "".join(pieces), origins


@dataclass(frozen=True, slots=True)
class Sentence:
    """A piece of one line: a sentence, or a cell of a table; `line` is all of that line."""

    offset: int
    text: str
    line: str


class DocumentText:
    """A document's text, mended line by line; `whole` has its lines with `\\n` between them."""

    def __init__(self, original: str) -> None:
        lines = _NEWLINE.split(original)
        mended = [_clean_line(line) for line in lines]
        self.lines = tuple(line for line, _ in mended)
        self.whole = "\n".join(self.lines)
        self._origins = tuple(origins for _, origins in mended)
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line) + 1)
        self._starts = starts[:-1]

    def line_of(self, offset: int) -> int:
        """The line of an offset, from 1."""
        return max(1, bisect_right(self._starts, offset))

    def column_of(self, offset: int) -> int:
        """The column of an offset in the file's own line, in characters from 1."""
        number = self.line_of(offset) - 1
        at = max(0, offset - self._starts[number])
        origins = self._origins[number]
        return 1 + (at if origins is None else origins[at] if at < len(origins) else (origins[-1] if origins else 0))

    def start_of(self, line: int) -> int:
        """The offset at which a line begins, counted from 1."""
        return self._starts[line - 1]

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences and cells, in order."""
        found: list[Sentence] = []
        for start, line in zip(self._starts, self.lines, strict=True):
            end = 0
            for cut in _SENTENCE_END.finditer(line):
                found.append(Sentence(start + end, line[end : cut.start()], line))
                end = cut.end()
            found.append(Sentence(start + end, line[end:], line))
        return tuple(each for each in found if each.text.strip())


#: A full stop before a space, one of Chinese, a semicolon before a space, or the border of a cell.
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+|(?<=[.!?]\*\*)\s+|[。；]|;\s|\|")

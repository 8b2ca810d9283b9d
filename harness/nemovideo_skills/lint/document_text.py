"""The text of a document as its author meant it; every offset leads back to the file.

Mirrors of skill documents escape brackets and underscores, turn `<` into an entity or into `\\x3C`, straight quotes
into smart ones, and change the line ends. `DocumentText` undoes that without losing a line, so an offset into it leads
back to the line and column of the file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from typing import Final

_NEWLINE: Final = re.compile(r"\r\n|\r|\n")
#: The repaired damage: an escaped mark of Markdown, an entity, a hexadecimal escape, a typographic sign. `\"` and `\|`
#: stay, because they have a meaning in commands and in tables.
_DAMAGE: Final = re.compile(
    r"\\(?P<mark>[][_*#<>{}()~!.+`-])|&(?P<entity>lt|gt|amp|quot|apos|nbsp|#39|#x27|#34|#x22|#60|#62|#95|#91|#93);"
    r"|\\x(?P<hex>3[CcEe]|2[267])|\\u00(?P<code>3[CcEe])|(?P<sign>[“”„‘’\u00a0\u200b\ufeff])"
)
_SIGNS: Final = {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\u00a0": " ", "\u200b": "", "\ufeff": ""}


def _clean_line(line: str) -> tuple[str, list[int] | None]:
    """Return a line without damage, and the original column of each character, or None if nothing moved."""
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
    """A sentence in a line, or a cell of a table; `line` is the whole line."""

    offset: int
    text: str
    line: str


class DocumentText:
    """The text of a document, repaired line by line; `whole` joins its lines with `\\n`."""

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
        """Return the line of an offset, from 1."""
        return max(1, bisect_right(self._starts, offset))

    def column_of(self, offset: int) -> int:
        """Return the column of an offset in the file's line, in characters from 1."""
        number = self.line_of(offset) - 1
        at = max(0, offset - self._starts[number])
        origins = self._origins[number]
        return 1 + (at if origins is None else origins[at] if at < len(origins) else (origins[-1] if origins else 0))

    def start_of(self, line: int) -> int:
        """Return the offset at which a line begins; lines count from 1."""
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


#: A full stop before a space, a Chinese full stop, a semicolon before a space, or the border of a cell.
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+|(?<=[.!?]\*\*)\s+|[。；]|;\s|\|")

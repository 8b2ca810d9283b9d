"""Find the error codes of a document: in tables (whole, broken or on one line) and in lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

#: A code at the start of a cell, an item or a sentence, or before a dash.
_CODE: Final = re.compile(
    r"(?:(?:(?<=\|)|(?<=\n)|^)[ \t]*(?:[-*+][ \t]+)?[*`]*(?:HTTP[ \t]+)?(?P<cell>\d{1,4})[*`]*[ \t]*"
    r"(?=\||—|–|:|：|->|→|-[ \t]))"
    # In Chinese, the meaning follows the code directly; a count or a year is followed by its unit.
    r"|(?:(?<=\n)|^)[ \t]*(?:[-*+][ \t]+)?[*`]*(?P<item>\d{3,4})[*`]*[ \t]*"
    r"(?=(?![年个秒分次点张条元块])[\u4e00-\u9fff])"
    r"|(?<![\d.:/-])(?P<run>\d{1,4})[ \t]*—[ \t]"
)
_HEADING: Final = re.compile(r"^#{1,6}[ \t]+\S.*$", re.MULTILINE)
#: The title of a section about errors, or the head of its table.
_ABOUT_ERRORS: Final = re.compile(
    r"^(?:#{1,6}[ \t]+(?:[\d.]+[ \t]+)?)?\**(?:[^\n|.]{0,30}\b)?"
    r"(?:error (?:codes?|handling)|errors)[^\n|.]{0,20}$"
    r"|^(?:\#{1,6}[ \t]+|\**)[^\n|。]{0,20}(?:错误|异常)(?:处理|码|代码)?[^\n|。]{0,10}$"
    r"|\|[ \t]*(?:error )?(?:code|错误码)[ \t]*\|",
    re.MULTILINE | re.IGNORECASE,
)
_LONGEST_ROW: Final = 400


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code with the text about it in the document: its meaning, and the action."""

    code: int
    text: str
    offset: int

    @property
    def meaning(self) -> str:
        """The first cell or phrase after the code."""
        return re.split(r"[|;；]", self.text.strip(" |—–-:：`*\n\t"), maxsplit=1)[0]


def code_rows(text: str) -> Iterator[CodeRow]:
    """Return the rows of the sections about errors, in order."""
    parts = list(_ABOUT_ERRORS.finditer(text))
    for part, after_it in zip(parts, [*parts[1:], None], strict=False):
        following = _HEADING.search(text, part.end())
        done = min(following.start() if following else len(text), after_it.start() if after_it else len(text))
        rows = list(_CODE.finditer(text, max(0, part.end() - 1), done))
        last_line = None
        for row, after in zip(rows, [*rows[1:], None], strict=False):
            # Two rows of a table are at most a few lines apart; a number far below belongs to another table.
            if last_line is not None and text.count("\n", last_line, row.start()) > 6:
                break
            last_line = row.start()
            end = min(after.start() if after else done, row.end() + _LONGEST_ROW)
            if after is None:
                end = _end_of_row(text, row.end(), end)
            name = row.lastgroup or "run"
            yield CodeRow(int(row[name]), text[row.end() : end], row.start(name))


def _end_of_row(text: str, start: int, limit: int) -> int:
    """Return the end of the last row: of its line, or of the next one if a mirror broke the line after the code."""
    end = text.find("\n", start, limit)
    if end >= 0 and not text[start:end].strip(" |"):
        end = text.find("\n", end + 1, limit)
    return limit if end < 0 else end

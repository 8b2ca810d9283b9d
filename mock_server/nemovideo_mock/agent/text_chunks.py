"""Longer answers come in pieces, as a model streams them.

The pieces of an answer carry their separators: joined without anything between them they are the answer, one sentence
or remark a line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What is longer than this comes in several pieces; in columns, of which a Chinese character takes two.
WIDTH: Final = 80
#: A sentence comes in so many pieces at most, however long it is.
MOST: Final = 12

# Never behind a full stop that no space follows: a reader may take that for the end of a line.
_PLACES: Final = re.compile(r"[^ ，；、]*(?:[ ，；、]+|$)")
_WIDE: Final = re.compile("[\u3000-\u9fff\uff00-\uff60]")


def split_into_chunks(sentences: Sequence[str], *, more: bool = False) -> list[str]:
    """The sentences in pieces, each of them whole words; `more` says that something follows them."""
    lines = [sentence.strip() for sentence in sentences]
    ends = ["\n"] * len(lines)
    if lines and not more:
        ends[-1] = ""
    return [piece for line, end in zip(lines, ends, strict=True) for piece in _cut(line + end)]


def _cut(line: str) -> list[str]:
    """A line cut between words; nothing is added or lost."""
    most = max(WIDTH, _columns(line) // MOST + 1)
    pieces = [""]
    width = 0
    for part in _PLACES.findall(line):
        columns = _columns(part)
        if width and width + columns > most:
            pieces.append("")
            width = 0
        pieces[-1] += part
        width += columns
    return pieces


def _columns(text: str) -> int:
    return len(text) + len(_WIDE.findall(text))

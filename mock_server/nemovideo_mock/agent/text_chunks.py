"""Split longer answers into chunks, as a model streams them.

The chunks of an answer include their separators: joined without anything between them, they are the answer, with one
sentence or remark per line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A longer line is split into chunks; in columns, of which a Chinese character takes two.
WIDTH: Final = 80
#: The maximum number of chunks for a sentence of any length.
MOST: Final = 12

# Never after a full stop without a space after it: a reader may take it for the end of a line.
_PLACES: Final = re.compile(r"[^ ，；、]*(?:[ ，；、]+|$)")
_WIDE: Final = re.compile("[\u3000-\u9fff\uff00-\uff60]")


def split_into_chunks(sentences: Sequence[str], *, more: bool = False) -> list[str]:
    """Return the sentences in chunks of whole words; `more` means that something follows them."""
    lines = [sentence.strip() for sentence in sentences]
    ends = ["\n"] * len(lines)
    if lines and not more:
        ends[-1] = ""
    return [piece for line, end in zip(lines, ends, strict=True) for piece in _cut(line + end)]


def _cut(line: str) -> list[str]:
    """Return a line cut between words; nothing is added or lost."""
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

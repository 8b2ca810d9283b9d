"""Which of the two languages of this package something is said in."""

from __future__ import annotations

import re
from typing import Final, Literal

Language = Literal["en", "zh"]

#: What a session is told at its creation.
ISO: Final[dict[Language, str]] = {"en": "en", "zh": "zh-CN"}

_IDEOGRAPHS: Final = re.compile(r"[\u3400-\u9fff]")
_WORDS: Final = re.compile(r"[^\W\d_]+")


def language_of(words: str) -> Language | None:
    """Chinese where there is a sign of it, English where there are other letters, None where there is neither."""
    if _IDEOGRAPHS.search(words):
        return "zh"
    return "en" if _WORDS.search(words) else None

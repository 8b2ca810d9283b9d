"""Detect whether a document is in a language whose words the rules know: English or Chinese."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

#: Code has no language, so blocks and inline code are removed.
_CODE: Final = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+", re.DOTALL)
_WORD: Final = re.compile(r"[^\W\d_]+")
_ENGLISH: Final = frozenset(
    (
        "the",
        "and",
        "to",
        "of",
        "is",
        "for",
        "with",
        "or",
        "if",
        "not",
        "when",
        "this",
        "that",
        "then",
        "it",
        "are",
        "by",
    )
)
#: The most common words of languages with Latin letters, without those that are English too.
_OTHERS: Final = frozenset(
    (
        "que", "não", "para", "com", "uma", "os", "da", "dos", "ou", "quando", "em", "é", "sem", "el", "los", "las",
        "una", "por", "con", "sin", "cuando", "y", "der", "die", "das", "und", "nicht", "wenn", "mit", "ist", "für",
        "eine", "le", "les", "des", "est", "pour", "une", "et", "avec", "sans", "pas", "il", "di", "che", "non", "per",
        "della", "jest", "nie", "się", "jeśli", "ve", "bir", "için", "dan", "yang", "untuk", "tidak", "het", "een",
        "niet", "và", "không", "của", "de", "la",
    )
)  # fmt: skip
#: Letters of Japanese, Korean, Russian, Arabic, Hebrew, Greek, Thai and Hindi.
_FOREIGN_LETTER: Final = re.compile(r"[\u3040-\u30ff\uac00-\ud7af\u0370-\u04ff\u0590-\u06ff\u0900-\u097f\u0e00-\u0e7f]")
#: The smallest number of words that shows a language.
_FEWEST: Final = 8


@lru_cache(maxsize=8)
def reads(text: str) -> bool:
    """Return whether the text is English or Chinese, or too short to decide."""
    prose = _CODE.sub(" ", text)
    words = [word.lower() for word in _WORD.findall(prose)]
    letters = sum(map(len, words))
    if len(_FOREIGN_LETTER.findall(prose)) * 5 > max(letters, 1):
        return False
    english = sum(word in _ENGLISH for word in words)
    others = sum(word in _OTHERS for word in words)
    return others < _FEWEST or english >= others

"""Quoted words, which are content and never an instruction: a title 'Download now' asks for no download."""

from __future__ import annotations

import re
from typing import Final

#: What stands in the place of each quoted character, so that positions stay what they are.
MASK: Final = "\ue001"

# A straight or typographic single quote inside a word is an apostrophe, whatever is around the word.
_QUOTED: Final = re.compile(
    r"“[^”]*”|„[^“”]*[“”]|«[^»]*»|‹[^›]*›|「[^」]*」|『[^』]*』|《[^》]*》|〈[^〉]*〉|＂[^＂]*＂"
    r"|\"[^\"]*\"|`[^`]*`"
    r"|(?<![A-Za-z0-9])‘(?:[^‘’]|(?<=[A-Za-z])’(?=[A-Za-z]))*’"
    r"|(?<![A-Za-z0-9])'(?=\S)(?:[^']|(?<=[A-Za-z])'(?=[A-Za-z]))*'(?![A-Za-z0-9])"
)


def find_quoted(words: str) -> list[tuple[int, int]]:
    """Where quoted words begin and end, the marks included."""
    return [found.span() for found in _QUOTED.finditer(words)]


def mask_quoted(words: str) -> str:
    """The words with all that is quoted made unreadable, at the same length."""
    return _QUOTED.sub(lambda found: MASK * len(found[0]), words)

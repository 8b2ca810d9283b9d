"""Text from outside that is safe to print on a terminal.

A terminal obeys control characters: they can write the clipboard, change the title, hide text, or overwrite lines.
Texts of a server, names of files, and documents must not have this power, also not in a log that a user prints later.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_NOT_PLAIN_ASCII: Final = re.compile(r"[^\x20-\x7e\t\n]+")
#: The Unicode categories of control characters, invisible characters and characters that change the direction of text,
#: surrogates, and separators of lines and paragraphs.
_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
#: The joiners U+200C and U+200D, which several scripts and emoji need.
_JOINERS: Final = "\u200c\u200d"


def printable(text: str) -> str:
    r"""Return the text with an escape such as `\u001b` for each unsafe character; `\r\n` becomes `\n`.

    The escapes are those of JSON strings: a JSON document stays valid, and its content stays the same.
    """
    return _NOT_PLAIN_ASCII.sub(_escape_unsafe, text.replace("\r\n", "\n"))


def _escape_unsafe(found: re.Match[str]) -> str:
    return "".join(
        _escape(each) if unicodedata.category(each) in _UNSAFE and each not in _JOINERS else each for each in found[0]
    )


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))

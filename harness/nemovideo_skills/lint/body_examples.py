"""Read the keys of a JSON object in a document, even if it is not valid JSON.

It accepts placeholders without quotes, dots for omitted parts, and lost quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r'"(?P<double>(?:\\.|[^"\\\n])*)"|\'(?P<single>(?:\\.|[^\'\\\n])*)\'|(?P<mark>[{}\[\]:,])'
    r"|(?P<hole>\$\{[^{}\n]*\}|<[^<>\n]*>)|(?P<bare>[^\s{}\[\]:,\"'<>]+)|(?P<space>\s+)|(?P<other>.)",
    re.DOTALL,
)
#: The largest object that is read, in characters.
_LONGEST: Final = 4000


@dataclass(frozen=True, slots=True)
class Field:
    """A key: the keys around it, its name, its value if that is a string or a word, and its offset."""

    path: tuple[str, ...]
    name: str
    value: str | None
    offset: int
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class BodyExample:
    """The fields of an object; `is_open` is true if dots show that fields are omitted; `end` is the offset after it."""

    fields: tuple[Field, ...]
    is_open: bool
    offset: int
    end: int

    def names(self, *path: str) -> set[str]:
        """Return the names of the fields at a path."""
        return {each.name for each in self.fields if each.path == path}


def body_at(text: str, offset: int) -> BodyExample | None:
    """Return the object that begins with the brace at this offset, or None if it has no end."""
    limit = min(len(text), offset + _LONGEST)
    stack: list[tuple[str, str]] = []  # the kind of bracket, and the key whose value it is
    fields: list[Field] = []
    word: tuple[str, int] | None = None
    awaits_value = False
    is_open = False
    for kind, value, at in _tokens(text, offset, limit):
        if kind == "mark" and value in "{[":
            # An element of a list belongs to the key of the list.
            name = fields[-1].name if awaits_value and fields else stack[-1][1] if stack else ""
            stack.append((value, name))
            word, awaits_value = None, False
        elif kind == "mark" and value in "}]":
            if stack:
                stack.pop()
            word, awaits_value = None, False
            if not stack:
                return BodyExample(tuple(fields), is_open, offset, at + 1)
        elif value == ":" and kind == "mark":
            if word is not None and stack and stack[-1][0] == "{" and not awaits_value:
                path = tuple(name for bracket, name in stack if bracket == "{" and name)
                fields.append(Field(path, word[0], None, word[1]))
                awaits_value = True
            word = None
        elif value == "," and kind == "mark":
            word, awaits_value = None, False
        elif kind in {"word", "string"}:
            is_open = is_open or value in {"...", "…"}
            if awaits_value and fields[-1].value is None:
                last = fields[-1]
                fields[-1] = Field(last.path, last.name, value, last.offset, kind == "string")
            elif not awaits_value:
                word = (value, at)
    return None


def _tokens(text: str, offset: int, limit: int) -> Iterator[tuple[str, str, int]]:
    for found in _TOKEN.finditer(text, offset, limit):
        kind = found.lastgroup
        if kind == "mark":
            yield "mark", found[0], found.start()
        elif kind in {"double", "single"}:
            yield "string", str(found[kind]), found.start() + 1
        elif kind in {"bare", "hole"}:
            yield "word", found[0], found.start()

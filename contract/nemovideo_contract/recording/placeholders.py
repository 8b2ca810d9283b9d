"""Names for values that differ from run to run: where a value came from, or what form it has.

A value that was seen before is called by where it was seen first, so that it stays the same one throughout; any other
is called by its form. So a session id is `19 digits` when it is given, and `session_id of “a session”` ever after,
whatever digits it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from nemovideo_contract.openapi import Json
from nemovideo_contract.redaction import NUMBERED_MARK
from nemovideo_contract.wire import FileType, file_type_of

#: A path to a value in a JSON body.
Place = tuple[str | int, ...]

#: Characters from which on a string with a digit and without spaces is taken for something that a server made.
_LEAST: Final = 8
#: Characters from which on what follows a prefix is an id; what is shorter may be a version (`seedance_2`).
_LEAST_ID: Final = 6
#: A word in a message, without the sentence's own signs.
_IN_MESSAGE: Final = re.compile(r"[^\s,;.]+(?:[.:][^\s,;.]+)*")
#: Hex digits may all be letters by chance.
_PREFIXED: Final = re.compile(r"(?P<prefix>[A-Za-z]+(?:_[A-Za-z]+)*_)(?:(?=[^_]*\d)[0-9A-Za-z-]+|[a-f]{8,})")
_FORMS: Final = (
    (re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE), "a UUID"),
    (re.compile(r"[a-z]{1,5}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "a UUID with a prefix"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)"), "a time"),
    (re.compile(r"[0-9a-f]{32,}"), "hex digits"),
)


def is_made(value: str) -> bool:
    """Whether a string looks as if a server had made it: an id, a hash, a token's mark or an address."""
    if NUMBERED_MARK.search(value) or value.startswith(("http://", "https://")):
        return True
    if len(value) < _LEAST or " " in value:
        return False
    return any(each.isdigit() for each in value) or _PREFIXED.fullmatch(value) is not None


def form_of(value: str) -> str:
    """What kind of string it is, in words that are the same for all of a kind."""
    if not value:
        return "empty text"
    if (mark := NUMBERED_MARK.fullmatch(value)) is not None:
        return mark[0].rpartition(":")[0].replace("<", "a ").strip() + " (redacted)"
    if value.startswith(("http://", "https://")):
        return _form_of_address(value)
    if value.isascii() and value.isdigit():
        return "1 digit" if len(value) == 1 else f"{len(value)} digits"
    for pattern, words in _FORMS:
        if pattern.fullmatch(value):
            return f"{len(value)} {words}" if words == "hex digits" else words
    if (prefixed := _PREFIXED.fullmatch(value)) is not None:
        return f"an id that begins with {prefixed['prefix']}"
    return "text"


def _form_of_address(value: str) -> str:
    try:
        parts = urlsplit(value)
    except ValueError:
        return "text"
    kind = file_type_of(parts.path)
    file = "" if kind is None else f" of {'an' if kind is not FileType.VIDEO else 'a'} {kind.value} file"
    return f"an address{file}" + (", with a query" if parts.query else "")


def word_of(value: str) -> str:
    """A word of the API as it is; an id, which a server may put in its place, by its form."""
    prefixed = _PREFIXED.fullmatch(value)
    is_word = not is_made(value) or (prefixed is not None and len(value) - prefixed.end("prefix") < _LEAST_ID)
    form = "text" if is_word else form_of(value)
    return value if form == "text" else form


def without_ids(message: str) -> str:
    """A message with each id in it by its form."""
    return _IN_MESSAGE.sub(lambda found: word_of(found[0]), message)


class PlaceholderNames:
    """What was seen so far of one run's values."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._sent: dict[str, str] = {}

    def sent(self, body: Json) -> None:
        """Take in what a caller sent: its own ids and names."""
        for place, value in strings(body):
            self._sent.setdefault(value, key_of(place))

    def given(self, step: str, body: Json) -> None:
        """Take in what a server answered in a step."""
        for place, value in strings(body):
            if is_made(value):
                self._given.setdefault(value, f"{key_of(place)} of “{step}”")

    def of(self, value: str) -> str:
        """What a string is called."""
        known = self._given.get(value)
        if known is None and value in self._sent and len(value) > 2:
            known = f"{self._sent[value]} as it was sent"
        return known or form_of(value)


def strings(node: Json, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Every string in a value, with its place."""
    for where, each in nodes(node, place):
        if isinstance(each, str):
            yield where, each


def nodes(node: Json, place: Place = ()) -> Iterator[tuple[Place, Json]]:
    """Every value in a value, itself first, with its place."""
    yield place, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from nodes(value, (*place, key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from nodes(value, (*place, number))


def at(node: Json, place: Place) -> Json:
    """What stands at a place.

    Raises:
        LookupError: nothing does.
    """
    for key in place:
        if isinstance(node, dict) and isinstance(key, str):
            node = node[key]
            continue
        if isinstance(node, list) and isinstance(key, int):
            node = node[key]
            continue
        raise LookupError(f"there is no {key}")
    return node


def key_of(place: Place) -> str:
    """The last name on the way to a place."""
    return next((key for key in reversed(place) if isinstance(key, str)), "the body")

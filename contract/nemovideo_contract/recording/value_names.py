"""Names for values that differ from run to run: where a value came from, or what form it has.

The first time that a value occurs, its name is its form: a new session id is `19 digits`. Later its name is the place
where it first occurred: `session_id of “a session”`. Both are the same in each run, whatever the digits are.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from nemovideo_contract.openapi import Json
from nemovideo_contract.recording.json_places import key_of, strings
from nemovideo_contract.redaction import NUMBERED_MARK
from nemovideo_contract.wire import FileType, file_type_of

#: A string with a digit, without spaces and with at least so many characters counts as made by a server.
_LEAST: Final = 8
#: What follows a prefix is an id if it has at least so many characters; shorter, it may be a version (`seedance_2`).
_LEAST_ID: Final = 6
#: A word in a message, without punctuation.
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
    """Return whether a string looks made by a server: an id, a hash, the mark of a token, or an address."""
    if NUMBERED_MARK.search(value) or value.startswith(("http://", "https://")):
        return True
    if len(value) < _LEAST or " " in value:
        return False
    return any(each.isdigit() for each in value) or _PREFIXED.fullmatch(value) is not None


def form_of(value: str) -> str:
    """Return the kind of a string, in words that are the same for all strings of that kind."""
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
    """Return the value itself if it is a word of the API, or its form if it is an id that a server put there."""
    prefixed = _PREFIXED.fullmatch(value)
    is_word = not is_made(value) or (prefixed is not None and len(value) - prefixed.end("prefix") < _LEAST_ID)
    form = "text" if is_word else form_of(value)
    return value if form == "text" else form


def without_ids(message: str) -> str:
    """Return a message with each id replaced by its form."""
    return _IN_MESSAGE.sub(lambda found: word_of(found[0]), message)


class PlaceholderNames:
    """The values of one run so far, with their names."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._sent: dict[str, str] = {}

    def sent(self, body: Json) -> None:
        """Note what a caller sent: its own ids and names."""
        for place, value in strings(body):
            self._sent.setdefault(value, key_of(place))

    def given(self, step: str, body: Json) -> None:
        """Note what a server answered in a step."""
        for place, value in strings(body):
            if is_made(value):
                self._given.setdefault(value, f"{key_of(place)} of “{step}”")

    def of(self, value: str) -> str:
        """Return the name of a string."""
        known = self._given.get(value)
        if known is None and value in self._sent and len(value) > 2:
            known = f"{self._sent[value]} as it was sent"
        return known or form_of(value)

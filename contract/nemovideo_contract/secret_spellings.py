"""The ways to spell a secret: escapes, disguises, base64 and hex.

A token can hide in `%6Emv_usr_`, in `\\u006emv_usr_`, in `&#110;mv_usr_`, in full-width letters, between characters
without width, in base64 and in hex. Escapes can have several layers, as in JSON quoted inside other JSON, in a query.
`readings` undoes them layer by layer. `redaction` searches each reading.
"""

from __future__ import annotations

import base64
import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from html.entities import html5
from typing import Final

PERCENT: Final = re.compile(r"%([0-9a-fA-F]{2})")
#: A surrogate pair, one code unit, a byte, or an escaped sign. Escapes such as `\\n` stay: no secret contains one.
BACKSLASH: Final = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\"'\\/]))"
)
#: A character without width, also if its UTF-8 was read as Latin-1, as in headers and after percent-encoding.
_NO_WIDTH: Final = (
    "(?:[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]"
    "|\u00e2\u0080[\u008b-\u008f\u00aa-\u00ae]|\u00e2\u0081[\u00a0-\u00a4]|\u00ef\u00bb\u00bf|\u00c2\u00ad)"
)
#: A full-width letter, digit or sign that a token may have, with the same two ways to read it.
_FULL_WIDTH: Final = (
    "(?:([\uff0b\uff0d-\uff19\uff1d\uff21-\uff3a\uff3f\uff41-\uff5a\uff5e])"
    "|\u00ef\u00bc([\u008b\u008d-\u0099\u009d\u00a1-\u00ba\u00bf])|\u00ef\u00bd([\u0081-\u009a\u009e]))"
)
_ODD: Final = re.compile(f"{_NO_WIDTH}|{_FULL_WIDTH}")
#: The names of ASCII characters in HTML, such as `lowbar`.
_ENTITIES: Final = {
    name[:-1]: text for name, text in html5.items() if name[-1] == ";" and len(text) == 1 and text.isascii()
}
#: A disguise of a character: an entity of HTML, a full-width form, or characters without width before it.
DISGUISE: Final = re.compile(
    rf"&#(?:(\d{{1,9}})|[xX]([0-9a-fA-F]{{1,8}}));?|&({'|'.join(_ENTITIES)});|{_NO_WIDTH}*+{_FULL_WIDTH}|{_NO_WIDTH}++(.)?",
    re.DOTALL | re.ASCII,
)
#: An escape at the end of the text that the next text may complete.
UNFINISHED: Final = re.compile(r"(?:%[0-9a-fA-F]?|\\(?:u[0-9a-fA-F]{0,3}|x[0-9a-fA-F]?)?)\Z")
#: An honest text has fewer readings.
MAX_READINGS: Final = 16


class TooManyReadingsError(ValueError):
    """A text has too many layers of escapes to be searched. Show nothing of it."""


@dataclass(slots=True, eq=False)
class Reading:
    """One way to read a text; a reading without a `parent` is the text itself.

    `at[i]` is the position of the i-th undone escape in this reading; `starts[i]` and `ends[i]` are its positions in
    the parent.
    """

    text: str
    parent: Reading | None = None
    at: list[int] = field(default_factory=list[int])
    starts: list[int] = field(default_factory=list[int])
    ends: list[int] = field(default_factory=list[int])

    def spelled(self, start: int, end: int) -> tuple[int, int]:
        """Return the range in the original text of the characters from `start` up to `end` of this reading."""
        reading = self
        while reading.parent is not None:
            start, end = reading._outer(start)[0], (reading._outer(end - 1)[1] if end else 0)
            reading = reading.parent
        return start, end

    def _outer(self, index: int) -> tuple[int, int]:
        nearest = bisect_right(self.at, index) - 1
        if nearest < 0:
            return index, index + 1
        if self.at[nearest] == index:
            return self.starts[nearest], self.ends[nearest]
        start = self.ends[nearest] + index - self.at[nearest] - 1
        return start, start + 1


def readings(text: str) -> list[Reading]:
    """Return all readings of a text, the text itself first.

    The others have one layer of percent-encoding, backslashes or disguises undone, then two, until nothing changes.

    Raises:
        TooManyReadingsError: there are more than `MAX_READINGS`.
    """
    found = [Reading(text)]
    seen = {text}
    for reading in found:  # grows as it goes
        text = reading.text
        for pattern, is_possible in (
            (PERCENT, "%" in text),
            (BACKSLASH, "\\" in text),
            (DISGUISE, "&" in text or not text.isascii()),
        ):
            if not is_possible:
                continue
            undone = _undo(reading, pattern)
            if undone.text in seen:
                continue
            if len(found) == MAX_READINGS:
                raise TooManyReadingsError(f"escaped in more than {MAX_READINGS} ways")
            seen.add(undone.text)
            found.append(undone)
    return found


def _undo(reading: Reading, pattern: re.Pattern[str]) -> Reading:
    text = reading.text
    undone = Reading("", reading)
    pieces: list[str] = []
    done = length = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        pieces.append(text[done:start])
        pieces.append(_character(match))
        length += start - done
        undone.at.append(length)
        undone.starts.append(start)
        undone.ends.append(end)
        length += 1
        done = end
    pieces.append(text[done:])
    undone.text = "".join(pieces)
    return undone


def _character(match: re.Match[str]) -> str:
    if match.re is PERCENT:
        return chr(int(match[1], 16))
    if match.re is DISGUISE:
        return _undisguised(match)
    high, low, unit, byte, sign = match.groups()
    if high is not None:
        return chr(0x10000 + ((int(high, 16) & 0x3FF) << 10) + (int(low, 16) & 0x3FF))
    return sign if sign is not None else chr(int(unit or byte, 16))


def is_disguised(text: str) -> bool:
    """Return whether a text may have what `DISGUISE` undoes.

    It may be True for a text without a disguise, but never False for a text with one.
    """
    return ("&" in text and (";" in text or "&#" in text)) or (not text.isascii() and _ODD.search(text) is not None)


def _undisguised(match: re.Match[str]) -> str:
    decimal, hexadecimal, name, wide, upper, lower, hidden = match.groups()
    if decimal or hexadecimal:
        code = int(decimal) if decimal else int(hexadecimal, 16)
        return chr(code) if code < 0x110000 else "\ufffd"
    if name:
        return _ENTITIES[name]
    if wide:
        return chr(ord(wide) - 0xFEE0)
    if upper or lower:
        return chr(ord(upper) - 0x60) if upper else chr(ord(lower) - 0x20)
    return hidden or match[0][0]


#: A word that may be base64, in either alphabet, or hex.
_ENCODED: Final = re.compile(r"[A-Za-z0-9+/_-]{6,}")
_STANDARD: Final = str.maketrans("-_", "+/")
_HEX: Final = re.compile(r"[0-9a-fA-F]{2,}")


def encoded_forms(secret: str) -> set[str]:
    """Return the forms that a secret can take in base64 and in hex.

    If a text contains the secret, then its base64 and its hex each contain at least one of these forms.
    """
    data = secret.encode("utf-8", "surrogatepass")
    forms = {data.hex(), data.hex().upper()}
    for before in range(3):  # bytes before the secret in the first group of three
        plain = base64.b64encode(b"\0" * before + data).decode("ascii").rstrip("=")
        # The first and the last character may also have bits of the neighbours.
        whole = plain[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
        forms |= {whole, whole.replace("+", "-").replace("/", "_")}
    return forms


def find_encoded(text: str, find: Callable[[str], Iterable[Span]], forms: Collection[str]) -> Iterator[Span]:
    """Decode the base64 and hex words of a text, and yield the secrets that `find` finds in them.

    Only words that contain one of `forms`, which come from `encoded_forms`, are decoded.
    """
    if not any(form in text for form in forms):
        return
    for word in _ENCODED.finditer(text):
        if not any(form in word[0] for form in forms):
            continue
        for run in _HEX.finditer(word[0]):
            for start in (0, 1):
                digits = run[0][start : len(run[0]) - (len(run[0]) - start) % 2]
                for span in find(bytes.fromhex(digits).decode("latin-1")):
                    begin = word.start() + run.start() + start
                    yield Span(begin + 2 * span.start, begin + 2 * span.end, span.value, span.kind)
        for start in range(4):  # where the first group of four begins; what is before the secret may be no base64
            letters = word[0][start:].translate(_STANDARD)
            letters = letters[: len(letters) - (len(letters) % 4 == 1)]
            data = base64.b64decode(letters + "=" * (-len(letters) % 4))
            for span in find(data.decode("latin-1")):
                begin = word.start() + start
                yield Span(begin + span.start * 8 // 6, begin - (-span.end * 8 // 6), span.value, span.kind)


@dataclass(frozen=True, slots=True)
class Span:
    """A secret from `start` up to `end` of a text.

    `value` is the secret without escapes; None if only a part of it is known. `kind` is the kind of secret, if the
    finder says it.
    """

    start: int
    end: int
    value: str | None
    kind: str = ""

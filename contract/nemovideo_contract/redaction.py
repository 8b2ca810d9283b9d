"""What is secret, how it may be spelled, and what is shown in its place.

This is the vocabulary of all redaction: of the fake's journal, of recordings, of the suite's findings and of the
client's errors. It knows the names that mark a value as a secret, the tokens of the service, and the marks. It also
undoes escapes: a token can hide in `%6Emv_usr_`, in `\\u006emv_usr_`, and in JSON that is a string in JSON in a query.
It also finds a token in `&#110;mv_usr_`, in full-width letters, between characters without width, in base64, in hex.

Three marks can replace a secret. Before each stands the public prefix of a token, if the secret has one.

- `*1a2b3c4d` in a journal: eight hex digits of a keyed hash. The journal keeps no table of secrets.
- `<token:1>` in a recording: the kind and a number. The same recording always has the same marks.
- `***` in an error or a finding: readers need not tell secrets apart.
"""

from __future__ import annotations

import base64
import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from html.entities import html5
from typing import Final
from urllib.parse import unquote

from nemovideo_contract import wire

# --- names ------------------------------------------------------------------------------------------------------------

#: The last words of the name of a secret, in a query, a form, a JSON object or a header: in any case, joined by `-`,
#: `_` or nothing.
SECRET_WORDS: Final = (
    "token", "api key", "access key", "secret key", "private key", "session key", "signing key", "client key",
    "auth key", "secret", "password", "passwd", "passphrase", "pwd", "jwt", "sig", "signature", "credential",
    "credentials", "auth", "authorization", "authentication", "bearer", "cookie",
)  # fmt: skip
#: Words that may be before such a word without `-`, `_` or a capital letter between them (`accesstoken`).
SECRET_QUALIFIERS: Final = (
    "nemo", "access", "claim", "refresh", "id", "auth", "bearer", "session", "security", "csrf", "xsrf", "user",
    "client", "device", "anonymous", "api", "app", "aws", "x", "x amz", "x api", "x auth", "x access", "x client",
)  # fmt: skip
#: First words of names that count or limit tokens (`max_token`): they hold no secret.
COUNT_WORDS: Final = ("max", "min", "total", "num", "prompt", "completion", "thoughts", "candidates", "cached")


def _any_of(words: Iterable[str]) -> str:
    """Return the words as an expression, the longest first."""
    return "|".join(word.replace(" ", "[-_]?") for word in sorted(words, key=len, reverse=True))


_ANY_CASE: Final = re.IGNORECASE | re.ASCII
_JOINT: Final = "(?:[-_]|(?-i:(?<=[a-z0-9])(?=[A-Z])))"
_WORD: Final = rf"(?:(?:{_any_of(SECRET_QUALIFIERS)})[-_]?)?(?:{_any_of(SECRET_WORDS)})"
#: The name of a secret, as an expression for any case. A name begins where no letter, digit, `-` or `_` is before it.
NAME: Final = rf"(?<![A-Za-z0-9_-])(?!(?:{_any_of(COUNT_WORDS)}){_JOINT})(?:[A-Za-z0-9_-]*{_JOINT})?{_WORD}"
_SECRET_NAME: Final = re.compile(rf"(?:.*[^A-Za-z0-9_-])?{NAME}", _ANY_CASE | re.DOTALL)
#: The ends of the names of all secrets, as a quick test.
NAME_ENDS: Final = tuple(sorted({word.rpartition(" ")[2] for word in SECRET_WORDS}))
#: Schemes of the `Authorization` header.
SCHEMES: Final = frozenset({"bearer", "basic", "digest", "token", "apikey", "negotiate"})


def is_secret_name(name: str) -> bool:
    """Return whether a parameter, a member or a header of this name holds a secret."""
    return name.lower().endswith(NAME_ENDS) and _SECRET_NAME.fullmatch(name) is not None


def is_plural_of_secret(name: str) -> bool:
    """Return whether the name is the plural of a secret's name (`tokens`). A number under it is a count."""
    return name.lower().endswith("s") and is_secret_name(name[:-1])


# --- tokens and marks -------------------------------------------------------------------------------------------------

#: The public prefixes of the service's tokens.
PREFIXES: Final = (wire.TOKEN_PREFIX, wire.CLAIM_TOKEN_PREFIX)
_PREFIX: Final = "|".join(PREFIXES)
TOKEN: Final = re.compile(rf"(?:{_PREFIX})[A-Za-z0-9_-]+")
#: The mark of a recording, with its kind and its number.
NUMBERED_MARK: Final = re.compile(rf"(?:{_PREFIX})?<(?:token|client-id|email|query|secret):\d+>")
#: Any mark.
MARK: Final = re.compile(rf"(?:{_PREFIX})?(?:\*(?:[0-9a-f]{{8}}|\*\*)?|<(?:token|client-id|email|query|secret):\d+>)")
#: A shorter secret can be an ordinary word: it is hidden only in places that are known to hold a secret.
SEARCHED_LENGTH: Final = 8
#: What an error or a finding shows in the place of a secret.
HIDDEN: Final = "***"

#: The API's own words are not secrets, even if a caller sends one of them as its token.
PUBLIC_WORDS: Final = frozenset(
    {
        wire.AGENT,
        wire.EVENT_STREAM,
        wire.TOOL_GENERATE,
        wire.TOOL_EDIT,
        "application/json",
        "multipart/form-data",
        "model",
        "user",
        *wire.Path,
        *wire.EventType,
        *wire.RenderStatus,
        *wire.ATTRIBUTION_HEADERS,
        *wire.SKILL_PLATFORMS,
    }
)


def public_prefix(secret: str) -> str:
    """Return the public prefix of a token; empty if it has none."""
    return next((prefix for prefix in PREFIXES if secret.startswith(prefix)), "")


def is_test_token(secret: str) -> bool:
    """Return whether this is a test token of the fake, which recordings and findings show."""
    return secret.startswith(wire.TEST_TOKEN_PREFIX)


# --- spellings --------------------------------------------------------------------------------------------------------

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
#: An entity of HTML, or a character that looks like another or hides before it.
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
        """Return the range of the text that spells the characters from `start` up to `end` of this reading."""
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
    """Return whether a text has what `DISGUISE` undoes. False is always right."""
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


# --- base64 and hex ---------------------------------------------------------------------------------------------------

#: A word that may be base64, in either alphabet, or hex.
_ENCODED: Final = re.compile(r"[A-Za-z0-9+/_-]{6,}")
_STANDARD: Final = str.maketrans("-_", "+/")
_HEX: Final = re.compile(r"[0-9a-fA-F]{2,}")


def encoded_forms(secret: str) -> set[str]:
    """Return texts of which one is in every base64 and every hex of a text that contains the secret."""
    data = secret.encode("utf-8", "surrogatepass")
    forms = {data.hex(), data.hex().upper()}
    for before in range(3):  # bytes before the secret in the first group of three
        plain = base64.b64encode(b"\0" * before + data).decode("ascii").rstrip("=")
        # The first and the last character may also have bits of the neighbours.
        whole = plain[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
        forms |= {whole, whole.replace("+", "-").replace("/", "_")}
    return forms


#: The forms of the tokens that are known by their prefix.
ENCODED_PREFIXES: Final = tuple(sorted({form for prefix in PREFIXES for form in encoded_forms(prefix)}))


def _find_encoded(text: str, find: Callable[[str], Iterable[Span]], forms: Collection[str]) -> Iterator[Span]:
    """Yield the secrets in the words of a text that are base64 or hex and contain one of these `encoded_forms`."""
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


def find_spans(
    text: str, find: Callable[[str], Iterable[Span]], forms: Collection[str] = ENCODED_PREFIXES
) -> list[Span]:
    """Return the secrets that `find` finds in any reading of a text, in order, without overlaps.

    Words in base64 or hex are searched too, if they contain one of the `encoded_forms` of the secrets. A text with too
    many readings is one span without a value.
    """
    found: list[Span] = []
    try:
        for reading in readings(text):
            for span in (*find(reading.text), *_find_encoded(reading.text, find, forms)):
                start, end = (span.start, span.end) if reading.parent is None else reading.spelled(span.start, span.end)
                found.append(Span(start, end, span.value, span.kind))
    except TooManyReadingsError:
        return [Span(0, len(text), None)]
    return _join_overlaps(found)


def _join_overlaps(found: list[Span]) -> list[Span]:
    """Return the spans in order. Spans that overlap become one, which has the value of the longest of them."""
    found.sort(key=lambda span: (span.start, -span.end))
    joined: list[Span] = []
    longest = 0
    for span in found:
        if not joined or span.start >= joined[-1].end:
            joined.append(span)
            longest = span.end - span.start
            continue
        last = joined[-1]
        length = span.end - span.start
        # If two have the same length, the one that is a token says more.
        is_token = span.value is not None and TOKEN.fullmatch(span.value) is not None
        best = span if length > longest or (length == longest and is_token) else last
        longest = max(longest, length)
        joined[-1] = Span(last.start, max(last.end, span.end), best.value, best.kind)
    return joined


def strike_out(text: str, *secrets: str | None, test_tokens: bool = True, other_tokens: bool = True) -> str:
    """Return the text with `***` for these secrets and for every token, also if they are percent-encoded or escaped.

    A token keeps its public prefix. A secret of less than eight characters is struck out only as a whole word.
    `test_tokens` says whether test tokens are struck out too, `other_tokens` whether tokens that are not given are.
    """
    searched = [
        re.compile(re.escape(each) if len(each) >= SEARCHED_LENGTH else rf"(?<![\w-]){re.escape(each)}(?![\w-])")
        for each in {each for each in secrets if each}
    ] + ([TOKEN] if other_tokens else [])

    def find(reading: str) -> Iterable[Span]:
        for pattern in searched:
            for found in pattern.finditer(reading):
                if test_tokens or not is_test_token(found[0]):
                    yield Span(*found.span(), found[0])

    struck, end = "", 0
    for span in find_spans(text, find):
        struck += text[end : span.start] + public_prefix(span.value or "") + HIDDEN
        end = span.end
    return struck + text[end:]


#: Layers of escapes that `plain` undoes.
_LAYERS: Final = 6
# A run of backslashes is read once, from its first one, and not again from each of the others.
_UNIT: Final = re.compile(r"(?<!\\)\\+u([0-9a-fA-F]{4})")
_SLASH: Final = re.compile(r"(?<!\\)\\+/")


def plain(text: str) -> str:
    """Return the text without its JSON escapes and percent-encodings, also if it was encoded several times."""
    for _ in range(_LAYERS):
        read = _UNIT.sub(lambda found: chr(int(found[1], 16)), text)
        read = unquote(_SLASH.sub("/", read))
        if read == text:
            break
        text = read
    return text

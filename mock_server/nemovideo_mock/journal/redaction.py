"""Redaction of the journal: marks replace secrets.

The journal searches every text for two kinds of secrets. It knows *patterned* tokens (`nmv_usr_…`, `clm_…`) by their
form and keeps none of them. It cannot know *unusual* credentials by their form. So it remembers the newest credentials
that requests carried, in memory only.

A mark is `*` and eight hex digits of a keyed hash, after the public prefix of a token. The same token has the same
mark, so a reader sees which calls used the same one. 32 bits of a hash do not reveal a random token.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from typing import Final, Literal
from urllib.parse import unquote_plus

from nemovideo_contract import wire
from nemovideo_contract.redaction import (
    ENCODED_PREFIXES,
    MARK,
    NAME,
    PREFIXES,
    PUBLIC_WORDS,
    SCHEMES,
    SEARCHED_LENGTH,
    SECRET_WORDS,
    TOKEN,
    find_spans,
    is_secret_name,
    public_prefix,
)
from nemovideo_contract.secret_spellings import (
    UNFINISHED,
    Span,
    TooManyReadingsError,
    encoded_forms,
    is_disguised,
    readings,
)

Headers = Iterable[tuple[bytes, bytes]]
Role = Literal["authorization", "cookie", "set-cookie", "key"]

_VALUE = r"[^&\s\"'<>#\\]"
_ANY_CASE: Final = re.IGNORECASE | re.ASCII
NAMED: Final = re.compile(rf"{NAME}=({_VALUE}+)", _ANY_CASE)
MEMBER: Final = re.compile(
    rf'{NAME}"\s*:\s*"(?:(?:{"|".join(sorted(SCHEMES))})\s+)?([^"\\]*(?:\\.[^"\\]*)*)',
    _ANY_CASE | re.DOTALL,
)
#: The credential after `Bearer`. A shorter word is prose.
BEARER: Final = re.compile(r"\bbearer\s+([A-Za-z0-9._~+/*=-]{8,})", _ANY_CASE)
#: A password in a URL, or a user without a password.
USER: Final = re.compile(r"://(?:[^/?#:@\s\"'<>\\]*:)?([^/?#\s\"'<>\\]+)@")
#: The ends of the names of headers that carry a secret, without `-` and `_`. The value of a header of the first kind
#: begins with a scheme, such as `Bearer`.
SCHEME_HEADER_ENDS: Final = (b"authorization", b"authentication")
HEADER_ENDS: Final = (b"tokens", *(word.replace(" ", "").encode("ascii") for word in SECRET_WORDS))
#: Every text in which `NAMED`, `MEMBER`, `BEARER` or `USER` finds a secret contains one of these, in small letters.
#: Each text is searched for all of them: so they are few, and none is usual in a stream.
HINTS: Final = ("token", "secret", "pass", "pwd", "jwt", "sig", "credential", "bearer", "cookie", 'key"', "key=", "@")
#: Nearly every record contains `auth` (`author`), so longer hints are needed.
AUTH_HINTS: Final = ("authori", "authen", 'auth"', "auth=")
#: The beginnings of a token and of a named value. A token or a value is open if it reaches the end of the text, because
#: the next text may continue it. `find_open` searches the characters of a token or of a value at the end of a text.
OPEN_TOKEN: Final = re.compile("|".join(PREFIXES))
OPEN_NAMED: Final = re.compile(rf"{NAME}=", _ANY_CASE)
TOKEN_END: Final = re.compile(r"[A-Za-z0-9_-]*")
VALUE_END: Final = re.compile(rf"{_VALUE}*", re.ASCII)
#: Beginnings of a prefix, and of a name with its `=`; the longer ones first.
BEGINNINGS: Final = tuple(
    word[:length] for word in (*PREFIXES, "nemo_token=", "token=") for length in range(len(word), 0, -1)
)
BEGUN: Final = re.compile("(?:" + "|".join(BEGINNINGS) + r")\Z")
LAST_CHARACTERS: Final = frozenset(word[-1] for word in BEGINNINGS)

#: The least number of characters at the end of a text that count as the beginning of an unusual credential.
TELLING_LENGTH: Final = 4
#: The least number of characters after the prefix that an unfinished token must have to get a mark with a hash.
#: A hash of fewer characters could be guessed.
SAFE_LENGTH: Final = 16
#: Limits of the unusual credentials in memory: their number, and the sum of their characters. The oldest go first.
REMEMBERED: Final = 64
REMEMBERED_CHARACTERS: Final = 1 << 18

#: The mark of a text that cannot be searched.
WITHHELD: Final = "*"

_PUBLIC_TEXT = "\n".join(sorted(PUBLIC_WORDS))

#: The headers of nearly every message. None of them carries a credential.
USUAL_HEADERS: Final = frozenset(
    {
        b"host",
        b"accept",
        b"accept-encoding",
        b"connection",
        b"user-agent",
        b"content-type",
        b"content-length",
        b"date",
        b"server",
        b"x-client-id",
        *(name.lower().encode("ascii") for name in wire.ATTRIBUTION_HEADERS),
    }
)
#: Attributes of a `Set-Cookie` header; they are not cookies.
COOKIE_ATTRIBUTES: Final = frozenset(
    {"path", "domain", "expires", "max-age", "samesite", "priority", "secure", "httponly", "partitioned"}
)


class Secrets:
    """Finds secrets and replaces them with marks. `seed` is the key of the hash in the marks."""

    def __init__(self, seed: str) -> None:
        self._key = hashlib.sha256(b"journal\x1f" + seed.encode("utf-8", "surrogatepass")).digest()
        self._remembered: dict[str, str] = {}
        #: The `encoded_forms` of the tokens and of what is remembered.
        self._forms = ENCODED_PREFIXES
        self._characters = 0
        #: Increases with each credential that is remembered. Texts of an older revision must be searched again.
        self.revision = 0

    def __repr__(self) -> str:
        return f"<Secrets revision={self.revision}>"

    # --- marks --------------------------------------------------------------------------------------------------------

    def mark(self, value: str) -> str:
        """Return the mark of a secret: its public prefix, `*` and eight hex digits."""
        remembered = self._remembered.get(value)
        if remembered is not None:
            return remembered
        digest = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=4, key=self._key).hexdigest()
        return f"{public_prefix(value)}*{digest}"

    def learn(self, value: str) -> str:
        """Remember a credential that a request carried, unless it is known by its form. Return its mark.

        `value` is decoded as Latin-1, like a header. If it is UTF-8, texts are searched for both decodings.
        """
        mark = self.mark(value)
        if TOKEN.fullmatch(value) or len(value) < SEARCHED_LENGTH or value in _PUBLIC_TEXT or MARK.fullmatch(value):
            return mark
        if value not in self._remembered:
            for form in {value, _as_utf8(value)}:
                self._remembered[form] = mark
                self._characters += len(form)
            self.revision += 1
            while len(self._remembered) > REMEMBERED or self._characters > REMEMBERED_CHARACTERS:
                oldest = next(iter(self._remembered))
                del self._remembered[oldest]
                self._characters -= len(oldest)
            self._forms = (*ENCODED_PREFIXES, *{form for each in self._remembered for form in encoded_forms(each)})
        return mark

    # --- texts --------------------------------------------------------------------------------------------------------

    def text(self, text: str) -> str:
        """Return the text with marks for its secrets; the same object if it has none."""
        return self._redact(text, open_end=False) if self.suspects(text) else text

    def beginning(self, text: str) -> str:
        """Redact a text that was cut off: also a secret of which the text has only the beginning, at its end."""
        return self._redact(text, open_end=True)

    def data(self, data: bytes, *, cut: bool = False) -> bytes:
        """Redact UTF-8 bytes; if they were `cut` off, also a secret of which they have only the beginning."""
        if cut or self.suspects_bytes(data):
            text = data.decode("utf-8", "replace")
            redacted = self._redact(text, open_end=cut)
            return data if redacted is text else redacted.encode("utf-8", "surrogatepass")
        return data

    def suspects(self, text: str) -> bool:
        """Return whether the text may contain a secret.

        It may be True for a text without one, never False for a text with one.
        """
        return (
            wire.TOKEN_PREFIX in text
            or wire.CLAIM_TOKEN_PREFIX in text
            or "%" in text
            or "\\" in text
            or _may_hold_secret(text)
            or is_disguised(text)
            or any(form in text for form in self._forms)
            or any(secret in text for secret in self._remembered)
        )

    def suspects_bytes(self, data: bytes) -> bool:
        """Return whether UTF-8 may contain a secret.

        It may be True for a text without one, never False for a text with one.
        """
        return self.suspects(data.decode("utf-8", "replace"))

    def may_have_begun(self, text: str) -> bool:
        """Return whether the text may end with the beginning of a secret.

        It may be True for a text without such an end, never False for a text with such an end.
        """
        return text[-1:] in LAST_CHARACTERS or bool(self._remembered)

    @property
    def remembers(self) -> bool:
        """True if there are unusual credentials to search for."""
        return bool(self._remembered)

    def _redact(self, text: str, *, open_end: bool) -> str:
        spans = self.spans(text, open_end=open_end)
        if not spans:
            return text
        pieces: list[str] = []
        done = 0
        for span in spans:
            pieces.append(text[done : span.start])
            pieces.append(self.shown(span, unfinished=open_end and span.end == len(text)))
            done = span.end
        pieces.append(text[done:])
        return "".join(pieces)

    def shown(self, span: Span, *, unfinished: bool) -> str:
        """Return the mark of a span. An unfinished token of few characters gets no hash, which could be guessed."""
        if span.value is None:
            return WITHHELD
        mark = self.mark(span.value)
        prefix = mark.partition("*")[0]
        return prefix + WITHHELD if unfinished and len(span.value) - len(prefix) < SAFE_LENGTH else mark

    def spans(self, text: str, *, open_end: bool) -> list[Span]:
        """Return the secrets of a text, in order, without overlaps; with `open_end` also the beginning of one."""
        return find_spans(text, lambda reading: self._secrets_in(reading, open_end=open_end), self._forms)

    def _secrets_in(self, text: str, *, open_end: bool) -> list[Span]:
        found = [Span(*match.span(), match[0]) for match in TOKEN.finditer(text)]
        if _may_hold_secret(text):
            for pattern in (NAMED, MEMBER, BEARER, USER):
                for match in pattern.finditer(text):
                    value = unquote_plus(match[1], "latin-1") if pattern is NAMED else match[1]
                    if value and not MARK.fullmatch(value):
                        found.append(Span(*match.span(1), value))
        for secret in self._remembered:
            start = text.find(secret)
            while start >= 0:
                found.append(Span(start, start + len(secret), secret))
                start = text.find(secret, start + len(secret))
        if open_end:
            start = self._remembered_begun(text.removesuffix(_find_unfinished(text)))
            if start <= len(text) - TELLING_LENGTH:
                found.append(Span(start, len(text), None))
        return found

    # --- ends ---------------------------------------------------------------------------------------------------------

    def tail(self, text: str) -> int:
        """Return where a secret or an escape begins that the next text may continue; else the length of the text."""
        start = len(text)
        try:
            for reading in readings(text):
                whole = reading.text.removesuffix(_find_unfinished(reading.text))
                last = BEGUN.search(whole)
                begun = min(
                    len(whole) if last is None else last.start(), find_open(whole), self._remembered_begun(whole)
                )
                if begun < len(reading.text):
                    start = min(start, reading.spelled(begun, begun + 1)[0])
        except TooManyReadingsError:
            return 0
        return start

    def _remembered_begun(self, text: str) -> int:
        """Return the first position from which the rest of the text is the beginning of a remembered credential.

        Return the length of the text if there is no such position.
        """
        earliest = len(text)
        for secret in self._remembered:
            start = text.find(secret[0], max(0, len(text) - len(secret) + 1))
            while 0 <= start < earliest:
                if secret.startswith(text[start:]):
                    earliest = start
                start = text.find(secret[0], start + 1)
        return earliest

    # --- headers and queries ------------------------------------------------------------------------------------------

    def headers(self, headers: Headers) -> list[tuple[bytes, bytes]]:
        """Return header lines without secrets, and remember the credentials that they carry."""
        kept = list(headers)
        plain: list[bytes] = []
        for index, (name, value) in enumerate(kept):
            role = None if name in USUAL_HEADERS else _role(name)
            plain.append(name)  # a caller may put a secret into a header's name, also into one of HEADER_ENDS
            if role is None:
                plain.append(value)
            else:
                kept[index] = (name, self._credential(role, value))
        if self.suspects(b"\n".join(plain).decode("latin-1")):
            kept = [(self._latin1(name), value if _role(name) else self._latin1(value)) for name, value in kept]
        return kept

    def again(self, headers: Headers) -> list[tuple[bytes, bytes]]:
        """Return header lines that were redacted before, without the credentials remembered since then."""
        return [(self._latin1(name), self._latin1(value)) for name, value in headers]

    def query(self, query: bytes) -> str:
        """Return a query string without secrets, and remember the values of parameters with a secret's name."""
        text = query.decode("latin-1")
        for part in text.split("&"):
            name, _, value = part.partition("=")
            if value and is_secret_name(unquote_plus(name)):
                self.learn(unquote_plus(value, "latin-1"))
        return self.text(text)

    def _latin1(self, value: bytes) -> bytes:
        return self.text(value.decode("latin-1")).encode("latin-1")

    def _credential(self, role: Role, value: bytes) -> bytes:
        text = value.decode("latin-1")
        if role in {"cookie", "set-cookie"}:
            first, *rest = (part.strip() for part in text.split(";"))
            attributes = [self._attribute(part) if role == "set-cookie" else self._cookie(part) for part in rest]
            return "; ".join([self._cookie(first), *attributes]).encode("latin-1")
        if role == "authorization":
            scheme, space, credential = text.strip().partition(" ")
            if space and scheme.lower() in SCHEMES:
                credential = credential.strip()
                if scheme.lower() == "basic":
                    self._learn_basic(credential)
                return f"{scheme} {self.learn(credential)}".encode("latin-1")
        return self.learn(text.strip()).encode("latin-1") if text.strip() else value

    def _learn_basic(self, credential: str) -> None:
        try:
            decoded = base64.b64decode(credential, validate=True).decode("latin-1")
        except (binascii.Error, ValueError):
            return
        for part in decoded.partition(":")[::2]:
            self.learn(part)

    def _cookie(self, part: str) -> str:
        name, equals, value = part.partition("=")
        value = value.strip('"')
        if equals:
            return f"{self.text(name)}={self.learn(value) if value else ''}"
        return self.learn(part) if part else part

    def _attribute(self, part: str) -> str:
        return self.text(part) if part.partition("=")[0].lower() in COOKIE_ATTRIBUTES else self._cookie(part)


def _role(name: bytes) -> Role | None:
    """Return the kind of credential that a header carries; None if it carries none."""
    plain = name.lower().replace(b"-", b"").replace(b"_", b"")
    if plain.endswith(SCHEME_HEADER_ENDS):
        return "authorization"
    if plain == b"cookie" or plain == b"setcookie":
        return "cookie" if plain == b"cookie" else "set-cookie"
    return "key" if plain.endswith(HEADER_ENDS) else None


def _may_hold_secret(text: str) -> bool:
    if "=" not in text and '"' not in text:  # most headers and paths: neither a parameter nor a member
        return "@" in text or "bearer" in text.lower()
    small = text.lower()
    for hint in HINTS:
        if hint in small:
            return True
    return "auth" in small and any(hint in small for hint in AUTH_HINTS)


def _as_utf8(latin1: str) -> str:
    try:
        return latin1.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return latin1


def find_open(text: str) -> int:
    """Return where an open token or named value begins in the text, else its length."""
    backwards = text[::-1]
    found = [
        pattern.search(text, len(text) - len(end[0]))
        for pattern, characters in ((OPEN_TOKEN, TOKEN_END), (OPEN_NAMED, VALUE_END))
        if (end := characters.match(backwards)) is not None
    ]
    return min([len(text), *(match.start() for match in found if match is not None)])


def _find_unfinished(text: str) -> str:
    match = UNFINISHED.search(text)
    return match[0] if match is not None else ""

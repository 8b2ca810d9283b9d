"""The names, tokens and marks of secrets, and the search for secrets in a text.

This is the vocabulary of all redaction: of the fake's journal, of recordings, of the suite's findings and of the
client's errors. It knows the names that mark a value as a secret, the tokens of the service, and the marks.
`secret_spellings` undoes the escapes in which a token can hide.

Three marks can replace a secret. If the secret is a token with a public prefix, the prefix comes before the mark.

- `*1a2b3c4d` in a journal: eight hex digits of a keyed hash. The journal keeps no table of secrets.
- `<token:1>` in a recording: the kind and a number. The same recording always has the same marks.
- `***` in an error or a finding: readers need not tell secrets apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from typing import Final

from nemovideo_contract import wire
from nemovideo_contract.secret_spellings import Span, TooManyReadingsError, encoded_forms, find_encoded, readings

# --- names ------------------------------------------------------------------------------------------------------------

#: The words with which the name of a secret ends, in a query, a form, a JSON object or a header. The words are in any
#: case, joined by `-`, `_` or nothing: `api key` is also `API_KEY` and `apiKey`.
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
#: A regular expression for the name of a secret; compile it with IGNORECASE. No letter, digit, `-` or `_` is before it.
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
#: The least length in characters of a secret that is searched in texts. A shorter one can be an ordinary word, so it is
#: hidden only in places that are known to hold a secret.
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


# --- search -----------------------------------------------------------------------------------------------------------

#: The forms of the tokens that are known by their prefix.
ENCODED_PREFIXES: Final = tuple(sorted({form for prefix in PREFIXES for form in encoded_forms(prefix)}))


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
            for span in (*find(reading.text), *find_encoded(reading.text, find, forms)):
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
    """Return the text with `***` in place of these secrets, in any spelling that `secret_spellings` knows.

    With `other_tokens`, tokens that are not among `secrets` are replaced too; with `test_tokens`, also test tokens. A
    token keeps its public prefix. A secret of less than eight characters is replaced only where it is a whole word.
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

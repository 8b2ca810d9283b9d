"""Find the curl commands of a document, inside or outside of code blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

#: `curl` as a command: before an option, an address, or a line continuation.
_CURL: Final = re.compile(r"(?<![\w/.-])curl(?=[ \t]+(?:-|[\"'$]|https?://|\\\n))")
#: A line end inside quotes. If an empty line, a fence or a command follows, the quote was never closed.
_LINE: Final = r"\n(?![ \t]*\n|```|[ \t]*curl[ \t])"
_TOKEN: Final = re.compile(
    rf"(?P<space>[ \t]+|\\\n[ \t]*)|(?P<newline>\n)|'(?P<single>(?:[^'\n]|{_LINE})*)'"
    rf"|\"(?P<double>(?:\\[^\n]|[^\"\\\n]|\\?{_LINE})*)\""
    r"|(?P<stop>[|;)]|&&?|#(?=\s)|`)"
    r"|(?P<word>(?:\$\([^()\n]*\)|\$\{[^}\n]{0,200}\}|<[^<>\n]*>|\{[^{}\n'\"]*\}|\\[^\n]|[^\s'\"|;)&`\\<]|<)+)|(?P<other>.)",
    re.DOTALL,
)
#: The short options of curl that take a value, and the short names of the relevant long options.
_VALUED: Final = frozenset("AbcCdDeEFhHKmoPQrTtuUwxXyYz")
_LONG: Final = {
    "--header": "-H",
    "--request": "-X",
    "--data": "-d",
    "--data-raw": "-d",
    "--data-binary": "-d",
    "--data-ascii": "-d",
    "--json": "--json",
    "--form": "-F",
    "--max-time": "-m",
    "--output": "-o",
    "--url": "--url",
    "--config": "-K",
    "--user": "-u",
    "--user-agent": "-A",
    "--connect-timeout": "--connect-timeout",
    "--retry": "--retry",
    "--retry-delay": "--retry-delay",
    "--oauth2-bearer": "--oauth2-bearer",
    "--write-out": "-w",
    "--upload-file": "-T",
}
#: The longest command that is read, in characters; an unclosed quote ends there.
_LONGEST: Final = 5000


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a command without its quotes, and its offset."""

    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class CurlCommand:
    """A curl command: its address, its options in order as (name, value), and its start and end offsets."""

    url: Word | None
    options: tuple[tuple[str, Word], ...]
    offset: int
    end: int

    def values(self, name: str) -> list[Word]:
        """Return the values of one option, by its short name."""
        return [value for option, value in self.options if option == name]

    @property
    def method(self) -> str:
        """The method: the value of `-X`, or curl's default for these options."""
        said = self.values("-X")
        if said:
            return said[-1].text.upper()
        has_body = any(option in {"-d", "-F", "--json"} for option, _ in self.options)
        return "POST" if has_body else "GET"

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers by name in lower case."""
        pairs = [each.text.partition(":") for each in self.values("-H")]
        found = {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}
        if self.values("--oauth2-bearer"):
            found["authorization"] = "Bearer"
        if self.values("--json"):
            found.setdefault("content-type", "application/json")
        return found

    @property
    def hides_headers(self) -> bool:
        """Return whether some headers come from a variable or a file, so that their names are unknown."""
        return bool(self.values("-K") or self.values("$")) or any(
            ":" not in each.text and each.text[:1] in {"$", "@", "<"} for each in self.values("-H")
        )


def commands(text: str) -> Iterator[CurlCommand]:
    """Return the commands in order."""
    end = 0
    for found in _CURL.finditer(text):
        if found.start() >= end:
            words, end = _words(text, found.end())
            yield _command(words, found.start(), end)


def _words(text: str, start: int) -> tuple[list[Word], int]:
    """Return the words of the command at this offset, and the end of the command."""
    words: list[Word] = []
    joined = False  # whether the next piece belongs to the previous word
    at = start
    for found in _TOKEN.finditer(text, start, min(len(text), start + _LONGEST)):
        kind = found.lastgroup or ""
        if kind in {"stop", "other"} or (kind == "newline" and not _goes_on(text, found.end())):
            break
        at = found.end()
        if kind in {"space", "newline"}:
            joined = False
            continue
        piece = str(found[kind])
        if kind == "word" and piece == "curl" and not joined:
            at = found.start()
            break
        if joined and words:
            words[-1] = Word(words[-1].text + piece, words[-1].offset)
        else:
            words.append(Word(piece, found.start() + (kind != "word")))
        joined = True
    return words, at


#: Words that stand for options whose names are unknown here.
_MORE: Final = re.compile(r"^\$@|\[@\]|^\$\{?\w*(?:HEADER|HDR|AUTH|ATTR|OPT|ARG)|^(?:\.{3}|…)$", re.IGNORECASE)
_OPTION: Final = re.compile(r"[ \t]*--?[A-Za-z](?:[A-Za-z-]*)[ \t]+[\"'$@]")


def _goes_on(text: str, at: int) -> bool:
    """Return whether the next line continues the command, even if a mirror lost the backslash before it."""
    return _OPTION.match(text, at) is not None


def _command(words: list[Word], offset: int, end: int) -> CurlCommand:
    url: Word | None = None
    options: list[tuple[str, Word]] = []
    rest = iter(words)
    for word in rest:
        text = word.text
        if text.startswith("--"):
            name, equals, value = text.partition("=")
            if name in _LONG:
                given = Word(value, word.offset) if equals else next(rest, None)
                if given is not None:
                    options.append((_LONG[name], given))
        elif text.startswith("-") and len(text) > 1:
            _short(word, rest, options)
        elif _MORE.search(text):
            options.append(("$", word))
        elif url is None:
            url = word
    for given in (value for name, value in options if name == "--url"):
        url = given
    return CurlCommand(url, tuple(options), offset, end)


def _short(word: Word, rest: Iterator[Word], options: list[tuple[str, Word]]) -> None:
    for at, letter in enumerate(word.text[1:], 1):
        if letter in _VALUED:
            value = word.text[at + 1 :]
            given = Word(value, word.offset + at + 1) if value else next(rest, None)
            if given is not None:
                options.append((f"-{letter}", given))
            return

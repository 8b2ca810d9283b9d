"""The three attribution headers, which name the calling skill: from a skill's document, or from this package.

The service may refuse an export with 402 without them, so every call with the bearer token also has these headers.
Sources: vendor SKILL 1.9, section 3, which also gives the order in which the platform is detected.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from nemovideo_client.errors import InvalidAttribution
from nemovideo_contract import wire

_DISTRIBUTION: Final = "nemovideo-harness"
_HEADER_SAFE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_ENTRY: Final = re.compile(r"(?P<key>[A-Za-z_][\w-]*|\"[^\"\\]*\"|'[^']*')\s*:(?:\s+(?P<value>.*))?")
_QUOTED: Final = re.compile(r"(?:'(?P<single>(?:[^']|'')*)'|\"(?P<double>(?:[^\"\\]|\\.)*)\")(?:\s*|\s+#.*)")
_ESCAPE: Final = re.compile(r"\\(?:x(?P<x>[0-9A-Fa-f]{2})|u(?P<u>[0-9A-Fa-f]{4})|(?P<sign>.))")
_COMMENT: Final = re.compile(r"(?:^|\s+)#")
#: Characters that cannot begin a plain value: they begin other kinds of values, or YAML reserves them.
_NOT_PLAIN: Final = frozenset(">|[]{}&*,%@`")
_NOTHING: Final = frozenset({"null", "Null", "NULL", "~"})
#: A key and its value inside a value: then the value is a mapping, or not valid YAML.
_INNER_ENTRY: Final = re.compile(r":(?:\s|$)")
#: The characters after a backslash between double quotes, and their values.
_ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "n": "\n", "t": "\t", "r": "\r", " ": " "}
#: Consecutive folders of an install path, and the platform that they show.
_PLATFORM_FOLDERS: Final = {(".clawhub",): "clawhub", (".cursor", "skills"): "cursor"}


def package_version() -> str:
    """Return the version of the installed distribution."""
    try:
        return metadata.version(_DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "0"


@dataclass(frozen=True, slots=True)
class Attribution:
    """The skill's name, its version, and the platform from which it was installed.

    Raises:
        InvalidAttribution: A value is empty or cannot be sent in a header.
    """

    source: str
    version: str
    platform: str

    def __post_init__(self) -> None:
        for name, value in (("source", self.source), ("version", self.version), ("platform", self.platform)):
            if not _HEADER_SAFE.fullmatch(value):
                raise InvalidAttribution(
                    f"The attribution's {name} must be plain ASCII text without spaces around it, not {value!r}."
                )

    def headers(self) -> dict[str, str]:
        """Return the three headers."""
        return dict(zip(wire.ATTRIBUTION_HEADERS, (self.source, self.version, self.platform), strict=True))

    @classmethod
    def default(cls, environ: Mapping[str, str]) -> Attribution:
        """Return this package's attribution; the platform is `SKILL_SOURCE`, else unknown."""
        return cls(_DISTRIBUTION, package_version(), environ.get(wire.ENV_SKILL_SOURCE, "").strip() or "unknown")

    @classmethod
    def from_skill(cls, path: Path, environ: Mapping[str, str]) -> Attribution:
        """Return the attribution of a skill document: `name` and `version` from its front matter, and its platform.

        Raises:
            InvalidAttribution: The document cannot be read, or its front matter has no `name` or no `version`.
        """
        try:
            document = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise InvalidAttribution(f"{path} can't be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise InvalidAttribution(f"{path} can't be read: it is not UTF-8.") from error
        except ValueError as error:  # a name that contains NUL, or that no file system can store
            raise InvalidAttribution(f"{str(path)!r} can't be read: this is not a valid file name.") from error
        fields = front_matter(document)
        if fields is None:
            raise InvalidAttribution(
                f"{path} has no front matter: it must begin with a line '---' and end with another one."
            )
        for key in ("name", "version"):
            if not fields.get(key):
                raise InvalidAttribution(f"{path} has no '{key}' with a text value in its front matter.")
        return cls(fields["name"], fields["version"], platform_of(path, environ))


def platform_of(path: Path, environ: Mapping[str, str]) -> str:
    """Return `SKILL_SOURCE`, else the platform that the install path shows, else unknown."""
    named = environ.get(wire.ENV_SKILL_SOURCE, "").strip()
    if named:
        return named
    # Links are not resolved: a link in the platform's folder may point anywhere.
    parts = Path(os.path.normpath(path.absolute())).parts
    for folders, platform in _PLATFORM_FOLDERS.items():
        if any(parts[at : at + len(folders)] == folders for at in range(len(parts))):
            return platform
    return "unknown"


def front_matter(document: str) -> dict[str, str] | None:
    """Return the values of a document's front matter, or None if it has none.

    Reads the part of YAML that such values use: top-level keys, and values of one paragraph, plain or quoted, which may
    continue in indented lines. Skips nested values, lists and blocks, and values that YAML does not read as text:
    `null`, `~`, or a tag other than `!!str`. Every other value is text, so `1.10` stays `1.10`.
    """
    # `splitlines` would also split at U+2028 and other characters that may be part of a text.
    lines = _LINE_END.split(document)
    if lines[0].rstrip() != "---":
        return None
    ends = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if ends is None:
        return None
    fields: dict[str, str] = {}
    for entry in _entries(lines[1:ends]):
        found = _ENTRY.fullmatch(entry[0].rstrip())
        key = _scalar([found["key"]]) if found else None
        value = _scalar([found["value"] or "", *entry[1:]]) if found else None
        if key and value:
            fields.setdefault(key, value)
    return fields


def _entries(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield each line that is not indented, together with the indented and empty lines that follow it."""
    entry: list[str] = []
    for line in lines:
        if line[:1] not in {" ", "\t", ""}:
            if entry:
                yield entry
            entry = [line]
        elif entry:
            entry.append(line)
    if entry:
        yield entry


def _scalar(lines: Sequence[str], *, tagged: bool = False) -> str | None:
    """Return the text of a value, given as its lines; None if it is not text."""
    first, *more = "\n".join(line.strip() for line in lines).strip().split("\n")
    if "" in more:
        return None  # the value has several paragraphs
    if first.startswith("!"):
        tag, _, first = first.partition(" ")
        return None if tagged or tag != "!!str" else _scalar([first, *more], tagged=True)
    if first[:1] in {'"', "'"}:
        quoted = _QUOTED.fullmatch(" ".join((first, *more)))
        if quoted is None:
            return None
        if quoted["single"] is not None:
            return quoted["single"].replace("''", "'")
        return _unescape(quoted["double"])
    plain = [_COMMENT.split(line, maxsplit=1)[0].rstrip() for line in (first, *more)]
    value = " ".join(line for line in plain if line)
    if value[:1] in _NOT_PLAIN or _INNER_ENTRY.search(value) or f"{value} ".startswith(("- ", "? ")):
        return None
    if value in _NOTHING and not tagged:
        return None
    return value or None


def _unescape(words: str) -> str | None:
    """Return the content of a double-quoted string with its escapes decoded; None if an escape is unknown."""
    try:
        return _ESCAPE.sub(
            lambda found: _ESCAPES[found["sign"]] if found["sign"] else chr(int(found["x"] or found["u"], 16)), words
        )
    except KeyError:
        return None

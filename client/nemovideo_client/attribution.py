"""Who is calling: the three attribution headers, from a skill's document or from this package.

A call without them may be refused export with 402, so they go with every call that carries the bearer. Sources: vendor
SKILL 1.9, section 3; the order of platform detection is documented there too.
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
#: What begins no plain value: other kinds of values, and signs that YAML keeps for itself.
_NOT_PLAIN: Final = frozenset(">|[]{}&*,%@`")
_NOTHING: Final = frozenset({"null", "Null", "NULL", "~"})
#: A key and its value inside a value, which is then a mapping or no YAML.
_INNER_ENTRY: Final = re.compile(r":(?:\s|$)")
#: What stands behind a backslash between double quotes, and what for.
_ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "n": "\n", "t": "\t", "r": "\r", " ": " "}
#: Consecutive folders of an install path, and the platform that they tell.
_PLATFORM_FOLDERS: Final = {(".clawhub",): "clawhub", (".cursor", "skills"): "cursor"}


def package_version() -> str:
    """The version of the distribution that this package came in."""
    try:
        return metadata.version(_DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "0"


@dataclass(frozen=True, slots=True)
class Attribution:
    """The skill's name, its version, and the platform that it was installed from.

    Raises:
        InvalidAttribution: A value is empty or can't stand in a header.
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
        """The three headers."""
        return dict(zip(wire.ATTRIBUTION_HEADERS, (self.source, self.version, self.platform), strict=True))

    @classmethod
    def default(cls, environ: Mapping[str, str]) -> Attribution:
        """This package as the caller; the platform is `SKILL_SOURCE`, else unknown."""
        return cls(_DISTRIBUTION, package_version(), environ.get(wire.ENV_SKILL_SOURCE, "").strip() or "unknown")

    @classmethod
    def from_skill(cls, path: Path, environ: Mapping[str, str]) -> Attribution:
        """A skill document as the caller: `name` and `version` of its front matter, platform from where it lies.

        Raises:
            InvalidAttribution: The document can't be read, or its front matter lacks one of the two.
        """
        try:
            document = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise InvalidAttribution(f"{path} can't be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise InvalidAttribution(f"{path} can't be read: it is not UTF-8.") from error
        except ValueError as error:  # a name with a NUL in it, or with what no file system can write
            raise InvalidAttribution(f"{str(path)!r} can't be read: no file is called so.") from error
        fields = front_matter(document)
        if fields is None:
            raise InvalidAttribution(
                f"{path} has no front matter: it must begin with a line '---' and end with another."
            )
        for key in ("name", "version"):
            if not fields.get(key):
                raise InvalidAttribution(f"{path} has no '{key}' that is text in its front matter.")
        return cls(fields["name"], fields["version"], platform_of(path, environ))


def platform_of(path: Path, environ: Mapping[str, str]) -> str:
    """`SKILL_SOURCE`, else what the install path tells, else unknown."""
    named = environ.get(wire.ENV_SKILL_SOURCE, "").strip()
    if named:
        return named
    # Not resolved: what a link in the platform's folder points to lies anywhere.
    parts = Path(os.path.normpath(path.absolute())).parts
    for folders, platform in _PLATFORM_FOLDERS.items():
        if any(parts[at : at + len(folders)] == folders for at in range(len(parts))):
            return platform
    return "unknown"


def front_matter(document: str) -> dict[str, str] | None:
    """The values of one paragraph at the top level of a document's front matter, or None where it has none.

    The part of YAML that such values are written in: plain, in single or double quotes, gone on with in indented lines.
    Nested values, lists and blocks are left out, as is what YAML reads as nothing (`null`, `~`) or as of another kind
    (a tag other than `!!str`). Every other value is text, so `1.10` stays `1.10`.
    """
    # Not `splitlines`, for which a line also ends at U+2028 and others that may stand in text.
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
    """Each line that is not indented, with the indented and empty ones that belong to it."""
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
    """The text of a value, in as many lines as it was written; None where it is no text."""
    first, *more = "\n".join(line.strip() for line in lines).strip().split("\n")
    if "" in more:
        return None  # of several paragraphs
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
    """What stands between double quotes, its escapes read; None where one is unknown."""
    try:
        return _ESCAPE.sub(
            lambda found: _ESCAPES[found["sign"]] if found["sign"] else chr(int(found["x"] or found["u"], 16)), words
        )
    except KeyError:
        return None

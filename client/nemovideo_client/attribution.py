"""Who is calling: the three attribution headers, from a skill's document or from this package.

A call without them may be refused export with 402, so they go with every call that carries the bearer. Sources: vendor
SKILL 1.9, section 3; the order of platform detection is documented there too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from nemovideo_client.errors import InvalidAttribution
from nemovideo_contract import wire

_DISTRIBUTION: Final = "nemovideo-harness"
_HEADER_SAFE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_SCALAR: Final = re.compile(r"(?P<key>[A-Za-z_][\w-]*)\s*:(?:\s+(?P<value>.*))?")
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
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise InvalidAttribution(f"{path} can't be read: {reason}.") from error
        fields = front_matter(document)
        if fields is None:
            raise InvalidAttribution(
                f"{path} has no front matter: it must begin with a line '---' and end with another."
            )
        for key in ("name", "version"):
            if not fields.get(key):
                raise InvalidAttribution(f"{path} has no '{key}' of one line in its front matter.")
        return cls(fields["name"], fields["version"], platform_of(path, environ))


def platform_of(path: Path, environ: Mapping[str, str]) -> str:
    """`SKILL_SOURCE`, else what the install path tells, else unknown."""
    named = environ.get(wire.ENV_SKILL_SOURCE, "").strip()
    if named:
        return named
    parts = path.absolute().parts
    for folders, platform in _PLATFORM_FOLDERS.items():
        if any(parts[at : at + len(folders)] == folders for at in range(len(parts))):
            return platform
    return "unknown"


def front_matter(document: str) -> dict[str, str] | None:
    """The one-line values at the top level of a document's front matter, or None where it has none.

    Not YAML: nested values, lists and blocks are left out, and every value is text, so `1.10` stays `1.10`.
    """
    lines = document.splitlines()
    if not lines or lines[0].rstrip() != "---":
        return None
    fields: dict[str, str] = {}
    for line in lines[1:]:
        if line.rstrip() == "---":
            return fields
        found = _SCALAR.fullmatch(line.rstrip())
        value = _scalar(found["value"] or "") if found else None
        if found and value:
            fields.setdefault(found["key"], value)
    return None


def _scalar(value: str) -> str | None:
    value = value.strip()
    if value[:1] in {'"', "'"}:
        end = value.find(value[0], 1)
        rest = value[end + 1 :].strip()
        return value[1:end] if end > 0 and (not rest or rest.startswith("#")) else None
    if value[:1] in {">", "|", "[", "{", "&", "*", "#", ""}:
        return None
    return re.split(r"\s+#", value, maxsplit=1)[0].rstrip()

"""The front matter of a document: its fields as YAML, and the lines of the fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast

import yaml

_FIELD: Final = re.compile(r"(?P<key>[A-Za-z_][\w-]*)[ \t]*:(?:[ \t]+(?P<value>.*))?$")
#: The largest number of lines of a front matter; a longer text between dashes is something else.
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The fields of the YAML, and the line of each; `problem` says why it can't be read, at `problem_line`.

    `written` has the one-line values as written, without quotes, because YAML reads 1.10 as 1.1.
    """

    fields: Mapping[str, object]
    lines: Mapping[str, int]
    written: Mapping[str, str]
    end: int
    problem: str | None = None
    problem_line: int = 1

    def text(self, key: str) -> str | None:
        """Return a field as text, or None if it is missing or not text."""
        value = self.fields.get(key)
        return value if isinstance(value, str) else None

    def line(self, key: str) -> int:
        """Return the line of a field, or the first line if the field is missing."""
        return self.lines.get(key, 1)


@dataclass(slots=True)
class _Found:
    lines: dict[str, int] = field(default_factory=dict[str, int])
    written: dict[str, str] = field(default_factory=dict[str, str])


def front_matter(lines: tuple[str, ...]) -> FrontMatter | None:
    """Return the front matter at the top of a document, or None."""
    begin = next((number for number, line in enumerate(lines[:5]) if line.strip()), None)
    if begin is None or lines[begin].rstrip() != "---":
        return None
    inner = lines[begin + 1 : begin + _LONGEST]
    end = next((number for number, line in enumerate(inner) if line.rstrip() in {"---", "..."}), None)
    found = _Found()
    for number, line in enumerate(inner[:end]):
        match = _FIELD.match(line)
        if match:
            found.lines.setdefault(match["key"], begin + number + 2)
            found.written.setdefault(match["key"], (match["value"] or "").strip().strip("\"'"))
    if end is None:
        if not found.lines or next(iter(found.lines.values())) != begin + 2:
            return None  # a horizontal rule
        return FrontMatter({}, found.lines, found.written, begin + 1, "it has no end: a line '---'", begin + 1)
    last = begin + end + 2
    try:
        loaded: object = yaml.safe_load("\n".join(inner[:end]))
        fields = (
            {str(key): value for key, value in cast("dict[object, object]", loaded).items()}
            if isinstance(loaded, dict)
            else None
        )
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = begin + 2 + (mark.line if mark is not None else 0)
        return FrontMatter({}, found.lines, found.written, last, str(error.problem or "it can't be parsed"), at)
    except (yaml.YAMLError, AttributeError, LookupError, ValueError, RecursionError) as error:
        return FrontMatter({}, found.lines, found.written, last, str(error).splitlines()[0], begin + 1)
    if fields is None:
        return FrontMatter({}, found.lines, found.written, last, "it is not a list of fields", begin + 1)
    return FrontMatter(fields, found.lines, found.written, last)

"""The front matter of a document: what YAML makes of it, and on which lines its fields stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast

import yaml

_FIELD: Final = re.compile(r"(?P<key>[A-Za-z_][\w-]*)[ \t]*:(?:[ \t]+(?P<value>.*))?$")
#: Front matter is short; where no end comes within these lines, what begins with dashes is something else.
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The fields as YAML reads them, and the line of each; `problem` says why they can't be read, at `problem_line`.

    `written` has the one-line values as they are written, without quotes: YAML makes 1.1 of 1.10.
    """

    fields: Mapping[str, object]
    lines: Mapping[str, int]
    written: Mapping[str, str]
    end: int
    problem: str | None = None
    problem_line: int = 1

    def text(self, key: str) -> str | None:
        """A field as text, or None where there is none or it is something else."""
        value = self.fields.get(key)
        return value if isinstance(value, str) else None

    def line(self, key: str) -> int:
        """The line of a field; the first where it isn't there."""
        return self.lines.get(key, 1)


@dataclass(slots=True)
class _Found:
    lines: dict[str, int] = field(default_factory=dict[str, int])
    written: dict[str, str] = field(default_factory=dict[str, str])


def front_matter(lines: tuple[str, ...]) -> FrontMatter | None:
    """The front matter at the top of a document, or None where there is none."""
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
            return None  # a rule across the page
        return FrontMatter({}, found.lines, found.written, begin + 1, "it has no end: a line '---'", begin + 1)
    last = begin + end + 2
    try:
        loaded: object = yaml.safe_load("\n".join(inner[:end]))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = begin + 2 + (mark.line if mark is not None else 0)
        return FrontMatter({}, found.lines, found.written, last, str(error.problem or "it can't be parsed"), at)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return FrontMatter({}, found.lines, found.written, last, str(error).splitlines()[0], begin + 1)
    if not isinstance(loaded, dict):
        return FrontMatter({}, found.lines, found.written, last, "it is no list of fields", begin + 1)
    fields = {str(key): value for key, value in cast("dict[object, object]", loaded).items()}
    return FrontMatter(fields, found.lines, found.written, last)

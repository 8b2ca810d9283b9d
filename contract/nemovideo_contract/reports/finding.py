"""The model of a report: findings, the rules that they come from, and the report of one run.

`judge` and `skill check` share it: the findings of `judge` are in a journal, those of `skill check` in a document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """The severity of a finding, worst first; `ERROR` and `WARNING` make a run fail."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """The order of the levels; 0 is the worst."""
        return list(Level).index(self)

    def reaches(self, least: Level) -> bool:
        """Return whether this level is as bad as the other one, or worse."""
        return self.rank <= least.rank


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place: a file, and its line and column, both from 1, in characters; None if unknown."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake, or one remark.

    `rule` is the id of its rule, and `message` one sentence: what the document says, and what is right. `source` names
    who says so, and `advice` what to do or write instead. `also` has further places of the same finding, `evidence` the
    lines that prove it.
    """

    rule: str
    level: Level
    message: str
    place: Location
    source: str = ""
    advice: str = ""
    also: tuple[Location, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """A rule as a report shows it: its id, its default level, one sentence, and its source."""

    id: str
    level: Level
    sentence: str
    source: str


@dataclass(frozen=True, slots=True)
class Report:
    """One run: the tool and its version, the rules, the checked files, and the findings.

    `unknown` has the rules without a result, and the reason for each.
    """

    tool: str
    version: str
    rules: tuple[RuleFacts, ...]
    subjects: tuple[str, ...]
    findings: tuple[Finding, ...]
    unknown: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def counts(self) -> dict[Level, int]:
        """The number of findings of each level."""
        counted = Counter(each.level for each in self.findings)
        return {level: counted[level] for level in Level}

    @property
    def is_failed(self) -> bool:
        """True if there is an error or a warning."""
        return any(each.level.reaches(Level.WARNING) for each in self.findings)

"""What a check has to say: findings, the rules that they come from, and the report of one run.

`judge` and `skill check` share this: a finding of the first stands in a journal, one of the second in a document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is, worst first; `ERROR` and `WARNING` make a run fail."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Level).index(self)

    def reaches(self, least: Level) -> bool:
        """Whether this is as bad as that, or worse."""
        return self.rank <= least.rank


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """Where something stands: a file, and a line and a column of it, both from 1, in characters; None where unknown."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or worth knowing.

    `rule` is the id of its rule; `message` one sentence: what it says, what holds. `source` says who says so, `advice`
    what to do or write instead. `also` are further places of the same, `evidence` the lines that prove it.
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
    """A rule as a report tells of it: its id, its usual level, one sentence, and who says so."""

    id: str
    level: Level
    sentence: str
    source: str


@dataclass(frozen=True, slots=True)
class Report:
    """One run: the tool and its version, every rule that was asked, all that was looked at, and the findings.

    `unknown` has the rules about which nothing can be said, with the reason.
    """

    tool: str
    version: str
    rules: tuple[RuleFacts, ...]
    subjects: tuple[str, ...]
    findings: tuple[Finding, ...]
    unknown: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def counts(self) -> dict[Level, int]:
        """How many findings there are of each level."""
        counted = Counter(each.level for each in self.findings)
        return {level: counted[level] for level in Level}

    @property
    def is_failed(self) -> bool:
        """Whether there is an error or a warning."""
        return any(each.level.reaches(Level.WARNING) for each in self.findings)

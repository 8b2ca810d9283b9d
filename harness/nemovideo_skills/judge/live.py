"""Judge callers while they run, and report each proven violation once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from nemovideo_skills.judge.expectations import Expectations
from nemovideo_skills.judge.history import History, Time
from nemovideo_skills.judge.journal_reader import JournalReader
from nemovideo_skills.judge.judging import judge_journal
from nemovideo_skills.judge.rules.rule import Broken, Rule


@dataclass(frozen=True, slots=True)
class ProvenViolation:
    """A violation that no later call can undo."""

    history: History
    rule: Rule
    broken: Broken


class LiveJudge:
    """Judges a growing journal at each request, and reports each violation once.

    A call that is still missing does not count as a violation here. `judge_journal` counts it at the end.
    """

    def __init__(
        self,
        journal: JournalReader,
        rules: Collection[Rule],
        *,
        expectations: Expectations | None = None,
        time: Time = "auto",
        together: bool = False,
    ) -> None:
        self._journal = journal
        self._rules = rules
        self._practice = expectations
        self._time: Time = time
        self._together = together
        self._reported: set[tuple[str, str, int]] = set()

    def __repr__(self) -> str:
        return f"<Watch of {self._journal!r}, {len(self._reported)} occurrences>"

    def news(self) -> Iterator[ProvenViolation]:
        """Return the violations that were proven since the last call, in the order of the journal."""
        found: list[ProvenViolation] = []
        judgements = judge_journal(
            self._journal.assembly,
            self._rules,
            expectations=self._practice,
            time=self._time,
            over=False,
            together=self._together,
        )
        for judgement in judgements:
            for finding in judgement.broken:
                for occurrence in finding.broken:
                    key = (occurrence.at.world, finding.rule.id, occurrence.at.first)
                    if key not in self._reported:
                        self._reported.add(key)
                        found.append(ProvenViolation(judgement.history, finding.rule, occurrence))
        yield from sorted(found, key=lambda each: (each.broken.at.real, each.broken.at.first))

"""The judgements of a journal, and the sentences above every report: the rules, the traffic, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from nemovideo_contract.wire import CLIENT_ID_HEADER, SKILL_SOURCE_HEADER
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.journal_reader import JournalReader, worlds_of
from nemovideo_skills.judge.judging import Judgement, RuleResult, Verdict
from nemovideo_skills.judge.report.descriptions import calls, clock, day, plain, span
from nemovideo_skills.judge.rules.rule import Broken, Rule
from nemovideo_skills.judge.text_format import quantity

#: The number of gaps that are listed.
GAPS: Final = 3
#: The number of callers that are named at the top.
NAMES: Final = 4
#: The reason for an unknown verdict, for people.
NO_REASON: Final = "A part of the journal is missing, and it may show the opposite."


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that one caller broke; `number` counts the violations of the whole report from 1."""

    number: int
    history: History
    family: str
    finding: RuleResult

    @property
    def rule(self) -> Rule:
        """The broken rule."""
        return self.finding.rule

    @property
    def occurrences(self) -> tuple[Broken, ...]:
        """Each occasion on which the rule was broken."""
        return self.finding.broken

    @property
    def weight(self) -> str:
        """The severity, and the certainty if it is not proven: `error`, `warning, likely`."""
        return self.rule.severity if self.rule.certainty == "provable" else f"{self.rule.severity}, likely"


def proof(occurrence: Broken) -> tuple[Exchange, ...]:
    """Return the exchanges that prove a violation; by default the exchange that it is about."""
    return occurrence.proof or (occurrence.at,)


def reason(finding: RuleResult) -> str:
    """Return the reason why the verdict on a rule is unknown."""
    if not finding.unsure:
        return NO_REASON
    whys = list(dict.fromkeys(plain(each.why) for each in finding.unsure))
    return " ".join(whys[:3])


@dataclass(frozen=True)
class JudgeReport:
    """All judgements of one run.

    `source` names the journal. `families` has the selected rules by family. `expectations` names the profile whose
    waits and limits apply. With `is_strict`, warnings and unknown verdicts make the run fail too.
    """

    source: str
    journal: JournalReader
    families: Mapping[str, tuple[Rule, ...]]
    judgements: tuple[Judgement, ...]
    expectations: str
    version: str
    is_strict: bool = False

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """The selected rules by id."""
        return {each.id: each for rules in self.families.values() for each in rules}

    @cached_property
    def family(self) -> dict[str, str]:
        """The family of each rule, by the rule's id."""
        return {each.id: name for name, rules in self.families.items() for each in rules}

    @cached_property
    def violations(self) -> tuple[Violation, ...]:
        """The violations of all callers; for each caller the worst come first."""
        order = {"error": 0, "warning": 1, "note": 2}
        return tuple(
            Violation(number, judgement.history, self.family[finding.rule.id], finding)
            for number, (judgement, finding) in enumerate(
                (
                    (judgement, finding)
                    for judgement in self.judgements
                    for finding in sorted(judgement.broken, key=lambda each: order[each.rule.severity])
                ),
                1,
            )
        )

    def violations_of(self, judgement: Judgement) -> list[Violation]:
        """Return the violations of one caller."""
        return [each for each in self.violations if each.history is judgement.history]

    # --- how it came out ---

    @property
    def is_failed(self) -> bool:
        """True if a rule of severity error was broken; in a strict run also for warnings and unknown verdicts."""
        if self.is_strict:
            return any(each.rule.severity != "note" for each in self.violations) or bool(self.unknown)
        return any(each.rule.severity == "error" for each in self.violations)

    @property
    def outcome(self) -> str:
        """`obeyed`, `not obeyed`, or `undecided` if no rule was broken and no rule is known to be kept."""
        kept = any(each.verdict is Verdict.KEPT for judgement in self.judgements for each in judgement.findings)
        if self.unknown and not kept and not (self.is_failed and self.violations):
            return "undecided"
        return "not obeyed" if self.is_failed else "obeyed"

    @cached_property
    def unknown(self) -> list[RuleResult]:
        """The rules with an unknown verdict."""
        return [each for judgement in self.judgements for each in judgement.findings if each.verdict is Verdict.UNKNOWN]

    @property
    def verdict(self) -> str:
        """The result in a few words."""
        if not self.judgements:
            return "no calls"
        broken = Counter(each.rule.severity for each in self.violations)
        words = [quantity(broken[level], level) for level in ("error", "warning", "note") if broken[level]]
        words += [f"{len(self.unknown)} unknown"] if self.unknown else []
        return f"{self.outcome}: {', '.join(words)}" if words else self.outcome

    # --- what heads every report ---

    @property
    def heading(self) -> tuple[str, ...]:
        """Return sentences about the rules, the traffic, and what is missing."""
        return (self.by, *self.extent, *self.alike, *self.missing)

    @property
    def by(self) -> str:
        """The sentence about the selected rules."""
        return (
            f"{quantity(len(self.rules), 'rule')} of conduct of nemovideo-harness {self.version},"
            f" with the waits and limits of the profile {self.expectations}."
        )

    @property
    def extent(self) -> Iterator[str]:
        """The sentence about the traffic."""
        exchanges = [each for judgement in self.judgements for each in judgement.history.exchanges]
        entries = f"{self.journal.entries:,} {'entry' if self.journal.entries == 1 else 'entries'}"
        if not exchanges:
            yield f"{entries}, without a call."
            return
        worlds = worlds_of(exchanges)
        where = f"world {worlds[0]}" if len(worlds) == 1 else f"{len(worlds)} worlds"
        names = [plain(each.history.caller) for each in self.judgements]
        more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
        yield (
            f"{entries}, {calls(len(exchanges))} in {where}, {self.period}."
            f" {quantity(len(names), 'caller')}: {', '.join(names[:NAMES])}{more}."
        )

    @property
    def alike(self) -> Iterator[str]:
        """Sentences about callers that may be one user with several client ids; the traffic can't prove it."""
        groups: dict[tuple[str, str | None, str], int] = {}
        for each in self.judgements:
            calls = each.history.exchanges
            skill = next((name for call in calls if (name := call.headers.get(SKILL_SOURCE_HEADER.lower()))), None)
            if skill is not None and any(call.headers.get(CLIENT_ID_HEADER.lower()) for call in calls):
                key = (each.history.world, calls[0].host, skill)
                groups[key] = groups.get(key, 0) + 1
        for (_, host, skill), count in groups.items():
            if count > 1:
                yield (
                    f"{quantity(count, 'caller')} used the skill {plain(skill)} at"
                    f" {plain(host or 'an unknown machine')}, each with its own client id:"
                    " if they are one user, client-id-stable is broken."
                )

    @property
    def period(self) -> str:
        """The period of the traffic, and the clock."""
        histories = [each.history for each in self.judgements]
        first = min(each.began(each.exchanges[0]) for each in histories)
        last = max(last_of(each) for each in histories)
        kinds = {each.virtual for each in histories}
        time = "in the world's time" if kinds == {True} else "in real time" if kinds == {False} else "in mixed times"
        end = clock(last) if day(first)[:10] == day(last)[:10] else day(last)
        return f"{day(first)} to {end} UTC ({span(last - first)}, {time})"

    @property
    def missing(self) -> Iterator[str]:
        """Sentences about what the journal lacks; also one if it lacks nothing."""
        worlds = {each.history.world for each in self.judgements}
        gaps = [each for each in self.journal.gaps if each.world in worlds]
        yield from map(plain, map(str, gaps[:GAPS]))
        if len(gaps) > GAPS:
            lost = sum(each.after - each.before - 1 for each in gaps)
            yield f"There are {len(gaps) - GAPS} more gaps; {lost:,} entries are missing in all."
        if gaps:
            yield "So no rule counts as kept: the missing part may show the opposite."
        else:
            yield "No entry is missing."
        still = sum(each.end == "open" for judgement in self.judgements for each in judgement.history.exchanges)
        if still:
            yield f"{calls(still)} had not ended."


def last_of(history: History) -> float:
    """Return the last time in a history."""
    moments = (history.ended(each) or history.began(each) for each in history.exchanges)
    return max(moments)

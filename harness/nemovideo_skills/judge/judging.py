"""Apply rules to histories and return verdicts."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nemovideo_contract.journal import Entry
from nemovideo_skills.judge.callers import callers_of
from nemovideo_skills.judge.exchanges import ExchangeAssembler, assemble
from nemovideo_skills.judge.expectations import Expectations
from nemovideo_skills.judge.history import History, Time
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule, Unsure
from nemovideo_skills.judge.transcripts import Transcript, TranscriptError


class Verdict(StrEnum):
    """The verdict on a rule; `UNKNOWN` if a missing part of the journal could change it."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_EXERCISED = "not exercised"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RuleResult:
    """The result of one rule for one history; `kept` counts the occasions on which the rule was kept."""

    rule: Rule
    verdict: Verdict
    kept: int
    broken: tuple[Broken, ...]
    unsure: tuple[Unsure, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The results of all rules for one caller, in the order of the rules."""

    history: History
    findings: tuple[RuleResult, ...]

    @property
    def broken(self) -> list[RuleResult]:
        """The results of the broken rules."""
        return [each for each in self.findings if each.verdict is Verdict.BROKEN]


def judge(history: History, rules: Iterable[Rule]) -> Judgement:
    """Return each rule's result for one caller's history."""
    return Judgement(history, tuple(_finding(history, rule) for rule in rules))


def judge_journal(
    entries: Iterable[Entry] | ExchangeAssembler,
    rules: Collection[Rule],
    *,
    expectations: Expectations | None = None,
    time: Time = "auto",
    over: bool = True,
    together: bool = False,
    transcript: Transcript | None = None,
) -> list[Judgement]:
    """Return the judgements of all callers of a journal, in the order of their first calls.

    `over` is false while callers may still be running: a call that is still missing is then not a violation. With
    `together`, all exchanges of a world belong to one caller. A `transcript` is what the user of the only caller saw.

    Raises:
        TranscriptError: there is a transcript, but the journal has several callers.
    """
    assembly = entries if isinstance(entries, ExchangeAssembler) else assemble(entries)
    callers = callers_of(assembly.exchanges, together=together)
    if transcript is not None and len(callers) > 1:
        raise TranscriptError(
            f"A transcript belongs to one caller, but the journal has {len(callers)}: "
            + ", ".join(each.name for each in callers[:5])
        )
    return [
        judge(
            History(
                caller.world,
                caller.name,
                caller.exchanges,
                gaps=assembly.gaps.get(caller.world, ()),
                over=over,
                expectations=expectations,
                time=time,
                transcript=transcript,
            ),
            rules,
        )
        for caller in callers
    ]


def _finding(history: History, rule: Rule) -> RuleResult:
    kept = 0
    broken: list[Broken] = []
    unsure: list[Unsure] = []
    for observation in rule.occasions(history):
        match _sure(history, observation):
            case Kept():
                kept += 1
            case Broken() as occurrence:
                broken.append(occurrence)
            case Unsure() as doubt:
                unsure.append(doubt)
    return RuleResult(rule, _verdict(history, kept, broken, unsure), kept, tuple(broken), tuple(unsure))


def _sure(history: History, observation: Observation) -> Observation:
    """Turn a violation into `Unsure` if its evidence is incomplete or depends on a call that may still come."""
    if not isinstance(observation, Broken):
        return observation
    if not all(map(history.known, (observation.at, *observation.proof))):
        return Unsure(observation.at, "A part of the journal is missing inside this call.")
    if observation.since is None:
        return observation
    if observation.until is None and not history.over:
        return Unsure(observation.at, "The caller may still make the call.")
    last = math.inf if observation.until is None else observation.until
    if not history.whole(observation.since, last):
        return Unsure(observation.at, "The missing part of the journal may have the call.")
    return observation


def _verdict(history: History, kept: int, broken: Sequence[Broken], unsure: Sequence[Unsure]) -> Verdict:
    if broken:
        return Verdict.BROKEN
    if unsure or history.gaps:
        return Verdict.UNKNOWN
    return Verdict.KEPT if kept else Verdict.NOT_EXERCISED

"""From histories and rules to verdicts."""

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
    """What is known of a rule: `UNKNOWN` where a missing part of the journal may hold the opposite."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_EXERCISED = "not exercised"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What became of one rule in one history; `kept` counts the occasions on which it was."""

    rule: Rule
    verdict: Verdict
    kept: int
    broken: tuple[Broken, ...]
    unsure: tuple[Unsure, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """All findings about one caller, in the order of the rules."""

    history: History
    findings: tuple[RuleResult, ...]

    @property
    def broken(self) -> list[RuleResult]:
        """The rules that were broken."""
        return [each for each in self.findings if each.verdict is Verdict.BROKEN]


def judge(history: History, rules: Iterable[Rule]) -> Judgement:
    """Each rule's verdict over one caller's history."""
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
    """The judgements about all callers of a journal, in the order in which they first called.

    `over` is false while the callers may still be at work: what they have not done yet is then not held against them.
    `together` takes all that called in a world for one caller. A `transcript` is what the only caller's user saw.

    Raises:
        TranscriptError: there is a transcript, and the journal has several callers.
    """
    assembly = entries if isinstance(entries, ExchangeAssembler) else assemble(entries)
    callers = callers_of(assembly.exchanges, together=together)
    if transcript is not None and len(callers) > 1:
        raise TranscriptError(
            f"A transcript is of one caller, and the journal has {len(callers)}: "
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
            case Broken() as breach:
                broken.append(breach)
            case Unsure() as doubt:
                unsure.append(doubt)
    return RuleResult(rule, _verdict(history, kept, broken, unsure), kept, tuple(broken), tuple(unsure))


def _sure(history: History, observation: Observation) -> Observation:
    """A breach is none where a part of what shows it is missing, or where it rests on an absence that may end."""
    if not isinstance(observation, Broken):
        return observation
    if not all(map(history.known, (observation.at, *observation.proof))):
        return Unsure(observation.at, "A part of the journal is missing inside this call.")
    if observation.since is None:
        return observation
    if observation.until is None and not history.over:
        return Unsure(observation.at, "The caller may still do it.")
    last = math.inf if observation.until is None else observation.until
    if not history.whole(observation.since, last):
        return Unsure(observation.at, "A part of the journal is missing where the answer may have stood.")
    return observation


def _verdict(history: History, kept: int, broken: Sequence[Broken], unsure: Sequence[Unsure]) -> Verdict:
    if broken:
        return Verdict.BROKEN
    if unsure or history.gaps:
        return Verdict.UNKNOWN
    return Verdict.KEPT if kept else Verdict.NOT_EXERCISED

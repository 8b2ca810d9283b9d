"""From histories and rules to verdicts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nemovideo_harness.conduct.callers import callers_of
from nemovideo_harness.conduct.entries import Entry
from nemovideo_harness.conduct.exchanges import Assembly, assembled
from nemovideo_harness.conduct.history import History, Time
from nemovideo_harness.conduct.practice import Practice
from nemovideo_harness.conduct.rules.rule import Broken, Kept, Occasion, Rule, Unsure


class Verdict(StrEnum):
    """What is known of a rule: `UNKNOWN` where a missing part of the journal may hold the opposite."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_EXERCISED = "not exercised"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
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
    findings: tuple[Finding, ...]

    @property
    def broken(self) -> list[Finding]:
        """The rules that were broken."""
        return [each for each in self.findings if each.verdict is Verdict.BROKEN]


def judge(history: History, rules: Iterable[Rule]) -> Judgement:
    """Each rule's verdict over one caller's history."""
    return Judgement(history, tuple(_finding(history, rule) for rule in rules))


def judge_journal(
    entries: Iterable[Entry] | Assembly,
    rules: Collection[Rule],
    *,
    practice: Practice | None = None,
    time: Time = "auto",
    over: bool = True,
) -> list[Judgement]:
    """The judgements about all callers of a journal, in the order in which they first called.

    `over` is false while the callers may still be at work: what they have not done yet is then not held against them.
    """
    assembly = entries if isinstance(entries, Assembly) else assembled(entries)
    return [
        judge(
            History(
                caller.world,
                caller.name,
                caller.exchanges,
                gaps=assembly.gaps.get(caller.world, ()),
                over=over,
                practice=practice,
                time=time,
            ),
            rules,
        )
        for caller in callers_of(assembly.exchanges)
    ]


def _finding(history: History, rule: Rule) -> Finding:
    kept = 0
    broken: list[Broken] = []
    unsure: list[Unsure] = []
    for occasion in rule.occasions(history):
        match _sure(history, occasion):
            case Kept():
                kept += 1
            case Broken() as breach:
                broken.append(breach)
            case Unsure() as doubt:
                unsure.append(doubt)
    return Finding(rule, _verdict(history, kept, broken, unsure), kept, tuple(broken), tuple(unsure))


def _sure(history: History, occasion: Occasion) -> Occasion:
    """A breach that rests on what was not found is none where the journal lacks a part, or goes on."""
    if not isinstance(occasion, Broken) or occasion.since is None:
        return occasion
    if occasion.until is None and not history.over:
        return Unsure(occasion.at, "The caller may still do it.")
    last = history.exchanges[-1].last if occasion.until is None else occasion.until
    if not history.whole(occasion.since, last):
        return Unsure(occasion.at, "A part of the journal is missing where the answer may have stood.")
    return occasion


def _verdict(history: History, kept: int, broken: Sequence[Broken], unsure: Sequence[Unsure]) -> Verdict:
    if broken:
        return Verdict.BROKEN
    if unsure or history.gaps:
        return Verdict.UNKNOWN
    return Verdict.KEPT if kept else Verdict.NOT_EXERCISED

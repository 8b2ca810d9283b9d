"""What a run has found out about each requirement: agreed, contradicted, in doubt, or not checked and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from nemovideo_contract.profiles import Profile
from nemovideo_contract.requirements import AREAS, REQUIREMENTS, Requirement
from nemovideo_contract.suite.marks import UNTESTED
from nemovideo_contract.targets import Target, approach

OTHERWISE = "it holds in another profile"
NOWHERE = "no caller can check it"
NO_ACCOUNT = "it needs an account that the target does not offer"
TOO_DEAR = "it costs more than this run may spend"
BY_NAME = "it was left out by name, as the target does not meet it"
TOO_FAST = "it is about times, and the target works faster or slower than the documents say"
CUT_SHORT = "its check ended before that point"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check: `outcome` is passed, failed, skipped or doubted, `words` say why.

    `ids` are the requirements that it names, and `rule` the one that was contradicted. `doubts` has contradicted
    assumed facts, and facts that could not be seen. `calls` is what it sent. A doubted check took longer than a run
    waits; `unsure` has the requirements that it can't judge, or is empty for all that it names.
    """

    name: str
    ids: tuple[str, ...]
    outcome: str
    words: str = ""
    doubts: str = ""
    calls: str = ""
    rule: str | None = None
    unsure: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Requirements by verdict; `unchecked` has them by the reason. Each requirement is in one place only."""

    agreed: tuple[str, ...]
    contradicted: tuple[str, ...]
    doubted: tuple[str, ...]
    unchecked: Mapping[str, tuple[str, ...]]

    def as_dict(self) -> dict[str, object]:
        """Return the verdicts for JSON."""
        unchecked = {reason: list(ids) for reason, ids in self.unchecked.items()}
        return {
            "agreed": list(self.agreed),
            "contradicted": list(self.contradicted),
            "doubted": list(self.doubted),
            "unchecked": unchecked,
        }

    def summary_lines(self) -> list[str]:
        """Return the verdicts for people, one line each."""
        agreed, against, doubted = len(self.agreed), len(self.contradicted), len(self.doubted)
        count = sum(map(len, self.unchecked.values()))
        lines = [f"{agreed} requirements agreed, {against} contradicted, {doubted} in doubt, {count} not checked"]
        if self.contradicted:
            lines.append(f"  contradicted: {', '.join(self.contradicted)}")
        if self.doubted:
            lines.append(f"  in doubt: {', '.join(self.doubted)}")
        listed = sorted(self.unchecked.items(), key=lambda each: -len(each[1]))
        return lines + [f"  {len(ids):3} not checked: {reason}" for reason, ids in listed]


def verdicts(
    target: Target,
    profile: Profile,
    lines: Sequence[CheckResult],
    checked: Collection[str],
    doubts: Iterable[str],
    *,
    areas: Collection[str] = (),
    too_fast: Collection[str] = (),
) -> Verdicts:
    """Return what a run has found out about the requirements of these areas, or of all areas.

    `checked` has the requirements that were held against an answer. `doubts` has those of them that are contradicted
    assumed facts, or that could not be seen. `too_fast` has requirements about times that the target can't show.
    Requirements in `doubts` are in doubt, and also those whose check took longer than a run waits.
    """
    wrong = {line.rule for line in lines if line.outcome == "failed" and line.rule is not None}
    shown = {each for line in lines if line.outcome == "passed" for each in line.ids if each in checked}
    slow = {
        each
        for line in lines
        if line.outcome == "doubted"
        for each in line.unsure or set(line.ids) - shown
        if not isinstance(approach(REQUIREMENTS[each], target, profile), str)
        and each not in {*target.without, *too_fast}
    }
    unsure = (set(doubts) | slow) - wrong
    agreed: list[str] = []
    unchecked: dict[str, list[str]] = {}
    for rule in (each for area, listed in AREAS.items() if not areas or area in areas for each in listed):
        if rule.id in wrong | unsure:
            continue
        if rule.id in checked:
            agreed.append(rule.id)
        else:
            unchecked.setdefault(_why(rule, target, profile, lines, too_fast), []).append(rule.id)
    reasons = {reason: tuple(ids) for reason, ids in unchecked.items()}
    return Verdicts(tuple(agreed), tuple(sorted(wrong)), tuple(sorted(unsure)), reasons)


def _why(
    rule: Requirement, target: Target, profile: Profile, lines: Sequence[CheckResult], too_fast: Collection[str]
) -> str:
    if rule.exempt is not None or rule.id in UNTESTED:
        return NOWHERE
    if rule.id in target.without:
        return BY_NAME
    if isinstance(approach(rule, target, profile), str):
        if not target.lets(rule.cost):
            return TOO_DEAR
        return NO_ACCOUNT if rule.needs is not None and rule.needs not in target.scenarios else OTHERWISE
    if rule.id in too_fast:
        return TOO_FAST
    naming = [line for line in lines if rule.id in line.ids]
    skipped = next((line.words.rstrip(".") for line in naming if line.outcome == "skipped" and line.words), None)
    if any(line.outcome == "failed" for line in naming):
        return CUT_SHORT
    return skipped or "no check reached it"

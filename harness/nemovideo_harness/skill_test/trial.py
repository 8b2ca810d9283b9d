"""What became of one scenario: the verdicts of the rules, and whether the caller got as far as was wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from nemovideo_harness.skill_test.scenario_world import CallerResult
from nemovideo_harness.skill_test.scenarios import Scenario
from nemovideo_skills.judge.judging import Judgement, RuleResult, Verdict


class Outcome(StrEnum):
    """How a scenario came out, the worst first."""

    TIMED_OUT = "timed out"
    NO_CALL = "no call"
    BROKEN = "broken"
    MISSED = "missed"
    PASSED = "passed"


@dataclass(frozen=True)
class Trial:
    """One scenario, played and judged.

    `judgement` is None where nobody called. `wanted` are the rules that a caller meets who gets as far as the scenario
    wants it. `is_strict` counts breaches of rules of severity warning, too.
    """

    scenario: Scenario
    performance: CallerResult
    judgement: Judgement | None
    wanted: tuple[str, ...]
    is_strict: bool = False

    @cached_property
    def verdicts(self) -> Mapping[str, Verdict]:
        """The rules that were exercised, or of which nobody knows whether they were, by id."""
        findings = () if self.judgement is None else self.judgement.findings
        return MappingProxyType(
            {each.rule.id: each.verdict for each in findings if each.verdict is not Verdict.NOT_EXERCISED}
        )

    @property
    def broken(self) -> tuple[RuleResult, ...]:
        """The rules that were broken."""
        return () if self.judgement is None else tuple(self.judgement.broken)

    @property
    def failing(self) -> tuple[str, ...]:
        """The broken rules by which it fails."""
        severities = {"error", "warning"} if self.is_strict else {"error"}
        return tuple(each.rule.id for each in self.broken if each.rule.severity in severities)

    @property
    def missed(self) -> tuple[str, ...]:
        """The wanted rules that were not exercised."""
        return tuple(each for each in self.wanted if each not in self.verdicts)

    @property
    def outcome(self) -> Outcome:
        """How it came out."""
        if self.performance.ending != "over":
            return Outcome.TIMED_OUT
        if self.judgement is None:
            return Outcome.NO_CALL
        if self.failing:
            return Outcome.BROKEN
        return Outcome.MISSED if self.missed else Outcome.PASSED

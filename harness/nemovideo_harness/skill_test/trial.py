"""The result of one scenario: the verdicts of the rules, and whether the caller exercised the expected rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from nemovideo_harness.skill_test.scenarios import SkillScenario
from nemovideo_harness.skill_test.trial_environment import CallerResult
from nemovideo_skills.judge.judging import Judgement, RuleResult, Verdict


class Outcome(StrEnum):
    """The outcome of a scenario, the worst first."""

    TIMED_OUT = "timed out"
    NO_CALL = "no call"
    BROKEN = "broken"
    MISSED = "missed"
    PASSED = "passed"


@dataclass(frozen=True)
class Trial:
    """One scenario, played and judged.

    `judgement` is None if the caller made no call. `wanted` are the rules that apply if a caller completes the
    scenario. With `is_strict`, violations of rules of severity warning count too.
    """

    scenario: SkillScenario
    performance: CallerResult
    judgement: Judgement | None
    wanted: tuple[str, ...]
    is_strict: bool = False

    @cached_property
    def verdicts(self) -> Mapping[str, Verdict]:
        """The verdicts of all rules that were or may have been exercised, by id."""
        findings = () if self.judgement is None else self.judgement.findings
        return MappingProxyType(
            {each.rule.id: each.verdict for each in findings if each.verdict is not Verdict.NOT_EXERCISED}
        )

    @property
    def broken(self) -> tuple[RuleResult, ...]:
        """The results of the broken rules."""
        return () if self.judgement is None else tuple(self.judgement.broken)

    @property
    def failing(self) -> tuple[str, ...]:
        """The broken rules that make the scenario fail."""
        severities = {"error", "warning"} if self.is_strict else {"error"}
        return tuple(each.rule.id for each in self.broken if each.rule.severity in severities)

    @property
    def missed(self) -> tuple[str, ...]:
        """The expected rules that were not exercised."""
        return tuple(each for each in self.wanted if each not in self.verdicts)

    @property
    def outcome(self) -> Outcome:
        """The outcome of the scenario."""
        if self.performance.ending != "over":
            return Outcome.TIMED_OUT
        if self.judgement is None:
            return Outcome.NO_CALL
        if self.failing:
            return Outcome.BROKEN
        return Outcome.MISSED if self.missed else Outcome.PASSED

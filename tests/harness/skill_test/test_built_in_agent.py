"""Our own agent passes every scenario of the matrix, on every profile."""

from __future__ import annotations

import pytest

from nemovideo_contract.profiles import DEFAULT, PROFILES
from nemovideo_harness.skill_test.scenarios import SKILL_SCENARIOS
from nemovideo_harness.skill_test.trial import Outcome
from nemovideo_skills.judge.judging import Verdict

from .plays import broken, by_our_agent


@pytest.mark.parametrize(
    "profile", [pytest.param(name, marks=[] if name == DEFAULT else [pytest.mark.slow]) for name in sorted(PROFILES)]
)
def test_our_agent_breaks_no_rule_and_exercises_each_scenarios_rules(profile: str) -> None:
    trials = by_our_agent(list(SKILL_SCENARIOS.values()), profile)
    assert [each.scenario.name for each in trials] == list(SKILL_SCENARIOS)
    assert {each.scenario.name: broken(each) for each in trials if each.broken} == {}
    assert {each.scenario.name: each.missed for each in trials if each.missed} == {}
    assert {each.outcome for each in trials} == {Outcome.PASSED}
    assert not [name for each in trials for name, verdict in each.verdicts.items() if verdict is Verdict.UNKNOWN]


def test_heartbeats_go_on_for_five_minutes() -> None:
    (trial,) = by_our_agent([SKILL_SCENARIOS["heartbeats"]])
    assert trial.judgement is not None
    history = trial.judgement.history
    (turn,) = [each for each in history.exchanges if each.message is not None]
    ended = history.ended(turn)
    assert ended is not None
    assert 290 <= ended - history.began(turn) <= 330
    assert turn.stream is not None
    assert turn.stream.heartbeats >= 12

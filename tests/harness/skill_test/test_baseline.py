"""A baseline finds each regression, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nemovideo_harness.skill_test.baseline import (
    BaselineError,
    MatrixHeader,
    SavedMatrix,
    as_json,
    differences,
    read,
    regressions,
)
from nemovideo_harness.skill_test.scenarios import SKILL_SCENARIOS
from nemovideo_harness.skill_test.trial import Outcome, Trial
from nemovideo_harness.skill_test.trial_environment import CallerResult
from nemovideo_skills.judge.judging import Judgement, RuleResult, Verdict
from nemovideo_skills.judge.rules import RULES, Broken
from nemovideo_skills.judge.transcripts import Transcript
from tests.skills.judge.cases import case_of, good

HEAD = MatrixHeader("reel", "1.0.0", ("agent", "{prompt}"), "seeds", "real", 60, "0.1.0")


def trial(name: str = "silent-edit", *, ending: str = "over", wanted: tuple[str, ...] = (), **verdicts: str) -> Trial:
    """Return a scenario's trial with these verdicts; a rule's name has underscores here."""
    history = case_of(good()).judgements[0].history
    at = history.exchanges[0]
    findings = tuple(
        RuleResult(
            RULES[rule.replace("_", "-")], Verdict(verdict), 1, (Broken(at, "It was."),) * (verdict == "broken"), ()
        )
        for rule, verdict in verdicts.items()
    )
    performance = CallerResult(Transcript(()), "timed out" if ending == "timed out" else "over")
    return Trial(SKILL_SCENARIOS[name], performance, Judgement(history, findings), wanted)


def saved(*trials: Trial) -> SavedMatrix:
    """Return the matrix after it was saved and read."""
    return read(as_json(HEAD, trials, (), is_failed=False))


@pytest.mark.parametrize(
    ("before", "now", "count"),
    [
        ("kept", "kept", 0),
        ("kept", "broken", 1),
        ("kept", "not exercised", 1),
        ("kept", "unknown", 1),
        ("not exercised", "broken", 1),
        ("not exercised", "kept", 0),
        ("broken", "broken", 0),
        ("broken", "kept", 0),
        ("broken", "not exercised", 0),
    ],
)
def test_a_rule_that_broke_or_is_not_exercised_any_more_is_a_regression(before: str, now: str, count: int) -> None:
    found = regressions(saved(trial(poll_interval=before)), [trial(poll_interval=now)])
    assert len(found) == count
    if count:
        assert str(found[0]) == f"silent-edit, poll-interval: {now}, was {before}"


def test_a_scenario_that_times_out_now_is_one_regression() -> None:
    before = saved(trial(poll_interval="kept", token_reused="kept"))
    found = regressions(before, [trial(ending="timed out")])
    assert [str(each) for each in found] == ["silent-edit: timed out, was passed"]
    assert regressions(saved(trial(ending="timed out")), [trial(ending="timed out")]) == []


def test_a_scenario_that_is_new_is_no_regression() -> None:
    assert regressions(saved(trial()), [trial("two-stage", poll_interval="broken")]) == []


def test_trials_with_other_settings_are_not_compared() -> None:
    before = saved(trial())
    assert differences(before, HEAD) == []
    assert differences(before, replace(HEAD, profile="adk", speed=1)) == ["profile seeds, now adk", "speed 60, now 1"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"tool": "nemo-harness judge"}', '{"tool": "nemo-harness skill test"}']
)
def test_a_file_that_is_not_a_matrix_is_refused(text: str) -> None:
    with pytest.raises(BaselineError, match="It is no"):
        read(text)


def test_the_worst_is_the_outcome() -> None:
    assert trial(poll_interval="kept").outcome is Outcome.PASSED
    assert trial(wanted=("fresh-render-id",), poll_interval="kept").outcome is Outcome.MISSED
    assert trial(poll_interval="broken").outcome is Outcome.PASSED
    assert replace(trial(poll_interval="broken"), is_strict=True).outcome is Outcome.BROKEN
    assert trial(wanted=("fresh-render-id",), bearer_on_every_call="broken").outcome is Outcome.BROKEN
    assert replace(trial(), judgement=None).outcome is Outcome.NO_CALL
    assert trial(ending="timed out", bearer_on_every_call="broken").outcome is Outcome.TIMED_OUT

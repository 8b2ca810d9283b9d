"""A matrix as a file, and what became worse since one was saved."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from nemovideo_harness.skill_test.trial import Outcome, Trial
from nemovideo_skills.judge.judging import Verdict

TOOL: Final = "nemo-harness skill test"
#: What two matrices have to share so that they can be compared.
SETTING: Final = ("profile", "clock", "speed")


class BaselineError(ValueError):
    """A file that is no matrix; the message says why."""


@dataclass(frozen=True, slots=True)
class MatrixHeader:
    """What heads a matrix: the skill, its caller, and how the service was played."""

    skill: str
    version: str | None
    command: tuple[str, ...] | None
    profile: str
    clock: str
    speed: float
    harness: str

    @property
    def caller(self) -> str:
        """Who called, in words."""
        return "our own agent" if self.command is None else " ".join(self.command)


@dataclass(frozen=True, slots=True)
class SavedMatrix:
    """A matrix as it was saved: outcomes by scenario, and verdicts by scenario and rule."""

    setting: Mapping[str, object]
    outcomes: Mapping[str, str]
    verdicts: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Regression:
    """What became worse: a rule in a scenario, or the scenario itself where `rule` is None."""

    scenario: str
    rule: str | None
    before: str
    now: str

    def __str__(self) -> str:
        of = self.scenario if self.rule is None else f"{self.scenario}, {self.rule}"
        return f"{of}: {self.now}, was {self.before}"


def as_json(head: MatrixHeader, trials: Sequence[Trial], regressions: Sequence[Regression], *, is_failed: bool) -> str:
    """One object: what was tested, `failed`, `scenarios` by name with outcome and verdicts, `regressions`."""
    whole = {
        "tool": TOOL,
        "version": head.harness,
        "skill": {"name": head.skill, "version": head.version},
        "command": head.command,
        "profile": head.profile,
        "clock": head.clock,
        "speed": head.speed,
        "failed": is_failed,
        "scenarios": {each.scenario.name: _trial(each) for each in trials},
        "regressions": [
            {"scenario": each.scenario, "rule": each.rule, "before": each.before, "now": each.now}
            for each in regressions
        ],
    }
    return json.dumps(whole, ensure_ascii=True, indent=1) + "\n"


def _trial(trial: Trial) -> dict[str, object]:
    judgement = trial.judgement
    return {
        "outcome": trial.outcome,
        "sentence": trial.scenario.sentence,
        "exit_code": trial.performance.code,
        "calls": 0 if judgement is None else len(judgement.history.exchanges),
        "missed": list(trial.missed),
        "verdicts": dict(trial.verdicts),
        "broken": {each.rule.id: [breach.what for breach in each.broken] for each in trial.broken},
    }


def read(text: str) -> SavedMatrix:
    """A matrix that was saved.

    Raises:
        BaselineError: it is none.
    """
    try:
        whole: object = json.loads(text)
    except (ValueError, RecursionError):
        raise BaselineError("It is not JSON.") from None
    try:
        return _parse_baseline(cast("dict[str, Any]", whole))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BaselineError("It is no matrix that `skill test -o` has written.") from None


def _parse_baseline(whole: dict[str, Any]) -> SavedMatrix:  # Any: what somebody's file holds
    if whole["tool"] != TOOL:
        raise ValueError(whole["tool"])
    scenarios: dict[str, dict[str, Any]] = whole["scenarios"]
    return SavedMatrix(
        {name: whole[name] for name in SETTING},
        {name: str(each["outcome"]) for name, each in scenarios.items()},
        {name: dict(each["verdicts"]) for name, each in scenarios.items()},
    )


def differences(saved: SavedMatrix, head: MatrixHeader) -> list[str]:
    """In what the two were played differently, as sentences; they can't be compared then."""
    now: dict[str, object] = {"profile": head.profile, "clock": head.clock, "speed": head.speed}
    return [f"{name} {saved.setting[name]}, now {now[name]}" for name in SETTING if saved.setting[name] != now[name]]


def regressions(saved: SavedMatrix, trials: Sequence[Trial]) -> list[Regression]:
    """What became worse; scenarios that were not there before are left out."""
    return [each for trial in trials if trial.scenario.name in saved.outcomes for each in _worse(saved, trial)]


def _worse(saved: SavedMatrix, trial: Trial) -> Iterator[Regression]:
    name = trial.scenario.name
    before, now = saved.outcomes[name], trial.outcome
    if now in {Outcome.TIMED_OUT, Outcome.NO_CALL} and before != now:
        yield Regression(name, None, before, now)
        return  # what was not exercised any more follows from it
    verdicts = saved.verdicts[name]
    for rule in dict.fromkeys((*verdicts, *trial.verdicts)):
        was = verdicts.get(rule, Verdict.NOT_EXERCISED)
        is_now = trial.verdicts.get(rule, Verdict.NOT_EXERCISED)
        broke = is_now == Verdict.BROKEN and was != Verdict.BROKEN
        # A rule that was broken and is not met any more may have been mended; one that was kept was given up.
        lost = was == Verdict.KEPT and is_now not in {Verdict.KEPT, Verdict.BROKEN}
        if broke or lost:
            yield Regression(name, rule, was, is_now)

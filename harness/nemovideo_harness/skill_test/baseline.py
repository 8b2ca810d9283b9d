"""Save a matrix as a file, and find the regressions since a matrix was saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from nemovideo_contract.json_input import JsonInputError, parse
from nemovideo_contract.reports import to_json
from nemovideo_harness.skill_test.trial import Outcome, Trial
from nemovideo_skills.judge.judging import Verdict

TOOL: Final = "nemo-harness skill test"
#: The settings that must be equal so that two matrices can be compared.
SETTING: Final = ("profile", "clock", "speed")


class BaselineError(ValueError):
    """A file that is not a matrix; the message says why."""


@dataclass(frozen=True, slots=True)
class MatrixHeader:
    """The head of a matrix: the skill, its caller, and the settings of the service."""

    skill: str
    version: str | None
    command: tuple[str, ...] | None
    profile: str
    clock: str
    speed: float
    harness: str

    @property
    def caller(self) -> str:
        """The caller in words."""
        return "our own agent" if self.command is None else " ".join(self.command)


@dataclass(frozen=True, slots=True)
class SavedMatrix:
    """A saved matrix: outcomes by scenario, and verdicts by scenario and rule."""

    setting: Mapping[str, object]
    outcomes: Mapping[str, str]
    verdicts: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Regression:
    """A result that became worse: of a rule in a scenario, or of the whole scenario if `rule` is None."""

    scenario: str
    rule: str | None
    before: str
    now: str

    def __str__(self) -> str:
        of = self.scenario if self.rule is None else f"{self.scenario}, {self.rule}"
        return f"{of}: {self.now}, was {self.before}"


def as_json(head: MatrixHeader, trials: Sequence[Trial], regressions: Sequence[Regression], *, is_failed: bool) -> str:
    """Return a JSON object: the skill and settings, `failed`, `scenarios` by name, and `regressions`."""
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
    return to_json(whole, is_ascii=True)


def _trial(trial: Trial) -> dict[str, object]:
    judgement = trial.judgement
    return {
        "outcome": trial.outcome,
        "sentence": trial.scenario.sentence,
        "exit_code": trial.performance.code,
        "calls": 0 if judgement is None else len(judgement.history.exchanges),
        "missed": list(trial.missed),
        "verdicts": dict(trial.verdicts),
        "broken": {each.rule.id: [occurrence.what for occurrence in each.broken] for each in trial.broken},
    }


def read(text: str) -> SavedMatrix:
    """Return a saved matrix.

    Raises:
        BaselineError: the text is not a matrix.
    """
    try:
        whole = parse(text)
    except JsonInputError as error:
        raise BaselineError(str(error)) from None
    try:
        return _parse_baseline(cast("dict[str, Any]", whole))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BaselineError("It is not a matrix that `skill test -o` has written.") from None


def _parse_baseline(whole: dict[str, Any]) -> SavedMatrix:  # Any: the content of a user's file
    if whole["tool"] != TOOL:
        raise ValueError(whole["tool"])
    scenarios: dict[str, dict[str, Any]] = whole["scenarios"]
    return SavedMatrix(
        {name: whole[name] for name in SETTING},
        {name: str(each["outcome"]) for name, each in scenarios.items()},
        {name: dict(each["verdicts"]) for name, each in scenarios.items()},
    )


def differences(saved: SavedMatrix, head: MatrixHeader) -> list[str]:
    """Return the settings in which two matrices differ, as sentences; such matrices can't be compared."""
    now: dict[str, object] = {"profile": head.profile, "clock": head.clock, "speed": head.speed}
    return [f"{name} {saved.setting[name]}, now {now[name]}" for name in SETTING if saved.setting[name] != now[name]]


def regressions(saved: SavedMatrix, trials: Sequence[Trial]) -> list[Regression]:
    """Return the results that became worse; scenarios that are not in the saved matrix are left out."""
    return [each for trial in trials if trial.scenario.name in saved.outcomes for each in _worse(saved, trial)]


def _worse(saved: SavedMatrix, trial: Trial) -> Iterator[Regression]:
    name = trial.scenario.name
    before, now = saved.outcomes[name], trial.outcome
    if now in {Outcome.TIMED_OUT, Outcome.NO_CALL} and before != now:
        yield Regression(name, None, before, now)
        return  # the rules of this scenario would only repeat it
    verdicts = saved.verdicts[name]
    for rule in dict.fromkeys((*verdicts, *trial.verdicts)):
        was = verdicts.get(rule, Verdict.NOT_EXERCISED)
        is_now = trial.verdicts.get(rule, Verdict.NOT_EXERCISED)
        broke = is_now == Verdict.BROKEN and was != Verdict.BROKEN
        # A rule that was broken and is not exercised now may have been fixed; one that was kept is a regression.
        lost = was == Verdict.KEPT and is_now not in {Verdict.KEPT, Verdict.BROKEN}
        if broke or lost:
            yield Regression(name, rule, was, is_now)

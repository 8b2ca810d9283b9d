"""Run scenarios with a command or with our own agent."""

from __future__ import annotations

import os
import select
from collections.abc import Mapping, Sequence
from pathlib import Path

from nemovideo_client import Attribution
from nemovideo_harness.skill_test.built_in_agent import performer
from nemovideo_harness.skill_test.command_caller import Command, resolve_command
from nemovideo_harness.skill_test.runner import RunPlan, run
from nemovideo_harness.skill_test.scenarios import SKILL_SCENARIOS, SkillScenario
from nemovideo_harness.skill_test.trial import Trial
from nemovideo_skills.judge.rules import RULES
from tests.guards import HANG_S

HARNESS = Path(__file__).parents[1]
SKILL = HARNESS.parent / "skills/lint/good/SKILL.md"
CLUMSY = HARNESS / "clumsy.sh"
ALL = tuple(RULES.values())


def by_our_agent(scenarios: Sequence[SkillScenario], profile: str = "seeds") -> list[Trial]:
    """Return the trials of our own agent."""
    agent = performer(Attribution("photo-stories", "1.2.0", "clawhub"), lambda: False)
    plan = RunPlan(profile, "virtual", 1, 2, ALL)
    return run(scenarios, plan, agent, stop=lambda: None, on_done=lambda _: None)


def by_command(
    arguments: Sequence[str],
    *names: str,
    clock: str = "virtual",
    speed: float = 10,
    timeout_s: float = HANG_S,
    keeps: Path | None = None,
    environ: Mapping[str, str] | None = None,
    passes: tuple[str, ...] = (),
) -> list[Trial]:
    """Return the trials of a command."""
    is_virtual = clock == "virtual"
    command = Command(
        resolve_command(arguments, Path.cwd()), SKILL, timeout_s, is_virtual, {**os.environ, **(environ or {})}, passes
    )
    plan = RunPlan("seeds", "virtual" if is_virtual else "real", speed, 2, ALL, keeps=keeps)
    scenarios = [SKILL_SCENARIOS[name] for name in names or ("happy-path",)]
    return run(scenarios, plan, command.perform, stop=command.running.end, on_done=lambda _: None)


def broken(trial: Trial) -> set[str]:
    """Return the ids of the broken rules."""
    return {each.rule.id for each in trial.broken}


def ends(pid: str) -> bool:
    """Return whether a process has ended, or ends within a short time."""
    try:
        number = os.pidfd_open(int(pid))
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(number, select.POLLIN)
        return bool(poll.poll(10_000))
    finally:
        os.close(number)

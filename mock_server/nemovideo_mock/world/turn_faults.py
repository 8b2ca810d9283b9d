"""Turns that go otherwise than planned: pure changes of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from nemovideo_mock.agent.turn_plan import Failure, Plan, PlannedStep, Text
from nemovideo_mock.world.state import TurnFault

#: Seconds of service time between an answer and words that follow it.
_NOISE_AFTER: Final = 2.0


def apply_faults(plan: Plan, bends: Sequence[TurnFault]) -> Plan:
    """The plan with everything that goes wrong in it; that a stuck turn doesn't end, no plan can say."""
    for bend in bends:
        if bend.kind == "silent":
            plan = replace(plan, beats=_without_words(plan))
        elif bend.kind == "noise":
            at = plan.duration + _NOISE_AFTER / 2
            plan = replace(
                plan, beats=(*plan.beats, PlannedStep(at, Text(bend.message))), duration=at + _NOISE_AFTER / 2
            )
        else:
            kept = plan.beats[: bend.after]
            if bend.kind == "stuck":
                plan = replace(plan, beats=kept)
            else:
                at = plan.beats[bend.after].at if bend.after < len(plan.beats) else plan.duration
                plan = replace(plan, beats=(*kept, PlannedStep(at, Failure(bend.code, bend.message))), duration=at)
    return plan


def _without_words(plan: Plan) -> tuple[PlannedStep, ...]:
    """The beats that say nothing; changes come with tool results and stay."""
    return tuple(beat for beat in plan.beats if not isinstance(beat.record, Text))

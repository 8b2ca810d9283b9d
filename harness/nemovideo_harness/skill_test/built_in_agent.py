"""Our own agent as the caller: in this process, on the world's virtual clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nemovideo_harness.skill_test.trial_environment import CallerResult, TrialEnvironment, add_file_paths
from nemovideo_skills.judge.transcripts import Speaker, Transcript, TranscriptLine

if TYPE_CHECKING:
    from nemovideo_client import Attribution


def performer(attribution: Attribution, is_stopped: Callable[[], bool]) -> Callable[[TrialEnvironment], CallerResult]:
    """Return a function that plays a scenario with our agent, with the attribution of a skill."""

    def perform(scene: TrialEnvironment) -> CallerResult:
        return _perform(scene, attribution, is_stopped)

    return perform


def _perform(scene: TrialEnvironment, attribution: Attribution, is_stopped: Callable[[], bool]) -> CallerResult:
    from nemovideo_harness.inprocess import connect
    from nemovideo_skills.agent import Agent, Reply

    clock = scene.world.runtime.clock
    lines: list[TranscriptLine] = []

    def note(speaker: Speaker, text: str) -> None:
        lines.append(TranscriptLine(len(lines) + 1, speaker, text, clock.now()))

    def on_status(reply: Reply) -> None:
        note("agent", reply.text)

    world, scenario = scene.world, scene.scenario
    with connect(world.server, world=world.name, token=scenario.nemo_token, attribution=attribution) as client:
        agent = Agent(client, folder=scene.work, on_status=on_status)
        for utterance in add_file_paths(scenario.says, scenario.files, scene.work):
            if is_stopped():
                return CallerResult(Transcript(lines), "stopped")
            note("user", utterance)
            for reply in agent.say(utterance):
                note("agent", reply.text)
    return CallerResult(Transcript(lines))

"""The project's own agent obeys every rule in every scenario; otherwise the agent or the rule is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from nemovideo_client import Attribution
from nemovideo_contract.journal import read_entries
from nemovideo_contract.profiles import PROFILES
from nemovideo_harness.inprocess import connect
from nemovideo_mock.runtime.scenario_tokens import TOKEN_SCENARIOS, token_of
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from nemovideo_skills.agent import Agent
from nemovideo_skills.judge.expectations import PRACTICES
from nemovideo_skills.judge.judging import Judgement, judge_journal
from nemovideo_skills.judge.rules import RULES
from nemovideo_skills.judge.transcripts import Transcript, TranscriptLine
from tests.skills.agent.stage import COFFEE

TALK = (
    str(COFFEE),
    "a 5-second clip of it",
    "add a title “Hello” and music",
    "make it vertical",
    "export",
    "credits",
)


def judgement_of_a_talk(folder: Path, profile: str, scenario: str | None) -> Judgement:
    """Return the judgement of our agent after a conversation, with its transcript."""
    settings = Settings(quality="stub", clock="virtual", profile=PROFILES[profile])
    token = None if scenario is None else token_of(scenario)
    lines: list[TranscriptLine] = []
    with (
        running(settings) as server,
        connect(server, token=token, attribution=Attribution("photo-stories", "1.2.0", "clawhub")) as client,
    ):

        def show(text: str, speaker: str = "agent") -> None:
            now = server.runtime().clock.now()
            lines.append(TranscriptLine(len(lines) + 1, "user" if speaker == "user" else "agent", text, now))

        agent = Agent(client, folder=folder, on_status=lambda reply: show(reply.text))
        for utterance in TALK:
            show(utterance, "user")
            for reply in agent.say(utterance):
                show(reply.text)
    entries = read_entries(server.runtime().journal.lines())
    (judgement,) = judge_journal(
        entries, tuple(RULES.values()), expectations=PRACTICES[profile], together=True, transcript=Transcript(lines)
    )
    return judgement


@pytest.mark.parametrize("scenario", [None, *sorted(TOKEN_SCENARIOS)])
def test_our_agent_obeys_every_rule_in_every_scenario(scenario: str | None, tmp_path: Path) -> None:
    judgement = judgement_of_a_talk(tmp_path, "seeds", scenario)
    assert {each.rule.id: each.broken[0].what for each in judgement.broken} == {}


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_our_agent_obeys_every_rule_in_every_profile(profile: str, tmp_path: Path) -> None:
    judgement = judgement_of_a_talk(tmp_path, profile, "cut")
    assert {each.rule.id: each.broken[0].what for each in judgement.broken} == {}
    assert sum(each.kept > 0 for each in judgement.findings) >= 20

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from nemovideo_contract import wire
from nemovideo_contract.draft import is_ready
from nemovideo_contract.profiles import PROFILES
from nemovideo_mock.agent.lexicon import MUSIC_NAMES
from nemovideo_mock.agent.second_stage import choose_mood, choose_title
from nemovideo_mock.agent.turn_planner import AgentSettings
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import Text, ToolResult

from .sessions import PHOTOS, Session, calls, changes, media, results, spoken_text, texts

if TYPE_CHECKING:
    from nemovideo_mock.turn_plan import Plan

PROMPT = "Generate a video of a sunset over the sea for TikTok"
TWO_STAGES = AgentSettings(silent=0.0, two_stage=True)


def generate_video(message: str = PROMPT, agent_settings: AgentSettings = TWO_STAGES) -> tuple[Session, Plan]:
    session = Session(uploads=(), agent_settings=agent_settings)
    return session, session.say(message)


def tracks(session: Session) -> list[str]:
    return [track.get("m", {}).get("name", "") for track in session.draft["t"]]


def edges(session: Session) -> tuple[int, int]:
    """Return the fades from and to black, in ms."""
    return session.shots[0]["m"].get("fade_in", 0), session.shots[-1]["m"].get("fade_out", 0)


def test_a_generated_clip_gets_music_a_title_and_effects_without_being_asked() -> None:
    session, plan = generate_video()

    assert plan.work == "generate"
    assert tracks(session) == ["Video", "BGM", "Title"]
    assert [sound["m"].get("mood") for sound in session.sounds] == ["calm"]
    assert [word["m"].get("text") for word in session.words] == ["Sunset over the Sea"]
    assert edges(session) == (1000, 1000)


def test_without_the_second_stage_the_clip_stays_raw() -> None:
    session, plan = generate_video(agent_settings=AgentSettings())

    assert len(calls(plan)) == 1
    assert tracks(session) == ["Video"]
    assert edges(session) == (0, 0)


def test_the_raw_clip_is_reported_and_in_the_state_before_the_rest_is_added() -> None:
    _, plan = generate_video()
    order = [
        step.record.content.partition(" ")[0] if isinstance(step.record, Text) else step.record.name
        for step in plan.steps
        if isinstance(step.record, ToolResult)
        or (isinstance(step.record, Text) and step.record.content.startswith(("The raw clip", "I've also added")))
    ]

    assert order == [wire.TOOL_GENERATE, "The", *[wire.TOOL_EDIT] * 3, "I've"]
    assert changes(plan)[0] == next(step.change for step in plan.steps if isinstance(step.record, ToolResult))
    assert [call.name for call in calls(plan)] == [wire.TOOL_GENERATE, *[wire.TOOL_EDIT] * 3]
    assert [call.call_id for call in calls(plan)] == [result.call_id for result in results(plan)]
    assert len({call.call_id for call in calls(plan)}) == 4


def test_every_step_leaves_a_draft_that_has_one_thing_more() -> None:
    _, plan = generate_video()
    drafts = [change.draft for change in changes(plan)]

    assert all(map(is_ready, drafts))
    assert [len(draft["t"]) for draft in drafts if draft is not None] == [1, 2, 3, 3]
    assert [result.result["tracks"] for result in results(plan)] == [1, 2, 3, 3]
    assert [len(change.generated) for change in changes(plan)] == [1, 0, 0, 0]


def test_the_second_stage_takes_its_own_time_behind_the_first() -> None:
    agent_settings = AgentSettings(silent=0.0, two_stage=True, generate=(100, 100), finish=(20, 20))
    _, plan = generate_video(agent_settings=agent_settings)
    edited = [step.at for step in plan.steps if isinstance(step.record, ToolResult)][1:]

    assert plan.duration == 120
    assert all(100 < at < 120 for at in edited)
    assert [earlier.at <= later.at for earlier, later in pairwise(plan.steps)] == [True] * (len(plan.steps) - 1)


def test_the_answer_names_what_was_added_and_says_once_where_to_click() -> None:
    opening, raw, added, clicks = spoken_text(generate_video()[1]).split("\n")

    assert opening.startswith("I'll generate your video now.")
    assert raw == "The raw clip is ready: 1 generated scene, 5 seconds, 1080x1920 (9:16), no music."
    assert added.startswith("I've also added")
    for told in ("Calm piano", "“Sunset over the Sea”", "fade-in from black", "fade to black"):
        assert told in added
    assert "Export" in clicks


@pytest.mark.parametrize(
    ("message", "left"),
    [
        ("remove the music", (["Video", "Title"], (1000, 1000))),
        ("remove the title", (["Video", "BGM"], (1000, 1000))),
        ("remove the effects", (["Video", "BGM", "Title"], (0, 0))),
        ("去掉特效", (["Video", "BGM", "Title"], (0, 0))),
        ("strip the music, the title and all effects", (["Video"], (0, 0))),
        ("不要音乐、标题和特效", (["Video"], (0, 0))),
        ("undo", (["Video"], (0, 0))),
    ],
)
def test_additions_of_the_second_stage_can_be_removed(message: str, left: tuple[list[str], tuple[int, int]]) -> None:
    session, _ = generate_video()
    session.say(message)

    assert (tracks(session), edges(session)) == left


def test_undo_goes_back_over_both_stages_one_at_a_time() -> None:
    session, _ = generate_video()
    whole = session.draft
    session.say("generate a video of a city at night")
    assert [word["m"].get("text") for word in session.words] == ["City at Night"]

    session.say("undo")
    assert [shot["m"].get("prompt") for shot in session.shots] == ["city at night"]
    session.say("undo")
    assert session.draft == whole


@pytest.mark.parametrize(
    ("wish", "actions"),
    [
        (", no music", ["add_title", "add_effects"]),
        (", without a title", ["add_music", "add_effects"]),
        (", no effects", ["add_music", "add_title"]),
        (", no fade out", ["add_music", "add_title", "add_effects"]),
        (" with happy music", ["add_title", "add_effects"]),
        (", title 'Evening'", ["add_music", "add_effects"]),
        (" with a fade in and fade out", ["add_music", "add_title"]),
    ],
)
def test_the_second_stage_adds_nothing_that_the_message_names_or_rejects(wish: str, actions: list[str]) -> None:
    _, plan = generate_video(f"Generate a 10-second video of a sunset over the sea{wish}")

    assert [call.args["action"] for call in calls(plan)[1:]] == actions


def test_of_two_fades_only_the_one_that_is_wanted_is_added() -> None:
    session, _ = generate_video("Generate a 10-second video of a sunset over the sea, no fade out")

    assert edges(session) == (1000, 0)


def test_without_anything_missing_there_is_no_second_stage() -> None:
    session, _ = generate_video()
    plan = session.say("regenerate")

    assert [call.name for call in calls(plan)] == [wire.TOOL_GENERATE]
    assert tracks(session) == ["Video", "BGM", "Title"]


def test_a_song_that_was_uploaded_is_the_music() -> None:
    session = Session(uploads=(media("song.mp3", "audio", 60.0),), agent_settings=TWO_STAGES)
    session.say(PROMPT)

    assert [(sound["m"].get("kind"), sound["m"].get("name")) for sound in session.sounds] == [("file", "song")]


def test_uploads_are_put_together_in_one_stage() -> None:
    session = Session(uploads=PHOTOS, agent_settings=TWO_STAGES)
    plan = session.say("Turn these photos into a 15-second vertical reel")

    assert len(calls(plan)) == len(changes(plan)) == 1
    assert session.words == []


@pytest.mark.parametrize("silence", ["generation", "always"])
def test_a_silent_turn_of_two_stages_has_no_text_at_all(silence: str) -> None:
    agent_settings = AgentSettings.of(PROFILES["vendor-1.9"].replace({"silent": "always"}))
    if silence == "generation":
        agent_settings = AgentSettings(silence="generation", silent=1.0, two_stage=True)
    session, plan = generate_video(agent_settings=agent_settings)

    assert texts(plan) == []
    assert len(calls(plan)) == 4
    assert tracks(session) == ["Video", "BGM", "Title"]


def test_a_chinese_prompt_gets_a_chinese_title_and_answer() -> None:
    session, plan = generate_video("生成一段一只猫咪在雪地里奔跑的10秒视频")

    assert [word["m"].get("text") for word in session.words] == ["猫咪在雪地里奔跑"]
    assert "原始片段已生成" in spoken_text(plan)
    assert "背景音乐" in spoken_text(plan)


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("sunset over the sea", "Sunset over the Sea"),
        ("a cat that surfs on a wave", "Cat"),
        ("neon city at night, rain, cinematic", "Neon City at Night"),
        ("A golden retriever puppy running through a field of tall flowers", "Golden Retriever Puppy Running"),
        ("一座城堡，清晨的薄雾", "城堡"),
        ("猫在城市的街道上慢慢地走着看霓虹灯", "猫在城市的街道上慢慢地走"),
        ("小猫在很寒冷雪夜里静静地走着看灯", "小猫在很寒冷雪夜里静静"),
        ("of the", ""),
        ("", ""),
    ],
)
def test_a_title_is_the_first_words_of_what_is_described(prompt: str, title: str) -> None:
    assert choose_title(prompt) == title


@pytest.mark.parametrize(
    ("prompt", "mood"),
    [
        ("a romantic dinner by the sea", "romantic"),
        ("a couple on the beach", "romantic"),
        ("kittens in a basket", "happy"),
        ("猫咪和狗", "happy"),
        ("waves of the ocean", "calm"),
        ("城市的夜晚", "electronic"),
    ],
)
def test_music_is_chosen_by_the_mood_of_what_is_described(prompt: str, mood: str) -> None:
    assert choose_mood(prompt, Chance("1")) == mood


def test_music_for_a_prompt_without_a_mood_differs_from_turn_to_turn() -> None:
    found = {choose_mood("something", Chance("1").of(number)) for number in range(40)}

    assert found == {"cinematic", "warm", "inspiring"}
    assert found <= set(MUSIC_NAMES)

from __future__ import annotations

import pytest

from nemovideo_contract.profiles import PROFILES, Profile
from nemovideo_mock.agent.turn_planner import APOLOGY, AgentSettings, plan_turn
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import Plan, SessionView, Text

from .sessions import PHOTOS, Session, calls, changes, texts

ASSEMBLE = "Turn these photos into a 15-second vertical reel"
EDIT = "make it 10 seconds"
GENERATE = "Generate a video of a sunset over the sea"


def play(message: str, number: int, agent_settings: AgentSettings) -> Plan:
    """Play one message in a new session; an edit gets a draft first."""
    view = SessionView("s", "en", () if message == GENERATE else PHOTOS, number=number)
    if message == EDIT:
        session = Session(silent=0.0)
        session.say(ASSEMBLE)
        view = SessionView("s", "en", PHOTOS, session.edit_state, session.draft, number)
    return plan_turn(message, view, Chance("7"), agent_settings)


def silent(message: str, profile: Profile) -> int:
    """Return how many of 100 turns close without a text."""
    agent_settings = AgentSettings.of(profile)
    return sum(not texts(play(message, number, agent_settings)) for number in range(1, 101))


def test_the_default_profile_has_the_default_agent_settings() -> None:
    assert AgentSettings.of(Profile()) == AgentSettings()


def test_gui_talk_is_the_profiles_choice() -> None:
    assert "Export" in "".join(texts(play(ASSEMBLE, 1, AgentSettings.of(Profile()))))
    assert "Export" not in "".join(texts(play(ASSEMBLE, 1, AgentSettings.of(Profile().replace({"gui_talk": False})))))


@pytest.mark.parametrize(
    ("name", "message", "span"),
    [
        ("seeds", "hello", (5, 15)),
        ("seeds", EDIT, (10, 30)),
        ("seeds", ASSEMBLE, (20, 40)),
        ("seeds", GENERATE, (20, 40)),
        ("reference-4.4", "hello", (5, 15)),
        ("reference-4.4", EDIT, (10, 30)),
        ("reference-4.4", ASSEMBLE, (10, 30)),
        ("reference-4.4", GENERATE, (100, 300)),
    ],
)
def test_each_kind_of_turn_takes_the_time_that_the_profile_gives_it(
    name: str, message: str, span: tuple[float, float]
) -> None:
    agent_settings = AgentSettings.of(PROFILES[name].replace({"two_stage": False, "trailing_noise": False}))
    taken = [play(message, number, agent_settings).duration for number in range(1, 41)]

    low, high = span
    assert low <= min(taken) < low + (high - low) / 4
    assert high - (high - low) / 4 < max(taken) <= high


@pytest.mark.parametrize(
    ("key", "silent_kinds"),
    [
        ("edits", {EDIT: (18, 42)}),
        ("generation", {GENERATE: (18, 42)}),
        ("never", {}),
        ("always", {EDIT: (100, 100), ASSEMBLE: (100, 100), GENERATE: (100, 100)}),
    ],
)
def test_only_turns_of_the_kind_that_the_profile_names_close_without_a_word(
    key: str, silent_kinds: dict[str, tuple[int, int]]
) -> None:
    profile = Profile().replace({"silent": key})

    for message in (EDIT, ASSEMBLE, GENERATE):
        low, high = silent_kinds.get(message, (0, 0))
        assert low <= silent(message, profile) <= high


def test_a_turn_that_only_talks_is_never_silent() -> None:
    assert silent("hello", Profile().replace({"silent": "always"})) == 0


def test_a_silent_turn_still_does_its_work() -> None:
    agent_settings = AgentSettings.of(Profile().replace({"silent": "always"}))
    for message in (EDIT, ASSEMBLE, GENERATE):
        plan = play(message, 1, agent_settings)

        assert calls(plan)
        assert len(changes(plan)) == 1


def test_a_generation_that_left_something_out_is_not_silent() -> None:
    agent_settings = AgentSettings(silence="generation", silent=1.0)
    plan = play(GENERATE, 1, agent_settings)
    loud = plan_turn(f"{GENERATE} in the style of Van Gogh", SessionView("s", "en"), Chance("7"), agent_settings)

    assert texts(plan) == []
    assert "style of Van Gogh" in "".join(texts(loud))


def test_about_a_third_of_the_answers_are_followed_by_an_apology_that_changes_nothing() -> None:
    plain = AgentSettings(silent=0.5)
    noisy = AgentSettings.of(Profile().replace({"trailing_noise": True}))
    noisy = AgentSettings(silent=0.5, noise=noisy.noise, noise_after=noisy.noise_after)
    trailed = 0
    for number in range(1, 101):
        for message in ("hello", EDIT, GENERATE):
            calm, loud = play(message, number, plain), play(message, number, noisy)
            if calm == loud:
                continue
            trailed += 1
            *before, apology = loud.steps
            assert apology.record == Text("I encountered a temporary issue")
            assert [step.at for step in before] == [step.at for step in calm.steps]
            assert "".join(texts(loud)) == f"{''.join(texts(calm))}\n{APOLOGY}"
            assert changes(loud) == changes(calm)
            assert 2 <= apology.at - before[-1].at <= 6
            assert loud.duration >= max(calm.duration, apology.at)
    assert 55 <= trailed <= 105


def test_a_silent_turn_is_followed_by_no_apology() -> None:
    agent_settings = AgentSettings(silence="always", noise=1.0)

    assert texts(play(EDIT, 1, agent_settings)) == []
    assert texts(play("hello", 1, agent_settings))[-1] == APOLOGY


def test_the_apology_is_in_english_whatever_the_answer_is_in() -> None:
    plan = plan_turn("你好", SessionView("s", "zh"), Chance("7"), AgentSettings(noise=1.0))

    assert texts(plan)[-1] == "I encountered a temporary issue"
    assert texts(plan)[0].startswith("你好")


def test_profiles_give_the_same_turn_again_and_other_turns_other_draws() -> None:
    agent_settings = AgentSettings.of(PROFILES["vendor-1.9"])

    assert play(GENERATE, 1, agent_settings) == play(GENERATE, 1, agent_settings)
    assert len({play(GENERATE, number, agent_settings).duration for number in range(1, 11)}) == 10

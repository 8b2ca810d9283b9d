from __future__ import annotations

import json
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemovideo_contract.draft import MOTIONS, POSITIONS, SIZES, TRANSITIONS, Draft, is_ready
from nemovideo_mock.agent.prepared_page import parse_milliseconds
from nemovideo_mock.agent.turn_planner import AgentSettings, plan_turn
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import Media, SessionView, ToolCall, ToolResult, Work

from .sessions import PHOTOS, Session, changes, media
from .test_understanding import DECLINED, UNDERSTOOD

PHRASES = [message for message, _ in UNDERSTOOD] + [message for message, _, _ in DECLINED]
SCENES = ["generate a video of a sunset", "add another scene: a cat in the snow", "regenerate", "undo", "no effects"]
UPLOADS: st.SearchStrategy[tuple[Media, ...]] = st.lists(
    st.one_of(
        st.integers(0, 99).map(lambda number: media(f"p{number}.jpg")),
        st.tuples(st.integers(0, 99), st.one_of(st.none(), st.floats(0.01, 700))).map(
            lambda clip: media(f"v{clip[0]}.mp4", "video", clip[1])
        ),
        st.integers(0, 99).map(lambda number: media(f"s{number}.mp3", "audio", 30.0)),
    ),
    max_size=9,
).map(tuple)


def check(draft: Draft) -> None:
    """Check that a draft keeps the promises of its documentation."""
    assert is_ready(draft)
    total = draft["d"]
    assert 1000 <= total <= 600_000
    assert (draft["m"].get("width"), draft["m"].get("height")) in SIZES.values()
    ids = [segment["id"] for track in draft["t"] for segment in track["sg"]]
    assert len(ids) == len(set(ids))
    for track in draft["t"]:
        end = 0
        for segment in track["sg"]:
            assert segment["s"] >= end
            assert segment["d"] >= 1
            end = segment["s"] + segment["d"]
        assert end <= total
        if track["tt"] == 0:
            shots = track["sg"]
            assert sum(shot["d"] for shot in shots) == total
            assert shots[0]["s"] == 0
            assert "transition" not in shots[0]["m"]
            for before, shot in pairwise(shots):
                join = shot["m"].get("transition")
                assert shot["s"] == before["s"] + before["d"]
                assert join is None or join["kind"] in TRANSITIONS
                assert join is None or 0 < join["d"] <= min(before["d"], shot["d"]) / 2
            assert all(shot["m"].get("motion", "still") in MOTIONS for shot in shots)
        elif track["tt"] == 1:
            assert all(0 <= sound["m"].get("volume", 0) <= 1 and sound["d"] == total for sound in track["sg"])
        else:
            assert all(text["m"].get("position") in POSITIONS for text in track["sg"])
    json.dumps(draft)


MANNERS: st.SearchStrategy[AgentSettings] = st.builds(
    AgentSettings,
    silent=st.sampled_from([0.0, 1.0]),
    gui_talk=st.booleans(),
    silence=st.sampled_from(["edits", "generation", "never", "always"]),
    two_stage=st.booleans(),
    noise=st.sampled_from([0.0, 1.0]),
)


@settings(max_examples=120)
@given(
    uploads=st.one_of(UPLOADS, st.just(())),
    messages=st.lists(st.sampled_from(PHRASES) | st.sampled_from(SCENES), min_size=1, max_size=6),
    agent_settings=MANNERS,
)
def test_any_conversation_leaves_a_draft_that_keeps_its_promises(
    uploads: tuple[Media, ...], messages: list[str], agent_settings: AgentSettings
) -> None:
    session = Session(uploads=uploads, agent_settings=agent_settings)
    for message in messages:
        before = session.current
        plan = session.say(message)
        for change in changes(plan):
            assert change.draft is not None
            check(change.draft)
        if not changes(plan):
            assert session.current == before


@settings(max_examples=60)
@given(messages=st.lists(st.sampled_from(PHRASES), min_size=1, max_size=5), join=st.sampled_from([", ", "。", " and "]))
def test_any_combination_of_wishes_is_understood_without_harm(messages: list[str], join: str) -> None:
    session = Session()
    session.say("make a video")
    session.say(join.join(messages))

    check(session.draft)


@settings(max_examples=60)
@given(seconds=st.integers(1, 600), count=st.integers(1, 60))
def test_the_length_asked_for_is_met_exactly_whatever_the_number_of_photos(seconds: int, count: int) -> None:
    session = Session(uploads=tuple(media(f"{number}.jpg") for number in range(count)))
    session.say(f"make a {seconds}-second video")

    assert session.draft["d"] == sum(session.times) == seconds * 1000
    check(session.draft)


@settings(max_examples=150)
@given(message=st.text(max_size=400), uploads=UPLOADS, edited=st.booleans(), agent_settings=MANNERS)
def test_any_text_at_all_gives_a_valid_plan(
    message: str, uploads: tuple[Media, ...], agent_settings: AgentSettings, *, edited: bool
) -> None:
    session = Session(uploads=uploads, agent_settings=agent_settings)
    if edited:
        session.say("make a video")
    plan = session.say(message)

    times = [step.at for step in plan.steps]
    assert plan.steps
    assert times == sorted(times)
    assert all(0 <= time <= plan.duration for time in times)
    assert plan.work in get_args(Work)
    assert (plan.work == "talk") == (not changes(plan))
    opened = [step.record.call_id for step in plan.steps if isinstance(step.record, ToolCall)]
    closed = [step.record.call_id for step in plan.steps if isinstance(step.record, ToolResult)]
    assert opened == closed
    for step in plan.steps:
        repr(step).encode("utf-8")


PIECES = [
    "slow ",
    "zoom in on the first photo and ",
    "no music and ",
    "title to ",
    "第一张和",
    "把照片做成",
    'captions "a" ',
    "'",
    '"',
    "“",
    "1",
    " ",
    "is set to be ",
    "then ",
    "transition to with as ",
    "10 seconds ",
    "fade in ",
]
#: A quick run tries only one of this many.
QUICK = 4


@pytest.mark.parametrize(
    "piece",
    [pytest.param(piece, marks=[pytest.mark.slow] if number % QUICK else []) for number, piece in enumerate(PIECES)],
)
def test_a_hundred_kilobytes_of_repetition_are_answered(piece: str) -> None:
    message = piece * (100_000 // len(piece))

    assert plan_turn(message, SessionView("1", "en", PHOTOS), Chance("1")).steps


@settings(max_examples=100)
@given(seconds=st.integers(1, 599))
def test_a_length_means_the_same_in_every_spelling(seconds: int) -> None:
    minutes, rest = divmod(seconds, 60)
    spellings = [f"{seconds}s", f"{seconds} seconds", f"{seconds}-second", f"{seconds}秒", f"{minutes}:{rest:02}"]
    if minutes and rest:
        spellings += [f"{minutes} min {rest} s", f"{minutes}分{rest}秒", f"{minutes} minutes and {rest} seconds"]

    assert {spelling: parse_milliseconds(spelling) for spelling in spellings if spelling != "9:16"} == {
        spelling: seconds * 1000 for spelling in spellings if spelling != "9:16"
    }

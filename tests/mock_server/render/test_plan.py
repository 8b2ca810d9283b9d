from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_contract.draft import MOTIONS, TRANSITIONS
from nemovideo_mock.render import film, frame_plan
from nemovideo_mock.render.outcome import RenderError
from tests.mock_server.render.drafts import draft

HASH = "a" * 64

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
ANY_NUMBER = st.integers(-10_000, 100_000) | st.floats() | JSON
META = st.fixed_dictionaries(
    {},
    optional={
        "hash": st.just(HASH) | JSON,
        "kind": st.sampled_from(["image", "video", "generated", "music", "file"]) | JSON,
        "motion": st.sampled_from(MOTIONS) | JSON,
        "transition": st.fixed_dictionaries({"kind": st.sampled_from(TRANSITIONS) | JSON, "d": ANY_NUMBER}) | JSON,
        "fade_in": ANY_NUMBER,
        "fade_out": ANY_NUMBER,
        "offset": ANY_NUMBER,
        "text": JSON,
        "size": ANY_NUMBER,
        "volume": ANY_NUMBER,
    },
)
SEGMENT = st.fixed_dictionaries({}, optional={"id": JSON, "s": ANY_NUMBER, "d": ANY_NUMBER, "m": META | JSON})
SEGMENTS = st.lists(SEGMENT | JSON, max_size=5) | JSON
TRACK = st.fixed_dictionaries({"tt": st.sampled_from([0, 1, 7]) | JSON, "sg": SEGMENTS})
WILD = st.fixed_dictionaries({"t": st.lists(TRACK | JSON, max_size=4)}, optional={"d": ANY_NUMBER, "m": JSON}) | JSON


def read_or_refusal(wild: object) -> film.Film | str:
    try:
        return film.read(wild)
    except RenderError as refusal:
        return str(refusal)


@given(WILD)
def test_any_draft_is_planned_or_refused_in_one_sentence(wild: object) -> None:
    read = read_or_refusal(wild)
    if isinstance(read, str):
        assert read.endswith(".")
        assert "\n" not in read
        return
    for number in {0, read.frames // 2, read.frames - 1}:
        shown = frame_plan.plan_frame(read, number)
        for layer in shown.layers:
            assert 0 <= layer.opacity <= 1
            assert 0 <= layer.light <= 1
            assert 0 <= layer.progress <= 1
            assert -1 <= layer.slide <= 1
            assert 1 <= layer.punch <= 2
            assert layer.seconds >= 0
        assert all(0 < opacity <= 1 for _, opacity in shown.texts)


@given(st.integers(1, 600_000), st.sampled_from([15, 24, 25, 30, 60]))
def test_the_number_of_frames_is_the_duration_times_the_rate_rounded(duration: int, fps: int) -> None:
    made = draft([{"hash": HASH}], each=duration)
    made["m"]["fps"] = fps

    read = film.read(made)

    assert read.frames == max(1, round(duration * fps / 1000))
    assert read.seconds * fps == pytest.approx(read.frames)


@given(st.sampled_from([None, *TRANSITIONS]), st.integers(0, 900), st.integers(2, 5))
def test_the_shot_before_continues_under_a_transition_without_a_jump(kind: str | None, length: int, count: int) -> None:
    transition = {"transition": {"kind": kind, "d": length}} if kind else {}
    read = film.read(draft([{"hash": HASH, **(transition if n else {})} for n in range(count)], each=1000))

    seen: dict[float, list[float]] = {}
    for number in range(read.frames):
        layers = frame_plan.plan_frame(read, number).layers
        assert layers
        for layer in layers:
            seen.setdefault(layer.shot.start, []).append(layer.progress)
    assert len(seen) == count
    for progress in seen.values():
        steps = [later - earlier for earlier, later in pairwise(progress)]
        # A fade through black never hides both shots completely, and a slide or dissolve shows both: neither jumps.
        assert all(0 < step < 0.08 for step in steps)


@given(st.sampled_from(TRANSITIONS), st.integers(200, 900))
def test_opacity_light_and_slide_change_gradually(kind: str, length: int) -> None:
    read = film.read(draft([{"hash": HASH}, {"hash": HASH, "transition": {"kind": kind, "d": length}}], each=1000))

    # The steepest change is a fade in and out within its length, at 1.5 times the mean speed in the middle of a
    # smoothstep.
    most = 2 * 1.5 * (1000 / 30) / length + 0.02
    for number in range(29, 58):
        now, then = (frame_plan.plan_frame(read, n).layers for n in (number, number + 1))
        for layer in now:
            for later in then:
                if layer.shot == later.shot:
                    assert abs(later.opacity - layer.opacity) <= most
                    assert abs(later.light - layer.light) <= most
                    assert abs(later.slide - layer.slide) <= most
                    assert abs(math.log(later.punch / layer.punch)) <= most


def test_a_transition_begins_at_the_start_of_the_segment_that_it_brings_in() -> None:
    read = film.read(draft([{"hash": HASH}, {"hash": HASH, "transition": {"kind": "dissolve", "d": 500}}]))

    assert [len(frame_plan.plan_frame(read, number).layers) for number in (29, 31, 44, 45, 46)] == [1, 2, 2, 1, 1]
    assert frame_plan.plan_frame(read, 37).layers[1].opacity == pytest.approx(0.45, abs=0.05)


def test_a_fade_goes_through_black_and_a_cut_does_not() -> None:
    faded = film.read(draft([{"hash": HASH}, {"hash": HASH, "transition": {"kind": "fade", "d": 1000}}]))
    cut = film.read(draft([{"hash": HASH}, {"hash": HASH}]))

    assert min(frame_plan.plan_frame(faded, number).layers[0].light for number in range(60)) < 0.01
    assert all(frame_plan.plan_frame(cut, number).layers[0].light == 1 for number in range(60))


def test_opening_and_closing_fades_begin_and_end_in_black() -> None:
    read = film.read(draft([{"hash": HASH, "fade_in": 500}, {"hash": HASH, "fade_out": 500}]))

    lights = [frame_plan.plan_frame(read, number).layers[0].light for number in range(60)]
    assert lights[0] == 0
    assert lights[20] == lights[40] == 1
    assert lights[59] < 0.02


def test_the_upper_track_hides_the_lower_one() -> None:
    made = draft([{"hash": HASH}])
    made["t"].append({"tt": 0, "sg": [{"id": "top", "s": 500, "d": 200, "m": {"hash": HASH}}]})
    read = film.read(made)

    assert [layer.shot.label for layer in frame_plan.plan_frame(read, 0).layers] == ["sg_0"]
    assert [layer.shot.label for layer in frame_plan.plan_frame(read, 16).layers] == ["top"]


def test_missing_assumed_keys_have_defaults() -> None:
    read = film.read({"t": [{"tt": 0, "sg": [{"d": 2000, "m": {"src": f"https://cdn/{HASH}/a.jpg"}}, {"d": 1000}]}]})

    assert (read.width, read.height, read.fps, read.frames) == (1920, 1080, 30, 90)
    assert [shot.start for shot in read.shots] == [0, 2000]
    assert read.shots[0].sha256 == HASH


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"t": []}, "nothing to render"),
        ([], "not a JSON object"),
        ({"t": [{"tt": 0, "sg": [{"d": 1000}]}], "m": {"width": 100_000, "height": 100_000}}, "100000x100000"),
        ({"t": [{"tt": 0, "sg": [{"d": 1000}]}], "m": {"width": 0, "height": 5}}, "0x5"),
        ({"t": [{"tt": 0, "sg": [{"d": 9_000_000}]}], "d": 9_000_000}, "150 minutes"),
        ({"t": [{"tt": 0, "sg": [{"d": 0}, {"d": -5}]}]}, "nothing to render"),
        ({"t": [{"tt": 0, "sg": [{"d": 1}] * 5000}]}, "5,000 segments"),
    ],
)
def test_a_draft_that_no_default_can_repair_is_refused(made: object, words: str) -> None:
    with pytest.raises(RenderError, match=words):
        film.read(made)


def test_the_shorter_side_can_be_chosen_and_sides_are_even() -> None:
    upright = film.read(draft([{"hash": HASH}]), short_side=360)
    wide = film.read(draft([{"hash": HASH}], width=1921, height=1081), short_side=719)

    assert (upright.width, upright.height) == (360, 640)
    assert wide.width % 2 == wide.height % 2 == 0
    assert abs(wide.height - 719) <= 1

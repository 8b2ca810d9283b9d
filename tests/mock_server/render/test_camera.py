from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_contract.draft import MOTIONS, Motion
from nemovideo_mock.render import camera

ASPECTS = st.floats(0.002, 500)
FRAMES = st.sampled_from([9 / 16, 16 / 9, 1.0, 854 / 480])
FRACTION = st.floats(0, 1)
PUNCH = st.floats(1, 2)
MOTION = st.sampled_from(MOTIONS)


@given(MOTION, FRACTION, ASPECTS, FRAMES, st.tuples(FRACTION, FRACTION), st.floats(0.1, 600), st.integers(0, 9), PUNCH)
def test_a_window_is_inside_the_picture_and_has_the_shape_of_its_place(
    motion: Motion,
    p: float,
    picture: float,
    frame: float,
    focus: tuple[float, float],
    seconds: float,
    number: int,
    punch: float,
) -> None:
    fit = camera.fit_picture(picture, frame, focus)

    seen = camera.find_window(motion, p, fit, seconds=seconds, number=number, punch=punch)

    assert 0 <= seen.x <= seen.x + seen.w <= 1 + 1e-9
    assert 0 <= seen.y <= seen.y + seen.h <= 1 + 1e-9
    assert seen.w / seen.h * picture == pytest.approx(frame, rel=1e-6)


@given(MOTION, st.floats(0, 0.999), ASPECTS, FRAMES, st.floats(1, 60), st.integers(0, 9))
def test_no_motion_jumps_from_one_frame_to_the_next(
    motion: Motion, p: float, picture: float, frame: float, seconds: float, number: int
) -> None:
    fit = camera.fit_picture(picture, frame)
    step = 1 / (30 * seconds)

    before = camera.find_window(motion, p, fit, seconds=seconds, number=number)
    after = camera.find_window(motion, min(p + step, 1.0), fit, seconds=seconds, number=number)

    # No motion moves faster than a fifth of the visible picture per second.
    assert abs(after.x - before.x) <= 0.2 * before.w / 30 * 1.5
    assert abs(after.y - before.y) <= 0.2 * before.h / 30 * 1.5
    assert abs(after.w / before.w - 1) <= 0.2 / 30 * 1.5


def centre(motion: Motion, p: float, picture: float = 1.5) -> tuple[float, float, float]:
    seen = camera.find_window(motion, p, camera.fit_picture(picture, 16 / 9), seconds=4)
    return seen.x + seen.w / 2, seen.y + seen.h / 2, seen.w


def test_each_motion_does_what_it_is_called() -> None:
    def moved(motion: Motion, axis: int) -> float:
        return centre(motion, 1)[axis] - centre(motion, 0)[axis]

    assert moved("zoom_in", 2) < 0 < moved("zoom_out", 2)
    assert moved("pan_left", 0) < -0.05 < 0.05 < moved("pan_right", 0)
    assert moved("pan_up", 1) < -0.05 < 0.05 < moved("pan_down", 1)
    assert moved("still", 0) == moved("still", 1) == moved("still", 2) == 0
    assert abs(moved("drift", 0)) > 0.01
    assert abs(moved("ken_burns", 0)) > 0.005
    assert moved("ken_burns", 2) < 0


def test_parallax_moves_the_foreground_against_the_rest_and_only_parallax_does() -> None:
    fit = camera.fit_picture(1.5, 16 / 9)
    depths = [camera.find_window(motion, 1.0, fit, seconds=4).depth for motion in MOTIONS]

    assert [motion for motion, depth in zip(MOTIONS, depths, strict=True) if depth] == ["parallax"]
    assert (
        camera.find_window("parallax", 0.0, fit, seconds=4).depth
        == -camera.find_window("parallax", 1, fit, seconds=4).depth
    )


def test_neighbouring_ken_burns_shots_move_differently() -> None:
    fit = camera.fit_picture(1.5, 16 / 9)

    def travel(number: int) -> tuple[float, float]:
        first, last = (camera.find_window("ken_burns", p, fit, seconds=4, number=number) for p in (0, 1))
        return last.x - first.x, last.w - first.w

    assert travel(0)[1] < 0 < travel(1)[1]


@given(ASPECTS, FRAMES)
def test_a_picture_fills_the_frame_unless_that_would_cost_half_of_it(picture: float, frame: float) -> None:
    where = camera.place_picture(picture, frame)

    kept = min(picture / frame, frame / picture)
    assert where.whole == (kept >= 0.5)
    assert 0 <= where.x <= where.x + where.w <= 1 + 1e-9
    assert 0 <= where.y <= where.y + where.h <= 1 + 1e-9
    assert where.w == 1 or where.h == 1


def test_a_landscape_photo_in_a_vertical_frame_keeps_two_thirds_of_itself() -> None:
    where = camera.place_picture(1.5, 9 / 16)

    fit = camera.fit_picture(1.5, 9 / 16 * where.w / where.h)
    assert fit.h == pytest.approx(1)
    assert fit.w == pytest.approx(0.68, abs=0.01)

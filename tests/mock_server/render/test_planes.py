from __future__ import annotations

import numpy as np
import pytest

from nemovideo_contract.draft import MOTIONS, Motion
from nemovideo_mock.render import camera, planes
from nemovideo_mock.render.planes import Planes


def dot(x: float, y: float, width: int = 384, height: int = 288) -> Planes:
    """Return a soft bright spot on black; its position can be measured to a hundredth of a pixel."""
    across = (np.arange(width) + 0.5 - x) ** 2
    along = (np.arange(height) + 0.5 - y) ** 2
    picture = planes.blank(width, height)
    picture.y[:] = np.rint(16 + 200 * np.exp(-(across[None, :] + along[:, None]) / 72)).astype(np.uint8)
    return picture


def spot(picture: Planes) -> tuple[float, float]:
    """Return the position of the spot in pixels."""
    light = picture.y.astype(np.float64) - 16
    x = (light.sum(axis=0) * (np.arange(picture.width) + 0.5)).sum() / light.sum()
    y = (light.sum(axis=1) * (np.arange(picture.height) + 0.5)).sum() / light.sum()
    return float(x), float(y)


@pytest.mark.parametrize("motion", MOTIONS)
def test_a_motion_is_smooth_to_a_small_fraction_of_a_pixel(motion: Motion) -> None:
    source, target = dot(200, 150), planes.blank(256, 192)
    fit = camera.fit_picture(384 / 288, 256 / 192)
    path: list[tuple[float, float]] = []
    for number in range(60):
        seen = camera.find_window(motion, number / 120, fit, seconds=4)
        planes.resample(source, target, seen.x, seen.y, seen.w, seen.h)
        path.append(spot(target))

    jerks = np.abs(np.diff(np.array(path), n=2, axis=0))
    # A window rounded to whole pixels would jump by most of a pixel.
    assert float(jerks.max()) < 0.06


def test_a_resampled_window_is_where_geometry_says() -> None:
    source, target = dot(200, 150), planes.blank(256, 192)

    planes.resample(source, target, 0.1, 0.2, 0.8, 0.7)

    x, y = spot(target)
    assert x == pytest.approx((200 / 384 - 0.1) / 0.8 * 256, abs=0.05)
    assert y == pytest.approx((150 / 288 - 0.2) / 0.7 * 192, abs=0.05)


def test_the_whole_picture_at_its_own_size_is_unchanged() -> None:
    random = np.random.default_rng(3)
    source = Planes(*(random.integers(0, 256, shape, dtype=np.uint8) for shape in ((60, 80), (30, 40), (30, 40))))
    target = planes.blank(80, 60)

    planes.resample(source, target, 0, 0, 1, 1)

    assert all(np.array_equal(one, other) for one, other in zip(source, target, strict=True))


def test_a_picture_of_two_pixels_fills_any_frame() -> None:
    source, target = planes.blank(2, 2), planes.blank(64, 48)
    source.y[:] = 99

    planes.resample(source, target, 0.25, 0.25, 0.5, 0.5)

    assert (target.y == 99).all()


def test_mixing_goes_from_one_picture_to_the_other() -> None:
    over = planes.blank(8, 8)
    over.y[:] = 216
    for opacity, expected in ((0, 16), (0.25, 66), (1, 216)):
        target = planes.blank(8, 8)
        planes.mix(over, target, opacity)
        assert (target.y == expected).all()
        assert (target.u == 128).all()


def test_dimming_ends_in_black() -> None:
    picture = planes.blank(8, 8)
    picture.y[:], picture.u[:], picture.v[:] = 200, 60, 220

    planes.dim(picture, 0.5)
    assert (int(picture.y[0, 0]), int(picture.u[0, 0]), int(picture.v[0, 0])) == (108, 94, 174)
    planes.dim(picture, 0)
    assert (int(picture.y[0, 0]), int(picture.u[0, 0]), int(picture.v[0, 0])) == (16, 128, 128)


def test_a_shift_moves_near_pixels_by_fractions_of_a_pixel_and_keeps_far_ones() -> None:
    near = np.full((288, 384), 255, np.uint8)
    half = np.full((144, 192), 255, np.uint8)
    source, target = dot(200, 150), planes.blank(384, 288)

    planes.shift(source, target, near, half, 3.5)
    assert spot(target)[0] == pytest.approx(203.5, abs=0.05)
    planes.shift(source, target, near * 0, half * 0, 3.5)
    assert np.array_equal(source.y, target.y)


def test_lettering_covers_fully_if_it_is_opaque_and_not_at_all_if_it_is_clear() -> None:
    colour, target = planes.blank(4, 4), planes.blank(4, 4)
    colour.y[:], target.y[:] = 235, 50
    alpha = np.array([[0, 255, 128, 255]] * 4, np.uint8)

    planes.lay(colour, alpha, alpha[:2, :2], target, 1.0)

    assert target.y[0].tolist() == [50, 235, 143, 235]

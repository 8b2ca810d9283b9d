"""A render ends inside a frame when it is cancelled, and needs a bounded amount of memory, whatever its draft is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nemovideo_mock.media import decoding_limits
from nemovideo_mock.render import RenderCancelled, RenderError, film, pictures, planes, render, stub
from nemovideo_mock.render import compositor as compositing
from nemovideo_mock.render.film import MOST_SOUNDS_AT_ONCE
from nemovideo_mock.render.frame_plan import plan_frame
from tests.mock_server.render.drafts import Uploads, draft, shot


class CancelAfter:
    """Cancels a render at the `calls`-th question."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.asked = 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.asked >= self.calls

    def check(self) -> None:
        if self():
            raise RenderCancelled


def one_frame(parts: int) -> object:
    """Return a draft of one frame with many texts and sounds."""
    made = draft([{"hash": "a" * 64}], each=30, width=64, height=64)
    look = {"role": "caption", "fade_in": 0, "fade_out": 0}
    texts = [{"s": 0, "d": 30, "m": {"text": f"Text {number}", **look}} for number in range(parts)]
    return {**made, "t": [{"tt": 7, "sg": texts}]}


def test_a_cancel_between_the_texts_of_the_first_frame_ends_the_render(tmp_path: Path, uploads: Uploads) -> None:
    cancelled = CancelAfter(20)

    with pytest.raises(RenderCancelled):
        render(one_frame(50), tmp_path / "a.mp4", quality="full", locate=uploads.locate, cancelled=cancelled)  # type: ignore[arg-type]

    assert cancelled.asked == 20
    assert not list(tmp_path.glob("*.mp4*")) + list(tmp_path.glob(".*"))


def test_a_cancel_between_the_sounds_of_a_block_ends_the_render(tmp_path: Path, uploads: Uploads) -> None:
    sounds = [{"kind": "music", "mood": f"calm {number}"} for number in range(4)]
    made = draft([shot(uploads.photo())], each=100, width=64, height=64, sounds=sounds)
    cancelled = CancelAfter(3)

    with pytest.raises(RenderCancelled):
        render(made, tmp_path / "a.mp4", quality="full", locate=uploads.locate, cancelled=cancelled)

    assert cancelled.asked == 3


def test_a_cancel_between_the_scenes_of_a_stub_ends_the_render(tmp_path: Path, uploads: Uploads) -> None:
    photo = uploads.photo()
    made = draft([shot(photo)] * 30, each=100, width=64, height=64)
    cancelled = CancelAfter(10)

    with pytest.raises(RenderCancelled):
        render(made, tmp_path / "a.mp4", quality="stub", locate=uploads.locate, cancelled=cancelled)

    assert cancelled.asked == 10


def test_a_cancel_while_a_large_photo_is_read_ends_its_decoding(tmp_path: Path) -> None:
    path = tmp_path / "noise.png"
    noise = np.random.default_rng(1).integers(0, 256, (600, 600, 3), np.uint8)
    Image.fromarray(noise).save(path)
    whole, half = CancelAfter(10_000), CancelAfter(10_000)
    pictures.load(path, "sg_0", 320, 240, whole.check)
    half.calls = whole.asked // 2

    with pytest.raises(RenderCancelled):
        pictures.load(path, "sg_0", 320, 240, half.check)

    assert whole.asked > 10


def test_more_sounds_at_one_moment_than_can_be_mixed_are_refused_and_as_many_in_a_row_are_not() -> None:
    music = [{"kind": "music", "mood": "calm"}] * (MOST_SOUNDS_AT_ONCE + 1)
    made = draft([{"hash": "a" * 64}], each=60_000, sounds=music)
    at_once = [{"s": 0, "d": 1000, "m": each} for each in music]
    in_a_row = [{"s": 1000 * number, "d": 1000, "m": each} for number, each in enumerate(music)]

    with pytest.raises(RenderError, match="more than 16 sounds at one moment"):
        film.read({**made, "t": [{"tt": 1, "sg": at_once}]})
    film.read({**made, "t": [{"tt": 1, "sg": at_once[1:]}]})
    film.read({**made, "t": [{"tt": 1, "sg": in_a_row}]})


def test_texts_that_need_too_much_memory_are_set_again_and_look_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    read = film.read(one_frame(5))

    def drawn() -> list[planes.Plane]:
        target = planes.blank(read.width, read.height)
        drawing = compositing.Compositor(read, lambda _: None, lambda: None)
        for _ in range(2):
            drawing.draw(plan_frame(read, 0), target)
        kept.append(len(drawing._lettering))
        return list(target)

    kept: list[int] = []
    expected = drawn()
    monkeypatch.setattr(compositing, "MOST_LETTERING", 1)

    assert all(np.array_equal(one, other) for one, other in zip(drawn(), expected, strict=True))
    assert kept == [5, 1]


MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F")


def picture(mode: str, size: tuple[int, int]) -> Image.Image:
    grey = Image.radial_gradient("L").resize(size)
    if mode == "I;16":
        return Image.fromarray(np.asarray(grey, np.uint16) * 257)
    if mode in {"LA", "RGBA"}:
        clear = grey.convert(mode)
        clear.putalpha(Image.linear_gradient("L").resize(size))
        return clear
    return grey.convert("RGB").convert(mode) if mode in {"P", "CMYK", "RGB"} else grey.convert(mode)


@pytest.mark.parametrize("mode", MODES)
def test_a_photo_that_is_converted_in_bands_is_the_same_as_one_that_is_converted_whole(mode: str) -> None:
    image = picture(mode, (70, pictures.BAND * 2 + 7))

    top = 0.0 if mode not in {"I", "F", "I;16"} else 65535.0 if mode == "I;16" else 255.0
    assert pictures._rgb(image, 1).tobytes() == pictures._band_as_rgb(image, top).tobytes()


@pytest.mark.parametrize("mode", MODES)
def test_a_photo_that_is_reduced_while_it_is_read_looks_like_the_whole_one(mode: str) -> None:
    image = picture(mode, (256, pictures.BAND * 4))

    small, whole = pictures._rgb(image, 4), pictures._rgb(image, 1)

    assert small.size == (64, pictures.BAND)
    difference = np.abs(np.asarray(whole.reduce(4), float) - np.asarray(small, float))
    assert difference.max() <= 1


@pytest.mark.parametrize("form", ["png", "jpg", "webp", "gif"])
def test_a_photo_is_reduced_if_it_would_need_too_much_memory(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"photo.{form}"
    picture("RGB", (400, 300)).save(path)
    with path.open("rb") as file:
        decoded = decoding_limits.decoded_size(file, form, 400 * 300)
    monkeypatch.setattr(decoding_limits, "MOST_MEMORY", decoded + 2 * 400 * 300)

    assert pictures._decode(path, "sg_0", 1920, 1080, lambda: None).size == (200, 150)


def test_a_photo_that_needs_more_memory_than_is_safe_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "photo.png"
    picture("RGB", (64, 48)).save(path)
    monkeypatch.setattr(decoding_limits, "MOST_DECODED", 1000)

    with pytest.raises(RenderError, match="The photo of segment sg_0 needs 0 MB of memory to decode"):
        pictures.load(path, "sg_0", 64, 64, lambda: None)


def test_the_topmost_shot_of_a_stub_is_found_once_for_each_change() -> None:
    shots = [{"s": 100 * number, "d": 1500 if number % 3 else 40, "m": {"prompt": str(number)}} for number in range(60)]
    read = film.read({"d": 9000, "t": [{"tt": 0, "sg": shots[::2]}, {"tt": 0, "sg": shots[1::2]}]})

    for number, found in stub._scenes(read).items():
        at = number * 1000 / read.fps
        slowly = (each for track in reversed(read.tracks) for each in reversed(track) if each.start <= at < each.end)
        assert found is next(slowly, None)

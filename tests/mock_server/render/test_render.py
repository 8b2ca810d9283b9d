from __future__ import annotations

import threading
from fractions import Fraction
from pathlib import Path
from typing import Final, cast

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from nemovideo_contract.draft import MOTIONS, TRANSITIONS, Draft, TextTrack
from nemovideo_mock import render as renderer
from nemovideo_mock.render import MissingRenderer, Quality, RenderCancelled, RenderError, RenderResult, render
from tests.guards import HANG_S
from tests.mock_server.render.drafts import Uploads, draft, shot
from tests.mock_server.render.videos import make_brightening_video, open_video, read_frames, read_samples

SMALL = 64
WHITE: Final[dict[str, int | tuple[int, ...]]] = {"I;16": 65_535, "1": 1, "CMYK": (0, 0, 0, 0)}


def preview(made: Draft, uploads: Uploads, path: Path, side: int = SMALL) -> RenderResult:
    return render(made, path, quality="preview", locate=uploads.locate, short_side=side)


def test_a_full_render_has_exactly_the_size_rate_frames_and_duration_of_the_draft(
    uploads: Uploads, tmp_path: Path
) -> None:
    path = tmp_path / "reel.mp4"
    made = draft([shot(uploads.photo())], each=1234, width=108, height=192, sounds=[{"kind": "music", "mood": "calm"}])

    rendered = render(made, path, quality="full", locate=uploads.locate)

    assert rendered == RenderResult(37 / 30, 108, 192, 30, 37, path.stat().st_size, "full")
    assert len(read_frames(path)) == 37
    with open_video(path) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        context = video.codec_context
        assert (context.name, context.pix_fmt, context.width, context.height) == ("h264", "yuv420p", 108, 192)
        assert (context.color_range, context.colorspace) == (1, 1)
        assert video.average_rate == Fraction(30)
        assert video.time_base is not None
        assert video.duration is not None
        assert video.duration * video.time_base == Fraction(37, 30)
        sound = audio.codec_context
        assert (sound.name, sound.sample_rate, sound.channels) == ("aac", 48_000, 2)
        assert audio.time_base is not None
        assert audio.duration is not None
        assert audio.duration * audio.time_base == Fraction(37, 30)
    boxes = path.read_bytes()
    assert boxes.index(b"moov") < boxes.index(b"mdat")


def test_a_preview_is_small_and_slow_and_keeps_the_shape(uploads: Uploads, tmp_path: Path) -> None:
    rendered = render(draft([shot(uploads.photo())]), tmp_path / "a.mp4", quality="preview", locate=uploads.locate)

    assert (rendered.width, rendered.height, rendered.fps, rendered.frames) == (360, 640, 15, 15)


@pytest.mark.parametrize("motion", MOTIONS)
def test_every_motion_fills_the_frame_and_moves_unless_it_is_still(
    motion: str, uploads: Uploads, tmp_path: Path
) -> None:
    made = draft([shot(uploads.photo(), motion=motion)], each=2000, width=640, height=480)

    preview(made, uploads, tmp_path / "a.mp4")

    frames = read_frames(tmp_path / "a.mp4")
    assert len(frames) == 30
    first, last = frames[0].astype(int), frames[-1].astype(int)
    assert first.std() > 20
    changed = float(np.abs(first - last).mean())
    assert changed < 3 if motion == "still" else changed > 6


@pytest.mark.parametrize("kind", TRANSITIONS)
def test_every_transition_shows_both_or_black_in_its_middle(kind: str, uploads: Uploads, tmp_path: Path) -> None:
    red, blue = (uploads.folder / name for name in ("red.png", "blue.png"))
    Image.new("RGB", (64, 64), (220, 20, 20)).save(red)
    Image.new("RGB", (64, 64), (20, 20, 220)).save(blue)
    transition = {"kind": kind, "d": 800}
    made = draft([shot(uploads.add(red)), shot(uploads.add(blue), transition=transition)], width=640, height=640)

    preview(made, uploads, tmp_path / "a.mp4")

    before, middle, after = (
        read_frames(tmp_path / "a.mp4")[number].astype(int).mean(axis=(0, 1)) for number in (10, 21, 29)
    )
    assert before[0] > 180 > 60 > before[2]
    assert after[2] > 180 > 60 > after[0]
    if kind == "fade":
        assert middle.max() < 40
    else:
        assert 60 < middle[0] < 180
        assert 60 < middle[2] < 180


@pytest.mark.parametrize(
    ("mode", "size", "ending"),
    [
        ("RGBA", (40, 30), "png"),
        ("LA", (40, 30), "png"),
        ("P", (40, 30), "gif"),
        ("CMYK", (40, 30), "jpg"),
        ("I;16", (40, 30), "png"),
        ("1", (40, 30), "png"),
        ("L", (1, 1), "png"),
        ("RGB", (999, 1), "png"),
        ("RGB", (1, 999), "webp"),
        ("RGB", (2000, 100), "jpg"),
    ],
)
def test_photos_of_any_mode_and_shape_fill_the_frame(
    mode: str, size: tuple[int, int], ending: str, uploads: Uploads, tmp_path: Path
) -> None:
    path = uploads.folder / f"odd.{ending}"
    Image.new(mode, size, WHITE.get(mode, "white")).save(path)

    preview(draft([shot(uploads.add(path))], each=200), uploads, tmp_path / "a.mp4")

    middle = read_frames(tmp_path / "a.mp4")[1]
    height, width = middle.shape[:2]
    assert middle[height // 2, width // 2 - 8 : width // 2 + 8].min() > 230
    assert middle.min() > 100


def test_a_photo_is_upright_when_its_exif_says_so_and_is_not_distorted(uploads: Uploads, tmp_path: Path) -> None:
    path = uploads.folder / "turned.jpg"
    picture = Image.new("RGB", (80, 60), "blue")
    picture.paste("red", (0, 0, 40, 60))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(path, exif=exif, quality=95)

    made = draft([shot(uploads.add(path), motion="still")], each=200, width=600, height=800)
    preview(made, uploads, tmp_path / "a.mp4")

    frame = read_frames(tmp_path / "a.mp4")[0].astype(int)
    assert frame[5, :, 0].min() > 180
    assert frame[-5, :, 2].min() > 180


def test_a_round_thing_stays_round_in_every_frame_shape(uploads: Uploads, tmp_path: Path) -> None:
    path = uploads.folder / "ball.png"
    x, y = np.meshgrid(np.arange(300), np.arange(200))
    ball = ((x - 150) ** 2 + (y - 100) ** 2 < 30**2).astype(np.uint8) * 255
    Image.fromarray(ball).convert("RGB").save(path)
    sha256 = uploads.add(path)
    for width, height in ((1080, 1920), (1920, 1080), (1080, 1080)):
        made = draft([shot(sha256, motion="still")], each=200, width=width, height=height)
        preview(made, uploads, tmp_path / "a.mp4", side=180)

        light = read_frames(tmp_path / "a.mp4")[0][:, :, 1] > 128
        assert light.any(axis=0).sum() == pytest.approx(light.any(axis=1).sum(), abs=2)


def test_a_landscape_photo_in_a_vertical_frame_lies_on_its_own_darker_backdrop(
    uploads: Uploads, tmp_path: Path
) -> None:
    path = uploads.folder / "white.png"
    Image.new("RGB", (90, 60), "white").save(path)

    preview(draft([shot(uploads.add(path))], each=200), uploads, tmp_path / "a.mp4")

    frame = read_frames(tmp_path / "a.mp4")[0]
    assert frame[frame.shape[0] // 2].min() > 235
    assert 80 < frame[4].mean() < 190


def test_generated_segments_are_painted_from_their_prompt(uploads: Uploads, tmp_path: Path) -> None:
    paintings: list[NDArray[np.uint8]] = []
    for number, prompt in enumerate(("a quiet sea at sunset", "a quiet sea at sunset", "一座城市的夜晚")):
        made = draft([{"kind": "generated", "prompt": prompt}], each=200)
        preview(made, uploads, tmp_path / f"{number}.mp4")
        paintings.append(read_frames(tmp_path / f"{number}.mp4")[0])

    assert np.array_equal(paintings[0], paintings[1])
    assert np.abs(paintings[0].astype(int) - paintings[2]).mean() > 10
    assert all(len(np.unique(painting.reshape(-1, 3), axis=0)) > 500 for painting in paintings)


def test_a_video_plays_in_step_from_its_offset_and_freezes_at_its_end(uploads: Uploads, tmp_path: Path) -> None:
    clip = uploads.folder / "clip.mp4"
    make_brightening_video(clip, rate=10, frames=20)
    made = draft([{"kind": "video", "hash": uploads.add(clip), "offset": 1000}], each=1600, width=640, height=480)

    preview(made, uploads, tmp_path / "a.mp4")

    levels = [float(frame.mean()) for frame in read_frames(tmp_path / "a.mp4")]
    # Output frame n, at 15 a second from 1 s on, shows source frame 10 + n * 10 / 15, and after 1 s the last.
    expected = [10 + 8 * min(10 + (n * 10) // 15, 19) for n in range(24)]
    assert levels == pytest.approx(expected, abs=4)


def test_text_appears_fades_and_leaves(uploads: Uploads, tmp_path: Path) -> None:
    path = uploads.folder / "dark.png"
    Image.new("RGB", (64, 64), (40, 40, 40)).save(path)
    made = draft([shot(uploads.add(path))], each=2000, width=640, height=640)
    words = {"text": "京都 Kyoto", "role": "title", "fade_in": 400, "fade_out": 200, "color": "#ffcc00"}
    made["t"].append(cast("TextTrack", {"tt": 7, "sg": [{"id": "t", "s": 0, "d": 1000, "m": words}]}))

    preview(made, uploads, tmp_path / "a.mp4", side=180)

    brightest = [frame[:, :, :2].max() for frame in read_frames(tmp_path / "a.mp4")]
    assert brightest[0] < 70 < brightest[3] < brightest[10]
    assert brightest[10] > 230
    assert brightest[20] < 70
    coloured = read_frames(tmp_path / "a.mp4")[10].reshape(-1, 3).astype(int)
    assert coloured[coloured[:, 0] > 220].mean(axis=0)[2] < 120


def test_the_sound_is_as_loud_as_the_volume_says_and_ends_with_the_picture(uploads: Uploads, tmp_path: Path) -> None:
    loudness: list[float] = []
    for number, volume in enumerate((1.0, 0.25, 0.0)):
        music = {"kind": "music", "mood": "happy", "volume": volume}
        preview(draft([shot(uploads.photo())], sounds=[music]), uploads, tmp_path / f"{number}.mp4")
        samples = read_samples(tmp_path / f"{number}.mp4")
        assert np.abs(samples).max() < 10 ** (-1 / 20)
        loudness.append(float(np.sqrt((samples**2).mean())))

    assert loudness[0] > 0.02
    assert loudness[1] == pytest.approx(loudness[0] / 4, rel=0.1)
    assert loudness[2] < 1e-4


def test_a_draft_without_sound_has_a_silent_track(uploads: Uploads, tmp_path: Path) -> None:
    preview(draft([shot(uploads.photo())]), uploads, tmp_path / "a.mp4")

    samples = read_samples(tmp_path / "a.mp4")
    assert samples.shape == (2, 48_128) or abs(samples.shape[1] - 48_000) < 1100
    assert np.abs(samples).max() < 1e-4


@pytest.mark.parametrize("quality", ["full", "preview", "stub"])
def test_cancelling_leaves_no_file(quality: Quality, uploads: Uploads, tmp_path: Path) -> None:
    asked = iter([False, False, False])
    folder = tmp_path / "out"
    folder.mkdir()
    made = draft([shot(uploads.photo())], width=160, height=160)

    with pytest.raises(RenderCancelled):
        render(
            made,
            folder / "a.mp4",
            quality=quality,
            locate=uploads.locate,
            cancelled=lambda: next(asked, True) if quality != "stub" else True,
        )

    assert list(folder.iterdir()) == []


def test_progress_rises_from_nothing_to_all(uploads: Uploads, tmp_path: Path) -> None:
    shares: list[float] = []
    made = draft([shot(uploads.photo())], each=3000, width=160, height=160)

    render(made, tmp_path / "a.mp4", quality="full", locate=uploads.locate, progress=shares.append)

    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert len(shares) >= 6


@pytest.mark.parametrize("quality", ["preview", "stub"])
@pytest.mark.parametrize(
    ("meta", "words"),
    [
        ({"kind": "image", "hash": "b" * 64}, "upload that does not exist"),
        ({"kind": "image"}, "neither an upload nor a prompt"),
        ({"kind": "image", "src": "https://elsewhere/photo.jpg"}, "neither an upload nor a prompt"),
    ],
)
def test_a_missing_upload_is_one_sentence_and_no_file(
    quality: Quality, meta: dict[str, object], words: str, uploads: Uploads, tmp_path: Path
) -> None:
    with pytest.raises(RenderError, match=words):
        render(draft([meta]), tmp_path / "a.mp4", quality=quality, locate=uploads.locate)

    assert not (tmp_path / "a.mp4").exists()


@pytest.mark.parametrize(
    "content", [b"", b"no picture at all", b"\x89PNG\r\n\x1a\n" + bytes(50), b"\xff\xd8\xff\xe0" + bytes(99)]
)
def test_a_damaged_photo_is_one_sentence_and_no_file(content: bytes, uploads: Uploads, tmp_path: Path) -> None:
    path = uploads.folder / "damaged.jpg"
    path.write_bytes(content)

    with pytest.raises(RenderError, match=r"sg_0 .*(damaged|neither a photo)"):
        preview(draft([shot(uploads.add(path))]), uploads, tmp_path / "a.mp4")

    assert [entry.name for entry in tmp_path.iterdir()] == ["uploads"]


def test_an_unwritable_destination_is_one_sentence(uploads: Uploads, tmp_path: Path) -> None:
    made = draft([shot(uploads.photo())], each=100, width=64, height=64)
    for quality in ("full", "stub"):
        with pytest.raises(RenderError, match="cannot be written: No such file or directory") as refused:
            render(made, tmp_path / "nowhere" / "a.mp4", quality=quality, locate=uploads.locate)
        assert str(tmp_path) not in str(refused.value), "a path of this machine is not for the caller"


def test_renders_in_two_threads_do_not_disturb_each_other(uploads: Uploads, tmp_path: Path) -> None:
    made = draft([shot(uploads.photo())], each=400, width=160, height=120)
    paths = [tmp_path / f"{number}.mp4" for number in range(2)]
    threads = [threading.Thread(target=preview, args=(made, uploads, path)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANG_S)

    assert np.array_equal(read_frames(paths[0]), read_frames(paths[1]))


def absent(_name: str) -> None:
    """Find no package."""


def test_a_missing_render_extra_is_reported_with_the_way_to_install_it(
    uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renderer, "find_spec", absent)

    assert not renderer.available()
    made = draft([shot(uploads.photo())])
    with pytest.raises(MissingRenderer, match=r"pip install 'nemovideo-harness\[render\]'"):
        preview(made, uploads, tmp_path / "a.mp4")
    assert render(made, tmp_path / "a.mp4", quality="stub", locate=uploads.locate).frames == 30

from __future__ import annotations

import io
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nemovideo_mock.media import probe
from nemovideo_mock.media.mp4_boxes import boxes
from nemovideo_mock.render import RenderError, film, render, stub
from tests.guards import HANG_S
from tests.mock_server.render.drafts import Uploads, draft, shot
from tests.mock_server.render.test_plan import WILD
from tests.mock_server.render.videos import open_video, read_frames, read_samples


def make_stub(read: film.Film) -> bytes:
    return b"".join(stub.make_stub(read, lambda: None))


def decode(content: bytes) -> list[NDArray[np.uint8]]:
    """Return all frames, decoded by FFmpeg without any error."""
    return read_frames(io.BytesIO(content))


@given(st.integers(8, 120), st.integers(8, 120), st.integers(1, 4000), st.sampled_from([1, 15, 24, 30, 60]))
def test_a_stub_has_exactly_the_size_rate_and_frames_of_the_film(half: int, other: int, length: int, fps: int) -> None:
    made = draft([{"hash": "a" * 64}, {"hash": "b" * 64}], each=length, width=2 * half, height=2 * other)
    made["m"]["fps"] = fps
    read = film.read(made)

    content = make_stub(read)

    with open_video(io.BytesIO(content)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.width, video.codec_context.height) == (2 * half, 2 * other)
        assert video.average_rate == fps
        assert video.frames == read.frames
        assert video.duration is not None
        assert video.time_base is not None
        assert video.duration * video.time_base == Fraction(read.frames, fps)
        assert audio.duration is not None
        assert audio.time_base is not None
        assert audio.duration * audio.time_base == Fraction(read.frames * 48_000 // fps, 48_000)
    frames = decode(content)
    assert len(frames) == read.frames
    assert frames[0].shape == (2 * other, 2 * half, 3)


@given(WILD)
def test_any_draft_is_made_into_a_stub_or_is_refused(wild: object) -> None:
    try:
        read = film.read(wild, short_side=32)
    except RenderError:
        return
    assert len(make_stub(read)) > 500


def test_each_shot_has_its_own_gradient_and_does_not_move() -> None:
    read = film.read(draft([{"hash": "a" * 64}, {"hash": "b" * 64}], width=320, height=180))

    frames = decode(make_stub(read))

    assert all(np.array_equal(frames[0], frame) for frame in frames[:30])
    assert all(np.array_equal(frames[30], frame) for frame in frames[30:])
    assert np.abs(frames[0].astype(int) - frames[30]).mean() > 10
    assert (frames[0] == frames[0][:, :1]).all()
    assert int(frames[0][0].mean()) > int(frames[0][-1].mean()) + 40


def test_gaps_are_black() -> None:
    made = draft([{"hash": "a" * 64}], width=64, height=64)
    made["d"] = 2000

    assert decode(make_stub(film.read(made)))[45].max() == 0


def test_the_sound_is_silence() -> None:
    content = make_stub(film.read(draft([{"hash": "a" * 64}], width=64, height=64)))

    assert not read_samples(io.BytesIO(content)).any()


def test_the_index_is_in_front_and_the_file_says_that_it_is_a_stub() -> None:
    content = make_stub(film.read(draft([{"hash": "a" * 64}], width=64, height=64)))

    top = [(tag, end) for tag, _, end in boxes(io.BytesIO(content), 0, len(content))]
    assert [tag for tag, _ in top] == [b"ftyp", b"moov", b"mdat"]
    assert top[-1][1] == len(content)
    with open_video(io.BytesIO(content)) as container:
        assert "stub" in container.metadata["comment"]


def test_a_long_stub_can_be_seeked() -> None:
    content = make_stub(film.read(draft([{"hash": "a" * 64}], each=35_000, width=64, height=64)))

    with open_video(io.BytesIO(content)) as container:
        keys = [packet.pts for packet in container.demux(video=0) if packet.is_keyframe and packet.pts is not None]
    assert [key / 15_360 for key in keys] == [0, 10, 20, 30]


def test_stubs_repeat_byte_for_byte_and_the_probe_reads_them(uploads: Uploads, tmp_path: Path) -> None:
    made = draft([shot(uploads.photo())], each=5000)
    paths = [tmp_path / name for name in ("one.mp4", "two.mp4")]
    for path in paths:
        render(made, path, quality="stub", locate=uploads.locate)

    assert paths[0].read_bytes() == paths[1].read_bytes()
    facts = probe(paths[0], "one.mp4")
    assert (facts.width, facts.height, facts.duration, facts.fps) == (1080, 1920, 5.0, 30.0)


@pytest.mark.parametrize("module", ["nemovideo_mock.render", "nemovideo_mock.render.stub", "nemovideo_mock.media"])
def test_importing_loads_no_package_of_the_extra(module: str) -> None:
    code = f"import sys, {module}; print(sorted({{'av', 'numpy', 'PIL'}} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=HANG_S)

    assert done.stdout.strip() == "[]"

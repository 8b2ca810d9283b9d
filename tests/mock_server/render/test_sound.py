from __future__ import annotations

import wave
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from nemovideo_mock.render import film, moods, sound
from nemovideo_mock.render.instruments import RATE, Samples
from nemovideo_mock.render.music import Piece
from tests.mock_server.render.drafts import Uploads, draft

MINUS_ONE_DB = 10 ** (-1 / 20)


@pytest.mark.parametrize("mood", sorted(moods.STYLES))
def test_every_mood_is_music_that_does_not_clip_or_click(mood: str) -> None:
    samples = Piece(mood, 4).block(0, 4 * RATE)

    assert samples.shape == (2, 4 * RATE)
    assert 0.3 < np.abs(samples).max() < MINUS_ONE_DB
    assert float(np.sqrt((samples**2).mean())) > 0.03
    assert np.abs(samples[:, :8]).max() < 0.05
    assert not np.array_equal(samples[0], samples[1])
    assert abs(float(samples.mean())) < 0.01


def test_the_repeat_of_a_piece_has_no_seam() -> None:
    piece = Piece("ambient", 1)
    bar = round(4 * 60 / moods.STYLES["ambient"].tempo * RATE)

    samples = piece.block(0, 2 * bar)

    steps = np.abs(np.diff(samples, axis=1))
    assert steps[:, bar - 4 : bar + 4].max() <= steps.max() * 0.8
    assert np.array_equal(piece.block(bar - 100, 200), samples[:, bar - 100 : bar + 100])


@pytest.mark.parametrize(
    ("words", "style"),
    [
        ("calm piano", "calm"),
        ("upbeat", "happy"),
        ("欢快的音乐", "happy"),
        ("Epic orchestral", "cinematic"),
        ("浪漫", "romantic"),
        ("lo-fi beats", "lofi"),
        ("节奏感强", "energetic"),
        ("", "calm"),
    ],
)
def test_moods_are_understood_in_both_languages(words: str, style: str) -> None:
    assert moods.find_style(words) is moods.STYLES[style]


def test_an_unknown_mood_is_always_the_same_music() -> None:
    assert moods.find_style("quixotic") is moods.find_style("Quixotic")
    assert np.array_equal(Piece("quixotic", 1).block(0, 1000), Piece("quixotic", 1).block(0, 1000))


def tone(path: Path, seconds: float, rate: int = 24_000) -> None:
    """Make a mono file with a 440 Hz tone at half loudness."""
    samples = np.rint(16_000 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())


def mix(uploads: Uploads, *sounds: Mapping[str, object]) -> Samples:
    """Return two seconds of these sounds, mixed in blocks of half a second."""
    read = film.read(draft([{"hash": "a" * 64}], each=2000, sounds=sounds))
    mixer = sound.Mixer(read, uploads.locate, lambda: None)
    blocks = [mixer.block(start, RATE // 2) for start in range(0, 2 * RATE, RATE // 2)]
    return np.concatenate(blocks, axis=1)


def test_an_uploaded_sound_is_resampled_and_repeated_to_the_end(uploads: Uploads) -> None:
    path = uploads.folder / "tone.wav"
    tone(path, 0.5)

    samples = mix(uploads, {"kind": "file", "hash": uploads.add(path)})

    assert samples.shape == (2, 2 * RATE)
    for second in (0.25, 1.25, 1.75):
        part = samples[0, round(second * RATE) : round(second * RATE) + 4800]
        assert float(np.sqrt((part**2).mean())) == pytest.approx(0.345, abs=0.03)
        assert np.abs(np.fft.rfft(part)).argmax() == 44


def test_an_offset_skips_the_beginning(uploads: Uploads) -> None:
    path = uploads.folder / "late.wav"
    tone(path, 2)
    content = bytearray(path.read_bytes())
    content[44 : 44 + 48_000] = bytes(48_000)
    path.write_bytes(content)
    sha256 = uploads.add(path)

    whole, late = (mix(uploads, {"kind": "file", "hash": sha256, "offset": offset}) for offset in (0, 1000))

    assert np.abs(whole[:, : RATE // 2]).max() < 0.01
    assert np.abs(late[:, : RATE // 2]).max() > 0.4


def test_fades_and_volume_shape_a_sound(uploads: Uploads) -> None:
    path = uploads.folder / "tone.wav"
    tone(path, 3)
    meta = {"kind": "file", "hash": uploads.add(path), "volume": 0.5, "fade_in": 1000, "fade_out": 500}

    samples = mix(uploads, meta)

    def peak(second: float) -> float:
        at = round(second * RATE)
        return float(np.abs(samples[:, at : at + 480]).max())

    assert peak(0) < 0.01 < peak(0.3) < peak(0.6) < peak(1.2)
    assert peak(1.2) == pytest.approx(0.245, abs=0.02)
    assert peak(1.985) < 0.01


def test_loud_sounds_together_stay_below_full_scale(uploads: Uploads) -> None:
    music: dict[str, object] = {"kind": "music", "mood": "energetic"}

    samples = mix(uploads, music, {**music, "mood": "happy"}, {**music, "mood": "cinematic"})

    assert 0.8 < np.abs(samples).max() < MINUS_ONE_DB


def test_a_sound_that_cannot_be_decoded_is_silence(uploads: Uploads) -> None:
    path = uploads.folder / "photo.png"
    uploads.photo("photo.png")

    assert not mix(uploads, {"kind": "file", "hash": uploads.add(path)}).any()

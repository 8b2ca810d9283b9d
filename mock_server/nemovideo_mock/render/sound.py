"""The sound track: music and uploaded files, mixed in blocks, exactly as long as the picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

import av
import numpy as np
from av.error import FFmpegError

from nemovideo_mock.render.film import Film, Sound
from nemovideo_mock.render.instruments import RATE, Samples
from nemovideo_mock.render.music import Piece
from nemovideo_mock.render.outcome import CheckCancelled, RenderError
from nemovideo_mock.render.source_files import Locate, locate_file

#: The shortest fade at the start and end of a sound, in milliseconds; a shorter one would click.
SOFTEST: Final = 8.0
#: The level at which the limiter begins, and the maximum level: -1.2 dBFS.
KNEE: Final = 0.8
CEILING: Final = 0.87


class SoundSource(Protocol):
    """A source of samples; `block` must be called for consecutive spans."""

    def block(self, start: int, count: int) -> Samples:
        """Return `count` samples (2, count) from sample `start`, counted from the start of the sound."""
        ...


class UploadedSound:
    """An uploaded sound, or the sound of a video, from an offset in milliseconds; it repeats if it is too short."""

    def __init__(self, path: Path, label: str, offset: float, check: CheckCancelled) -> None:
        self._path = path
        self._check = check
        self._label = label
        self._offset = offset
        self._ready = np.zeros((2, 0), np.float32)
        self._blocks = self._read(offset)
        self._has_samples = False

    def block(self, start: int, count: int) -> Samples:
        """Return the next `count` samples, or silence if nothing can be decoded."""
        del start  # spans are consecutive, so it is not needed
        pieces, ready = [self._ready], self._ready.shape[1]
        while ready < count:
            self._check()
            more = next(self._blocks, None)
            if more is None:
                if not self._has_samples:
                    return np.zeros((2, count), np.float32)
                self._has_samples = False
                self._blocks = self._read(0.0)
                continue
            self._has_samples = self._has_samples or more.shape[1] > 0
            pieces.append(more)
            ready += more.shape[1]
        joined = np.concatenate(pieces, axis=1)
        self._ready = joined[:, count:].copy()
        return joined[:, :count]

    def _read(self, offset: float) -> Iterator[Samples]:
        try:
            container = av.open(str(self._path.resolve()))
        except (FFmpegError, OSError) as problem:
            raise RenderError(f"The sound of segment {self._label} cannot be opened.") from problem
        with container:
            if not container.streams.audio:
                return
            skip = round(offset / 1000 * RATE)
            stream = container.streams.audio[0]
            # FFmpeg would make mono 3 dB quieter when it converts it to stereo.
            layout = "mono" if stream.codec_context.channels == 1 else "stereo"
            resampler = av.AudioResampler(format="fltp", layout=layout, rate=RATE)
            with suppress(FFmpegError, ValueError):  # decoding stops at damaged data or a change of format
                for frame in container.decode(stream):
                    for even in resampler.resample(frame):
                        samples: Samples = even.to_ndarray().astype(np.float32, copy=False)
                        yield np.broadcast_to(samples, (2, samples.shape[1]))[:, skip:]
                        skip = max(0, skip - samples.shape[1])


class Mixer:
    """Mixes a film's sounds; `block` must be called for consecutive spans."""

    def __init__(self, film: Film, locate: Locate, check: CheckCancelled) -> None:
        self._film = film
        self._locate = locate
        self._check = check
        self._playing: dict[Sound, SoundSource] = {}

    def block(self, start: int, count: int) -> Samples:
        """Return `count` samples (2, count) from sample `start` of the film, no louder than `CEILING`.

        Raises:
            RenderError: an uploaded sound is missing or cannot be opened.
        """
        mixed = np.zeros((2, count), np.float32)
        for sound in self._film.sounds:
            begin = round(sound.start * RATE / 1000)
            end = round((sound.start + sound.length) * RATE / 1000)
            first, last = max(start, begin), min(start + count, end)
            if first < last:
                self._check()
                played = self._source(sound).block(first - begin, last - first)
                mixed[:, first - start : last - start] += played * _envelope(sound, first - begin, last - first)
            elif start >= end:
                self._playing.pop(sound, None)
        return limit(mixed)

    def _source(self, sound: Sound) -> SoundSource:
        if sound not in self._playing:
            self._playing[sound] = self._open(sound)
        return self._playing[sound]

    def _open(self, sound: Sound) -> SoundSource:
        if sound.kind == "music":
            return Piece(sound.mood, min(sound.length / 1000, self._film.seconds))
        return UploadedSound(
            locate_file(self._locate, sound.sha256, sound.label), sound.label, sound.offset, self._check
        )


def _envelope(sound: Sound, start: int, count: int) -> Samples:
    """Return volume and fades of a sound for `count` samples from its sample `start`; equal power."""
    at = (np.arange(start, start + count, dtype=np.float32) + 0.5) * (1000 / RATE)
    rising = np.clip(at / max(sound.fade_in, SOFTEST), 0, 1)
    falling = np.clip((sound.length - at) / max(sound.fade_out, SOFTEST), 0, 1)
    shape: Samples = (np.sin(np.minimum(rising, falling) * (np.pi / 2)) ** 2 * sound.volume).astype(np.float32)
    return shape


def limit(samples: Samples) -> Samples:
    """Return the samples with the part above the knee compressed, so that it stays below the ceiling."""
    loud = np.abs(samples)
    if float(loud.max(initial=0.0)) <= KNEE:
        return samples
    room = CEILING - KNEE
    compressed = KNEE + room * np.tanh((loud - KNEE) / room)
    shaped: Samples = np.where(loud > KNEE, np.copysign(compressed, samples), samples).astype(np.float32)
    return shaped

"""Make a stub: a valid MP4 with the film's exact size, frame rate and length, made in milliseconds without any package.

Each shot is one gradient in its own colours, so shots can be distinguished. The sound is silence. A comment in the file
says that it is a stub, so that a user does not mistake it for a render.
"""

from __future__ import annotations

import colorsys
import hashlib
import struct
from bisect import bisect_right
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Final

from nemovideo_mock.render import mp4
from nemovideo_mock.render.film import Film, Shot
from nemovideo_mock.render.h264 import Colour, Encoder
from nemovideo_mock.render.outcome import CheckCancelled

#: The file's comment, which players show.
COMMENT: Final = "nemovideo-harness stub: right size, length and shots; the pictures were not rendered"
RATE: Final = 48_000
#: Samples in an AAC frame.
FRAME: Final = 1024
#: A silent stereo AAC-LC frame.
SILENCE: Final = bytes.fromhex("210049900219002380")
#: The maximum number of seconds between key frames, so that players can seek.
KEY_EVERY: Final = 10
_BLACK: Final = (16, 128, 128)


def make_stub(film: Film, check: CheckCancelled) -> Iterator[bytes]:
    """Yield the whole file in pieces.

    The frames are encoded twice, for their sizes and for their bytes: in memory they could need hundreds of megabytes.
    """
    encoder = Encoder(film.width, film.height, film.fps)
    sequence, picture = encoder.parameters()
    shots: list[Shot | None] = []
    keys: list[int] = []
    shown: object = film  # not a shot, so the first frame is a key frame
    scenes = _scenes(film)
    for number in range(film.frames):
        shot = scenes.get(number, shown)
        if shot is not shown or number - keys[-1] >= KEY_EVERY * film.fps:
            shown = shot
            shots.append(shot if isinstance(shot, Shot) else None)
            keys.append(number)

    def sample(number: int) -> bytes:
        index = bisect_right(keys, number) - 1
        if keys[index] != number:
            return _with_size(encoder.unchanged_frame((number - keys[index]) % 16))
        check()
        return _with_size(encoder.key_frame(*_colours(shots[index]), index))

    seen = mp4.Track(
        b"vide",
        mp4.avc_entry(film.width, film.height, encoder.level, sequence, picture),
        film.fps * 512,
        sample,
        [len(sample(number)) for number in range(film.frames)],
        [512] * film.frames,
        _chunks(film.frames, film.fps),
        [number + 1 for number in keys],
        film.width,
        film.height,
    )
    return mp4.make_file([seen, _silent(film)], COMMENT)


def _scenes(film: Film) -> dict[int, Shot | None]:
    """Return the topmost shot for each frame number at which it changes."""
    shots = [(-level, -index, shot) for level, track in enumerate(film.tracks) for index, shot in enumerate(track)]
    coming = sorted(shots, key=lambda each: each[2].start, reverse=True)
    on: list[tuple[int, int, Shot]] = []
    starts = {0, *(edge for *_, shot in shots for edge in (_frame(film, shot.start), _frame(film, shot.end)))}
    found: dict[int, Shot | None] = {}
    for number in sorted(starts):
        at = number * 1000 / film.fps
        while coming and coming[-1][2].start <= at:
            heappush(on, coming.pop())
        while on and on[0][2].end <= at:
            heappop(on)
        found[number] = on[0][2] if on else None
    return found


def _frame(film: Film, milliseconds: float) -> int:
    """Return the number of the first frame at or after a moment."""
    return -int(-milliseconds * film.fps // 1000)


def _silent(film: Film) -> mp4.Track:
    samples = film.frames * RATE // film.fps
    count = -(-samples // FRAME)
    durations = [FRAME] * (count - 1) + [samples - FRAME * (count - 1)]
    return mp4.Track(
        b"soun",
        mp4.aac_entry(RATE),
        RATE,
        lambda _: SILENCE,
        [len(SILENCE)] * count,
        durations,
        _chunks(count, RATE // FRAME),
        [],
    )


def _chunks(count: int, size: int) -> list[int]:
    """Return the sizes of the chunks for `count` samples with `size` samples per chunk."""
    return [size] * (count // size) + ([count % size] if count % size else [])


def _with_size(unit: bytes) -> bytes:
    return struct.pack(">L", len(unit)) + unit


def _colours(shot: Shot | None) -> tuple[Colour, Colour]:
    """Return two related colours derived from the shot's content, or black without a shot."""
    if shot is None:
        return _BLACK, _BLACK
    digest = hashlib.sha256((shot.sha256 or shot.prompt or shot.label).encode("utf-8", "surrogatepass")).digest()
    hue = digest[0] / 256
    return _yuv(*colorsys.hls_to_rgb(hue, 0.62, 0.55)), _yuv(*colorsys.hls_to_rgb((hue + 0.09) % 1, 0.3, 0.5))


def _yuv(red: float, green: float, blue: float) -> Colour:
    """Return RGB from 0 to 1 as BT.709 in video range."""
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return (
        round(16 + 219 * luma),
        round(128 + 224 * (blue - luma) / 1.8556),
        round(128 + 224 * (red - luma) / 1.5748),
    )

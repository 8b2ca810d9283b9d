"""Make a stub: a valid MP4 with the film's exact size, frame rate and length, made in milliseconds without any package.

Each shot is one gradient in its own colours, so shots can be distinguished. The sound is silence. A comment in the file
says that it is a stub, so that a user does not mistake it for a render.
"""

from __future__ import annotations

import colorsys
import hashlib
import struct
from typing import Final

from nemovideo_mock.render import mp4
from nemovideo_mock.render.film import Film, Shot
from nemovideo_mock.render.h264 import Colour, Encoder

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


def make_stub(film: Film) -> bytes:
    """Return the whole file."""
    encoder = Encoder(film.width, film.height, film.fps)
    sequence, picture = encoder.parameters()
    frames: list[bytes] = []
    keys: list[int] = []
    shown: object = film  # not a shot, so the first frame is a key frame
    since = 0
    scenes = _scenes(film)
    for number in range(film.frames):
        shot = scenes.get(number, shown)
        if shot is not shown or since >= KEY_EVERY * film.fps:
            shown, since = shot, 0
            top, bottom = _colours(shot if isinstance(shot, Shot) else None)
            frames.append(_with_size(encoder.key_frame(top, bottom, len(keys))))
            keys.append(number + 1)
        else:
            frames.append(_with_size(encoder.unchanged_frame(since % 16)))
        since += 1
    seen = mp4.Track(
        b"vide",
        mp4.avc_entry(film.width, film.height, encoder.level, sequence, picture),
        film.fps * 512,
        frames,
        [512] * film.frames,
        _chunks(film.frames, film.fps),
        keys,
        film.width,
        film.height,
    )
    return mp4.make_file([seen, _silent(film)], COMMENT)


def _scenes(film: Film) -> dict[int, Shot | None]:
    """Return the topmost shot for each frame number at which it changes."""
    starts = {0, *(edge for shot in film.shots for edge in (_frame(film, shot.start), _frame(film, shot.end)))}
    return {number: _top(film, number * 1000 / film.fps) for number in sorted(starts)}


def _frame(film: Film, milliseconds: float) -> int:
    """Return the number of the first frame at or after a moment."""
    return -int(-milliseconds * film.fps // 1000)


def _top(film: Film, at: float) -> Shot | None:
    """Return the shot that is visible at a moment."""
    return next(
        (shot for track in reversed(film.tracks) for shot in reversed(track) if shot.start <= at < shot.end), None
    )


def _silent(film: Film) -> mp4.Track:
    samples = film.frames * RATE // film.fps
    count = -(-samples // FRAME)
    durations = [FRAME] * (count - 1) + [samples - FRAME * (count - 1)]
    return mp4.Track(
        b"soun", mp4.aac_entry(RATE), RATE, [SILENCE] * count, durations, _chunks(count, RATE // FRAME), []
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

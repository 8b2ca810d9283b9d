"""Measures that need a decoder: with the `render` extra a file is opened for real, and a broken one is found out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
from av.error import FFmpegError
from PIL import Image

from nemovideo_mock.media.headers import MOST_PIXELS

#: FFmpeg's name of each container, given so that no file can pass itself off as a playlist that names other files.
_DEMUXERS: Final = {
    "mp4": "mov", "mov": "mov", "m4a": "mov", "avi": "avi", "webm": "matroska", "mkv": "matroska", "mp3": "mp3",
    "wav": "wav", "aac": "aac",
}  # fmt: skip
#: A picture is decoded at about this many pixels a side where its format can be decoded at less.
_SAMPLE: Final = 64
_ORIENTATION: Final = 0x0112
_LYING: Final = range(5, 9)


class Broken(Exception):  # noqa: N818 -- the name says what is wrong
    """The file cannot be decoded."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What a decoder finds: seconds, pixels as displayed, frames a second."""

    duration: float | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None


def picture(path: Path) -> Measures:
    """The displayed size of a photo, its orientation respected; its pixels are decoded once.

    Raises:
        Broken: when they cannot be.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata, which harms no picture
            with Image.open(path) as image:
                width, height = image.size
                lying = image.getexif().get(_ORIENTATION) in _LYING
                image.draft("RGB", (_SAMPLE, _SAMPLE))
                image.load()
    except Exception as problem:  # Pillow's plug-ins raise nearly anything on a damaged file
        raise Broken from problem
    return Measures(width=height, height=width) if lying else Measures(width=width, height=height)


def recording(path: Path, form: str, *, seen: bool) -> Measures:
    """The measures of a video (`seen`) or a sound; its first frame is decoded.

    Raises:
        Broken: when it cannot be, or when there is nothing of that sort inside.
    """
    try:
        with av.open(str(path.resolve()), format=_DEMUXERS[form]) as container:
            streams = container.streams.video if seen else container.streams.audio
            if not streams:
                raise Broken
            stream = streams[0]
            coded = stream.codec_context
            if isinstance(coded, av.VideoCodecContext) and coded.width * coded.height > MOST_PIXELS:
                raise Broken
            duration = None
            if container.duration is not None:
                duration = container.duration / av.time_base
            elif stream.duration is not None and stream.time_base is not None:
                duration = float(stream.duration * stream.time_base)
            frame = next(container.decode(stream), None)
            if frame is None:
                raise Broken
            duration = max(duration, 0.0) if duration is not None else None
            if not isinstance(frame, av.VideoFrame):
                return Measures(duration=duration)
            rate = container.streams.video[0].average_rate
            ratio = container.streams.video[0].sample_aspect_ratio
            width, height = round(frame.width * float(ratio or 1)), frame.height
            if round(frame.rotation / 90) % 2:
                width, height = height, width
            return Measures(duration, width, height, float(rate) if rate else None)
    except (FFmpegError, OSError, ValueError, StopIteration) as problem:
        raise Broken from problem

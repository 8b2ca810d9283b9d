"""Measures that need a decoder: with the `render` extra a file is opened for real, and a broken one is found out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
from PIL import Image

#: FFmpeg's name of each container, given so that no file can pass itself off as a playlist that names other files.
_DEMUXERS: Final = {
    "mp4": "mov", "mov": "mov", "m4a": "mov", "avi": "avi", "webm": "matroska", "mkv": "matroska", "mp3": "mp3",
    "wav": "wav", "aac": "aac",
}  # fmt: skip
#: Pixels of a video's frame: 8K. A decoder may keep a dozen frames, where of a photo there is one.
MOST_FRAME_PIXELS: Final = 8192 * 4352
#: `max_streams` and `max_pixels` are FFmpeg's own guards; the second holds also for frames that are larger than said.
_GUARDS: Final = {"max_streams": "64", "max_pixels": str(MOST_FRAME_PIXELS)}
#: Seconds to open a file and to read from it, real ones; FFmpeg asks in between whether they are over.
_PATIENCE: Final = (10.0, 10.0)
#: Frames a second beyond which a rate is a slip of the file's writer.
_FASTEST: Final = 1000
#: How far pixels may be from square; what is further is a slip, too.
_WIDEST_PIXEL: Final = 8
#: A picture is decoded at about this many pixels a side where its format can be decoded at less.
_SAMPLE: Final = 64
#: Pillow's name of each format, given so that it asks no other plug-in.
_PLUGINS: Final = {"jpg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP"}
_ORIENTATION: Final = 0x0112
_LYING: Final = range(5, 9)


class UndecodableFile(Exception):  # noqa: N818 -- the name says what is wrong
    """The file cannot be decoded."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What a decoder finds: seconds, pixels as displayed, frames a second."""

    duration: float | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None


def picture(path: Path, form: str) -> Measures:
    """The displayed size of a photo, its orientation respected; its pixels are decoded once, of an animation the first.

    Raises:
        Broken: when they cannot be.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata, which harms no picture
            with Image.open(path, formats=[_PLUGINS[form]]) as image:
                width, height = image.size
                lying = _lies(image)
                image.draft("RGB", (_SAMPLE, _SAMPLE))
                image.load()
    except Exception as problem:  # Pillow's plug-ins raise nearly anything on a damaged file
        raise UndecodableFile from problem
    return Measures(width=height, height=width) if lying else Measures(width=width, height=height)


def _lies(image: Image.Image) -> bool:
    """Whether a photo is shown on its side; damaged metadata says nothing, and harms no picture."""
    try:
        return image.getexif().get(_ORIENTATION) in _LYING
    except Exception:  # noqa: BLE001 - a malformed block of EXIF can raise nearly anything
        return False


def recording(path: Path, form: str, *, seen: bool) -> Measures:
    """The measures of a video (`seen`) or a sound; its first frame is decoded.

    Raises:
        Broken: when it cannot be, or when there is nothing of that sort inside.
    """
    try:
        return _recording(path, form, seen=seen)
    except Exception as problem:  # FFmpeg's errors, and what PyAV raises of its own on numbers that make no sense
        raise UndecodableFile from problem


def _recording(path: Path, form: str, *, seen: bool) -> Measures:
    with av.open(str(path.resolve()), format=_DEMUXERS[form], options=_GUARDS, timeout=_PATIENCE) as container:
        streams = container.streams.video if seen else container.streams.audio
        if not streams:
            raise UndecodableFile
        stream = streams[0]
        coded = stream.codec_context
        if isinstance(coded, av.VideoCodecContext):
            if coded.width * coded.height > MOST_FRAME_PIXELS:
                raise UndecodableFile
            coded.options = {"max_pixels": _GUARDS["max_pixels"]}
        coded.thread_count = 1  # more threads hold more frames, and there is one to decode
        duration = None
        if container.duration is not None:
            duration = container.duration / av.time_base
        elif stream.duration is not None and stream.time_base is not None:
            duration = float(stream.duration * stream.time_base)
        frame = next(container.decode(stream), None)
        if frame is None:
            raise UndecodableFile
        if not isinstance(frame, av.VideoFrame):
            return Measures(duration=duration)
        return _measure_video(container.streams.video[0], frame, duration)


def _measure_video(stream: av.VideoStream, frame: av.VideoFrame, duration: float | None) -> Measures:
    """A video as it is shown: its pixels made square, its rotation respected."""
    ratio, rate = stream.sample_aspect_ratio, stream.average_rate
    width, height = frame.width, frame.height
    if ratio and 1 / _WIDEST_PIXEL <= ratio <= _WIDEST_PIXEL:
        width = max(round(width * float(ratio)), 1)
    if round(frame.rotation / 90) % 2:
        width, height = height, width
    return Measures(duration, width, height, float(rate) if rate and 0 < rate <= _FASTEST else None)

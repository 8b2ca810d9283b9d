"""Measure a file with a decoder, which the `render` extra installs, and detect files that cannot be decoded."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
from PIL import Image

#: FFmpeg's name of each container. With it, a file cannot pass as a playlist that names other files.
_DEMUXERS: Final = {
    "mp4": "mov", "mov": "mov", "m4a": "mov", "avi": "avi", "webm": "matroska", "mkv": "matroska", "mp3": "mp3",
    "wav": "wav", "aac": "aac",
}  # fmt: skip
#: The maximum number of pixels in a video frame: 8K. A decoder may keep a dozen frames of a video, and one of a photo.
MOST_FRAME_PIXELS: Final = 8192 * 4352
#: `max_streams` and `max_pixels` are FFmpeg's own limits; the second also applies to frames larger than the header
#: says.
_LIMITS: Final = {"max_streams": "64", "max_pixels": str(MOST_FRAME_PIXELS)}
#: Seconds of real time to open a file and to read from it; FFmpeg checks them during its work.
_TIMEOUTS: Final = (10.0, 10.0)
#: A rate of more frames per second is an error in the file.
_FASTEST: Final = 1000
#: The maximum ratio of a pixel's sides; a larger one is an error in the file.
_WIDEST_PIXEL: Final = 8
#: A picture is decoded at about this many pixels per side if its format can be decoded at a reduced size.
_SAMPLE: Final = 64
#: Pillow's name of each format. With it, Pillow tries no other plug-in.
_PLUGINS: Final = {"jpg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP"}
_ORIENTATION: Final = 0x0112
_SIDEWAYS: Final = range(5, 9)


class UndecodableFile(Exception):  # noqa: N818 -- the name says what is wrong
    """The file cannot be decoded."""


@dataclass(frozen=True, slots=True)
class Measures:
    """The results of a decoder: seconds, pixels as displayed, frames per second."""

    duration: float | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None


def measure_picture(path: Path, form: str) -> Measures:
    """Return the displayed size of a photo, with its orientation applied; decode its (first) image once.

    Raises:
        UndecodableFile: the image cannot be decoded.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about odd metadata, which does not harm the picture
            with Image.open(path, formats=[_PLUGINS[form]]) as image:
                width, height = image.size
                image.draft("RGB", (_SAMPLE, _SAMPLE))
                # Before the orientation, for which Pillow decodes a PNG: its second `load` reports no damage.
                image.load()
                is_sideways = _is_sideways(image)
    except Exception as problem:  # Pillow's plug-ins raise almost any exception on a damaged file
        raise UndecodableFile from problem
    return Measures(width=height, height=width) if is_sideways else Measures(width=width, height=height)


def _is_sideways(image: Image.Image) -> bool:
    """Return whether a photo is displayed on its side; damaged metadata counts as no."""
    try:
        return image.getexif().get(_ORIENTATION) in _SIDEWAYS
    except Exception:  # noqa: BLE001 - a malformed block of EXIF can raise nearly anything
        return False


def measure_recording(path: Path, form: str, *, is_video: bool) -> Measures:
    """Return the measures of a video (`is_video`) or a sound; decode its first frame.

    Raises:
        UndecodableFile: it cannot be decoded, or it has no stream of this type.
    """
    try:
        return _read_recording(path, form, is_video=is_video)
    except Exception as problem:  # FFmpeg's errors, and PyAV's own exceptions on implausible numbers
        raise UndecodableFile from problem


def _read_recording(path: Path, form: str, *, is_video: bool) -> Measures:
    with av.open(str(path.resolve()), format=_DEMUXERS[form], options=_LIMITS, timeout=_TIMEOUTS) as container:
        streams = container.streams.video if is_video else container.streams.audio
        if not streams:
            raise UndecodableFile
        stream = streams[0]
        coded = stream.codec_context
        if isinstance(coded, av.VideoCodecContext):
            if coded.width * coded.height > MOST_FRAME_PIXELS:
                raise UndecodableFile
            coded.options = {"max_pixels": _LIMITS["max_pixels"]}
        coded.thread_count = 1  # more threads would keep more frames, and only one is decoded
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
    """Return the measures of a video as displayed: with square pixels, and with its rotation applied."""
    ratio, rate = stream.sample_aspect_ratio, stream.average_rate
    width, height = frame.width, frame.height
    if ratio and 1 / _WIDEST_PIXEL <= ratio <= _WIDEST_PIXEL:
        width = max(round(width * float(ratio)), 1)
    if round(frame.rotation / 90) % 2:
        width, height = height, width
    return Measures(duration, width, height, float(rate) if rate and 0 < rate <= _FASTEST else None)

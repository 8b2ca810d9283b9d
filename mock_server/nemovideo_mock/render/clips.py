"""Uploaded videos, decoded frame by frame in step with the film."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError

from nemovideo_mock.render import camera, planes
from nemovideo_mock.render.outcome import CheckCancelled, RenderError
from nemovideo_mock.render.pictures import BACKDROP, WORKING, Picture, frame_to_planes
from nemovideo_mock.render.planes import Plane, Planes


class Clip:
    """A video that is read forwards: `at` returns its picture for a moment, or its last picture after its end.

    Rotation and pixel aspect ratio are respected. `still` means that the camera does not move, so frames are scaled to
    exactly the size at which they are shown.
    """

    def __init__(
        self, path: Path, label: str, offset: float, width: int, height: int, check: CheckCancelled, *, still: bool
    ) -> None:
        self._label = label
        self._check = check
        self._size = (width, height)
        self._still = still
        self._offset = offset / 1000
        self._shown: av.VideoFrame | None = None
        self._next: av.VideoFrame | None = None
        self._picture: Picture | None = None
        self._container = self._open(path)
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self._stream.codec_context.thread_count = 2
        base = self._stream.time_base
        self._begin = float(self._stream.start_time * base) if self._stream.start_time and base else 0.0
        if self._offset > 0:
            with suppress(FFmpegError):  # a file that cannot seek is read from its start
                self._container.seek(int((self._offset + self._begin) * 1_000_000))
        self._frames = self._decode()

    def at(self, seconds: float) -> Picture:
        """Return the picture `seconds` after the start of the shot; moments must not decrease.

        Raises:
            RenderError: the video has no picture that can be decoded.
        """
        moment = self._offset + seconds + 0.0005
        while self._shown is None or (self._next is not None and self._moment(self._next) <= moment):
            self._check()
            if self._next is None:
                self._next = next(self._frames, None)
                if self._next is None:
                    raise RenderError(f"The video of segment {self._label} cannot be decoded.")
            self._shown, self._picture = self._next, None
            self._next = next(self._frames, None)
        if self._picture is None:
            self._picture = self._prepare(self._shown)
        return self._picture

    def close(self) -> None:
        """Close the file."""
        self._frames.close()
        self._container.close()

    def _open(self, path: Path) -> InputContainer:
        try:
            container = av.open(str(path.resolve()))
        except (FFmpegError, OSError) as problem:
            raise RenderError(f"The video of segment {self._label} cannot be opened.") from problem
        if not container.streams.video:
            container.close()
            raise RenderError(f"The file of segment {self._label} has no picture in it.")
        return container

    def _decode(self) -> Generator[av.VideoFrame]:
        with suppress(FFmpegError):  # decoding stops at damaged data; the last good frame stays
            yield from self._container.decode(self._stream)

    def _moment(self, frame: av.VideoFrame) -> float:
        return 0.0 if frame.pts is None else frame.time - self._begin

    def _prepare(self, frame: av.VideoFrame) -> Picture:
        quarter_turns = round(frame.rotation / 90) % 4
        ratio = self._stream.sample_aspect_ratio
        displayed = frame.width * (float(ratio) if ratio else 1.0) / frame.height
        upright = 1 / displayed if quarter_turns % 2 else displayed
        width, height = self._size
        where = camera.place_picture(upright, width / height)
        region_width, region_height = _even(width * where.w), _even(height * where.h)
        fit = camera.fit_picture(upright, region_width / region_height)
        scale = 1.0 if self._still else min(WORKING, 1.25)
        # A camera move needs limited extra room; the limit also holds for extremely long pictures.
        cover = (_above(region_width * scale / fit.w), _above(region_height * scale / fit.h))
        sharp = _turn(frame, *_limit_size(cover), quarter_turns)
        if self._still and sharp.width >= region_width and sharp.height >= region_height:
            left, top = (sharp.width - region_width) // 4 * 2, (sharp.height - region_height) // 4 * 2
            sharp, fit = sharp.part(left, top, region_width, region_height), camera.Fit(1.0, 1.0)
        return Picture(sharp, fit, where, None if where.whole else self._backdrop(frame, quarter_turns))

    def _backdrop(self, frame: av.VideoFrame, quarter_turns: int) -> Planes:
        width, height = self._size
        backdrop = _turn(frame, _even(width * BACKDROP / 4), _even(height * BACKDROP / 4), quarter_turns)
        for plane in backdrop:
            _soften(plane)
        planes.dim(backdrop, 0.58)
        return backdrop


def _turn(frame: av.VideoFrame, width: int, height: int, quarter_turns: int) -> Planes:
    """Return the upright frame at this size; `quarter_turns` are counter-clockwise."""
    if not quarter_turns:
        return frame_to_planes(frame, width, height)
    lying = (height, width) if quarter_turns % 2 else (width, height)
    y, u, v = (np.ascontiguousarray(np.rot90(plane, quarter_turns)) for plane in frame_to_planes(frame, *lying))
    return Planes(y, u, v)


def _soften(plane: Plane) -> None:
    """Blur a tiny plane in place: three passes of a small box on each axis approximate a Gaussian."""
    for _ in range(3):
        for axis in (0, 1):
            wide = plane.astype(np.uint16)
            ahead, behind = np.roll(wide, 1, axis), np.roll(wide, -1, axis)
            first, last = [slice(None)] * 2, [slice(None)] * 2
            first[axis], last[axis] = slice(0, 1), slice(-1, None)
            ahead[tuple(first)], behind[tuple(last)] = wide[tuple(first)], wide[tuple(last)]
            plane[:] = (wide * 2 + ahead + behind + 2) // 4


def _even(value: float) -> int:
    return max(2, 2 * round(value / 2))


def _above(value: float) -> int:
    """Return the smallest even number that is not below the value."""
    return max(2, 2 * -int(-value // 2))


def _limit_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size with each side limited to 8192 pixels."""
    return min(size[0], 8192), min(size[1], 8192)

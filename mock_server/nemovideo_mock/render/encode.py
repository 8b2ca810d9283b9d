"""Write planes and samples to an MP4 file: H.264 and AAC by FFmpeg, playable while it downloads."""

# av's type hints do not cover packets and options
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from nemovideo_mock.render.film import Film
from nemovideo_mock.render.instruments import RATE, Samples
from nemovideo_mock.render.outcome import Quality
from nemovideo_mock.render.planes import Planes

#: Slower presets cost up to four times as much and show no difference here. Without B-frames, pts equals dts.
OPTIONS: Final[dict[Quality, dict[str, str]]] = {
    "full": {"preset": "superfast", "crf": "23"},
    "preview": {"preset": "ultrafast", "crf": "26"},
}
#: Fixed, because the bytes of the file depend on it.
THREADS: Final = 2
#: The maximum number of seconds between key frames, so that players can seek.
KEY_EVERY: Final = 4


class Canvas:
    """A frame in the encoder's memory, and its planes to draw on."""

    def __init__(self, width: int, height: int) -> None:
        self.frame = av.VideoFrame(width, height, "yuv420p")
        self.planes = Planes(*(self._view(index) for index in range(3)))

    def _view(self, index: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
        # Lines are padded, so a plane is wider than its picture.
        plane = self.frame.planes[index]
        lines = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
        return lines[:, : plane.width]


class Writer:
    """Writes one MP4 file; a context manager that always closes the file."""

    def __init__(self, path: Path, film: Film, quality: Quality) -> None:
        # In FFmpeg's own milliseconds, a track would lose up to half a millisecond.
        ticks = math.lcm(RATE, film.fps)
        options = {"movflags": "+faststart", "movie_timescale": str(ticks)}
        self._container = av.open(str(path), "w", format="mp4", options=options)
        self._frames = 0
        self._samples = 0
        self._video = self._container.add_stream("libx264", rate=film.fps)
        self._video.width, self._video.height = film.width, film.height
        self._video.pix_fmt = "yuv420p"
        self._video.options = {**OPTIONS[quality], "x264-params": "bframes=0"}
        context = self._video.codec_context
        context.thread_type, context.thread_count = "FRAME", THREADS
        context.gop_size = KEY_EVERY * film.fps
        context.time_base = self._tick = Fraction(1, film.fps)
        context.color_range = ColorRange.MPEG
        context.colorspace = Colorspace.ITU709
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        self._audio = self._container.add_stream("aac", rate=RATE)
        self._audio.layout = "stereo"
        self._audio.bit_rate = 160_000

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._container.mux(self._video.encode(None))
                self._container.mux(self._audio.encode(None))
        finally:
            self._container.close()

    def write_picture(self, canvas: Canvas) -> None:
        """Encode the next frame; its canvas must not be drawn on again."""
        frame = canvas.frame
        frame.pts, frame.time_base = self._frames, self._tick
        frame.color_range, frame.colorspace = ColorRange.MPEG, Colorspace.ITU709
        self._frames += 1
        self._container.mux(self._video.encode(frame))

    def write_sound(self, samples: Samples) -> None:
        """Encode the next samples, of shape (2, count)."""
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
        frame.sample_rate = RATE
        frame.pts, frame.time_base = self._samples, Fraction(1, RATE)
        self._samples += samples.shape[1]
        self._container.mux(self._audio.encode(frame))

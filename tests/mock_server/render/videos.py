"""Read videos and make small ones, with FFmpeg."""

# av's type hints do not cover packets and options
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray


def open_video(source: Path | BinaryIO) -> InputContainer:
    """Open a video for reading."""
    return av.open(str(source) if isinstance(source, Path) else source, "r")


def read_frames(source: Path | BinaryIO) -> list[NDArray[np.uint8]]:
    """Return all frames of a video in RGB; FFmpeg must find no error in them."""
    with open_video(source) as container:
        container.streams.video[0].codec_context.options = {"err_detect": "explode"}
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(video=0)]


def read_samples(source: Path | BinaryIO) -> NDArray[np.float32]:
    """Return all samples of a video (2, count)."""
    with open_video(source) as container:
        blocks = [np.asarray(frame.to_ndarray(), np.float32) for frame in container.decode(audio=0)]
    return np.concatenate(blocks, axis=1)


def make_brightening_video(path: Path, *, rate: int, frames: int) -> None:
    """Make a video whose frame n has the brightness 10 + 8 n."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 64, 48, "yuv420p", 4_000_000
        for number in range(frames):
            picture = np.full((48, 64, 3), 10 + 8 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))

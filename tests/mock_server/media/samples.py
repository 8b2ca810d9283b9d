"""Make one small file of each format that the service accepts."""

# av's type hints do not cover packets and options
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import wave
from pathlib import Path
from typing import Final

import av
import numpy as np
from PIL import Image

from nemovideo_contract.wire import FORMATS, FileType

SIZE: Final = (64, 48)
SECONDS: Final = 0.8

_CODECS: Final = {"mp4": "mpeg4", "mov": "mpeg4", "avi": "mpeg4", "webm": "libvpx", "mkv": "mpeg4"}
_SOUNDS: Final = {"mp3": ("mp3", "libmp3lame"), "m4a": ("ipod", "aac"), "aac": ("adts", "aac")}


def sample(folder: Path, form: str) -> Path:
    """Make a file of this format: pictures and videos have `SIZE`, recordings `SECONDS`, videos 10 frames per
    second."""
    path = folder / f"sample.{form}"
    if form in FORMATS[FileType.IMAGE]:
        Image.radial_gradient("L").resize(SIZE).convert("RGB").save(path)
    elif form in _CODECS:
        _film(path, _CODECS[form])
    elif form == "wav":
        with wave.open(str(path), "wb") as file:
            file.setparams((2, 2, 44_100, 0, "NONE", ""))
            file.writeframes(bytes(4 * round(44_100 * SECONDS)))
    else:
        _tune(path, *_SOUNDS[form])
    return path


def _film(path: Path, codec: str) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for number in range(round(10 * SECONDS)):
            picture = np.full((SIZE[1], SIZE[0], 3), 20 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


def _tune(path: Path, container_format: str, codec: str) -> None:
    with av.open(str(path), "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=44_100)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "stereo"
        wave_form = 0.3 * np.sin(np.arange(round(44_100 * SECONDS)) * 0.06)
        samples = np.stack([wave_form, wave_form]).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        frame.sample_rate = 44_100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

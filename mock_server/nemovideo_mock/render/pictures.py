"""Prepare photos for the camera: decode once, turn upright, crop, and convert to planes at working size."""

from __future__ import annotations

import io
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from nemovideo_mock.media import decoding_limits
from nemovideo_mock.media.file_headers import MOST_PIXELS
from nemovideo_mock.render import camera, planes
from nemovideo_mock.render.outcome import CheckCancelled, RenderError
from nemovideo_mock.render.planes import Plane, Planes

# The focus is a guess: detail and colour attract the eye, and so does the middle. In upright pictures, heads are
# usually in the upper third.


#: The maximum distance of a guessed focus from the middle, in fractions of the picture.
FURTHEST = 0.22


def find_focus(rgb: NDArray[np.uint8]) -> tuple[float, float]:
    """Return the point of interest of a small picture (height, width, 3), in fractions of its width and height."""
    height, width = rgb.shape[:2]
    if height < 4 or width < 4:
        return 0.5, 0.5
    colour = rgb.astype(np.float32)
    grey = colour.mean(axis=2)
    detail = np.abs(np.diff(grey, axis=0))[:, 1:] + np.abs(np.diff(grey, axis=1))[1:, :]
    vivid = (colour.max(axis=2) - colour.min(axis=2))[1:, 1:]
    interest = detail + 0.15 * vivid
    y, x = np.mgrid[0 : height - 1, 0 : width - 1].astype(np.float32)
    x, y = (x + 1) / width, (y + 1) / height
    upright = height >= width
    home = 0.36 if upright else 0.48
    interest = interest * np.exp(-(((x - 0.5) / 0.3) ** 2) - ((y - home) / 0.3) ** 2)
    total = float(interest.sum())
    if total <= 0:
        return 0.5, home
    across = float((interest * x).sum()) / total
    along = float((interest * y).sum()) / total
    along = min(along, 0.34) if upright else along
    return _clamp(across), _clamp(along)


def _clamp(value: float) -> float:
    return min(max(value, 0.5 - FURTHEST), 0.5 + FURTHEST)


#: The size of the working image relative to the output, for zooms: 1.5 measured 2 dB better than 1.2.
WORKING: Final = 1.5
#: The same for a photo that must be enlarged: a larger size would only add invented pixels.
ENLARGED: Final = 1.25
#: Pixels of a working image; a larger frame leaves less room for zooms.
MOST_WORKING: Final = 16_000_000
#: Rows of a photo that are converted at a time, a multiple of every factor by which a photo is reduced.
BAND: Final = 64
#: The size of a backdrop relative to the frame: it is blurred, so few pixels are enough.
BACKDROP: Final = 1 / 6

Rgb = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready for the camera: its `sharp` planes, its crop, its place in the frame, and its backdrop."""

    sharp: Planes
    fit: camera.Fit
    place: camera.Place
    backdrop: Planes | None


class _WatchedFile(io.BufferedReader):
    """A file whose reads call `check`, so that a cancelled render does not decode the rest of a large photo."""

    def __init__(self, path: Path, check: CheckCancelled) -> None:
        super().__init__(io.FileIO(path))
        self._check = check

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes."""
        self._check()
        return super().read(size)


def load(path: Path, label: str, width: int, height: int, check: CheckCancelled) -> Picture:
    """Return the photo in a file, prepared for a frame of this size in pixels.

    Raises:
        RenderError: the file cannot be decoded, has too many pixels, or the render was cancelled (`check`).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about odd metadata, which does not harm the picture
            return prepare(_decode(path, label, width, height, check), width, height)
    except RenderError:
        raise
    except Exception as problem:  # Pillow's plug-ins raise almost any exception on a damaged file
        raise RenderError(f"The photo of segment {label} cannot be decoded: it is damaged or incomplete.") from problem


def prepare(image: Image.Image, width: int, height: int) -> Picture:
    """Return an upright RGB image prepared for a frame of this size in pixels."""
    frame = width / height
    where = camera.place_picture(image.width / image.height, frame)
    region = frame * where.w / where.h
    image = _crop(image, region)
    thumb = image.resize((64, max(2, round(64 * image.height / image.width))) if image.width >= image.height
                         else (max(2, round(64 * image.width / image.height)), 64), Image.Resampling.BOX)  # fmt: skip
    interest = find_focus(np.asarray(thumb))
    fit = camera.fit_picture(image.width / image.height, region, interest)
    cover_width, cover_height = width * where.w / fit.w, height * where.h / fit.h
    scale = WORKING if image.width >= cover_width else ENLARGED
    scale = min(scale, max(1.0, (MOST_WORKING / (cover_width * cover_height)) ** 0.5))
    size = (_even(cover_width * scale), _even(cover_height * scale))
    if size[0] <= image.width:
        sharp = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    else:
        sharp = _enlarge(image, size)
    backdrop = None if where.whole else _backdrop(image, width, height)
    return Picture(rgb_to_planes(np.asarray(sharp)), fit, where, backdrop)


def rgb_to_planes(rgb: Rgb) -> Planes:
    """Return an RGB array (height, width, 3; both even) as planes: BT.709, video range."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
    return frame_to_planes(frame, frame.width, frame.height)


def frame_to_planes(frame: av.VideoFrame, width: int, height: int) -> Planes:
    """Return a decoded frame as planes of this size: BT.709, video range, copied from the decoder's memory."""
    flat = frame.reformat(width, height, "yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)
    y, u, v = (_remove_padding(flat, index) for index in range(3))
    return Planes(y, u, v)


def _remove_padding(frame: av.VideoFrame, index: int) -> Plane:
    """Return a plane without the padding at the end of its lines."""
    plane = frame.planes[index]
    lines = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return lines[:, : plane.width].copy()


def _even(value: float) -> int:
    return max(2, 2 * round(value / 2))


def _decode(path: Path, label: str, width: int, height: int, check: CheckCancelled) -> Image.Image:
    """Return the first image of a file: upright, RGB, and reduced if it would need too much memory."""
    with _WatchedFile(path, check) as file, Image.open(file) as image:
        pixels = image.width * image.height
        if pixels > MOST_PIXELS:
            raise RenderError(
                f"The photo of segment {label} has {image.width}x{image.height} pixels; "
                f"at most {MOST_PIXELS // 1_000_000} million can be rendered."
            )
        form = {"JPEG": "jpg"}.get(image.format or "", (image.format or "").lower())
        with path.open("rb") as header:
            decoded = decoding_limits.decoded_size(header, form, pixels)
        if decoded > decoding_limits.MOST_DECODED:
            raise RenderError(
                f"The photo of segment {label} needs {decoded >> 20} MB of memory to decode; "
                f"at most {decoding_limits.MOST_DECODED >> 20} MB can be used."
            )
        scale = decoding_limits.reading_scale(decoded, pixels)
        largest = round(max(width, height) * WORKING * 2)
        if image.draft("RGB", (min(largest, image.width // scale), min(largest, image.height // scale))):
            scale = 1
        image.load()
        upright = _rgb(image, scale)
        upright.info = {key: value for key, value in image.info.items() if key != "transparency"}
    with suppress(Exception):  # damaged metadata raises almost any exception, but the picture is fine
        ImageOps.exif_transpose(upright, in_place=True)
    return upright


def _rgb(image: Image.Image, factor: int) -> Image.Image:
    """Return an image of any mode as RGB, reduced by a factor; transparent parts become white.

    It is converted in bands, because each step of the conversion needs a copy.
    """
    if image.mode == "RGB" and factor == 1 and not image.has_transparency_data:
        return image
    top = 0.0
    if image.mode.startswith("I") or image.mode == "F":
        highest = cast("tuple[float, float]", image.getextrema())[1]
        top = 65535.0 if highest > 255 else 255.0
    whole = Image.new("RGB", (-(-image.width // factor), -(-image.height // factor)))
    for y in range(0, image.height, BAND):
        band = _band_as_rgb(image.crop((0, y, image.width, min(y + BAND, image.height))), top)
        whole.paste(band.reduce(factor) if factor > 1 else band, (0, y // factor))
    return whole


def _band_as_rgb(image: Image.Image, top: float) -> Image.Image:
    """Return a part of an image as RGB; `top` is the level of white if a pixel is one number."""
    if top:
        levels = np.asarray(image, dtype=np.float64)
        return Image.fromarray((levels / top * 255).clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        ground = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(ground, clear).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _crop(image: Image.Image, region: float) -> Image.Image:
    """Return the middle of a picture that is much longer than its place; no camera move would reach the rest."""
    aspect = image.width / image.height
    longest = camera.LONGEST_PICTURE
    if aspect > region * longest:
        width = max(1, round(image.height * region * longest))
        left = (image.width - width) // 2
        return image.crop((left, 0, left + width, image.height))
    if aspect < region / longest:
        height = max(1, round(image.width / region * longest))
        top = (image.height - height) // 2
        return image.crop((0, top, image.width, top + height))
    return image


def _enlarge(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return an enlarged picture: Lanczos, and then sharpening against the blur of the enlargement."""
    large = image.resize(size, Image.Resampling.LANCZOS)
    factor = size[0] / image.width
    if not 1.5 < factor < 12:
        return large
    return large.filter(ImageFilter.UnsharpMask(radius=factor * 0.55, percent=70, threshold=2))


def _backdrop(image: Image.Image, width: int, height: int) -> Planes:
    """Return the picture as its own background: it fills the frame, blurred, darker and calmer."""
    size = (_even(width * BACKDROP), _even(height * BACKDROP))
    small = ImageOps.fit(image, size, Image.Resampling.BICUBIC)
    soft = small.filter(ImageFilter.GaussianBlur(min(size) * 0.08))
    ground = rgb_to_planes(np.asarray(soft))
    planes.dim(ground, 0.58)
    return ground

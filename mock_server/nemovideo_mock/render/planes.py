"""Pictures as YUV 4:2:0 planes, and the arithmetic on them.

A frame is composed in the encoder's own format: that needs a third of the work of RGB, and no conversion per frame.
Input and output have 8 bits; intermediate results are 16-bit integers. The work is done in blocks of rows that fit in
the processor's cache (128 rows were the fastest of 64 to 1920).
"""

# numpy's type hints do not cover arithmetic between different widths
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Plane: TypeAlias = NDArray[np.uint8]
Wide: TypeAlias = NDArray[np.uint16]

ROWS = 128
#: Video range of BT.709 in 8 bits.
BLACK = 16
GREY = 128


@dataclass(frozen=True, slots=True)
class Planes:
    """One picture: `y` is (height, width), `u` and `v` have half of each side; uint8 in video range."""

    y: Plane
    u: Plane
    v: Plane

    @property
    def width(self) -> int:
        """The width in pixels."""
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        """The height in pixels."""
        return int(self.y.shape[0])

    def __iter__(self) -> Iterator[Plane]:
        return iter((self.y, self.u, self.v))

    def part(self, x: int, y: int, width: int, height: int) -> Planes:
        """Return a view of a part; all four numbers are even, in pixels."""
        return Planes(
            self.y[y : y + height, x : x + width],
            self.u[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2],
            self.v[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2],
        )


def blank(width: int, height: int) -> Planes:
    """Return a black picture of this even size."""
    return Planes(
        np.full((height, width), BLACK, np.uint8),
        np.full((height // 2, width // 2), GREY, np.uint8),
        np.full((height // 2, width // 2), GREY, np.uint8),
    )


def blacken(planes: Planes) -> None:
    """Make a picture black."""
    planes.y[:] = BLACK
    planes.u[:] = GREY
    planes.v[:] = GREY


def copy(source: Planes, target: Planes) -> None:
    """Copy a picture onto another one of the same size."""
    for one, other in zip(source, target, strict=True):
        other[:] = one


def resample(source: Planes, target: Planes, x: float, y: float, w: float, h: float) -> None:
    """Fill `target` with a window of `source`, bilinearly; the window's corner and size are in fractions of `source`.

    Positions are exact to 1/256 pixel, so a slow zoom does not jitter.
    """
    for one, other in zip(source, target, strict=True):
        height, width = one.shape
        columns, across = _taps(x * width, w * width, other.shape[1], width)
        rows, along = _taps(y * height, h * height, other.shape[0], height)
        _bilinear(one, other, columns, across, rows, along)


def _taps(start: float, length: float, count: int, limit: int) -> tuple[NDArray[np.intp], Wide]:
    """Return for each of `count` pixels of a span the source pixel to its left and the weight of the next (0-256).

    Samples are taken at pixel centers; otherwise a zoom would drift by half a pixel.
    """
    position = start + (np.arange(count) + 0.5) * (length / count) - 0.5
    np.clip(position, 0, max(limit - 1, 0), out=position)
    left = np.minimum(position.astype(np.intp), max(limit - 2, 0))
    return left, np.rint((position - left) * 256).astype(np.uint16)


def _bilinear(
    source: Plane, target: Plane, columns: NDArray[np.intp], across: Wide, rows: NDArray[np.intp], along: Wide
) -> None:
    height, width = source.shape
    first, last = int(columns[0]), min(int(columns[-1]) + 2, width)
    left = columns - first
    right = np.minimum(left + 1, last - first - 1)
    below = np.minimum(rows + 1, height - 1)
    for begin in range(0, target.shape[0], ROWS):
        block = slice(begin, begin + ROWS)
        weight = along[block, None]
        mixed = source[rows[block], first:last] * (256 - weight)
        mixed += source[below[block], first:last] * weight
        mixed += 128
        mixed >>= 8
        narrow = mixed.astype(np.uint8)
        out = narrow.take(left, axis=1) * (256 - across)
        out += narrow.take(right, axis=1) * across
        out += 128
        out >>= 8
        target[block] = out


def mix(over: Planes, target: Planes, opacity: float) -> None:
    """Mix a picture onto another one of the same size with this opacity, 0 to 1."""
    amount = np.uint16(round(opacity * 256))
    for one, other in zip(over, target, strict=True):
        for begin in range(0, other.shape[0], ROWS):
            block = slice(begin, begin + ROWS)
            out = one[block] * amount
            out += other[block] * np.uint16(256 - amount)
            out += 128
            out >>= 8
            other[block] = out


def dim(target: Planes, light: float) -> None:
    """Darken a picture towards black; `light` 1 leaves it unchanged, 0 is black."""
    for plane, centre in zip(target, (BLACK, GREY, GREY), strict=True):
        table = np.rint(centre + (np.arange(256) - centre) * light).clip(0, 255).astype(np.uint8)
        for begin in range(0, plane.shape[0], ROWS):
            block = slice(begin, begin + ROWS)
            plane[block] = table[plane[block]]


def lay(colour: Planes, alpha: Plane, half_alpha: Plane, target: Planes, opacity: float) -> None:
    """Lay a picture with an alpha mask (`alpha`, and the same at half size) on another one of the same size."""
    amount = np.uint16(round(opacity * 256))
    for one, mask, other in zip(colour, (alpha, half_alpha, half_alpha), target, strict=True):
        weight = mask * amount
        weight += 128
        weight >>= 8
        # 0-255 to 0-256, so that a full mask covers completely
        weight += weight >> 7
        out = one * weight
        out += other * (256 - weight)
        out += 128
        out >>= 8
        other[:] = out


def shift(source: Planes, target: Planes, depth: Plane, half_depth: Plane, pixels: float) -> None:
    """Shift near pixels sideways against far pixels: the warp of a parallax.

    `depth` (0 far, 255 near; `half_depth` is the same at half size) scales the shift of each pixel, and `pixels` is the
    shift of the nearest one. With a smooth depth, edges stay whole; blending two layers would show them twice.
    """
    for one, near, other, reach in zip(
        source, (depth, half_depth, half_depth), target, (pixels, pixels / 2, pixels / 2), strict=True
    ):
        height, width = one.shape
        columns = np.arange(width, dtype=np.int32)
        scale = np.int32(round(reach * 256))
        for begin in range(0, height, ROWS):
            block = slice(begin, begin + ROWS)
            moved = near[block] * scale
            moved //= 255
            position = (columns << 8) - moved
            np.clip(position, 0, (width - 1) << 8, out=position)
            weight = (position & 255).astype(np.uint16)
            position >>= 8
            position += (np.arange(position.shape[0], dtype=np.int32) * width)[:, None]
            flat = one[block].ravel()
            out = flat.take(position) * (256 - weight)
            position += 1
            out += flat.take(position, mode="clip") * weight
            out += 128
            out >>= 8
            other[block] = out

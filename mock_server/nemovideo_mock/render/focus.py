"""What a picture is about, guessed: the point that a crop should keep.

Detail and colour attract the eye, the middle does by itself, and in upright pictures heads are in the upper third.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: How far from the middle a guess may move the crop, in fractions of the picture.
FURTHEST = 0.22


def focus(rgb: NDArray[np.uint8]) -> tuple[float, float]:
    """The point of interest of a small picture (height, width, 3) in fractions of its width and height."""
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

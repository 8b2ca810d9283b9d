"""The camera: compute which part of a picture fills the frame at a moment. This is pure geometry.

A window is a rectangle in fractions of the picture, so the same camera works for any resolution. Zooms are exponential,
because the eye sees ratios. Every move is nearly linear with soft ends: a move that stops abruptly looks mechanical,
and a move with full easing looks frozen under a cross-dissolve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nemovideo_contract.draft import Motion

#: If a cover crop would keep less than this share of a picture, an inset over a blurred backdrop replaces it.
LEAST_KEPT: Final = 0.5
#: The share of a picture's longer side that an inset keeps.
INSET_KEEPS: Final = 0.68
#: The limits of an inset's aspect ratio.
INSET_ASPECTS: Final = (1 / 2.4, 2.4)
#: A picture longer than this many times its place is cropped first: no camera move would reach the rest.
LONGEST_PICTURE: Final = 2.2


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a picture in the frame, in fractions of the frame: all of the frame, or an inset in the middle."""

    x: float
    y: float
    w: float
    h: float

    @property
    def whole(self) -> bool:
        """Whether the place is the whole frame."""
        return self.w >= 1 and self.h >= 1


@dataclass(frozen=True, slots=True)
class Fit:
    """The crop of a picture for its place: the window of zoom 1 in fractions of the picture, and the focus to keep."""

    w: float
    h: float
    focus_x: float = 0.5
    focus_y: float = 0.5


@dataclass(frozen=True, slots=True)
class Window:
    """The visible part of a picture, in fractions of the picture.

    `depth` shifts the foreground against the background, in fractions of the window's width; it is 0 except for
    parallax.
    """

    x: float
    y: float
    w: float
    h: float
    depth: float = 0.0


def place_picture(picture: float, frame: float) -> Place:
    """Return the place of a picture of this aspect (width by height) in a frame of that aspect.

    The picture fills the frame unless a cover crop would lose more than half of it, as with a landscape photo in a
    vertical video. Then the picture becomes a band across the middle, with a smaller crop.
    """
    if min(picture / frame, frame / picture) >= LEAST_KEPT:
        return Place(0, 0, 1, 1)
    low, high = INSET_ASPECTS
    if picture > frame:
        inset = max((picture * frame) ** 0.5, INSET_KEEPS * picture)
        height = frame / max(min(inset, high), frame * 1.05)
        return Place(0, (1 - height) / 2, 1, height)
    inset = min((picture * frame) ** 0.5, picture / INSET_KEEPS)
    width = min(max(inset, low), frame / 1.05) / frame
    return Place((1 - width) / 2, 0, width, 1)


def fit_picture(picture: float, region: float, focus: tuple[float, float] = (0.5, 0.5)) -> Fit:
    """Return the cover crop of a picture of this aspect for a region of that aspect."""
    return Fit(min(1.0, region / picture), min(1.0, picture / region), *focus)


def ease(p: float) -> float:
    """Return the progress (0 to 1) with soft ends; the speed at the ends is half the speed of a linear move."""
    return 0.5 * p + 0.5 * smooth(p)


def smooth(p: float) -> float:
    """Return the smoothstep of a progress, clamped to 0 to 1."""
    p = min(max(p, 0.0), 1.0)
    return p * p * (3 - 2 * p)


def find_window(motion: Motion, p: float, fit: Fit, *, seconds: float, number: int = 0, punch: float = 1.0) -> Window:
    """Return the window at progress `p` (0 to 1) of a move that lasts `seconds`.

    `number` varies the move, so that consecutive shots differ. `punch` is an additional zoom, for transitions.
    """
    p = ease(min(max(p, 0.0), 1.0))
    amount = min(max(0.028 * seconds, 0.05), 0.16)
    if motion.startswith("pan_"):
        return _pan(motion, p, fit, seconds, punch)
    if motion == "zoom_in":
        return _aim(fit, _between(1, 1 + amount, p), 0.5, 0.5, punch)
    if motion == "zoom_out":
        return _aim(fit, _between(1 + amount, 1, p), 0.5, 0.5, punch)
    if motion == "ken_burns":
        q = 1 - p if number % 2 else p
        across, along = ((1, -1), (-1, 1), (-1, -1), (1, 1))[number % 4]
        swing = 0.36 * (q - 0.5)
        return _aim(fit, _between(1.03, 1.03 + amount, q), 0.5 + across * swing, 0.5 + along * swing, punch)
    if motion == "drift":
        across, along = ((1, 1), (-1, 1), (1, -1), (-1, -1))[number % 4]
        swing = min(0.07 * seconds, 0.45) * (p - 0.5)
        return _aim(fit, 1.09, 0.5 + across * 2 * swing, 0.5 + along * swing, punch)
    if motion == "parallax":
        side = -1 if number % 2 else 1
        reach = min(0.007 * seconds, 0.024)
        aimed = _aim(fit, _between(1.08, 1.08 + amount * 0.6, p), 0.5 - side * 0.8 * (p - 0.5), 0.5, punch)
        return Window(aimed.x, aimed.y, aimed.w, aimed.h, side * reach * 2 * (p - 0.5))
    return _aim(fit, 1.0, 0.5, 0.5, punch)


def _between(start: float, end: float, p: float) -> float:
    """Return a zoom between two zooms; equal steps of progress give equal ratios."""
    return float(start * (end / start) ** p)


def _aim(fit: Fit, zoom: float, across: float, along: float, punch: float) -> Window:
    """Return a window of this zoom; `across` and `along` (0 to 1, 0.5 is neutral) are its position in the zoom's slack.

    The neutral position is the one closest to the focus. Other positions use only the slack of the zoom, so that the
    focus stays in view.
    """
    x = _span(fit.w, fit.focus_x) + (fit.w - fit.w / zoom) * across
    y = _span(fit.h, fit.focus_y) + (fit.h - fit.h / zoom) * along
    return _punch_in(Window(x, y, fit.w / zoom, fit.h / zoom), punch)


def _span(size: float, focus: float) -> float:
    """Return the start of a span of this size that is inside 0 to 1 and as close around the focus as possible."""
    return min(max(focus - size / 2, 0.0), 1.0 - size)


def _pan(motion: str, p: float, fit: Fit, seconds: float, punch: float) -> Window:
    """Return a window that moves along one axis, in the slack of the cover crop or of a slight zoom."""
    sideways = motion in {"pan_left", "pan_right"}
    size = fit.w if sideways else fit.h
    travel = min(max(0.06 * seconds, 0.08), 0.5)
    zoom = max(1.0, size * (1 + min(travel, 0.14)))
    w, h = fit.w / zoom, fit.h / zoom
    span = w if sideways else h
    reach = min(travel * span, 1.0 - span)
    q = 1 - p if motion in {"pan_left", "pan_up"} else p
    if sideways:
        begin = min(max(fit.focus_x - (span + reach) / 2, 0.0), 1.0 - span - reach)
        return _punch_in(Window(begin + reach * q, _span(h, fit.focus_y), w, h), punch)
    begin = min(max(fit.focus_y - (span + reach) / 2, 0.0), 1.0 - span - reach)
    return _punch_in(Window(_span(w, fit.focus_x), begin + reach * q, w, h), punch)


def _punch_in(seen: Window, punch: float) -> Window:
    """Return the window zoomed once more around its center; clamp it to the picture against rounding errors."""
    w, h = min(seen.w / punch, 1.0), min(seen.h / punch, 1.0)
    x = seen.x + (seen.w - w) / 2
    y = seen.y + (seen.h - h) / 2
    return Window(min(max(x, 0.0), 1.0 - w), min(max(y, 0.0), 1.0 - h), w, h)

"""The frame plan: compute the layers of a frame, as a pure function of the frame's number.

Layers are listed from bottom to top. A layer says which shot it shows, at which moment of the shot, with which opacity
and light, and how far it has slid. The camera computes a window from that when the picture's shape is known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from nemovideo_mock.render.camera import smooth
from nemovideo_mock.render.film import Film, Shot, fade_level

#: The zoom factor at the end of a zoom transition for the shot that leaves, and at its start for the shot that comes.
ZOOM_AWAY: Final = 1.6
ZOOM_TOWARDS: Final = 1.14


@dataclass(frozen=True, slots=True)
class Layer:
    """One shot in one frame.

    `progress` (0 to 1) is the progress of its motion, and `seconds` is how long it has been visible. `opacity` and
    `light` are from 0 to 1, `slide` is in fractions of the frame's width (positive: to the right), `punch` is an extra
    zoom.
    """

    shot: Shot
    progress: float
    seconds: float
    opacity: float = 1.0
    light: float = 1.0
    slide: float = 0.0
    punch: float = 1.0

    @property
    def covers(self) -> bool:
        """Whether it hides everything below it."""
        return self.opacity >= 1 and self.slide == 0


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame: its layers from bottom to top, and the indices of the film's texts in it, each with its opacity."""

    layers: tuple[Layer, ...]
    texts: tuple[tuple[int, float], ...]


def plan_frame(film: Film, number: int) -> Frame:
    """Return the frame of this number, counted from 0."""
    at = number * 1000 / film.fps
    layers: list[Layer] = []
    for track in film.tracks:
        layers += _track(track, at)
    covering = max((index for index, layer in enumerate(layers) if layer.covers), default=0)
    texts = tuple(
        (index, smooth(fade_level(part, at)))
        for index, part in enumerate(film.texts)
        if part.start <= at < part.start + part.length
    )
    return Frame(tuple(layers[covering:]), tuple(pair for pair in texts if pair[1] > 0))


def _track(track: tuple[Shot, ...], at: float) -> list[Layer]:
    """Return one or two layers of a track: the current shot and, during its transition, the shot before it."""
    on = max((index for index, shot in enumerate(track) if shot.start <= at < shot.end), default=None)
    if on is None:
        return []
    shot = track[on]
    layer = _layer(shot, at)
    since = at - shot.start
    if shot.transition is None or since >= shot.transition_length:
        return [layer]
    p = since / shot.transition_length
    before = _layer(track[on - 1], at) if shot.follows and on else None
    return _transition(shot.transition, p, before, layer)


def _layer(shot: Shot, at: float) -> Layer:
    seconds = (at - shot.start) / 1000
    progress = min((at - shot.start) / (shot.length + shot.overlap), 1.0)
    return Layer(shot, progress, seconds, light=smooth(fade_level(shot, at)))


def _transition(kind: str, p: float, before: Layer | None, after: Layer) -> list[Layer]:
    """Return both shots at progress `p` (0 to 1) of a transition; without a first shot, return only the second one."""
    if kind == "fade":
        if before is None:
            return [replace(after, light=after.light * smooth(p))]
        if p < 0.5:
            return [replace(before, light=before.light * smooth(1 - 2 * p))]
        return [replace(after, light=after.light * smooth(2 * p - 1))]
    if kind == "slide":
        moved = smooth(p)
        away = [] if before is None else [replace(before, slide=-moved)]
        return [*away, replace(after, slide=1 - moved)]
    opacity = smooth(p)
    if kind == "zoom":
        away = [] if before is None else [replace(before, punch=ZOOM_AWAY ** (p * p))]
        return [*away, replace(after, opacity=opacity, punch=ZOOM_TOWARDS ** ((1 - p) ** 2))]
    away = [] if before is None else [before]
    return [*away, replace(after, opacity=opacity)]

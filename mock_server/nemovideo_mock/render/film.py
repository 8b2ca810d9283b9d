"""A film: a draft in a form that the renderer can use directly.

All keys are present, all times are in milliseconds and within limits, and all names are known. `read` uses a default
for a wrong or missing value if that does no harm (an unknown motion, a missing start). It raises a RenderError of one
sentence if no default can help (no segment at all, an hour-long timeline, a picture of 100,000 pixels).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final, Literal, TypeVar, cast

from nemovideo_contract.draft import (
    FPS,
    MOTIONS,
    POSITIONS,
    SIZES,
    TRANSITIONS,
    Motion,
    TextPosition,
    TrackType,
    TransitionKind,
)
from nemovideo_mock.render.outcome import RenderError

#: The longest timeline, in milliseconds: twice what the agent offers.
LONGEST: Final = 20 * 60 * 1000
#: Limits of a side in pixels, for both x264 and the H.264 level of a stub.
SMALLEST_SIDE: Final = 16
LARGEST_SIDE: Final = 4096
#: Segments of one track are neighbours if the gap between them is at most this many milliseconds.
TOUCHING: Final = 50
#: The maximum number of segments in one draft; no real timeline has so many.
MOST_SEGMENTS: Final = 2000

#: The maximum number of sounds at one moment: each takes up to 12 MB, or keeps a file open.
MOST_SOUNDS_AT_ONCE: Final = 16

Role = Literal["title", "caption"]
ROLES: Final[tuple[Role, ...]] = ("title", "caption")
SOUNDS: Final[tuple[Literal["music", "file"], ...]] = ("music", "file")

_SHA256 = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture or clip on screen from `start`, in milliseconds.

    `length` is its own duration; `overlap` is the additional time that it stays visible under the next shot's
    transition. `transition` None is a cut. `number` counts the shots of a track, so that consecutive shots move
    differently.
    """

    label: str
    start: float
    length: float
    overlap: float
    number: int
    sha256: str
    prompt: str
    generated: bool
    offset: float
    motion: Motion
    transition: TransitionKind | None
    transition_length: float
    follows: bool
    fade_in: float
    fade_out: float

    @property
    def end(self) -> float:
        """The moment at which its duration ends, in milliseconds."""
        return self.start + self.length

    @property
    def visible_until(self) -> float:
        """The moment until which it is visible, in milliseconds."""
        return self.end + self.overlap


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound from `start` for `length` milliseconds; `mood` is set for music, `sha256` for a file."""

    label: str
    start: float
    length: float
    kind: Literal["music", "file"]
    mood: str
    volume: float
    sha256: str
    offset: float
    fade_in: float
    fade_out: float


@dataclass(frozen=True, slots=True)
class TextOverlay:
    """A text on screen from `start` for `length` milliseconds; `size` is in points for a shorter side of 1080."""

    text: str
    start: float
    length: float
    role: Role
    color: str
    size: float
    position: TextPosition
    fade_in: float
    fade_out: float


@dataclass(frozen=True, slots=True)
class Film:
    """All that a renderer needs: sizes in pixels, the number of `frames`, and `tracks` of shots from bottom to top."""

    width: int
    height: int
    fps: int
    frames: int
    tracks: tuple[tuple[Shot, ...], ...]
    sounds: tuple[Sound, ...]
    texts: tuple[TextOverlay, ...]

    @property
    def seconds(self) -> float:
        """The exact duration of picture and sound, in seconds."""
        return self.frames / self.fps

    @property
    def shots(self) -> tuple[Shot, ...]:
        """All shots of all tracks."""
        return tuple(shot for track in self.tracks for shot in track)


def read(draft: object, *, short_side: int | None = None, most_fps: int = 60) -> Film:
    """Return the film that a draft describes.

    `short_side` scales it so that its shorter side has this many pixels; `most_fps` limits the frame rate.

    Raises:
        RenderError: there is nothing to show, or the film is too long, too large or too small.
    """
    if not isinstance(draft, Mapping):
        raise RenderError("The draft is not a JSON object.")
    top = _mapping(draft)  # pyright: ignore[reportUnknownArgumentType] -- whatever JSON holds
    tracks: list[tuple[Shot, ...]] = []
    sounds: list[Sound] = []
    texts: list[TextOverlay] = []
    for track in _items(top.get("t")):
        segments = [segment for segment in _items(track.get("sg")) if _number(segment.get("d"), 0) > 0]
        kind = _number(track.get("tt"), -1)
        if kind == TrackType.VIDEO:
            tracks.append(_join([_shot(segment, start, n) for n, (start, segment) in enumerate(_place(segments))]))
        elif kind == TrackType.AUDIO:
            sounds += [_sound(segment, start) for start, segment in _place(segments)]
        elif kind == TrackType.TEXT:
            texts += [_text_overlay(segment, start) for start, segment in _place(segments)]
    parts: list[Shot | Sound | TextOverlay] = [*(shot for track in tracks for shot in track), *sounds, *texts]
    if not parts:
        raise RenderError("The draft has nothing to render: no track has a segment with a duration.")
    if len(parts) > MOST_SEGMENTS:
        raise RenderError(f"The draft has {len(parts):,} segments; at most {MOST_SEGMENTS:,} can be rendered.")
    if _most_at_once(sounds) > MOST_SOUNDS_AT_ONCE:
        raise RenderError(
            f"The draft has more than {MOST_SOUNDS_AT_ONCE} sounds at one moment: leave out some, or mix them first."
        )
    total = _number(top.get("d"), 0)
    if total <= 0:
        total = max(part.start + part.length for part in parts)
    if total > LONGEST:
        raise RenderError(
            f"The draft is {total / 60_000:,.0f} minutes long; at most {LONGEST // 60_000} minutes can be rendered."
        )
    meta = _mapping(top.get("m"))
    width, height = _size(meta, short_side)
    fps = min(round(_number(meta.get("fps"), FPS, 1, 60)), most_fps)
    frames = max(1, round(total * fps / 1000))
    return Film(width, height, fps, frames, tuple(tracks), tuple(sounds), tuple(texts))


def _most_at_once(sounds: Iterable[Sound]) -> int:
    """Return the largest number of sounds at one moment."""
    edges = [edge for each in sounds for edge in ((each.start, 1), (each.start + each.length, -1))]
    return max(accumulate(step for _, step in sorted(edges)), default=0)


def _size(meta: Mapping[str, object], short_side: int | None) -> tuple[int, int]:
    """Return width and height in even pixels, which 4:2:0 needs."""
    default_width, default_height = SIZES["16:9"]
    width = _number(meta.get("width"), default_width)
    height = _number(meta.get("height"), default_height)
    if not (min(width, height) >= SMALLEST_SIDE and max(width, height) <= LARGEST_SIDE):
        raise RenderError(
            f"The draft asks for {width:.0f}x{height:.0f} pixels; "
            f"sides from {SMALLEST_SIDE} to {LARGEST_SIDE} pixels can be rendered."
        )
    if short_side is not None:
        scale = max(short_side, SMALLEST_SIDE) / min(width, height)
        scale = min(scale, LARGEST_SIDE / max(width, height))
        width, height = width * scale, height * scale
    return max(SMALLEST_SIDE, 2 * round(width / 2)), max(SMALLEST_SIDE, 2 * round(height / 2))


def _place(segments: list[Mapping[str, object]]) -> list[tuple[float, Mapping[str, object]]]:
    """Return the segments with their starts, in order; a segment without a start follows the previous one."""
    placed: list[tuple[float, Mapping[str, object]]] = []
    end = 0.0
    for segment in segments:
        start = _number(segment.get("s"), end, 0, LONGEST)
        end = start + _number(segment.get("d"), 0, 0, LONGEST)
        placed.append((start, segment))
    return sorted(placed, key=lambda pair: pair[0])


def _shot(segment: Mapping[str, object], start: float, number: int) -> Shot:
    meta = _mapping(segment.get("m"))
    length = _length(segment)
    transition = _mapping(meta.get("transition"))
    wanted = transition.get("kind")
    kind: TransitionKind | None = next((kind for kind in TRANSITIONS if kind == wanted), None)
    transition_length = _number(transition.get("d"), 500, 0, length) if kind else 0.0
    return Shot(
        label=_text(segment.get("id"), f"number {number + 1}"),
        start=start,
        length=length,
        overlap=0,
        number=number,
        sha256=_sha256(meta),
        prompt=_text(meta.get("prompt")) or _text(meta.get("name")),
        generated=meta.get("kind") == "generated" or bool(_text(meta.get("prompt"))),
        offset=_number(meta.get("offset"), 0, 0, 1e9),
        motion=_choice(meta.get("motion"), MOTIONS, "ken_burns" if meta.get("kind") != "video" else "still"),
        transition=kind if transition_length else None,
        transition_length=transition_length,
        follows=False,
        fade_in=_number(meta.get("fade_in"), 0, 0, length),
        fade_out=_number(meta.get("fade_out"), 0, 0, length),
    )


def _join(shots: list[Shot]) -> tuple[Shot, ...]:
    """Return the shots of a track with overlaps: a shot stays visible during the transition of the next shot."""
    joined: list[Shot] = []
    for shot in shots:
        if joined and shot.start - joined[-1].end <= TOUCHING:
            before = joined[-1]
            lasting = max(0.0, shot.start + shot.transition_length - before.end)
            joined[-1] = replace(before, overlap=lasting)
            shot = replace(shot, follows=True)
        joined.append(shot)
    return tuple(joined)


def _sound(segment: Mapping[str, object], start: float) -> Sound:
    meta = _mapping(segment.get("m"))
    length = _length(segment)
    known: Literal["music", "file"] = "file" if _sha256(meta) else "music"
    kind: Literal["music", "file"] = _choice(meta.get("kind"), SOUNDS, known)
    fade_out = min(1500.0, length / 4) if kind == "music" else 0.0
    return Sound(
        label=_text(segment.get("id"), _text(meta.get("name"), "sound")),
        start=start,
        length=length,
        kind=kind,
        mood=_text(meta.get("mood")) or _text(meta.get("name")),
        volume=_number(meta.get("volume"), 1, 0, 1),
        sha256=_sha256(meta),
        offset=_number(meta.get("offset"), 0, 0, 1e9),
        fade_in=_number(meta.get("fade_in"), 0, 0, length),
        fade_out=_number(meta.get("fade_out"), fade_out, 0, length),
    )


def _text_overlay(segment: Mapping[str, object], start: float) -> TextOverlay:
    meta = _mapping(segment.get("m"))
    length = _length(segment)
    role: Role = _choice(meta.get("role"), ROLES, ROLES[0])
    fade = min(400.0 if role == "title" else 150.0, length / 4)
    return TextOverlay(
        text=_text(meta.get("text"))[:2000],
        start=start,
        length=length,
        role=role,
        color=_text(meta.get("color"), "white"),
        size=_number(meta.get("size"), 112 if role == "title" else 54, 8, 400),
        position=_choice(meta.get("position"), POSITIONS, "center" if role == "title" else "bottom"),
        fade_in=_number(meta.get("fade_in"), fade, 0, length),
        fade_out=_number(meta.get("fade_out"), fade, 0, length),
    )


def _length(segment: Mapping[str, object]) -> float:
    return _number(segment.get("d"), 0, 0, LONGEST)


def _sha256(meta: Mapping[str, object]) -> str:
    """Return the SHA-256 of a segment's upload, from its hash or its `src`; empty if there is none."""
    found = _SHA256.search(_text(meta.get("hash")).lower()) or _SHA256.search(_text(meta.get("src")).lower())
    return found.group() if found else ""


# A draft comes over the wire, and most of its keys are assumed: a value of the wrong type counts as absent.

Option = TypeVar("Option")


def _mapping(value: object) -> Mapping[str, object]:
    """Return the value if it is a JSON object, else an empty one."""
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def _items(value: object) -> list[Mapping[str, object]]:
    """Return the JSON objects in a JSON array; ignore other items, and return nothing for another value."""
    if not isinstance(value, list):
        return []
    return [cast("Mapping[str, object]", item) for item in cast("list[object]", value) if isinstance(item, Mapping)]


def _number(value: object, default: float, low: float = -math.inf, high: float = math.inf) -> float:
    """Return the value as a float within the limits, or the default if it is not a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    if isinstance(value, int) and abs(value) > 1 << 53:
        return default
    return min(max(float(value), low), high) if math.isfinite(value) else default


def _text(value: object, default: str = "") -> str:
    """Return the value if it is a string, else the default."""
    return value if isinstance(value, str) else default


def _choice(value: object, options: Iterable[Option], default: Option) -> Option:
    """Return the option that equals the value, else the default."""
    return next((option for option in options if option == value), default)


Part = TypeVar("Part", Shot, TextOverlay)


def fade_level(part: Part, at: float) -> float:
    """Return the visible share (0 to 1) of a part `at` milliseconds into the film, by the part's own fades."""
    rising = (at - part.start) / part.fade_in if part.fade_in else 1.0
    falling = (part.start + part.length - at) / part.fade_out if part.fade_out else 1.0
    return min(max(min(rising, falling), 0.0), 1.0)

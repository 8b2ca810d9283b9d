"""A draft, understood: every key present, every time in milliseconds and within bounds, every name known.

Reading is forgiving where a default does no harm (an unknown motion, a missing start) and refuses, in one sentence,
what no default can mend (no segment at all, an hour-long timeline, a picture of 100,000 pixels).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeVar

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
from nemovideo_mock.render import json_reading
from nemovideo_mock.render.outcome import RenderError

#: Longest timeline, in milliseconds: twice what the agent offers.
LONGEST: Final = 20 * 60 * 1000
#: Sides in pixels that x264 and a stub's H.264 level can both take.
SMALLEST_SIDE: Final = 16
LARGEST_SIDE: Final = 4096
#: Segments of one track that touch within this many milliseconds count as neighbours.
TOUCHING: Final = 50
#: Segments in one draft; beyond, it is not a timeline that somebody made.
MOST_SEGMENTS: Final = 2000

Role = Literal["title", "caption"]
ROLES: Final[tuple[Role, ...]] = ("title", "caption")
SOUNDS: Final[tuple[Literal["music", "file"], ...]] = ("music", "file")

_SHA256 = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture or clip on screen from `start`, in milliseconds.

    `length` is its own duration and `overlap` how much longer it stays visible under the transition of the next shot.
    `transition` None is a cut. `number` counts the shots of a track, so that neighbours move differently.
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
        """Where its own duration ends, in milliseconds."""
        return self.start + self.length

    @property
    def visible_until(self) -> float:
        """Where it is last seen, in milliseconds."""
        return self.end + self.overlap


@dataclass(frozen=True, slots=True)
class Sound:
    """Something to hear from `start` for `length` milliseconds; `mood` for music, `sha256` for a file."""

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
class Words:
    """Text on screen from `start` for `length` milliseconds; `size` in points of a frame whose shorter side is 1080."""

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
    """All that a renderer needs to know: sizes in pixels, `frames` in all, `tracks` of shots from bottom to top."""

    width: int
    height: int
    fps: int
    frames: int
    tracks: tuple[tuple[Shot, ...], ...]
    sounds: tuple[Sound, ...]
    words: tuple[Words, ...]

    @property
    def seconds(self) -> float:
        """Exact duration of picture and sound."""
        return self.frames / self.fps

    @property
    def shots(self) -> tuple[Shot, ...]:
        """All shots of all tracks."""
        return tuple(shot for track in self.tracks for shot in track)


def read(draft: object, *, short_side: int | None = None, most_fps: int = 60) -> Film:
    """The film that a draft describes.

    `short_side` scales it so that its shorter side has so many pixels; `most_fps` caps the frame rate.

    Raises:
        RenderError: when there is nothing to show, or it is too long, too large or too small.
    """
    if not isinstance(draft, Mapping):
        raise RenderError("The draft is not a JSON object.")
    top = json_reading.mapping(draft)  # pyright: ignore[reportUnknownArgumentType] -- whatever JSON holds
    tracks: list[tuple[Shot, ...]] = []
    sounds: list[Sound] = []
    words: list[Words] = []
    for track in json_reading.items(top.get("t")):
        segments = [
            segment for segment in json_reading.items(track.get("sg")) if json_reading.number(segment.get("d"), 0) > 0
        ]
        kind = json_reading.number(track.get("tt"), -1)
        if kind == TrackType.VIDEO:
            tracks.append(_join([_shot(segment, start, n) for n, (start, segment) in enumerate(_place(segments))]))
        elif kind == TrackType.AUDIO:
            sounds += [_sound(segment, start) for start, segment in _place(segments)]
        elif kind == TrackType.TEXT:
            words += [_words(segment, start) for start, segment in _place(segments)]
    parts: list[Shot | Sound | Words] = [*(shot for track in tracks for shot in track), *sounds, *words]
    if not parts:
        raise RenderError("The draft has nothing to render: no track has a segment with a duration.")
    if len(parts) > MOST_SEGMENTS:
        raise RenderError(f"The draft has {len(parts):,} segments; at most {MOST_SEGMENTS:,} can be rendered.")
    total = json_reading.number(top.get("d"), 0)
    if total <= 0:
        total = max(part.start + part.length for part in parts)
    if total > LONGEST:
        raise RenderError(
            f"The draft is {total / 60_000:,.0f} minutes long; at most {LONGEST // 60_000} minutes can be rendered."
        )
    meta = json_reading.mapping(top.get("m"))
    width, height = _size(meta, short_side)
    fps = min(round(json_reading.number(meta.get("fps"), FPS, 1, 60)), most_fps)
    frames = max(1, round(total * fps / 1000))
    return Film(width, height, fps, frames, tuple(tracks), tuple(sounds), tuple(words))


def _size(meta: Mapping[str, object], short_side: int | None) -> tuple[int, int]:
    """Width and height in even pixels: 4:2:0 has no odd ones."""
    default_width, default_height = SIZES["16:9"]
    width = json_reading.number(meta.get("width"), default_width)
    height = json_reading.number(meta.get("height"), default_height)
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
    """Segments with their starts, in order; one without a start follows the one before it."""
    placed: list[tuple[float, Mapping[str, object]]] = []
    end = 0.0
    for segment in segments:
        start = json_reading.number(segment.get("s"), end, 0, LONGEST)
        end = start + json_reading.number(segment.get("d"), 0, 0, LONGEST)
        placed.append((start, segment))
    return sorted(placed, key=lambda pair: pair[0])


def _shot(segment: Mapping[str, object], start: float, number: int) -> Shot:
    meta = json_reading.mapping(segment.get("m"))
    length = _length(segment)
    transition = json_reading.mapping(meta.get("transition"))
    wanted = transition.get("kind")
    kind: TransitionKind | None = next((kind for kind in TRANSITIONS if kind == wanted), None)
    transition_length = json_reading.number(transition.get("d"), 500, 0, length) if kind else 0.0
    return Shot(
        label=json_reading.text(segment.get("id"), f"number {number + 1}"),
        start=start,
        length=length,
        overlap=0,
        number=number,
        sha256=_sha256(meta),
        prompt=json_reading.text(meta.get("prompt")) or json_reading.text(meta.get("name")),
        generated=meta.get("kind") == "generated" or bool(json_reading.text(meta.get("prompt"))),
        offset=json_reading.number(meta.get("offset"), 0, 0, 1e9),
        motion=json_reading.choice(
            meta.get("motion"), MOTIONS, "ken_burns" if meta.get("kind") != "video" else "still"
        ),
        transition=kind if transition_length else None,
        transition_length=transition_length,
        follows=False,
        fade_in=json_reading.number(meta.get("fade_in"), 0, 0, length),
        fade_out=json_reading.number(meta.get("fade_out"), 0, 0, length),
    )


def _join(shots: list[Shot]) -> tuple[Shot, ...]:
    """Shots of one track that know their neighbours: one that follows another overlaps it for its transition."""
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
    meta = json_reading.mapping(segment.get("m"))
    length = _length(segment)
    known: Literal["music", "file"] = "file" if _sha256(meta) else "music"
    kind: Literal["music", "file"] = json_reading.choice(meta.get("kind"), SOUNDS, known)
    fade_out = min(1500.0, length / 4) if kind == "music" else 0.0
    return Sound(
        label=json_reading.text(segment.get("id"), json_reading.text(meta.get("name"), "sound")),
        start=start,
        length=length,
        kind=kind,
        mood=json_reading.text(meta.get("mood")) or json_reading.text(meta.get("name")),
        volume=json_reading.number(meta.get("volume"), 1, 0, 1),
        sha256=_sha256(meta),
        offset=json_reading.number(meta.get("offset"), 0, 0, 1e9),
        fade_in=json_reading.number(meta.get("fade_in"), 0, 0, length),
        fade_out=json_reading.number(meta.get("fade_out"), fade_out, 0, length),
    )


def _words(segment: Mapping[str, object], start: float) -> Words:
    meta = json_reading.mapping(segment.get("m"))
    length = _length(segment)
    role: Role = json_reading.choice(meta.get("role"), ROLES, ROLES[0])
    fade = min(400.0 if role == "title" else 150.0, length / 4)
    return Words(
        text=json_reading.text(meta.get("text"))[:2000],
        start=start,
        length=length,
        role=role,
        color=json_reading.text(meta.get("color"), "white"),
        size=json_reading.number(meta.get("size"), 112 if role == "title" else 54, 8, 400),
        position=json_reading.choice(meta.get("position"), POSITIONS, "center" if role == "title" else "bottom"),
        fade_in=json_reading.number(meta.get("fade_in"), fade, 0, length),
        fade_out=json_reading.number(meta.get("fade_out"), fade, 0, length),
    )


def _length(segment: Mapping[str, object]) -> float:
    return json_reading.number(segment.get("d"), 0, 0, LONGEST)


def _sha256(meta: Mapping[str, object]) -> str:
    """The hash of the upload that a segment shows; a `src` that contains it will do."""
    found = _SHA256.search(json_reading.text(meta.get("hash")).lower()) or _SHA256.search(
        json_reading.text(meta.get("src")).lower()
    )
    return found.group() if found else ""


Part = TypeVar("Part", Shot, Words)


def fade_level(part: Part, at: float) -> float:
    """How much of a part is there `at` milliseconds into the film, 0 to 1, by its own fades."""
    rising = (at - part.start) / part.fade_in if part.fade_in else 1.0
    falling = (part.start + part.length - at) / part.fade_out if part.fade_out else 1.0
    return min(max(min(rising, falling), 0.0), 1.0)

"""The draft: the timeline as the state endpoint shows it and the render endpoint takes it.

The short keys `t`, `tt`, `sg`, `d` and `m` are documented, and so are the draft's `m.title`, `m.width` and `m.height`.
No document shows a nested draft, so everything else below is *assumed*. Two choices guide it: each level reads alike
(`d` is a duration in milliseconds, `m` holds the rest), and a draft has all that a render needs. A reader must
therefore accept a draft without any of the assumed keys.

    draft    {"t": [track], "d": 15000, "m": {"title": "Kyoto", "width": 1080, "height": 1920, "fps": 30}}
    track    {"tt": 0, "sg": [segment], "m": {"name": "Video"}}
    segment  {"id": "sg_1", "s": 0, "d": 3750, "m": {...}}

The segments of one track follow each other without gaps; `s` is the start on the timeline. A transition belongs to the
segment that it brings in. It begins at that segment's `s`, and the segment before stays visible under it, so
transitions never change the total length. Video tracks are drawn from bottom to top in the order of `t`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, Literal, NotRequired, TypedDict


class TrackType(IntEnum):
    """The `tt` of a track. No document has the values 2 to 6."""

    #: draft-track-type
    VIDEO = 0
    #: draft-track-type
    AUDIO = 1
    #: draft-track-type
    TEXT = 7


Motion = Literal[
    "still", "ken_burns", "zoom_in", "zoom_out", "pan_left", "pan_right", "pan_up", "pan_down", "drift", "parallax"
]
TransitionKind = Literal["dissolve", "fade", "slide", "zoom"]
TextPosition = Literal["top", "center", "bottom"]

MOTIONS: Final[tuple[Motion, ...]] = (
    "still", "ken_burns", "zoom_in", "zoom_out", "pan_left", "pan_right", "pan_up", "pan_down", "drift", "parallax",
)  # fmt: skip
#: A cut has no transition entry; `fade` goes through black.
TRANSITIONS: Final[tuple[TransitionKind, ...]] = ("dissolve", "fade", "slide", "zoom")
POSITIONS: Final[tuple[TextPosition, ...]] = ("top", "center", "bottom")

#: Width and height in pixels by aspect ratio; 16:9 is the default.
SIZES: Final[dict[str, tuple[int, int]]] = {"16:9": (1920, 1080), "9:16": (1080, 1920), "1:1": (1080, 1080)}
#: Frames a second.
FPS: Final = 30


class Transition(TypedDict):
    """How a segment begins: `kind`, for `d` milliseconds."""

    kind: TransitionKind
    d: int


class VisualMeta(TypedDict, total=False):
    """The `m` of a segment on a video track.

    `src` is the `cdn_url` of the upload and `hash` its SHA-256 in hex. `offset` is where the segment begins in a source
    video, in milliseconds. `fade_in` and `fade_out` are from and to black, in milliseconds. A `generated` segment has a
    `prompt` and no file.
    """

    name: str
    kind: Literal["image", "video", "generated"]
    src: str
    hash: str
    offset: int
    motion: Motion
    transition: Transition
    fade_in: int
    fade_out: int
    prompt: str


class AudioMeta(TypedDict, total=False):
    """The `m` of a segment on an audio track.

    `volume` is 0 to 1. The service makes `music` in the given `mood`. `file` plays an upload (`src`, `hash`) from
    `offset` milliseconds on. `fade_in` and `fade_out` are in milliseconds.
    """

    name: str
    kind: Literal["music", "file"]
    mood: str
    volume: float
    src: str
    hash: str
    offset: int
    fade_in: int
    fade_out: int


class TextMeta(TypedDict, total=False):
    """The `m` of a segment on a text track; `size` is in points of a frame 1080 pixels wide at its shorter side."""

    text: str
    role: Literal["title", "caption"]
    color: str
    size: int
    position: TextPosition
    fade_in: int
    fade_out: int


class VisualSegment(TypedDict):
    """A picture or clip from `s` for `d` milliseconds."""

    id: str
    s: int
    d: int
    m: VisualMeta


class AudioSegment(TypedDict):
    """A sound from `s` for `d` milliseconds."""

    id: str
    s: int
    d: int
    m: AudioMeta


class TextSegment(TypedDict):
    """Words on screen from `s` for `d` milliseconds."""

    id: str
    s: int
    d: int
    m: TextMeta


class TrackMeta(TypedDict, total=False):
    """The `m` of a track: its name for people."""

    name: str


class VideoTrack(TypedDict):
    """A track of pictures; `tt` is 0."""

    tt: Literal[0]
    sg: list[VisualSegment]
    m: NotRequired[TrackMeta]


class AudioTrack(TypedDict):
    """A track of sounds; `tt` is 1."""

    tt: Literal[1]
    sg: list[AudioSegment]
    m: NotRequired[TrackMeta]


class TextTrack(TypedDict):
    """A track of titles or captions; `tt` is 7."""

    tt: Literal[7]
    sg: list[TextSegment]
    m: NotRequired[TrackMeta]


class DraftMeta(TypedDict, total=False):
    """The `m` of a draft; sizes in pixels, `fps` in frames a second."""

    title: str
    width: int
    height: int
    fps: int


class Draft(TypedDict):
    """A timeline; `d` is the total in milliseconds."""

    t: list[VideoTrack | AudioTrack | TextTrack]
    d: int
    m: DraftMeta


def is_ready(draft: object) -> bool:
    """Return whether a draft can be exported: `t` exists, and at least one track has a non-empty `sg`."""
    if not isinstance(draft, dict):
        return False
    tracks: object = draft.get("t")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] -- JSON
    if not isinstance(tracks, list):
        return False
    return any(isinstance(track, dict) and bool(track.get("sg")) for track in tracks)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType, reportUnknownArgumentType] -- JSON

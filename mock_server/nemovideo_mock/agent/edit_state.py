"""The standing brief: everything that a session has asked for so far, from which its draft is built anew each time.

Edits change the brief, never the draft, so they compose in any order. `editing.apply` makes a new brief with notes on
what has changed and on what could not be done; notes are keys and values, which `replies` puts into words. Lengths are
in ms.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypedDict, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemovideo_contract.draft import Motion, TextPosition, TransitionKind
    from nemovideo_mock.agent.edit_requests import PaceName
    from nemovideo_mock.json_types import Json
    from nemovideo_mock.turn_plan import Media

#: Music's volume when none is given.
VOLUME: Final = 0.35


class Shot(TypedDict):
    """A photo, a clip or a generated scene in the video, with what is special about it.

    `media` is the index of the upload, -1 for a scene made from `prompt`. `start` and `end` say which part of a clip.
    """

    id: str
    media: int
    prompt: str
    motion: Motion | None
    ms: int | None
    join: TransitionKind | Literal["cut"] | None
    join_ms: int | None
    start: int
    end: int | None
    caption: str
    caption_id: str


class Line(TypedDict):
    """Words on the screen; `on` is the id of the shot that they belong to, or empty; `start` a moment of their own."""

    id: str
    text: str
    slot: Literal["title", "text"]
    at: Literal["start", "end", "throughout"]
    start: int | None
    ms: int | None
    color: str
    scale: float
    position: TextPosition | None
    on: str


class Score(TypedDict):
    """The music; `media` is the index of an uploaded sound, or -1."""

    id: str
    mood: str
    name: str
    media: int


class Look(TypedDict):
    """How captions look."""

    color: str
    scale: float
    position: TextPosition


class EditState(TypedDict):
    """All that a session has asked for. JSON through and through."""

    aspect: str
    shots: list[Shot]
    total: int | None
    each: int | None
    pace: PaceName
    motion: Motion | None
    join: TransitionKind | Literal["cut"]
    join_ms: int | None
    join_factor: float
    opening: int
    closing: int
    lines: list[Line]
    captions: list[str]
    caption_ids: list[str]
    spoken: bool
    look: Look
    score: Score | None
    volume: float
    seen: int
    ids: int
    before: list[Json]


@dataclass(frozen=True, slots=True)
class Note:
    """Something to tell the user: a key of the replies and the values that go into it."""

    key: str
    values: dict[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class EditOutcome:
    """A new brief, what has changed, and what could not be done or needs saying."""

    brief: EditState
    changes: tuple[Note, ...]
    refusals: tuple[Note, ...]


def new_edit_state() -> EditState:
    """The brief of a session that has asked for nothing."""
    return {
        "aspect": "16:9",
        "shots": [],
        "total": None,
        "each": None,
        "pace": "medium",
        "motion": None,
        "join": "dissolve",
        "join_ms": None,
        "join_factor": 1.0,
        "opening": 0,
        "closing": 0,
        "lines": [],
        "captions": [],
        "caption_ids": [],
        "spoken": False,
        "look": {"color": "white", "scale": 1.0, "position": "bottom"},
        "score": None,
        "volume": VOLUME,
        "seen": 0,
        "ids": 0,
        "before": [],
    }


def load(saved: Json) -> EditState:
    """The brief that a session kept, or a fresh one where it kept none."""
    return copy.deepcopy(cast("EditState", saved)) if saved.get("shots") is not None else new_edit_state()


def visuals(media: Sequence[Media]) -> list[int]:
    """The indices of the uploads that can be seen."""
    return [index for index, item in enumerate(media) if item.file_type != "audio"]

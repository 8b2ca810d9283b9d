"""The edit state: everything that a session has asked for so far. Each new draft is built from it.

Edits change the edit state, never the draft, so they can be combined in any order. `editing.apply` returns a new edit
state with notes about what changed and what could not be done. A note is a key with values, which `replies` puts into
words. Lengths are in ms.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypedDict, cast

# A snapshot's reader takes its checks from the annotations, so these names must exist.
from nemovideo_contract.draft import SIZES, Motion, TextPosition, TransitionKind
from nemovideo_mock.agent.edit_requests import PaceName
from nemovideo_mock.json_types import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemovideo_mock.turn_plan import Media

#: How two shots are joined.
Join = Literal[TransitionKind, "cut"]
#: The music's volume if none is given.
VOLUME: Final = 0.35
#: The longest time that a saved edit state may name, in ms.
LONGEST_MS: Final = 24 * 3600 * 1000


class Shot(TypedDict):
    """A photo, a clip or a generated scene in the video, with its own settings.

    `media` is the index of the upload, or -1 for a scene made from `prompt`. `start` and `end` are the used part of a
    clip.
    """

    id: str
    media: int
    prompt: str
    motion: Motion | None
    ms: int | None
    join: Join | None
    join_ms: int | None
    start: int
    end: int | None
    caption: str
    caption_id: str


class Line(TypedDict):
    """A text on the screen; `on` is the id of the shot that it belongs to, or empty; `start` is its own start time."""

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
    """The look of captions."""

    color: str
    scale: float
    position: TextPosition


class EditState(TypedDict):
    """Everything that a session has asked for, as JSON."""

    aspect: str
    shots: list[Shot]
    total: int | None
    each: int | None
    pace: PaceName
    motion: Motion | None
    join: Join
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
    """A message to the user: a key of the replies and its values."""

    key: str
    values: dict[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class EditOutcome:
    """A new edit state, its changes, and the notes on what could not be done or needs an explanation."""

    edit_state: EditState
    changes: tuple[Note, ...]
    refusals: tuple[Note, ...]


def new_edit_state() -> EditState:
    """Return the edit state of a session that has asked for nothing."""
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


def load_edit_state(saved: Json) -> EditState:
    """Return the saved edit state of a session, or a new one if the session has none."""
    return copy.deepcopy(cast("EditState", saved)) if saved.get("shots") is not None else new_edit_state()


def has_sense(saved: EditState, media: Sequence[Media]) -> bool:
    """Return whether a saved edit state refers to uploads that exist and has times and factors within limits."""
    indices = [saved["score"]["media"]] if saved["score"] is not None else []
    indices += [shot["media"] for shot in saved["shots"]]
    times: list[int | None] = [saved[name] for name in ("total", "each", "join_ms", "opening", "closing")]
    times += [shot[name] for shot in saved["shots"] for name in ("ms", "join_ms", "start", "end")]
    times += [line[name] for line in saved["lines"] for name in ("start", "ms")]
    factors = [
        saved["join_factor"],
        saved["volume"],
        saved["look"]["scale"],
        *(line["scale"] for line in saved["lines"]),
    ]
    return (
        saved["aspect"] in SIZES
        and all(-1 <= index < len(media) for index in indices)
        and 0 <= saved["seen"] <= len(media)
        and saved["ids"] >= 0
        and all(time is None or 0 <= time <= LONGEST_MS for time in times)
        and all(0 <= factor <= 100 for factor in factors)
    )


def visual_indices(media: Sequence[Media]) -> list[int]:
    """Return the indices of the uploads that are pictures or videos."""
    return [index for index, item in enumerate(media) if item.file_type != "audio"]

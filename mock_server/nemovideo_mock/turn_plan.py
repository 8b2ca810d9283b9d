"""A turn as a plan: what it says, which tools it calls, what it changes, and when.

A plan is made before the turn begins, by a pure function, and then only played. Times are seconds of service time from
the turn's start. Records are free of any dialect; `dialects` turns them into wire events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from nemovideo_contract.draft import Draft
from nemovideo_mock.json_types import Json


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of what the agent says to the user."""

    content: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The agent calls one of its tools; `call_id` pairs it with its result."""

    call_id: str
    name: str
    args: Json


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the tool answered."""

    call_id: str
    name: str
    result: Json


@dataclass(frozen=True, slots=True)
class Failure:
    """The turn fails with a `code` of the API and a sentence; nothing follows it."""

    code: int
    message: str


Record = Text | ToolCall | ToolResult | Failure


@dataclass(frozen=True, slots=True)
class Change:
    """What a turn leaves behind in the session: its brief, the draft built from it, and newly generated media."""

    brief: Json
    draft: Draft | None
    generated: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One thing that happens `at` seconds after the turn's start."""

    at: float
    record: Record
    change: Change | None = None


#: What a turn costs is decided by the kind of work: talk is free, words become clips for one price, uploads are put
#: together or edited for another.
Work = Literal["talk", "generate", "assemble"]


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole turn: `beats` in order of time, `duration` seconds until the stream closes."""

    work: Work
    beats: tuple[PlannedStep, ...]
    duration: float


@dataclass(frozen=True, slots=True)
class Media:
    """An uploaded file as the agent sees it, in order of upload; `duration` in seconds, sizes in pixels."""

    filename: str
    file_type: Literal["video", "image", "audio"]
    url: str
    sha256: str
    duration: float | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class SessionView:
    """What the agent knows of a session when a message arrives.

    `brief` is what the last `Change` left behind, empty at first. `number` counts the session's turns from 1, so that
    whatever is drawn by hashing differs between turns and repeats between runs.
    """

    session_id: str
    language: str
    media: tuple[Media, ...] = ()
    brief: Json = field(default_factory=dict)
    draft: Draft | None = None
    number: int = 1

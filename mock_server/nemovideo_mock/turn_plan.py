"""The plan of a turn: its texts, its tool calls, its changes, and their times. Agent, world and dialects share it.

A pure function of the agent makes the plan before the turn begins; then the world only plays it. Times are in seconds
of service time from the start of the turn. Records do not depend on a dialect; `dialects` turns them into wire events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from nemovideo_contract.draft import Draft
from nemovideo_mock.json_types import Json


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the agent's text for the user."""

    content: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of one of the agent's tools; `call_id` is also in its result."""

    call_id: str
    name: str
    args: Json


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of a tool call."""

    call_id: str
    name: str
    result: Json


@dataclass(frozen=True, slots=True)
class Failure:
    """The failure of the turn, with a `code` of the API and a message; it is the last record."""

    code: int
    message: str


Record = Text | ToolCall | ToolResult | Failure


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the session by a turn: its brief, the draft built from it, and newly generated media."""

    brief: Json
    draft: Draft | None
    generated: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step of a plan, `at` seconds after the start of the turn."""

    at: float
    record: Record
    change: Change | None = None


#: The kind of work, which decides on the price: talk is free, clips from words have one price, and assembling or
#: editing uploads has another.
Work = Literal["talk", "generate", "assemble"]


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a turn: `beats` are its steps in order of time, `duration` is the length of its stream in seconds."""

    work: Work
    beats: tuple[PlannedStep, ...]
    duration: float


@dataclass(frozen=True, slots=True)
class Media:
    """An uploaded file as the agent sees it; `duration` is in seconds, sizes are in pixels."""

    filename: str
    file_type: Literal["video", "image", "audio"]
    url: str
    sha256: str
    duration: float | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class SessionView:
    """The agent's view of a session when a message arrives.

    `brief` comes from the last `Change` and is empty at first. `number` counts the turns of the session from 1, so that
    draws differ between turns and repeat between runs.
    """

    session_id: str
    language: str
    media: tuple[Media, ...] = ()
    brief: Json = field(default_factory=dict)
    draft: Draft | None = None
    number: int = 1

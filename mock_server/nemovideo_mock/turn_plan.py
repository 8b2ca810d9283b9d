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
    """A piece of the agent's answer to the user."""

    content: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The agent calls one of its tools; `call_id` connects it with its result."""

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
    """The effect of a turn on the session: its edit state, the draft built from it, and newly generated media."""

    edit_state: Json
    draft: Draft | None
    generated: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step, `at` seconds after the turn's start."""

    at: float
    record: Record
    change: Change | None = None


#: The kind of work decides the price of a turn: talk is free, a generation has one price, and putting uploads together
#: or editing has another.
Work = Literal["talk", "generate", "assemble"]


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole turn: `steps` are the steps in order of time, `duration` is the seconds until the stream closes."""

    work: Work
    steps: tuple[PlannedStep, ...]
    duration: float


@dataclass(frozen=True, slots=True)
class Media:
    """An uploaded file as the agent sees it, in order of upload; `duration` in seconds, sides in pixels."""

    filename: str
    file_type: Literal["video", "image", "audio"]
    url: str
    sha256: str
    duration: float | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class SessionView:
    """The agent's knowledge of a session when a message arrives.

    `edit_state` comes from the last `Change`; it is empty at first. `number` counts the session's turns from 1, so that
    random draws differ between turns and repeat between runs.
    """

    session_id: str
    language: str
    media: tuple[Media, ...] = ()
    edit_state: Json = field(default_factory=dict)
    draft: Draft | None = None
    number: int = 1

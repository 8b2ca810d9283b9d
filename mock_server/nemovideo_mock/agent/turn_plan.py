"""The plan of a turn: what the agent says, which tools it calls, what it changes, and when.

A pure function makes the plan before the turn begins; the plan is only played afterwards. Times are seconds of service
time from the turn's start. Records do not depend on a dialect; `dialects` converts them to wire events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from nemovideo_contract.draft import Draft

Json = dict[str, object]


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
    """The turn fails with a `code` of the API and a sentence; nothing follows it."""

    code: int
    message: str


Record = Text | ToolCall | ToolResult | Failure


@dataclass(frozen=True, slots=True)
class Change:
    """The effect of a turn on the session: its edit state, the draft built from it, and newly generated media."""

    brief: Json
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
    """A whole turn: `beats` are the steps in order of time, `duration` is the seconds until the stream closes."""

    work: Work
    beats: tuple[PlannedStep, ...]
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

    `brief` is the edit state of the last `Change`; it is empty at first. `number` counts the session's turns from 1, so
    that random draws differ between turns and repeat between runs.
    """

    session_id: str
    language: str
    media: tuple[Media, ...] = ()
    brief: Json = field(default_factory=dict)
    draft: Draft | None = None
    number: int = 1

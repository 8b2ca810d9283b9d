"""Faults of the service's own work: what they do, not when. Their class docstrings are what the documents show.

The faults of a turn are drawn when its message is accepted, those of a render when it is submitted. `records` counts
what the turn has sent, heartbeats not included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from nemovideo_contract.wire import Code
from nemovideo_mock.faults.request_kinds import ErrorCode
from nemovideo_mock.faults.rules import Number, OneOf, Whole, Words
from nemovideo_mock.faults.stream_kinds import Records


@dataclass(frozen=True, slots=True)
class TurnStuck:
    """The turn never finishes: after so many records only heartbeats come and the state changes no more."""

    records: Records = 1


@dataclass(frozen=True, slots=True)
class TurnFails:
    """The turn ends with an error after so many records, and its credits are released."""

    records: Records = 1
    code: ErrorCode = 500
    message: Annotated[str, Words("what it says", 1000)] = "The agent failed."


@dataclass(frozen=True, slots=True)
class Silent:
    """The turn does its work and ends without a word."""


@dataclass(frozen=True, slots=True)
class Noise:
    """The turn's normal answer is followed by words about trouble that there wasn't."""

    text: Annotated[str, Words("the words", 1000)] = "I encountered a temporary issue"


@dataclass(frozen=True, slots=True)
class CreditsRunOut:
    """The credits run out inside the turn: it ends with 2001 after so many records, its work half done."""

    records: Records = 1


@dataclass(frozen=True, slots=True)
class SessionLost:
    """The session of the request is gone, from now on: 1002."""


@dataclass(frozen=True, slots=True)
class TokenExpires:
    """The token of the request has expired, from now on: 1001."""


@dataclass(frozen=True, slots=True)
class RenderFails:
    """The render ends as failed."""

    error: Annotated[str, Words("the render's error", 1000)] = "encoding failed"


@dataclass(frozen=True, slots=True)
class RenderStuck:
    """The render stays processing for ever, at one progress."""

    progress: Annotated[int, Whole("percent at which it stays", 0, 99)] = 42


@dataclass(frozen=True, slots=True)
class RenderLost:
    """The render is accepted, and nobody knows it afterwards."""

    code: Annotated[
        Literal[404, 1002], OneOf("what a poll is answered", (int(Code.NOT_FOUND), int(Code.SESSION_NOT_FOUND)))
    ] = 404


@dataclass(frozen=True, slots=True)
class RenderSlow:
    """The render takes so many times as long."""

    factor: Annotated[float, Number("what its duration is multiplied with", 0, 10_000, above=True)] = 10.0


WorldEffect = (
    TurnStuck
    | TurnFails
    | Silent
    | Noise
    | CreditsRunOut
    | SessionLost
    | TokenExpires
    | RenderFails
    | RenderStuck
    | RenderLost
    | RenderSlow
)

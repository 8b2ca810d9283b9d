"""Effects of the faults of the service's own work. Their class docstrings appear in the generated documents.

The faults of a turn are drawn when its message is accepted, those of a render when the render is submitted. `records`
is the number of records that the turn has sent, without heartbeats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from nemovideo_contract.wire import Code
from nemovideo_mock.faults.fault_fields import NonEmptyText, Number, OneOf, Whole
from nemovideo_mock.faults.request_kinds import ErrorCode
from nemovideo_mock.faults.stream_kinds import Records


@dataclass(frozen=True, slots=True)
class TurnStuck:
    """The turn never finishes: after some records it sends only heartbeats, and the state does not change any more."""

    records: Records = 1


@dataclass(frozen=True, slots=True)
class TurnFails:
    """The turn ends with an error after some records, and releases its credits."""

    records: Records = 1
    code: ErrorCode = 500
    message: Annotated[str, NonEmptyText("the text of the error", 1000)] = "The agent failed."


@dataclass(frozen=True, slots=True)
class Silent:
    """The turn does its work and ends without an answer."""


@dataclass(frozen=True, slots=True)
class Noise:
    """After the normal answer, the turn reports a problem that did not happen."""

    text: Annotated[str, NonEmptyText("the text", 1000)] = "I encountered a temporary issue"


@dataclass(frozen=True, slots=True)
class CreditsRunOut:
    """The credits run out during the turn: it ends with 2001 after some records, and its work is half done."""

    records: Records = 1


@dataclass(frozen=True, slots=True)
class SessionLost:
    """The session of the request does not exist any more: 1002 from now on."""


@dataclass(frozen=True, slots=True)
class TokenExpires:
    """The token of the request has expired: 1001 from now on."""


@dataclass(frozen=True, slots=True)
class RenderFails:
    """The render fails."""

    error: Annotated[str, NonEmptyText("the render's error", 1000)] = "encoding failed"


@dataclass(frozen=True, slots=True)
class RenderStuck:
    """The render stays in the status processing forever, at the same progress."""

    progress: Annotated[int, Whole("the progress in percent", 0, 99)] = 42


@dataclass(frozen=True, slots=True)
class RenderLost:
    """The service accepts the render, but later polls do not find it."""

    code: Annotated[
        Literal[404, 1002], OneOf("the code that a poll gets", (int(Code.NOT_FOUND), int(Code.SESSION_NOT_FOUND)))
    ] = 404


@dataclass(frozen=True, slots=True)
class RenderSlow:
    """The render takes `factor` times as long."""

    factor: Annotated[float, Number("the factor for the duration", 0, 10_000, above=True)] = 10.0


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

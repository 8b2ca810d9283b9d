"""The state of a world as plain data, so that a snapshot can save all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from nemovideo_contract.draft import Draft
from nemovideo_contract.wire import RenderStatus
from nemovideo_mock.json_types import Json
from nemovideo_mock.turn_plan import Media, Plan, Record, SessionView, Work
from nemovideo_mock.world.account import Account
from nemovideo_mock.world.transitions import TurnState

#: The progress of a render that was just submitted, in percent (documented: the vendor's reference 4.4).
FIRST_PROGRESS: Final = 5


@dataclass(slots=True)
class Token:
    """A bearer token.

    Times are in seconds since the epoch; `expires_at` is None if the token never expires. The scope `*` means every
    scope.
    """

    value: str
    user_id: str
    issued_at: float
    expires_at: float | None
    scopes: tuple[str, ...]

    def allows(self, scope: str) -> bool:
        """Return whether the token has a scope."""
        return scope in self.scopes or "*" in self.scopes


@dataclass(frozen=True, slots=True)
class TurnFault:
    """A deviation of one turn from its plan; `after` is the number of records before it.

    A `stuck` turn never ends. A turn that `fails` ends with a code and a message. A `silent` turn sends no text.
    `noise` adds a sentence at the end.
    """

    kind: Literal["stuck", "fails", "silent", "noise"]
    after: int = 0
    code: int = 500
    message: str = ""


@dataclass(frozen=True, slots=True)
class RenderFault:
    """The outcome of a faulty render: it `fails` with an error, stays `stuck` at a progress, or is `lost`.

    A request for a lost render gets `code`.
    """

    kind: Literal["fails", "stuck", "lost"]
    error: str = ""
    progress: int = 50
    code: int = 404


@dataclass(slots=True)
class Turn:
    """One message and the work that the agent does for it.

    `sent` has the records so far; it is emptied when no caller needs them any more. `played` counts these records.
    `price` is the number of credits that are frozen for the turn or were spent on it. `bends` are its faults.
    """

    turn_id: str
    session_id: str
    number: int
    message: str
    work: Work
    price: int
    accepted_at: float
    state: TurnState = TurnState.QUEUED
    plan: Plan | None = None
    started_at: float = 0.0
    played: int = 0
    sent: list[Record] = field(default_factory=list[Record])
    bends: tuple[TurnFault, ...] = ()

    @property
    def closed(self) -> bool:
        """True if the turn has ended."""
        return self.state not in {TurnState.QUEUED, TurnState.RUNNING}


@dataclass(slots=True)
class Session:
    """One project: its media, its edit state, its draft and its turns; `open` are the turns that have not ended."""

    session_id: str
    task_id: str
    task_name: str
    user_id: str
    language: str
    created_at: float
    touched_at: float
    lost: bool = False
    media: list[Media] = field(default_factory=list[Media])
    video_infos: list[Json] = field(default_factory=list[Json])
    generated_media: list[Json] = field(default_factory=list[Json])
    edit_state: Json = field(default_factory=dict[str, object])
    draft: Draft | None = None
    turns: list[str] = field(default_factory=list[str])
    open: list[str] = field(default_factory=list[str])

    def view(self, number: int) -> SessionView:
        """Return the session as the agent sees it in turn `number`."""
        return SessionView(self.session_id, self.language, tuple(self.media), dict(self.edit_state), self.draft, number)


@dataclass(frozen=True, slots=True)
class RenderFile:
    """The file of a finished encode: `size` in bytes, `duration` in seconds, frame size in pixels, quality.

    `sha256` is the hash of its bytes in hex; empty in a snapshot of an older version.
    """

    name: str
    size: int
    duration: float
    width: int
    height: int
    quality: str
    sha256: str = ""


@dataclass(slots=True)
class Render:
    """One export; times in seconds since the epoch, `length` in seconds of the world's time.

    `due` is the time at which the render completes if its encode is done by then. `begins_at` and `due` change if the
    render waits for another. `token` is the value of the token that submitted it. `fate` is its fault.
    """

    render_id: str
    user_id: str
    session_id: str
    token: str
    draft: Json
    output: Json
    submitted_at: float
    begins_at: float
    due: float
    length: float
    waiting: bool = False
    status: RenderStatus = RenderStatus.PENDING
    file: RenderFile | None = None
    error: str | None = None
    finished_at: float | None = None
    fate: RenderFault | None = None

    @property
    def finished(self) -> bool:
        """True if the render is completed or has failed."""
        return self.status in {RenderStatus.COMPLETED, RenderStatus.FAILED}

    def progress(self, now: float) -> int:
        """Return the progress in whole percents: 5 at the start, 100 when completed, in between by the elapsed time."""
        if self.status is RenderStatus.COMPLETED:
            return 100
        if self.waiting:
            return FIRST_PROGRESS
        end = self.finished_at if self.finished_at is not None else now
        start = self.due - self.length
        share = (end - start) / max(self.length, 1e-9)
        most = self.fate.progress if self.fate is not None and self.fate.kind == "stuck" else 99
        return min(most, FIRST_PROGRESS + int((100 - FIRST_PROGRESS) * max(0.0, share)))


@dataclass(slots=True)
class State:
    """The state of a whole world.

    `issued` has the times of anonymous tokens by client and by address. `renders` has a dictionary by render id
    for each account. `agenda` is a heap of future events: the time, a serial number, a verb, and the one or two
    parts of a key.
    """

    accounts: dict[str, Account] = field(default_factory=dict[str, Account])
    tokens: dict[str, Token] = field(default_factory=dict[str, Token])
    clients: dict[str, str] = field(default_factory=dict[str, str])
    issued: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    anonymous: int = 0
    sessions: dict[str, Session] = field(default_factory=dict[str, Session])
    turns: dict[str, Turn] = field(default_factory=dict[str, Turn])
    renders: dict[str, dict[str, Render]] = field(default_factory=dict[str, dict[str, Render]])
    claims: dict[str, tuple[str, float]] = field(default_factory=dict[str, tuple[str, float]])
    agenda: list[tuple[float, int, str, str, str]] = field(default_factory=list[tuple[float, int, str, str, str]])
    scheduled: int = 0

"""Everything that a world knows, as data that can be written down whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from nemovideo_contract.draft import Draft
from nemovideo_contract.wire import RenderStatus
from nemovideo_mock.agent.turn_plan import Json, Media, Plan, Record, SessionView, Work
from nemovideo_mock.world.ledger import Account
from nemovideo_mock.world.transitions import TurnState

#: What a render has done as soon as it is submitted, in percent (documented: the vendor's reference 4.4).
FIRST_PROGRESS: Final = 5


@dataclass(slots=True)
class Token:
    """A bearer token; times in seconds since the epoch, no end where it never expires. A `*` scope is every scope."""

    value: str
    user_id: str
    issued_at: float
    expires_at: float | None
    scopes: tuple[str, ...]

    def allows(self, scope: str) -> bool:
        """Whether it has a scope."""
        return scope in self.scopes or "*" in self.scopes


@dataclass(frozen=True, slots=True)
class TurnFault:
    """Something that goes otherwise than planned in one turn; `after` counts its records.

    `stuck` never ends; `fails` ends with a code and a sentence; `silent` says nothing; `noise` adds a sentence.
    """

    kind: Literal["stuck", "fails", "silent", "noise"]
    after: int = 0
    code: int = 500
    message: str = ""


@dataclass(frozen=True, slots=True)
class RenderFault:
    """What will become of one render: it `fails` with an error, stays `stuck` at a progress, or is `lost` to a code."""

    kind: Literal["fails", "stuck", "lost"]
    error: str = ""
    progress: int = 50
    code: int = 404


@dataclass(slots=True)
class Turn:
    """One message and what the agent makes of it.

    `sent` grows as the plan is played and is given up when nobody needs it any more; `played` counts its records.
    `price` is what is frozen for it, or was spent on it.
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
        """Whether all has been said and done."""
        return self.state not in {TurnState.QUEUED, TurnState.RUNNING}


@dataclass(slots=True)
class Session:
    """One project: its media, its brief, its draft, and the turns that made them; `open` are those not yet closed."""

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
    brief: Json = field(default_factory=dict[str, object])
    draft: Draft | None = None
    turns: list[str] = field(default_factory=list[str])
    open: list[str] = field(default_factory=list[str])

    def view(self, number: int) -> SessionView:
        """The session as the agent sees it in turn `number`."""
        return SessionView(self.session_id, self.language, tuple(self.media), dict(self.brief), self.draft, number)


@dataclass(frozen=True, slots=True)
class RenderFile:
    """A finished encode: where it lies, `size` in bytes, `duration` in seconds, and whether it is only a stub."""

    name: str
    size: int
    duration: float
    width: int
    height: int
    quality: str


@dataclass(slots=True)
class Render:
    """One export; times in seconds since the epoch, `length` in seconds of the world's time.

    `due` is when it would complete if its encode is done by then; both `begins_at` and `due` move where it has to wait
    for another. `token` is the one that submitted it.
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
        """Whether nothing more will happen to it."""
        return self.status in {RenderStatus.COMPLETED, RenderStatus.FAILED}

    def progress(self, now: float) -> int:
        """Whole percents: 5 when submitted, 100 when completed, in between by the time that has passed."""
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
    """A whole world; `issued` has the times of anonymous tokens by client and by address, `agenda` what will happen.

    Renders are kept by account and id. An entry of the agenda is its time, its serial number, a verb, and the one or
    two parts of the key that it concerns.
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

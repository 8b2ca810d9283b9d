"""The state of the service: accounts, tokens, sessions, turns, uploads, renders and the ledger.

Pure: no clock, no files, no network. Whoever calls says what time it is, in seconds since the epoch. What will happen
by itself stands in the agenda, so a world says when it next wants to be looked at (`next_due`), and one `step` makes
the earliest of those things happen. An illegal move raises and changes nothing.

Turns        queued --begin--> running --finish--> done
Renders      pending --begin--> processing --complete--> completed
             pending, processing --fail--> failed
Credits      a turn *freezes* its price when it is accepted and *settles* it when it is done (or *releases* it when
             there turned out to be nothing to pay): available + frozen = total, always.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from nemovideo_contract import wire
from nemovideo_contract.draft import Draft, is_ready
from nemovideo_contract.wire import Code, RenderStatus
from nemovideo_mock.agent.plan import Json, Media, Plan, Record, SessionView, Work
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.ids import Chance


class TurnState(StrEnum):
    """Where a turn is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"


#: From a state by a verb to the next; what isn't here is illegal.
TURN_MOVES: Final[dict[tuple[TurnState, str], TurnState]] = {
    (TurnState.QUEUED, "begin"): TurnState.RUNNING,
    (TurnState.RUNNING, "finish"): TurnState.DONE,
}

#: The same for renders.
RENDER_MOVES: Final[dict[tuple[RenderStatus, str], RenderStatus]] = {
    (RenderStatus.PENDING, "begin"): RenderStatus.PROCESSING,
    (RenderStatus.PROCESSING, "complete"): RenderStatus.COMPLETED,
    (RenderStatus.PENDING, "fail"): RenderStatus.FAILED,
    (RenderStatus.PROCESSING, "fail"): RenderStatus.FAILED,
}

#: What a render has done as soon as it is submitted, in percent (documented: the vendor's reference 4.4).
FIRST_PROGRESS: Final = 5


class IllegalMoveError(RuntimeError):
    """A state machine was asked for a move that its table doesn't have."""


@dataclass(slots=True)
class Account:
    """Who pays: credits are whole numbers, and available + frozen is what is left in total."""

    user_id: str
    available: int
    frozen: int = 0
    tokens_issued: int = 0
    sessions_created: int = 0
    renders_submitted: int = 0

    @property
    def total(self) -> int:
        """What the account still has, frozen credits included."""
        return self.available + self.frozen


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token; times in seconds since the epoch."""

    value: str
    user_id: str
    issued_at: float
    expires_at: float


@dataclass(slots=True)
class Turn:
    """One message and what the agent makes of it. `sent` grows as the plan is played; `closed` ends the stream."""

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
    sent: list[Record] = field(default_factory=list[Record])

    @property
    def closed(self) -> bool:
        """Whether all has been said and done."""
        return self.state is TurnState.DONE


@dataclass(slots=True)
class Session:
    """One project: its media, its brief, its draft, and the turns that made them."""

    session_id: str
    task_id: str
    task_name: str
    user_id: str
    language: str
    created_at: float
    media: list[Media] = field(default_factory=list[Media])
    video_infos: list[Json] = field(default_factory=list[Json])
    generated_media: list[Json] = field(default_factory=list[Json])
    brief: Json = field(default_factory=dict[str, object])
    draft: Draft | None = None
    turns: list[str] = field(default_factory=list[str])

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
    """One export; times in seconds since the epoch. `due` is when it would complete if its encode is done by then."""

    render_id: str
    user_id: str
    session_id: str
    draft: Json
    output: Json
    submitted_at: float
    begins_at: float
    due: float
    status: RenderStatus = RenderStatus.PENDING
    file: RenderFile | None = None
    error: str | None = None
    finished_at: float | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in {RenderStatus.COMPLETED, RenderStatus.FAILED}

    def progress(self, now: float) -> int:
        """Whole percents: 5 when submitted, 100 when completed, in between by the time that has passed."""
        if self.status is RenderStatus.COMPLETED:
            return 100
        end = self.finished_at if self.finished_at is not None else now
        share = (end - self.submitted_at) / max(self.due - self.submitted_at, 1e-9)
        return min(99, FIRST_PROGRESS + int((100 - FIRST_PROGRESS) * max(0.0, share)))


@dataclass(frozen=True, slots=True)
class Tariff:
    """What work costs, in credits (vendor reference 4.4: about 100 a clip, 50 a session of editing)."""

    generate: int = 100
    assemble: int = 50


@dataclass(frozen=True, slots=True)
class Happening:
    """What one step did: which turn or render it concerned."""

    turn: Turn | None = None
    render: Render | None = None


#: Makes the plan of a turn; given to the world so that it need not know the agent.
Planner = Callable[[str, SessionView], Plan]


class World:
    """Everything that the service knows, and every rule about it."""

    def __init__(self, chance: Chance, planner: Planner, *, tariff: Tariff = Tariff(), pace: float = 1.0) -> None:
        self.chance = chance
        self.planner = planner
        self.tariff = tariff
        #: What service durations are multiplied with: 0.1 is ten times as fast.
        self.pace = pace
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, Token] = {}
        self.clients: dict[str, str] = {}
        self.sessions: dict[str, Session] = {}
        self.turns: dict[str, Turn] = {}
        self.renders: dict[tuple[str, str], Render] = {}
        self.claims: dict[str, tuple[str, float]] = {}
        self._agenda: list[tuple[float, int, str, str, str]] = []
        self._scheduled = 0

    # --- accounts and tokens ----------------------------------------------------------------------------------------

    def issue_anonymous_token(self, client_id: str, now: float) -> tuple[Token, Account]:
        """A new token, valid for seven days; the same client id keeps its account and what is left on it."""
        if not client_id:
            raise ServiceError(Code.BAD_REQUEST, "The header X-Client-Id is missing.")
        if len(client_id) > wire.CLIENT_ID_MAX_LENGTH:
            raise ServiceError(Code.BAD_REQUEST, f"X-Client-Id is longer than {wire.CLIENT_ID_MAX_LENGTH} characters.")
        user_id = self.clients.get(client_id)
        if user_id is None:
            user_id = wire.ANONYMOUS_USER_PREFIX + self.chance.hex(16, "user", client_id)
            self.clients[client_id] = user_id
            self.accounts[user_id] = Account(user_id, wire.ANONYMOUS_CREDITS)
        account = self.accounts[user_id]
        value = wire.TOKEN_PREFIX + self.chance.url_safe("token", user_id, account.tokens_issued)
        account.tokens_issued += 1
        token = Token(value, user_id, now, now + wire.TOKEN_LIFETIME_S)
        self.tokens[value] = token
        return token, account

    def authenticate(self, token: str, now: float) -> Account:
        """Whose token this is; 1001 where it is unknown or has expired."""
        known = self.tokens.get(token)
        if known is None:
            raise ServiceError(Code.TOKEN_INVALID, "The token is not valid.")
        if now >= known.expires_at:
            raise ServiceError(Code.TOKEN_INVALID, "The token has expired.")
        return self.accounts[known.user_id]

    def claim(self, account: Account, session_id: str, task_id: str, now: float) -> str:
        """A token that opens one project in a browser and has no access to the API."""
        session = self.session(account, session_id)
        if task_id != session.task_id:
            raise ServiceError(Code.BAD_REQUEST, "task_id and session_id don't belong together.")
        claim = wire.CLAIM_TOKEN_PREFIX + self.chance.url_safe("claim", session_id)
        self.claims[claim] = (session_id, now + wire.CLAIM_TOKEN_LIFETIME_S)
        return claim

    # --- sessions and media -------------------------------------------------------------------------------------------

    def create_session(self, account: Account, task_name: str, language: str, now: float) -> Session:
        """A new project; each call makes another."""
        serial = account.sessions_created
        account.sessions_created += 1
        session_id = self.chance.digits(19, "session", account.user_id, serial)
        task_id = "task_" + self.chance.hex(16, "task", account.user_id, serial)
        session = Session(session_id, task_id, task_name, account.user_id, language, now)
        self.sessions[session_id] = session
        return session

    def session(self, account: Account, session_id: str) -> Session:
        """A session of this account; 1002 where there is none, also where it is somebody else's."""
        session = self.sessions.get(session_id)
        if session is None or session.user_id != account.user_id:
            raise ServiceError(Code.SESSION_NOT_FOUND, "The session was not found.")
        return session

    def check_user(self, account: Account, user_id: str) -> None:
        """The user in a path or body: `me` or the account's own id; anything else finds no session."""
        if user_id not in {wire.ME, account.user_id}:
            raise ServiceError(Code.SESSION_NOT_FOUND, "The session was not found.")

    def add_media(self, session: Session, media: Media, info: Json) -> None:
        """An upload arrives in the session."""
        session.media.append(media)
        session.video_infos.append(info)

    # --- turns --------------------------------------------------------------------------------------------------------

    def accept_turn(self, account: Account, session_id: str, message: str, now: float) -> Turn:
        """A message arrives: it is priced, its price is frozen, and it runs or queues behind the one that does.

        2001 where the account can't pay, before anything happens.
        """
        session = self.session(account, session_id)
        number = len(session.turns) + 1
        work = self.planner(message, session.view(number)).work
        price = self.price(session, work)
        if price > account.available:
            raise ServiceError(
                Code.INSUFFICIENT_CREDITS,
                f"Not enough credits: this needs {price}, and {account.available} are available.",
            )
        account.available -= price
        account.frozen += price
        turn = Turn(f"{session_id}.{number}", session_id, number, message, work, price, now)
        self.turns[turn.turn_id] = turn
        session.turns.append(turn.turn_id)
        if self.running_turn(session) is None:
            self._begin_turn(turn, now)
        return turn

    def price(self, session: Session, work: Work) -> int:
        """What a turn of this kind costs in this session, in credits."""
        if work == "generate":
            return self.tariff.generate
        if work == "assemble":
            paid = any(self.turns[turn_id].work == "assemble" for turn_id in session.turns)
            return 0 if paid else self.tariff.assemble
        return 0

    def running_turn(self, session: Session) -> Turn | None:
        """The turn that runs in a session, if one does."""
        turns = (self.turns[turn_id] for turn_id in session.turns)
        return next((turn for turn in turns if turn.state is TurnState.RUNNING), None)

    def _move_turn(self, turn: Turn, verb: str) -> None:
        state = TURN_MOVES.get((turn.state, verb))
        if state is None:
            raise IllegalMoveError(f"a turn that is {turn.state} can't {verb}")
        turn.state = state

    def _begin_turn(self, turn: Turn, now: float) -> None:
        session = self.sessions[turn.session_id]
        # Planned when it begins: a queued turn builds on what the one before it left behind.
        plan = self.planner(turn.message, session.view(turn.number))
        self._move_turn(turn, "begin")
        turn.plan = plan
        turn.started_at = now
        self._schedule_beat(turn, plan)

    def _schedule_beat(self, turn: Turn, plan: Plan) -> None:
        played = len(turn.sent)
        if played < len(plan.beats):
            self._schedule(turn.started_at + plan.beats[played].at * self.pace, "beat", turn.turn_id)
        else:
            self._schedule(turn.started_at + plan.duration * self.pace, "finish", turn.turn_id)

    def _play_beat(self, turn: Turn) -> None:
        assert turn.plan is not None
        beat = turn.plan.beats[len(turn.sent)]
        if beat.change is not None:
            session = self.sessions[turn.session_id]
            session.brief = beat.change.brief
            session.draft = beat.change.draft
            session.generated_media.extend(beat.change.generated)
        turn.sent.append(beat.record)
        self._schedule_beat(turn, turn.plan)

    def _finish_turn(self, turn: Turn, now: float) -> None:
        self._move_turn(turn, "finish")
        session = self.sessions[turn.session_id]
        account = self.accounts[session.user_id]
        account.frozen -= turn.price
        turns = (self.turns[turn_id] for turn_id in session.turns)
        following = next((other for other in turns if other.state is TurnState.QUEUED), None)
        if following is not None:
            self._begin_turn(following, now)

    # --- renders ------------------------------------------------------------------------------------------------------

    def submit_render(
        self, account: Account, render_id: str, session_id: str, draft: Json, output: Json, now: float, seconds: float
    ) -> Render:
        """An export is accepted and would take so many seconds of service time."""
        self.session(account, session_id)
        if not render_id:
            raise ServiceError(Code.BAD_REQUEST, "id is missing: choose one, such as render_<timestamp>.")
        if not is_ready(draft):
            raise ServiceError(
                Code.BAD_REQUEST, "The draft is empty: it needs a track with segments. Generate something first."
            )
        if (account.user_id, render_id) in self.renders:
            raise ServiceError(Code.BAD_REQUEST, f"The render id {render_id} is taken: choose a new one.")
        length = seconds * self.pace
        render = Render(render_id, account.user_id, session_id, draft, output, now, now + length * 0.1, now + length)
        self.renders[account.user_id, render_id] = render
        account.renders_submitted += 1
        self._schedule(render.begins_at, "begin", account.user_id, render_id)
        return render

    def render(self, account: Account, render_id: str) -> Render:
        """A render of this account; 404 where there is none."""
        render = self.renders.get((account.user_id, render_id))
        if render is None:
            raise ServiceError(Code.NOT_FOUND, f"There is no render {render_id}.")
        return render

    def render_encoded(self, render: Render, outcome: RenderFile | str, now: float) -> None:
        """The encode is over, with a file or with what went wrong; shows when it is due, or now where it is late."""
        if render.finished:
            return
        if isinstance(outcome, str):
            render.error = outcome
        else:
            render.file = outcome
        if now >= render.due and render.status is RenderStatus.PROCESSING:
            self._end_render(render, now)

    def cancel_render(self, render: Render, now: float) -> None:
        """The caller has thought better of it; what has ended stays as it is."""
        if render.finished:
            raise ServiceError(Code.BAD_REQUEST, f"The render has {render.status} already and can't be cancelled.")
        self._move_render(render, "fail")
        render.error = "cancelled"
        render.finished_at = now

    def _move_render(self, render: Render, verb: str) -> None:
        status = RENDER_MOVES.get((render.status, verb))
        if status is None:
            raise IllegalMoveError(f"a render that is {render.status} can't {verb}")
        render.status = status

    def _end_render(self, render: Render, now: float) -> None:
        self._move_render(render, "complete" if render.file is not None else "fail")
        render.finished_at = now

    # --- the agenda ---------------------------------------------------------------------------------------------------

    def next_due(self) -> float | None:
        """When the next thing happens by itself, in seconds since the epoch."""
        return self._agenda[0][0] if self._agenda else None

    def step(self, now: float) -> Happening | None:
        """Let the earliest thing happen that is due; None where nothing is."""
        if not self._agenda or self._agenda[0][0] > now:
            return None
        due, _, verb, *key = heapq.heappop(self._agenda)
        if verb in {"beat", "finish"}:
            turn = self.turns[key[0]]
            if verb == "beat":
                self._play_beat(turn)
            else:
                self._finish_turn(turn, due)
            return Happening(turn=turn)
        render = self.renders[key[0], key[1]]
        if not render.finished:
            if verb == "begin":
                self._move_render(render, "begin")
                self._schedule(render.due, "complete", *key)
            elif render.file is not None or render.error is not None:
                self._end_render(render, due)
        return Happening(render=render)

    def _schedule(self, due: float, verb: str, key: str, part: str = "") -> None:
        self._scheduled += 1
        heapq.heappush(self._agenda, (due, self._scheduled, verb, key, part))

"""A second, simple implementation of the world's rules, with which the state machine test compares the world.

It is written from the documents and the profile keys, and uses no code of the world. It searches lists from end to end
instead of using a schedule, and has one loop that looks for the next event. It requires that two events of different
turns or renders never happen at the same instant; the state machine ensures that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from nemovideo_contract.profiles import Profile

HOUR = 3600.0
WEEK = 7 * 24 * HOUR
#: The price in credits of one tool call, if calls are paid one by one; a single price makes it predictable.
CALL_PRICE = 30

Act = Literal["say", "call", "result"]
Ending = Literal["done", "failed", "paid_failed"]

#: The steps of the test's agent for each kind of work, with their times, and the length of the turn, in seconds.
SCRIPTS: dict[str, tuple[tuple[tuple[float, Act], ...], float]] = {
    "talk": (((1.0, "say"),), 2.0),
    "edit": (((1.0, "say"), (2.0, "call"), (8.0, "result"), (9.0, "say")), 10.0),
    "generate": (
        ((1.0, "say"), (2.0, "call"), (30.0, "result"), (31.0, "call"), (40.0, "result"), (41.0, "say")),
        50.0,
    ),
}
Bending = tuple[Literal["none", "stuck", "failed", "paid_failed", "silent"], int]


def kind_of(message: str, *, has_draft: bool) -> str:
    """Return the kind of work of a message; a message about the shape is talk while there is no draft."""
    if message == "reshape":
        return "edit" if has_draft else "talk"
    return message


@dataclass
class OracleTurn:
    """A message: its steps, its end (None if it never ends), and its progress."""

    turn_id: str
    session: OracleSession
    message: str
    bending: Bending
    kind: str = "talk"
    acts: list[tuple[float, Act]] = field(default_factory=list[tuple[float, "Act"]])
    ends: tuple[float, Ending] | None = None
    price: int = 0
    state: str = "queued"
    began: float = 0.0
    told: list[str] = field(default_factory=list[str])
    acted: int = 0

    def next_at(self) -> float | None:
        """Return the time of the next step if the turn runs."""
        if self.state != "running":
            return None
        if self.acted < len(self.acts):
            return self.began + self.acts[self.acted][0]
        return None if self.ends is None else self.began + self.ends[0]


@dataclass
class OracleRender:
    """An export: its begin, if it has begun, and the outcome of its encode, if that has ended."""

    render_id: str
    session: OracleSession
    token: str
    length: float
    fate: Literal["none", "fails", "stuck", "lost"]
    began: float | None = None
    encoded: Literal["file", "broken"] | None = None
    encoded_at: float = 0.0
    state: Literal["open", "completed", "failed"] = "open"
    ended: float | None = None

    def next_at(self) -> float | None:
        """Return the time of its end as far as it is known."""
        if self.state != "open" or self.began is None or self.fate == "stuck":
            return None
        due = self.began + self.length
        if self.fate != "none":
            return due
        return None if self.encoded is None else max(due, self.encoded_at)


@dataclass
class OracleSession:
    """A project."""

    session_id: str
    task_id: str
    owner: OracleAccount
    touched: float
    lost: bool = False
    uploads: int = 0
    turns: list[OracleTurn] = field(default_factory=list[OracleTurn])
    renders: list[OracleRender] = field(default_factory=list[OracleRender])
    changed_by: int = 0
    generated: int = 0

    def at_work(self) -> list[OracleTurn]:
        """Return the turns that have not ended."""
        return [turn for turn in self.turns if turn.state in {"queued", "running"}]


@dataclass
class OracleAccount:
    """An account: `left` are the credits that are not spent, of which some are frozen."""

    user_id: str
    left: int
    sessions: list[OracleSession] = field(default_factory=list[OracleSession])

    def aside(self) -> int:
        """Return the frozen credits."""
        return sum(turn.price for session in self.sessions for turn in session.at_work())

    def free(self) -> int:
        """Return the available credits."""
        return self.left - self.aside()


@dataclass
class OracleToken:
    """A token and its expiry, if any."""

    value: str
    account: OracleAccount
    ends: float | None


class Oracle:
    """The whole service."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.accounts: dict[str, OracleAccount] = {}
        self.clients: dict[str, str] = {}
        self.tokens: dict[str, OracleToken] = {}
        self.issued: list[tuple[float, str, str]] = []
        self.sessions: dict[str, OracleSession] = {}

    # --- tokens -------------------------------------------------------------------------------------------------------

    def refuses_token(self, client: str, address: str, now: float) -> int:
        """Return the code of the error for a token request, or 0 if it succeeds."""
        if (not client and self.profile.client_id == "required") or len(client) > 64:
            return 400

        def issued_since(seconds: float, *, of_client: bool) -> int:
            return sum(
                1
                for time, who, where in self.issued
                if now - time < seconds and (who == client if of_client else where == address)
            )

        if self.profile.token_limit == "week":
            if client and issued_since(WEEK, of_client=True) >= 1:
                return 429
            return 429 if issued_since(WEEK, of_client=False) >= 10 else 0
        if self.profile.token_limit == "hour":
            return 429 if issued_since(HOUR, of_client=False) >= 5 else 0
        return 0

    def expected_user(self, client: str) -> str | None:
        """Return the user id of a client's next token, or None for a new account."""
        return self.clients.get(client) if client and self.profile.reissue == "same" else None

    def issue(self, value: str, user_id: str, client: str, address: str, now: float) -> None:
        """Note that a token was issued."""
        account = self.accounts.setdefault(user_id, OracleAccount(user_id, 100))
        self.tokens[value] = OracleToken(value, account, now + WEEK if self.profile.token_expiry == "week" else None)
        self.issued.append((now, client, address))
        if client:
            self.clients[client] = user_id

    def is_valid(self, value: str, now: float) -> bool:
        """Return whether a token is valid."""
        ends = self.tokens[value].ends
        return ends is None or now < ends

    # --- sessions -----------------------------------------------------------------------------------------------------

    def finds(self, account: OracleAccount, session: OracleSession, now: float) -> bool:
        """Return whether this account finds this session; a session that is found counts as used."""
        if session.owner is not account or session.lost:
            return False
        idle = self.profile.session_idle
        if idle and not session.at_work() and now - session.touched >= idle:
            session.lost = True
            return False
        session.touched = now
        return True

    # --- turns --------------------------------------------------------------------------------------------------------

    def refuses_message(self, session: OracleSession, kind: str) -> int:
        """Return the code of the error for a message before anything happens, or 0 if it is accepted."""
        if self.profile.busy == "refuse" and any(turn.state == "running" for turn in session.turns):
            return 409
        # If calls are paid one by one, work needs at least one credit to begin.
        least = int(kind != "talk" and self.profile.pricing == "operation")
        needed = max(least, self.price(session, kind, waits=self.will_wait(session)))
        return 2001 if needed > session.owner.free() else 0

    def will_wait(self, session: OracleSession) -> bool:
        """Return whether a message that comes now has to wait."""
        return self.profile.busy != "concurrent" and any(turn.state == "running" for turn in session.turns)

    def price(self, session: OracleSession, kind: str, but: OracleTurn | None = None, *, waits: bool = False) -> int:
        """Return the price of work that runs now or waits; `but` is the turn that does it."""
        if kind == "talk" or self.profile.pricing == "operation":
            return 0
        if kind == "generate":
            return 100
        counted = {"running", "done", "queued"} if waits else {"running", "done"}
        edits = [turn for turn in session.turns if turn.kind == "edit" and turn.state in counted and turn is not but]
        return 0 if any(turn.price for turn in edits) else 50

    def message(self, session: OracleSession, turn_id: str, message: str, bending: Bending, now: float) -> None:
        """Accept a message."""
        turn = OracleTurn(turn_id, session, message, bending)
        waits = self.will_wait(session)
        self._plan(turn)
        turn.price = self.price(session, turn.kind, waits=waits)
        session.turns.append(turn)
        if not waits:
            turn.state, turn.began = "running", now

    def _plan(self, turn: OracleTurn) -> None:
        turn.kind = kind_of(turn.message, has_draft=turn.session.changed_by > 0)
        acts, length = SCRIPTS[turn.kind]
        how, after = turn.bending
        ends: tuple[float, Ending] | None = (length, "done")
        if how == "silent":
            acts = tuple(act for act in acts if act[1] != "say")
        elif how == "stuck":
            acts, ends = acts[:after], None
        elif how != "none":
            ends = (acts[after][0] if after < len(acts) else length, how)
            acts = acts[:after]
        turn.acts, turn.ends = list(acts), ends

    def end(self, turn: OracleTurn, state: str, now: float) -> None:
        """End a turn; spend or release its price."""
        ran = turn.state == "running"
        turn.state = state
        if ran and turn.kind == "edit" and self.profile.pricing == "turn":
            beside = [each for each in turn.session.turns if each.kind == "edit" and each.state == "running"]
            if state == "done" and not turn.price:
                # The first edit that is done pays for all.
                for other in [each for each in beside if each.price][:1]:
                    turn.price, other.price = other.price, 0
            elif state in {"failed", "cancelled"} and turn.price:
                # If one edit does not pay, the next one does.
                for other in [each for each in beside if not each.price][:1]:
                    turn.price, other.price = 0, turn.price
        if state in {"done", "paid_failed"}:
            turn.session.owner.left -= turn.price
        turn.session.touched = max(turn.session.touched, now)
        waiting = [other for other in turn.session.turns if other.state == "queued"]
        if ran and waiting and not any(other.state == "running" for other in turn.session.turns):
            self._begin_waiting(waiting[0], now)

    def _begin_waiting(self, turn: OracleTurn, now: float) -> None:
        self._plan(turn)
        turn.price = 0
        price = self.price(turn.session, turn.kind, turn)
        if price > turn.session.owner.free():
            turn.acts, turn.ends = [], (0.0, "paid_failed")
        else:
            turn.price = price
        turn.state, turn.began = "running", now

    def _go_on(self, turn: OracleTurn, now: float) -> None:
        if turn.acted == len(turn.acts):
            assert turn.ends is not None
            if turn.ends[1] != "done":
                turn.told.append("failure")
            self.end(turn, turn.ends[1], now)
            return
        act = turn.acts[turn.acted][1]
        turn.acted += 1
        if act == "call" and self.profile.pricing == "operation":
            if turn.session.owner.free() < CALL_PRICE:
                turn.told.append("failure")
                self.end(turn, "paid_failed", now)
                return
            turn.price += CALL_PRICE
        turn.told.append(act)
        if act == "result":
            turn.session.changed_by = turn.session.turns.index(turn) + 1
            turn.session.generated += turn.kind == "generate"

    # --- renders ------------------------------------------------------------------------------------------------------

    def find_render(self, token: OracleToken, render_id: str) -> OracleRender | None:
        """Return a render as the owner of a token sees it."""
        for session in token.account.sessions:
            for render in session.renders:
                if render.render_id == render_id and (self.profile.orphan == "account" or render.token == token.value):
                    return render
        return None

    def submit(self, render: OracleRender, now: float) -> None:
        """Accept a render."""
        render.session.renders.append(render)
        self._begin_renders(render.session, now)

    def finish_render(self, render: OracleRender, state: Literal["completed", "failed"], now: float) -> None:
        """End a render."""
        render.state, render.ended = state, now
        self._begin_renders(render.session, now)

    def _begin_renders(self, session: OracleSession, now: float) -> None:
        for render in session.renders:
            open_before = any(other.state == "open" and other.began is not None for other in session.renders)
            if render.state == "open" and render.began is None:
                if open_before and self.profile.render_queue == "session":
                    return
                render.began = now

    # --- time ---------------------------------------------------------------------------------------------------------

    def live(self, now: float) -> None:
        """Process all events up to now, the earliest first."""
        while True:
            turns = [turn for session in self.sessions.values() for turn in session.turns]
            renders = [render for session in self.sessions.values() for render in session.renders]
            next_turn = min(turns, key=lambda turn: _or_never(turn.next_at()), default=None)
            next_render = min(renders, key=lambda render: _or_never(render.next_at()), default=None)
            turn_at = _or_never(next_turn.next_at() if next_turn else None)
            render_at = _or_never(next_render.next_at() if next_render else None)
            if min(turn_at, render_at) > now:
                return
            if next_turn is not None and turn_at <= render_at:
                self._go_on(next_turn, turn_at)
            elif next_render is not None:
                good = next_render.fate == "none" and next_render.encoded == "file"
                self.finish_render(next_render, "completed" if good else "failed", render_at)


def _or_never(when: float | None) -> float:
    return float("inf") if when is None else when

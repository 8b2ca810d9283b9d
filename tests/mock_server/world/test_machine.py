"""For any calls in any order, the world does the same as the oracle, and an illegal move changes nothing.

The suite runs a few hundred steps. Run more with `NEMO_WORLD_STEPS=10000 scripts/test
tests/mock_server/world/test_machine.py`.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import RenderStatus
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.json_types import Json
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import (
    Change,
    Failure,
    Media,
    Plan,
    PlannedStep,
    Record,
    SessionView,
    Text,
    ToolCall,
    ToolResult,
    Work,
)
from nemovideo_mock.world import (
    Account,
    IllegalMoveError,
    OverdrawnError,
    Render,
    RenderFault,
    RenderFile,
    Session,
    State,
    Tariff,
    Turn,
    TurnFault,
    World,
    WorldSettings,
)
from tests.guards import HANG_S

from .oracle import (
    CALL_PRICE,
    HOUR,
    SCRIPTS,
    WEEK,
    Act,
    Bending,
    Oracle,
    OracleAccount,
    OracleRender,
    OracleSession,
    OracleToken,
    OracleTurn,
    kind_of,
)
from .stage import DRAFT, READY

T = TypeVar("T")

STEPS = int(os.environ.get("NEMO_WORLD_STEPS", "1000"))
STEPS_EACH = 50
#: Added to the time before anything begins, so that two of its events never happen at the same instant.
TICK = 1 / 1024

PROFILES = st.builds(
    Profile,
    busy=st.sampled_from(["queue", "refuse", "concurrent"]),
    reissue=st.sampled_from(["same", "fresh"]),
    orphan=st.sampled_from(["account", "token"]),
    token_limit=st.sampled_from(["week", "hour", "none"]),
    token_expiry=st.sampled_from(["week", "never"]),
    client_id=st.sampled_from(["required", "optional"]),
    duplicate_render=st.sampled_from(["error", "existing"]),
    render_queue=st.sampled_from(["parallel", "session"]),
    session_idle=st.sampled_from([0, 0, 0, 100]),
    pricing=st.sampled_from(["turn", "operation"]),
)
KINDS = st.sampled_from(["talk", "edit", "edit", "reshape", "generate"])
BENDINGS: st.SearchStrategy[Bending] = st.one_of(
    st.just(("none", 0)),
    st.just(("none", 0)),
    st.just(("silent", 0)),
    st.tuples(st.sampled_from(["stuck", "failed", "paid_failed"]), st.integers(0, 7)),
)
FATES = st.sampled_from(["none", "none", "none", "fails", "stuck", "lost"])

#: The moves that the documents allow: from the last observed state to the next.
TURN_PATHS = {
    None: {"queued", "running"},
    "queued": {"running", "cancelled"},
    "running": {"done", "failed", "cancelled"},
}
RENDER_PATHS = {
    None: {"pending"},
    "pending": {"processing", "failed"},
    "processing": {"completed", "failed"},
}
TOLD: dict[type[Record], str] = {Text: "say", ToolCall: "call", ToolResult: "result", Failure: "failure"}


def planner(message: str, view: SessionView, profile: Profile) -> Plan:
    """Return the oracle's script as a plan."""
    del profile
    kind = kind_of(message, has_draft=view.draft is not None)
    acts, length = SCRIPTS[kind]
    kinds: dict[str, Work] = {"talk": "talk", "edit": "assemble", "generate": "generate"}

    def step(at: float, act: Act) -> PlannedStep:
        if act == "say":
            return PlannedStep(at, Text("Words."))
        if act == "call":
            return PlannedStep(at, ToolCall("c", "tool", {}))
        generated: tuple[Json, ...] = ({"turn": view.number},) if kind == "generate" else ()
        return PlannedStep(at, ToolResult("c", "tool", {}), Change({"turn": view.number}, DRAFT, generated))

    return Plan(kinds[kind], tuple(step(at, act) for at, act in acts), length)


def bends(bending: Bending) -> list[TurnFault]:
    how, after = bending
    if how == "none":
        return []
    if how in {"failed", "paid_failed"}:
        return [TurnFault("fails", after, 2001 if how == "paid_failed" else 500, "It broke.")]
    return [TurnFault("silent")] if how == "silent" else [TurnFault("stuck", after)]


class Callers(RuleBasedStateMachine):
    """Clients of several addresses that make every possible call, in any order and at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.stepped = 0.0
        self.serial = 0
        self.seen_turns: dict[str, str] = {}
        self.seen_renders: dict[tuple[str, str], str] = {}

    @initialize(profile=PROFILES)
    def begin(self, profile: Profile) -> None:
        self.profile = profile
        self.oracle = Oracle(profile)
        self.world = self.another_world()
        self.world.tokens.add_account("user_poor", "nmv_usr_poor", 0.0, credits=0)
        self.world.tokens.add_account("user_rich", "nmv_usr_rich", 0.0, credits=1000, registered=True)
        for name, credits in (("poor", 0), ("rich", 1000)):
            account = self.oracle.accounts[f"user_{name}"] = OracleAccount(f"user_{name}", credits)
            self.oracle.tokens[f"nmv_usr_{name}"] = OracleToken(f"nmv_usr_{name}", account, None)
            self.note_session(account, self.world.sessions.create(self.real_account(account), "project", "en", 0.0))
        self.ask_for_a_token("a", "here")

    def another_world(self, state: State | None = None) -> World:
        tariff = Tariff(operation=(CALL_PRICE, CALL_PRICE))
        return World(WorldSettings(Chance("0"), self.profile, tariff), planner, state)

    # --- what is drawn ------------------------------------------------------------------------------------------------

    def one(self, data: st.DataObject, of: list[T]) -> T:
        return data.draw(st.sampled_from(of))

    def a_token(self, data: st.DataObject) -> OracleToken:
        return self.one(data, list(self.oracle.tokens.values()))

    def an_account(self, data: st.DataObject) -> OracleAccount:
        return self.one(data, list(self.oracle.accounts.values()))

    def real_account(self, oracle: OracleAccount) -> Account:
        return self.world.state.accounts[oracle.user_id]

    def a_session(self, data: st.DataObject) -> OracleSession:
        return self.one(data, list(self.oracle.sessions.values()))

    def its_account(self, data: st.DataObject, session: OracleSession) -> OracleAccount:
        """Return the owner of a session in most cases, and sometimes another account."""
        return session.owner if data.draw(st.integers(0, 9)) else self.an_account(data)

    def turns(self) -> list[OracleTurn]:
        return [turn for session in self.oracle.sessions.values() for turn in session.turns]

    def renders(self) -> list[OracleRender]:
        return [render for session in self.oracle.sessions.values() for render in session.renders]

    def real_render(self, render: OracleRender) -> Render:
        return self.world.state.renders[render.session.owner.user_id][render.render_id]

    # --- what is checked at each move ---------------------------------------------------------------------------------

    @contextmanager
    def refused(self, code: int, excused: Callable[[State], None] | None = None) -> Generator[None]:
        """Check that the move is refused with this code and changes only the excused parts."""
        before = copy.deepcopy(self.world.state)
        if excused is not None:
            excused(before)
        with pytest.raises(ServiceError) as error:
            yield
        assert error.value.code == code
        assert error.value.message
        assert self.world.state == before

    def finding(self, session: OracleSession) -> Callable[[State], None]:
        """Return the changes that a lookup of a session makes, whatever the result of the call."""

        def leave(state: State) -> None:
            state.sessions[session.session_id].touched_at = session.touched
            state.sessions[session.session_id].lost = session.lost

        return leave

    def tick(self) -> None:
        """Advance the time a little before something begins."""
        self.go_to(self.now + TICK)

    def go_to(self, when: float) -> None:
        while (due := self.world.schedule.next_due()) is not None and due <= when:
            assert due >= self.stepped, "the agenda went back in time"
            self.stepped = due
            assert self.world.step(due) is not None
            self.watch()
        assert self.world.step(when) is None
        self.now = when
        self.oracle.live(when)

    def watch(self) -> None:
        """Check that turns and renders move by their tables, one move at a time."""
        for turn in self.world.state.turns.values():
            before, after = self.seen_turns.get(turn.turn_id), turn.state.value
            if after != before:
                assert after in TURN_PATHS.get(before, set()), f"a turn went from {before} to {after}"
                self.seen_turns[turn.turn_id] = after
        for renders in self.world.state.renders.values():
            for render in renders.values():
                key = (render.user_id, render.render_id)
                before, after = self.seen_renders.get(key), render.status.value
                if after != before:
                    assert after in RENDER_PATHS.get(before, set()), f"a render went from {before} to {after}"
                    self.seen_renders[key] = after

    # --- time ---------------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.5, 1.0, 1.0, 3.0, 3.0, 10.0, 10.0, 30.0, 60.0, HOUR, WEEK]))
    def time_passes(self, seconds: float) -> None:
        self.go_to(self.now + seconds)

    @precondition(lambda self: self.world.schedule.next_due() is not None)
    @rule(before=st.sampled_from([0.0, 0.0, TICK]))
    def time_passes_until_something_is_due(self, before: float) -> None:
        due = self.world.schedule.next_due()
        assert due is not None
        self.go_to(max(self.now, due - before))

    @rule(data=st.data(), window=st.sampled_from([HOUR, WEEK]), before=st.sampled_from([0.0, TICK]))
    def somebody_asks_again_at_the_edge_of_a_window(self, data: st.DataObject, window: float, before: float) -> None:
        issued, client, address = self.one(data, self.oracle.issued or [(0.0, "a", "here")])
        self.go_to(max(self.now, issued + window - before))
        self.ask_for_a_token(client, address)

    @rule(data=st.data(), before=st.sampled_from([0.0, TICK]))
    def a_token_comes_to_its_end(self, data: st.DataObject, before: float) -> None:
        token = self.a_token(data)
        if token.ends is not None:
            self.go_to(max(self.now, token.ends - before))
        self.show(token)

    @precondition(lambda self: bool(self.profile.session_idle))
    @rule(data=st.data(), before=st.sampled_from([0.0, TICK]))
    def time_passes_until_a_session_is_idle(self, data: st.DataObject, before: float) -> None:
        session = self.a_session(data)
        self.go_to(max(self.now, session.touched + self.profile.session_idle - before))

    @rule()
    def the_world_is_written_down_and_goes_on_elsewhere(self) -> None:
        self.world = self.another_world(copy.deepcopy(self.world.state))

    # --- tokens -------------------------------------------------------------------------------------------------------

    @rule(
        client=st.sampled_from(["", "a", "b", "c", "d", "x" * 64, "x" * 65]), address=st.sampled_from(["here", "there"])
    )
    def ask_for_a_token(self, client: str, address: str) -> None:
        code = self.oracle.refuses_token(client, address, self.now)
        if code:
            with self.refused(code):
                self.world.tokens.issue_anonymous(client, address, self.now)
            return
        expected = self.oracle.expected_user(client)
        token, account = self.world.tokens.issue_anonymous(client, address, self.now)
        assert token.value not in self.oracle.tokens
        assert account.user_id == expected if expected else account.user_id not in self.oracle.accounts
        self.oracle.issue(token.value, account.user_id, client, address, self.now)

    @rule(count=st.integers(1, 6))
    def a_crowd_asks_for_tokens_from_one_address(self, count: int) -> None:
        for _ in range(count):
            self.serial += 1
            self.ask_for_a_token(f"crowd-{self.serial}", "crowded")

    @rule(data=st.data())
    def show_a_token(self, data: st.DataObject) -> None:
        self.show(self.a_token(data))

    def show(self, token: OracleToken) -> None:
        if self.oracle.is_valid(token.value, self.now):
            found, account = self.world.tokens.authenticate(token.value, self.now)
            assert (found.value, account.user_id) == (token.value, token.account.user_id)
        else:
            with self.refused(1001):
                self.world.tokens.authenticate(token.value, self.now)

    @rule(data=st.data(), amount=st.integers(1, 1000))
    def move_credits_that_arent_there(self, data: st.DataObject, amount: int) -> None:
        oracle = self.an_account(data)
        account = self.real_account(oracle)
        before = copy.deepcopy(self.world.state)
        for move, most in (
            (account.freeze, oracle.free()),
            (account.settle, oracle.aside()),
            (account.release, oracle.aside()),
        ):
            for wrong in (most + amount, -amount):
                with pytest.raises(OverdrawnError):
                    move(wrong)
        assert self.world.state == before

    # --- sessions -----------------------------------------------------------------------------------------------------

    @rule(data=st.data())
    def make_a_session(self, data: st.DataObject) -> None:
        oracle = self.an_account(data)
        self.note_session(oracle, self.world.sessions.create(self.real_account(oracle), "project", "en", self.now))

    def note_session(self, owner: OracleAccount, session: Session) -> None:
        assert session.session_id not in self.oracle.sessions
        made = OracleSession(session.session_id, session.task_id, owner, self.now)
        self.oracle.sessions[session.session_id] = made
        owner.sessions.append(made)

    def found(self, oracle: OracleAccount, session: OracleSession) -> Session | None:
        """Look up a session and check that it is found or refused as in the oracle."""
        account = self.real_account(oracle)
        if self.oracle.finds(oracle, session, self.now):
            return self.world.sessions.get(account, session.session_id, self.now)
        with self.refused(1002, self.finding(session)):
            self.world.sessions.get(account, session.session_id, self.now)
        return None

    @rule(data=st.data())
    def look_at_a_session(self, data: st.DataObject) -> None:
        session = self.a_session(data)
        found = self.found(self.its_account(data, session), session)
        assert found is None or found.session_id == session.session_id

    @rule(data=st.data())
    def upload(self, data: st.DataObject) -> None:
        session = self.a_session(data)
        found = self.found(self.its_account(data, session), session)
        if found is not None:
            name = f"{session.uploads}.jpg"
            self.world.sessions.add_media(found, Media(name, "image", f"http://fake/{name}", "00"), {"filename": name})
            session.uploads += 1

    @rule(data=st.data())
    def claim(self, data: st.DataObject) -> None:
        session, other = self.a_session(data), self.a_session(data)
        real = self.world.state.sessions[session.session_id]
        if other is session:
            claim = self.world.sessions.claim(real, session.task_id, self.now)
            with self.refused(1001):
                self.world.tokens.authenticate(claim, self.now)
        else:
            with self.refused(400):
                self.world.sessions.claim(real, other.task_id, self.now)

    # --- turns --------------------------------------------------------------------------------------------------------

    @rule(data=st.data(), messages=st.lists(st.tuples(KINDS, BENDINGS), min_size=1, max_size=3))
    def say(self, data: st.DataObject, messages: list[tuple[str, Bending]]) -> None:
        session = self.a_session(data)
        oracle = self.its_account(data, session)
        for kind, bending in messages:
            self.say_one(oracle, session, kind, bending)

    @rule(data=st.data(), kind=KINDS, seconds=st.integers(1, 60))
    def say_and_wait(self, data: st.DataObject, kind: str, seconds: int) -> None:
        session = self.a_session(data)
        self.say_one(session.owner, session, kind, ("none", 0))
        self.go_to(self.now + seconds)

    def say_one(self, oracle: OracleAccount, session: OracleSession, kind: str, bending: Bending) -> None:
        self.tick()
        account = self.real_account(oracle)
        code = 0 if self.oracle.finds(oracle, session, self.now) else 1002
        work = kind_of(kind, has_draft=session.changed_by > 0)
        code = code or self.oracle.refuses_message(session, work)
        if code:
            with self.refused(code, self.finding(session)):
                self.world.turns.accept(account, session.session_id, kind, self.now, bends(bending))
            return
        turn = self.world.turns.accept(account, session.session_id, kind, self.now, bends(bending))
        self.oracle.message(session, turn.turn_id, kind, bending, self.now)
        self.watch()

    @precondition(lambda self: bool(self.turns()))
    @rule(data=st.data())
    def give_a_turn_up(self, data: st.DataObject) -> None:
        self.tick()
        turn = self.one(data, self.turns())
        real = self.world.state.turns[turn.turn_id]
        if turn.state in {"queued", "running"}:
            following = self.world.turns.cancel(real, self.now)
            waiting = [other.turn_id for other in turn.session.turns if other.state == "queued"]
            self.oracle.end(turn, "cancelled", self.now)
            began = [each.turn_id for each in turn.session.turns if each.turn_id in waiting and each.state == "running"]
            assert [following.turn_id] == began if following else not began
        else:
            before = copy.deepcopy(self.world.state)
            with pytest.raises(IllegalMoveError):
                self.world.turns.cancel(real, self.now)
            assert self.world.state == before
        self.watch()

    # --- renders ------------------------------------------------------------------------------------------------------

    @rule(
        data=st.data(),
        length=st.integers(1, 60),
        fate=FATES,
        reuse=st.integers(0, 4),
        ready=st.integers(0, 9),
        encoded=st.sampled_from([None, True, True, False]),
    )
    def export(
        self, data: st.DataObject, length: int, fate: str, reuse: int, ready: int, *, encoded: bool | None
    ) -> None:
        self.tick()
        session = self.a_session(data)
        oracle = self.its_account(data, session)
        tokens = [token for token in self.oracle.tokens.values() if token.account is oracle]
        token = self.one(data, tokens)
        taken = [render for each in oracle.sessions for render in each.renders]
        self.serial += 1
        render_id = self.one(data, taken).render_id if taken and not reuse else f"render_{self.serial}"
        known = next((render for render in taken if render.render_id == render_id), None)
        fated = None if fate == "none" else RenderFault(fate)  # type: ignore[arg-type]  # one of its kinds
        real = self.world.state.tokens[token.value]
        draft = READY if ready else {}

        def submit() -> tuple[Render, bool]:
            return self.world.renders.submit(real, render_id, session.session_id, draft, {}, self.now, length, fated)

        code = 0 if self.oracle.finds(oracle, session, self.now) else 1002
        refuses_known = known is not None and self.profile.duplicate_render == "error"
        code = code or (400 if not ready or refuses_known else 0)
        if code:
            with self.refused(code, self.finding(session)):
                submit()
            return
        render, is_new = submit()
        assert render.render_id == render_id
        assert is_new == (known is None)
        if known is None:
            made = OracleRender(render_id, session, token.value, float(length), fate)  # type: ignore[arg-type]
            self.oracle.submit(made, self.now)
            self.watch()
            if encoded is not None:
                self.encode(made, good=encoded)

    @rule(data=st.data(), lengths=st.lists(st.integers(1, 60), min_size=2, max_size=4))
    def export_several_times(self, data: st.DataObject, lengths: list[int]) -> None:
        session = self.a_session(data)
        token = self.one(data, [token for token in self.oracle.tokens.values() if token.account is session.owner])
        for length in lengths:
            self.tick()
            if not self.oracle.finds(session.owner, session, self.now):
                return
            self.serial += 1
            name = f"render_{self.serial}"
            real = self.world.state.tokens[token.value]
            self.world.renders.submit(real, name, session.session_id, READY, {}, self.now, length)
            made = OracleRender(name, session, token.value, float(length), "none")
            self.oracle.submit(made, self.now)
            self.watch()
            self.encode(made, good=True)
        self.go_to(self.now + lengths[0])

    @precondition(lambda self: any(render.encoded is None for render in self.renders()))
    @rule(data=st.data(), good=st.booleans())
    def an_encode_ends(self, data: st.DataObject, *, good: bool) -> None:
        self.encode(self.one(data, [each for each in self.renders() if each.encoded is None]), good=good)

    def encode(self, render: OracleRender, *, good: bool) -> None:
        self.tick()
        name = f"{render.session.owner.user_id}.{render.render_id}"
        outcome = RenderFile(name, 1000, 3.0, 1080, 1920, "stub") if good else "The photo is broken."
        self.world.renders.finish_encode(self.real_render(render), outcome, self.now)
        render.encoded, render.encoded_at = "file" if good else "broken", self.now
        self.oracle.live(self.now)
        self.watch()

    @precondition(lambda self: bool(self.renders()))
    @rule(data=st.data())
    def cancel_an_export(self, data: st.DataObject) -> None:
        self.tick()
        render = self.one(data, self.renders())
        if render.state == "open":
            self.world.renders.cancel(self.real_render(render), self.now)
            self.oracle.finish_render(render, "failed", self.now)
        else:
            with self.refused(400):
                self.world.renders.cancel(self.real_render(render), self.now)
        self.watch()

    @precondition(lambda self: bool(self.renders()))
    @rule(data=st.data())
    def ask_for_an_export(self, data: st.DataObject) -> None:
        render_id = self.one(data, self.renders()).render_id
        token = self.a_token(data)
        real = self.world.state.tokens[token.value]
        render = self.oracle.find_render(token, render_id)
        if render is None or render.fate == "lost":
            with self.refused(404):
                self.world.renders.get(real, render_id)
        else:
            assert self.world.renders.get(real, render_id) is self.real_render(render)

    # --- what is always true ------------------------------------------------------------------------------------------

    @invariant()
    def credits_are_conserved(self) -> None:
        assert set(self.world.state.accounts) == set(self.oracle.accounts)
        for oracle in self.oracle.accounts.values():
            account = self.world.state.accounts[oracle.user_id]
            assert (account.available, account.frozen) == (oracle.free(), oracle.aside())
            assert account.available + account.frozen == account.total == oracle.left
            assert account.available >= 0

    @invariant()
    def turns_are_where_they_should_be(self) -> None:
        assert set(self.world.state.turns) == {turn.turn_id for turn in self.turns()}
        for oracle in self.turns():
            turn: Turn = self.world.state.turns[oracle.turn_id]
            assert turn.state.value == oracle.state.removeprefix("paid_")
            assert [TOLD[type(record)] for record in turn.sent] == oracle.told
            assert oracle.state == "queued" or oracle.told == [] or turn.started_at == oracle.began

    @invariant()
    def sessions_hold_what_was_put_into_them(self) -> None:
        assert set(self.world.state.sessions) == set(self.oracle.sessions)
        for oracle in self.oracle.sessions.values():
            session = self.world.state.sessions[oracle.session_id]
            assert session.user_id == oracle.owner.user_id
            assert session.turns == [turn.turn_id for turn in oracle.turns]
            assert session.open == [turn.turn_id for turn in oracle.at_work()]
            assert [media.filename for media in session.media] == [f"{n}.jpg" for n in range(oracle.uploads)]
            assert len(session.video_infos) == oracle.uploads
            assert session.edit_state == ({"turn": oracle.changed_by} if oracle.changed_by else {})
            assert (session.draft is not None) == bool(oracle.changed_by)
            assert len(session.generated_media) == oracle.generated
            running = [turn for turn in oracle.turns if self.world.state.turns[turn.turn_id].state == "running"]
            assert len(running) <= 1 or self.profile.busy == "concurrent"
            assert running or not session.open

    @invariant()
    def renders_are_where_they_should_be(self) -> None:
        for oracle in self.renders():
            render = self.real_render(oracle)
            open_states = {RenderStatus.PENDING, RenderStatus.PROCESSING}
            assert render.status in open_states if oracle.state == "open" else render.status == oracle.state
            assert render.finished_at == oracle.ended
            assert render.waiting == (oracle.began is None) or oracle.state != "open"
            assert (render.progress(self.now) == 100) == (oracle.state == "completed")
            assert 5 <= render.progress(self.now) <= 100
            exported = self.world.renders.find_by_file(f"{render.user_id}.{render.render_id}")
            assert (exported is render) == (oracle.state == "completed")
        if self.profile.render_queue == "session":
            for session in self.oracle.sessions.values():
                active = [each for each in map(self.real_render, session.renders) if not each.finished]
                assert sum(not render.waiting for render in active) == bool(active)

    @invariant()
    def the_agenda_is_of_the_future(self) -> None:
        due = self.world.schedule.next_due()
        assert due is None or due > self.now or due == min(entry[0] for entry in self.world.state.agenda)
        assert [entry for entry in self.world.state.agenda if entry[0] <= self.now] == []


@pytest.mark.hypothesis  # `scripts/fuzz properties` finds it, like all tests under @given
@pytest.mark.timeout(HANG_S + STEPS // 10)
def test_whatever_callers_do_the_world_does_what_the_oracle_says() -> None:
    run_state_machine_as_test(
        Callers,
        settings=settings(
            max_examples=max(1, STEPS // STEPS_EACH),
            stateful_step_count=STEPS_EACH,
        ),
    )

"""The world's rules, without a clock, an agent or a network."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from nemovideo_contract import wire
from nemovideo_contract.draft import Draft
from nemovideo_contract.wire import Code, RenderStatus
from nemovideo_mock.agent.plan import Beat, Change, Json, Plan, SessionView, Text, ToolCall, ToolResult, Work
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.ids import Chance
from nemovideo_mock.world import (
    RENDER_MOVES,
    TURN_MOVES,
    Account,
    IllegalMoveError,
    Render,
    RenderFile,
    TurnState,
    World,
)

DRAFT: Draft = {
    "t": [{"tt": 0, "sg": [{"id": "sg_1", "s": 0, "d": 3000, "m": {"name": "cat"}}]}],
    "d": 3000,
    "m": {"title": "", "width": 1080, "height": 1920, "fps": 30},
}
READY: Json = dict(DRAFT)
FILE = RenderFile("name", 1000, 3.0, 1080, 1920, "stub")


def planner(message: str, view: SessionView) -> Plan:
    """A turn whose kind is the message's first word: a text, a tool that leaves a draft behind, a text."""
    work: Work = "generate" if message.startswith("generate") else "talk" if message.startswith("talk") else "assemble"
    change = None if work == "talk" else Change({"turn": view.number}, DRAFT)
    beats = (
        Beat(1.0, Text("Working on it.")),
        Beat(2.0, ToolCall("c1", wire.TOOL_EDIT, {})),
        Beat(8.0, ToolResult("c1", wire.TOOL_EDIT, {"ok": True}), change),
        Beat(9.0, Text("Done.")),
    )
    return Plan(work, beats, 10.0)


def world() -> tuple[World, Account]:
    made = World(Chance("0"), planner)
    _, account = made.issue_anonymous_token("client-1", 0.0)
    return made, account


def play(made: World, until: float) -> list[float]:
    """Let everything happen that is due by then; the answer says when."""
    times: list[float] = []
    while (due := made.next_due()) is not None and due <= until:
        assert made.step(due) is not None
        times.append(due)
    return times


def refusal(error: pytest.ExceptionInfo[ServiceError]) -> Code:
    return error.value.code


def test_a_token_has_the_documented_form_and_lasts_seven_days() -> None:
    made = World(Chance("0"), planner)
    token, account = made.issue_anonymous_token("client-1", 100.0)
    assert token.value.startswith("nmv_usr_")
    assert len(token.value) == len("nmv_usr_") + 43
    assert account.user_id.startswith("anon_")
    assert len(account.user_id) == len("anon_") + 16
    assert token.expires_at == 100.0 + 7 * 24 * 3600
    assert made.authenticate(token.value, token.expires_at - 1) is account
    with pytest.raises(ServiceError) as error:
        made.authenticate(token.value, token.expires_at)
    assert refusal(error) is Code.TOKEN_INVALID


@pytest.mark.parametrize("client_id", ["", "x" * 65])
def test_a_client_id_that_is_missing_or_too_long_is_a_bad_request(client_id: str) -> None:
    made = World(Chance("0"), planner)
    with pytest.raises(ServiceError) as error:
        made.issue_anonymous_token(client_id, 0.0)
    assert refusal(error) is Code.BAD_REQUEST
    assert made.accounts == {}


def test_the_same_client_keeps_its_account_and_what_is_left_on_it() -> None:
    made, account = world()
    session = made.create_session(account, "project", "en", 0.0)
    made.accept_turn(account, session.session_id, "edit", 0.0)
    play(made, 100.0)
    token, again = made.issue_anonymous_token("client-1", 7 * 24 * 3600.0)
    assert again is account
    assert again.available == 50
    assert made.authenticate(token.value, 7 * 24 * 3600.0) is account


def test_ids_repeat_with_the_seed_and_differ_without() -> None:
    def ids(seed: str) -> tuple[str, str, str]:
        made = World(Chance(seed), planner)
        token, account = made.issue_anonymous_token("client-1", 0.0)
        session = made.create_session(account, "project", "en", 0.0)
        return token.value, session.session_id, session.task_id

    assert ids("1") == ids("1")
    assert not set(ids("1")) & set(ids("2"))


def test_a_session_id_is_nineteen_digits_and_each_call_makes_another() -> None:
    made, account = world()
    sessions = [made.create_session(account, "project", "en", 0.0) for _ in range(50)]
    assert all(len(session.session_id) == 19 and session.session_id.isdecimal() for session in sessions)
    assert len({session.session_id for session in sessions}) == 50
    assert len({session.task_id for session in sessions}) == 50


def test_the_session_of_somebody_else_is_not_found() -> None:
    made, account = world()
    session = made.create_session(account, "project", "en", 0.0)
    _, stranger = made.issue_anonymous_token("client-2", 0.0)
    with pytest.raises(ServiceError) as error:
        made.session(stranger, session.session_id)
    assert refusal(error) is Code.SESSION_NOT_FOUND
    with pytest.raises(ServiceError) as error:
        made.check_user(stranger, account.user_id)
    assert refusal(error) is Code.SESSION_NOT_FOUND


def test_a_turn_happens_in_its_plans_time_and_leaves_its_draft_when_the_tool_is_done() -> None:
    made, account = world()
    session = made.create_session(account, "project", "en", 0.0)
    turn = made.accept_turn(account, session.session_id, "edit", 100.0)
    assert play(made, 107.0) == [101.0, 102.0]
    drafts = [session.draft]
    assert play(made, 108.0) == [108.0]
    drafts.append(session.draft)
    assert drafts == [None, DRAFT]
    states = [turn.state]
    assert play(made, 200.0) == [109.0, 110.0]
    states.append(turn.state)
    assert states == [TurnState.RUNNING, TurnState.DONE]
    assert [type(record) for record in turn.sent] == [Text, ToolCall, ToolResult, Text]


def test_speed_divides_the_service_time() -> None:
    made = World(Chance("0"), planner, pace=0.1)
    _, account = made.issue_anonymous_token("client-1", 0.0)
    session = made.create_session(account, "project", "en", 0.0)
    made.accept_turn(account, session.session_id, "edit", 0.0)
    assert play(made, 100.0) == pytest.approx([0.1, 0.2, 0.8, 0.9, 1.0])


def test_credits_are_frozen_while_a_turn_runs_and_gone_when_it_is_done() -> None:
    made, account = world()
    session = made.create_session(account, "project", "en", 0.0)
    made.accept_turn(account, session.session_id, "edit", 0.0)
    assert (account.available, account.frozen, account.total) == (50, 50, 100)
    play(made, 100.0)
    assert (account.available, account.frozen, account.total) == (50, 0, 50)


def test_the_first_assembly_of_a_session_costs_and_later_ones_and_talk_are_free() -> None:
    made, account = world()
    session = made.create_session(account, "project", "en", 0.0)
    prices = [made.accept_turn(account, session.session_id, message, 0.0).price for message in ("talk", "edit", "edit")]
    assert prices == [0, 50, 0]


def test_what_cant_be_paid_is_refused_before_anything_happens() -> None:
    made, account = world()
    session = made.create_session(account, "project", "en", 0.0)
    made.accept_turn(account, session.session_id, "edit", 0.0)
    with pytest.raises(ServiceError) as error:
        made.accept_turn(account, session.session_id, "generate", 0.0)
    assert refusal(error) is Code.INSUFFICIENT_CREDITS
    assert len(session.turns) == 1
    assert (account.available, account.frozen) == (50, 50)


def test_a_second_message_queues_behind_the_first_and_builds_on_it() -> None:
    made, account = world()
    session = made.create_session(account, "project", "en", 0.0)
    first = made.accept_turn(account, session.session_id, "edit one", 0.0)
    second = made.accept_turn(account, session.session_id, "edit two", 1.0)
    assert [turn.state for turn in (first, second)] == [TurnState.RUNNING, TurnState.QUEUED]
    play(made, 10.0)
    assert [turn.state for turn in (first, second)] == [TurnState.DONE, TurnState.RUNNING]
    assert second.started_at == 10.0
    play(made, 100.0)
    assert session.brief == {"turn": 2}


def submit(made: World, account: Account, render_id: str = "render_1", now: float = 0.0) -> Render:
    session = next(iter(made.sessions.values()), None) or made.create_session(account, "project", "en", now)
    return made.submit_render(account, render_id, session.session_id, READY, {}, now, 60.0)


def test_a_render_goes_from_pending_through_processing_to_completed_when_it_is_due() -> None:
    made, account = world()
    render = submit(made, account)
    assert (render.status, render.progress(0.0)) == (RenderStatus.PENDING, 5)
    made.render_encoded(render, FILE, 1.0)
    statuses = [render.status]
    play(made, 30.0)
    statuses.append(render.status)
    assert statuses == [RenderStatus.PENDING, RenderStatus.PROCESSING]
    assert 5 < render.progress(30.0) < 100
    play(made, 60.0)
    assert (render.status, render.progress(60.0), render.finished_at) == (RenderStatus.COMPLETED, 100, 60.0)


def test_a_render_whose_encode_is_late_completes_when_the_encode_is_done() -> None:
    made, account = world()
    render = submit(made, account)
    play(made, 1000.0)
    assert (render.status, render.progress(1000.0)) == (RenderStatus.PROCESSING, 99)
    made.render_encoded(render, FILE, 1001.0)
    assert (render.status, render.finished_at) == (RenderStatus.COMPLETED, 1001.0)


def test_a_render_whose_encode_fails_shows_that_when_it_is_due() -> None:
    made, account = world()
    render = submit(made, account)
    made.render_encoded(render, "The photo is broken.", 1.0)
    play(made, 59.0)
    assert render.status is RenderStatus.PROCESSING
    play(made, 60.0)
    assert (render.status, render.error) == (RenderStatus.FAILED, "The photo is broken.")


def test_a_cancelled_render_has_failed_and_stays_so_whatever_comes_later() -> None:
    made, account = world()
    render = submit(made, account)
    made.cancel_render(render, 5.0)
    made.render_encoded(render, FILE, 6.0)
    play(made, 100.0)
    assert (render.status, render.error, render.file) == (RenderStatus.FAILED, "cancelled", None)
    with pytest.raises(ServiceError):
        made.cancel_render(render, 101.0)


EMPTY: list[Json] = [{}, {"t": []}, {"t": [{"tt": 0, "sg": []}]}, {"t": None}]


@pytest.mark.parametrize("draft", EMPTY)
def test_an_empty_draft_is_refused(draft: Json) -> None:
    made, account = world()
    session = made.create_session(account, "project", "en", 0.0)
    with pytest.raises(ServiceError) as error:
        made.submit_render(account, "render_1", session.session_id, draft, {}, 0.0, 60.0)
    assert refusal(error) is Code.BAD_REQUEST
    assert made.renders == {}


def test_a_render_id_is_unique_within_an_account_and_unknown_in_another() -> None:
    made, account = world()
    submit(made, account)
    with pytest.raises(ServiceError):
        submit(made, account)
    _, stranger = made.issue_anonymous_token("client-2", 0.0)
    with pytest.raises(ServiceError) as error:
        made.render(stranger, "render_1")
    assert refusal(error) is Code.NOT_FOUND


def test_a_claim_token_wants_the_sessions_own_task() -> None:
    made, account = world()
    session = made.create_session(account, "project", "en", 0.0)
    assert made.claim(account, session.session_id, session.task_id, 0.0).startswith("clm_")
    with pytest.raises(ServiceError):
        made.claim(account, session.session_id, "task_other", 0.0)


@pytest.mark.parametrize("state", list(TurnState))
@pytest.mark.parametrize("verb", ["begin", "finish"])
def test_a_turn_refuses_every_move_that_its_table_lacks_and_stays_as_it_is(state: TurnState, verb: str) -> None:
    made, account = world()
    session = made.create_session(account, "project", "en", 0.0)
    turn = made.accept_turn(account, session.session_id, "talk", 0.0)
    turn.state = state
    if (state, verb) in TURN_MOVES:
        made._move_turn(turn, verb)
        assert turn.state is TURN_MOVES[state, verb]
    else:
        with pytest.raises(IllegalMoveError):
            made._move_turn(turn, verb)
        assert turn.state is state


@pytest.mark.parametrize("status", list(RenderStatus))
@pytest.mark.parametrize("verb", ["begin", "complete", "fail"])
def test_a_render_refuses_every_move_that_its_table_lacks_and_stays_as_it_is(status: RenderStatus, verb: str) -> None:
    made, account = world()
    render = submit(made, account)
    render.status = status
    if (status, verb) in RENDER_MOVES:
        made._move_render(render, verb)
        assert render.status is RENDER_MOVES[status, verb]
    else:
        with pytest.raises(IllegalMoveError):
            made._move_render(render, verb)
        assert render.status is status


class Accounts(RuleBasedStateMachine):
    """Whatever callers do, credits are conserved and nothing goes backwards."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(Chance("0"), planner)
        self.now = 0.0
        self.spent: dict[str, int] = {}
        self.statuses: dict[str, list[RenderStatus]] = {}

    @rule(client=st.integers(1, 3))
    def arrive(self, client: int) -> None:
        self.world.issue_anonymous_token(f"client-{client}", self.now)

    @precondition(lambda self: bool(self.world.accounts))
    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        account = data.draw(st.sampled_from(list(self.world.accounts.values())))
        self.world.create_session(account, "project", "en", self.now)

    @precondition(lambda self: bool(self.world.sessions))
    @rule(data=st.data(), message=st.sampled_from(["talk", "edit", "generate"]))
    def say(self, data: st.DataObject, message: str) -> None:
        session = data.draw(st.sampled_from(list(self.world.sessions.values())))
        account = self.world.accounts[session.user_id]
        before = account.available
        work: Work = planner(message, session.view(1)).work
        if self.world.price(session, work) > before:
            with pytest.raises(ServiceError) as error:
                self.world.accept_turn(account, session.session_id, message, self.now)
            assert refusal(error) is Code.INSUFFICIENT_CREDITS
            assert account.available == before
        else:
            turn = self.world.accept_turn(account, session.session_id, message, self.now)
            self.spent[account.user_id] = self.spent.get(account.user_id, 0) + turn.price

    @precondition(lambda self: bool(self.world.sessions))
    @rule(data=st.data(), ok=st.booleans())
    def export(self, data: st.DataObject, ok: bool) -> None:  # noqa: FBT001 - hypothesis calls by name
        session = data.draw(st.sampled_from(list(self.world.sessions.values())))
        account = self.world.accounts[session.user_id]
        render_id = f"render_{len(self.world.renders)}"
        render = self.world.submit_render(account, render_id, session.session_id, READY, {}, self.now, 60.0)
        self.world.render_encoded(render, FILE if ok else "broken", self.now)

    @precondition(lambda self: any(not render.finished for render in self.world.renders.values()))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        render = data.draw(st.sampled_from([each for each in self.world.renders.values() if not each.finished]))
        self.world.cancel_render(render, self.now)

    @rule(seconds=st.integers(0, 100))
    def wait(self, seconds: int) -> None:
        play(self.world, self.now + seconds)
        self.now += seconds

    @invariant()
    def credits_are_conserved(self) -> None:
        for account in self.world.accounts.values():
            running = sum(
                turn.price
                for turn in self.world.turns.values()
                if not turn.closed and self.world.sessions[turn.session_id].user_id == account.user_id
            )
            assert account.frozen == running
            assert account.available >= 0
            assert account.available == 100 - self.spent.get(account.user_id, 0)

    @invariant()
    def one_turn_a_session_runs_and_a_queue_never_waits_for_nothing(self) -> None:
        for session in self.world.sessions.values():
            states = [self.world.turns[turn_id].state for turn_id in session.turns]
            assert states.count(TurnState.RUNNING) <= 1
            assert TurnState.RUNNING in states or TurnState.QUEUED not in states

    @invariant()
    def renders_only_move_forward(self) -> None:
        order = list(RenderStatus)
        for (_, render_id), render in self.world.renders.items():
            seen = self.statuses.setdefault(render_id, [])
            if not seen or seen[-1] is not render.status:
                assert not seen or order.index(render.status) > order.index(seen[-1])
                assert not seen or seen[-1] not in {RenderStatus.COMPLETED, RenderStatus.FAILED}
                seen.append(render.status)


TestAccounts = Accounts.TestCase
TestAccounts.settings = settings(max_examples=60, stateful_step_count=40)

"""A message becomes a turn that runs in its time, and waits for other turns as the profile says."""

from __future__ import annotations

import pytest

from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import Code
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import Failure, Plan, SessionView, Text, ToolCall, ToolResult
from nemovideo_mock.world import IllegalMoveError, TurnFault, TurnState, World, WorldSettings

from .stage import DRAFT, arrive, plan, play, refused, unchanged, world


def test_a_turn_happens_in_its_plans_time_and_leaves_its_draft_when_the_tool_is_done() -> None:
    made = world()
    _, account, session = arrive(made)
    turn = made.turns.accept(account, session.session_id, "edit", 100.0)
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
    made = world(pace=0.1)
    _, account, session = arrive(made)
    made.turns.accept(account, session.session_id, "edit", 0.0)
    assert play(made, 100.0) == pytest.approx([0.1, 0.2, 0.8, 0.9, 1.0])


def test_a_generation_leaves_its_media_and_a_talk_leaves_nothing() -> None:
    made = world()
    _, account, session = arrive(made)
    made.turns.accept(account, session.session_id, "talk", 0.0)
    play(made, 50.0)
    assert (session.draft, session.edit_state, session.generated_media) == (None, {}, [])
    made.turns.accept(account, session.session_id, "generate", 50.0)
    play(made, 100.0)
    assert (session.draft, session.edit_state, session.generated_media) == (DRAFT, {"turn": 2}, [{"turn": 2}])


def test_a_second_message_queues_behind_the_first_and_builds_on_it() -> None:
    seen: list[tuple[str, SessionView]] = []

    def planner(message: str, view: SessionView, profile: Profile) -> Plan:
        seen.append((message, view))
        return plan(message, view, profile)

    made = World(WorldSettings(Chance("0")), planner)
    _, account, session = arrive(made)
    first = made.turns.accept(account, session.session_id, "edit one", 0.0)
    second = made.turns.accept(account, session.session_id, "edit two", 1.0)
    assert [turn.state for turn in (first, second)] == [TurnState.RUNNING, TurnState.QUEUED]
    play(made, 10.0)
    assert [turn.state for turn in (first, second)] == [TurnState.DONE, TurnState.RUNNING]
    assert second.started_at == 10.0
    message, view = seen[-1]
    assert (message, view.number, view.edit_state, view.draft) == ("edit two", 2, {"turn": 1}, DRAFT)
    play(made, 100.0)
    assert session.edit_state == {"turn": 2}
    assert session.open == []


def test_a_queue_is_served_in_the_order_of_coming() -> None:
    made = world()
    _, account, session = arrive(made)
    turns = [made.turns.accept(account, session.session_id, "talk", float(number) / 10) for number in range(5)]
    play(made, 100.0)
    assert [turn.started_at for turn in turns] == [0.0, 2.0, 4.0, 6.0, 8.0]


def test_sessions_do_not_wait_for_each_other() -> None:
    made = world()
    _, account, session = arrive(made)
    other = made.sessions.create(account, "project", "en", 0.0)
    turns = [made.turns.accept(account, each.session_id, "talk", 0.0) for each in (session, other)]
    assert [turn.state for turn in turns] == [TurnState.RUNNING, TurnState.RUNNING]


def test_a_busy_session_refuses_where_the_profile_says_so_and_takes_the_next_when_it_is_done() -> None:
    made = world(busy="refuse")
    _, account, session = arrive(made)
    made.turns.accept(account, session.session_id, "talk", 0.0)
    play(made, 1.5)
    made.sessions.get(account, session.session_id, 1.5)
    with refused(Code.BUSY), unchanged(made):
        made.turns.accept(account, session.session_id, "talk", 1.5)
    play(made, 2.0)
    assert made.turns.accept(account, session.session_id, "talk", 2.0).state is TurnState.RUNNING


def test_turns_run_side_by_side_where_the_profile_says_so() -> None:
    made = world(busy="concurrent")
    _, account, session = arrive(made)
    turns = [made.turns.accept(account, session.session_id, "edit", float(number)) for number in range(3)]
    assert [turn.state for turn in turns] == [TurnState.RUNNING] * 3
    assert made.turns.find_running(session) is turns[0]
    play(made, 10.0)
    assert [turn.state for turn in turns] == [TurnState.DONE, TurnState.RUNNING, TurnState.RUNNING]
    play(made, 12.0)
    assert made.turns.find_running(session) is None
    assert session.edit_state == {"turn": 3}


def test_a_cancelled_turn_keeps_what_it_has_done_and_gives_its_credits_back() -> None:
    made = world()
    _, account, session = arrive(made)
    turn = made.turns.accept(account, session.session_id, "edit", 0.0)
    play(made, 8.0)
    assert made.turns.cancel(turn, 8.5) is None
    assert (turn.state, session.draft, session.open) == (TurnState.CANCELLED, DRAFT, [])
    assert (account.available, account.frozen) == (100, 0)
    play(made, 100.0)
    assert [type(record) for record in turn.sent] == [Text, ToolCall, ToolResult]


def test_a_cancelled_turn_makes_way_for_the_next_at_once() -> None:
    made = world()
    _, account, session = arrive(made)
    first, second = (made.turns.accept(account, session.session_id, "edit", 0.0) for _ in range(2))
    assert made.turns.cancel(first, 3.0) is second
    assert (second.state, second.started_at) == (TurnState.RUNNING, 3.0)
    assert play(made, 100.0)[-1] == 13.0


def test_a_cancelled_turn_that_only_waited_changes_nothing_for_the_one_that_runs() -> None:
    made = world()
    _, account, session = arrive(made)
    first, second, third = (made.turns.accept(account, session.session_id, "talk", 0.0) for _ in range(3))
    assert made.turns.cancel(second, 1.0) is None
    assert [turn.state for turn in (first, second, third)] == [
        TurnState.RUNNING,
        TurnState.CANCELLED,
        TurnState.QUEUED,
    ]
    play(made, 100.0)
    assert (second.sent, third.started_at) == ([], 2.0)


@pytest.mark.parametrize("bend", [None, TurnFault("fails")])
def test_a_turn_that_is_over_cant_be_cancelled(bend: TurnFault | None) -> None:
    made = world()
    _, account, session = arrive(made)
    turn = made.turns.accept(account, session.session_id, "edit", 0.0, [bend] if bend else [])
    play(made, 100.0)
    with pytest.raises(IllegalMoveError), unchanged(made):
        made.turns.cancel(turn, 100.0)
    assert account.frozen == 0


def test_a_stuck_turn_holds_its_queue_until_it_is_cancelled() -> None:
    made = world()
    _, account, session = arrive(made)
    stuck = made.turns.accept(account, session.session_id, "edit", 0.0, [TurnFault("stuck", after=2)])
    waiting = made.turns.accept(account, session.session_id, "talk", 0.0)
    assert play(made, 10_000.0) == [1.0, 2.0]
    assert [turn.state for turn in (stuck, waiting)] == [TurnState.RUNNING, TurnState.QUEUED]
    assert (account.available, account.frozen) == (50, 50)
    made.turns.cancel(stuck, 10_000.0)
    assert waiting.state is TurnState.RUNNING


def test_records_are_given_up_only_when_a_turn_is_closed() -> None:
    made = world()
    _, account, session = arrive(made)
    turn = made.turns.accept(account, session.session_id, "edit", 0.0)
    play(made, 5.0)
    made.turns.forget_records(turn)
    assert len(turn.sent) == 2
    play(made, 100.0)
    made.turns.forget_records(turn)
    assert (turn.sent, turn.plan, turn.played) == ([], None, 4)


def test_the_next_of_a_queue_begins_when_a_profile_has_changed_to_side_by_side_meanwhile() -> None:
    made = world()
    _, account, session = arrive(made)
    first, second = (made.turns.accept(account, session.session_id, "talk", 0.0) for _ in range(2))
    made.settings.profile = made.settings.profile.replace({"busy": "concurrent"})
    third = made.turns.accept(account, session.session_id, "talk", 1.0)
    assert [turn.state for turn in (first, second, third)] == [TurnState.RUNNING, TurnState.QUEUED, TurnState.RUNNING]
    play(made, 100.0)
    assert [turn.state for turn in (first, second, third)] == [TurnState.DONE] * 3
    assert second.started_at == 3.0


def reshaping(message: str, view: SessionView, profile: Profile) -> Plan:
    """Plan like the stage's agent; a message about the shape is talk without a draft, and an edit with one."""
    if message == "reshape":
        message = "edit" if view.draft is not None else "talk"
    return plan(message, view, profile)


def test_an_edit_after_one_that_fails_pays_its_own_price() -> None:
    made = world()
    _, account, session = arrive(made)
    failing = made.turns.accept(account, session.session_id, "edit", 0.0, [TurnFault("fails")])
    waiting = made.turns.accept(account, session.session_id, "edit", 0.0)
    assert (waiting.price, account.frozen) == (0, 50)
    play(made, 100.0)
    assert [turn.state for turn in (failing, waiting)] == [TurnState.FAILED, TurnState.DONE]
    assert (failing.price, waiting.price, account.available, account.frozen) == (0, 50, 50, 0)


def test_a_turn_is_priced_by_the_work_that_it_is_when_it_begins() -> None:
    made = World(WorldSettings(Chance("0")), reshaping)
    _, account, session = arrive(made)
    account.available = 150
    made.turns.accept(account, session.session_id, "generate", 0.0)
    waiting = made.turns.accept(account, session.session_id, "reshape", 0.0)
    assert (waiting.work, waiting.price) == ("talk", 0)
    play(made, 100.0)
    assert (waiting.work, waiting.price, waiting.state) == ("assemble", 50, TurnState.DONE)
    assert (account.available, account.frozen) == (0, 0)


def test_a_turn_that_cant_be_paid_when_it_begins_fails_before_it_does_anything_and_lets_the_next_begin() -> None:
    made = World(WorldSettings(Chance("0")), reshaping)
    _, account, session = arrive(made)
    made.turns.accept(account, session.session_id, "generate", 0.0)
    poor, talk = (made.turns.accept(account, session.session_id, message, 0.0) for message in ("reshape", "talk"))
    draft_by = play(made, 10.0) and session.edit_state
    play(made, 100.0)
    assert (poor.state, poor.price, session.edit_state) == (TurnState.FAILED, 0, draft_by)
    assert [record.code for record in poor.sent if isinstance(record, Failure)] == [2001]
    assert len(poor.sent) == 1
    assert (talk.state, talk.started_at) == (TurnState.DONE, 10.0)
    assert (account.available, account.frozen) == (0, 0)


def test_an_edit_behind_one_whose_credits_ran_out_is_not_bought_by_that() -> None:
    made = world()
    _, account, session = arrive(made)
    made.turns.accept(account, session.session_id, "edit", 0.0, [TurnFault("fails", 2, 2001)])
    waiting = made.turns.accept(account, session.session_id, "edit", 0.0)
    play(made, 100.0)
    assert (waiting.price, waiting.state, account.total) == (50, TurnState.DONE, 0)


def test_credits_that_a_queued_turn_no_longer_needs_are_released() -> None:
    made = world()
    _, account, session = arrive(made)
    account.available = 200
    first = made.turns.accept(account, session.session_id, "generate", 0.0)
    edits = [made.turns.accept(account, session.session_id, "edit", 0.0) for _ in range(2)]
    assert account.frozen == 150
    made.turns.cancel(first, 1.0)
    play(made, 100.0)
    assert [turn.price for turn in edits] == [50, 0]
    assert (account.available, account.frozen) == (150, 0)


@pytest.mark.parametrize("other", ["fails", "done", "cancelled", "stuck"])
def test_edits_side_by_side_are_paid_once_whichever_of_them_is_done(other: str) -> None:
    made = world(busy="concurrent")
    _, account, session = arrive(made)
    bends = [TurnFault("fails", 3)] if other == "fails" else [TurnFault("stuck", 3)] if other == "stuck" else []
    first = made.turns.accept(account, session.session_id, "edit", 0.0, bends)
    second = made.turns.accept(account, session.session_id, "edit", 1.0)
    assert (account.available, account.frozen) == (50, 50)
    play(made, 5.0)
    if other == "cancelled":
        made.turns.cancel(first, 5.0)
    play(made, 100.0)
    assert second.state is TurnState.DONE
    assert (account.available, account.frozen) == (50, 0)
    if other == "stuck":
        made.turns.cancel(first, 100.0)
        assert (account.available, account.frozen) == (50, 0)

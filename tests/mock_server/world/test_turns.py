"""A message becomes a turn that is played in its time, whoever listens, and waits for others as the profile has it."""

from __future__ import annotations

import pytest

from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import Code
from nemovideo_mock.agent.plan import Plan, SessionView, Text, ToolCall, ToolResult
from nemovideo_mock.ids import Chance
from nemovideo_mock.world import Bend, IllegalMoveError, TurnState, World

from .stage import DRAFT, arrive, plan, play, refused, unchanged, world


def test_a_turn_happens_in_its_plans_time_and_leaves_its_draft_when_the_tool_is_done() -> None:
    made = world()
    _, account, session = arrive(made)
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
    made = world(pace=0.1)
    _, account, session = arrive(made)
    made.accept_turn(account, session.session_id, "edit", 0.0)
    assert play(made, 100.0) == pytest.approx([0.1, 0.2, 0.8, 0.9, 1.0])


def test_a_generation_leaves_its_media_and_a_talk_leaves_nothing() -> None:
    made = world()
    _, account, session = arrive(made)
    made.accept_turn(account, session.session_id, "talk", 0.0)
    play(made, 50.0)
    assert (session.draft, session.brief, session.generated_media) == (None, {}, [])
    made.accept_turn(account, session.session_id, "generate", 50.0)
    play(made, 100.0)
    assert (session.draft, session.brief, session.generated_media) == (DRAFT, {"turn": 2}, [{"turn": 2}])


def test_a_second_message_queues_behind_the_first_and_builds_on_it() -> None:
    seen: list[tuple[str, SessionView]] = []

    def planner(message: str, view: SessionView, profile: Profile) -> Plan:
        seen.append((message, view))
        return plan(message, view, profile)

    made = World(Chance("0"), planner)
    _, account, session = arrive(made)
    first = made.accept_turn(account, session.session_id, "edit one", 0.0)
    second = made.accept_turn(account, session.session_id, "edit two", 1.0)
    assert [turn.state for turn in (first, second)] == [TurnState.RUNNING, TurnState.QUEUED]
    play(made, 10.0)
    assert [turn.state for turn in (first, second)] == [TurnState.DONE, TurnState.RUNNING]
    assert second.started_at == 10.0
    message, view = seen[-1]
    assert (message, view.number, view.brief, view.draft) == ("edit two", 2, {"turn": 1}, DRAFT)
    play(made, 100.0)
    assert session.brief == {"turn": 2}
    assert session.open == []


def test_a_queue_is_served_in_the_order_of_coming() -> None:
    made = world()
    _, account, session = arrive(made)
    turns = [made.accept_turn(account, session.session_id, "talk", float(number) / 10) for number in range(5)]
    play(made, 100.0)
    assert [turn.started_at for turn in turns] == [0.0, 2.0, 4.0, 6.0, 8.0]


def test_sessions_do_not_wait_for_each_other() -> None:
    made = world()
    _, account, session = arrive(made)
    other = made.create_session(account, "project", "en", 0.0)
    turns = [made.accept_turn(account, each.session_id, "talk", 0.0) for each in (session, other)]
    assert [turn.state for turn in turns] == [TurnState.RUNNING, TurnState.RUNNING]


def test_a_busy_session_refuses_where_the_profile_says_so_and_takes_the_next_when_it_is_done() -> None:
    made = world(busy="refuse")
    _, account, session = arrive(made)
    made.accept_turn(account, session.session_id, "talk", 0.0)
    play(made, 1.5)
    made.session(account, session.session_id, 1.5)
    with refused(Code.BUSY), unchanged(made):
        made.accept_turn(account, session.session_id, "talk", 1.5)
    play(made, 2.0)
    assert made.accept_turn(account, session.session_id, "talk", 2.0).state is TurnState.RUNNING


def test_turns_run_side_by_side_where_the_profile_says_so() -> None:
    made = world(busy="concurrent")
    _, account, session = arrive(made)
    turns = [made.accept_turn(account, session.session_id, "edit", float(number)) for number in range(3)]
    assert [turn.state for turn in turns] == [TurnState.RUNNING] * 3
    assert made.running_turn(session) is turns[0]
    play(made, 10.0)
    assert [turn.state for turn in turns] == [TurnState.DONE, TurnState.RUNNING, TurnState.RUNNING]
    play(made, 12.0)
    assert made.running_turn(session) is None
    assert session.brief == {"turn": 3}


def test_a_cancelled_turn_keeps_what_it_has_done_and_gives_its_credits_back() -> None:
    made = world()
    _, account, session = arrive(made)
    turn = made.accept_turn(account, session.session_id, "edit", 0.0)
    play(made, 8.0)
    assert made.cancel_turn(turn, 8.5) is None
    assert (turn.state, session.draft, session.open) == (TurnState.CANCELLED, DRAFT, [])
    assert (account.available, account.frozen) == (100, 0)
    play(made, 100.0)
    assert [type(record) for record in turn.sent] == [Text, ToolCall, ToolResult]


def test_a_cancelled_turn_makes_way_for_the_next_at_once() -> None:
    made = world()
    _, account, session = arrive(made)
    first, second = (made.accept_turn(account, session.session_id, "edit", 0.0) for _ in range(2))
    assert made.cancel_turn(first, 3.0) is second
    assert (second.state, second.started_at) == (TurnState.RUNNING, 3.0)
    assert play(made, 100.0)[-1] == 13.0


def test_a_cancelled_turn_that_only_waited_changes_nothing_for_the_one_that_runs() -> None:
    made = world()
    _, account, session = arrive(made)
    first, second, third = (made.accept_turn(account, session.session_id, "talk", 0.0) for _ in range(3))
    assert made.cancel_turn(second, 1.0) is None
    assert [turn.state for turn in (first, second, third)] == [
        TurnState.RUNNING,
        TurnState.CANCELLED,
        TurnState.QUEUED,
    ]
    play(made, 100.0)
    assert (second.sent, third.started_at) == ([], 2.0)


@pytest.mark.parametrize("bend", [None, Bend("fails")])
def test_a_turn_that_is_over_cant_be_cancelled(bend: Bend | None) -> None:
    made = world()
    _, account, session = arrive(made)
    turn = made.accept_turn(account, session.session_id, "edit", 0.0, [bend] if bend else [])
    play(made, 100.0)
    with pytest.raises(IllegalMoveError), unchanged(made):
        made.cancel_turn(turn, 100.0)
    assert account.frozen == 0


def test_a_stuck_turn_holds_its_queue_until_it_is_cancelled() -> None:
    made = world()
    _, account, session = arrive(made)
    stuck = made.accept_turn(account, session.session_id, "edit", 0.0, [Bend("stuck", after=2)])
    waiting = made.accept_turn(account, session.session_id, "talk", 0.0)
    assert play(made, 10_000.0) == [1.0, 2.0]
    assert [turn.state for turn in (stuck, waiting)] == [TurnState.RUNNING, TurnState.QUEUED]
    assert (account.available, account.frozen) == (50, 50)
    made.cancel_turn(stuck, 10_000.0)
    assert waiting.state is TurnState.RUNNING


def test_records_are_given_up_only_when_a_turn_is_closed() -> None:
    made = world()
    _, account, session = arrive(made)
    turn = made.accept_turn(account, session.session_id, "edit", 0.0)
    play(made, 5.0)
    made.forget_records(turn)
    assert len(turn.sent) == 2
    play(made, 100.0)
    made.forget_records(turn)
    assert (turn.sent, turn.plan, turn.played) == ([], None, 4)


def test_the_next_of_a_queue_begins_when_a_profile_has_changed_to_side_by_side_meanwhile() -> None:
    made = world()
    _, account, session = arrive(made)
    first, second = (made.accept_turn(account, session.session_id, "talk", 0.0) for _ in range(2))
    made.profile = made.profile.replace({"busy": "concurrent"})
    third = made.accept_turn(account, session.session_id, "talk", 1.0)
    assert [turn.state for turn in (first, second, third)] == [TurnState.RUNNING, TurnState.QUEUED, TurnState.RUNNING]
    play(made, 100.0)
    assert [turn.state for turn in (first, second, third)] == [TurnState.DONE] * 3
    assert second.started_at == 3.0

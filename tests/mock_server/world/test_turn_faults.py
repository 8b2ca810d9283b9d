"""Turns with faults: each fault changes what it names and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import Code
from nemovideo_mock.turn_plan import Failure, SessionView, Text, ToolCall, ToolResult
from nemovideo_mock.world import TurnFault, TurnState
from nemovideo_mock.world.turns import apply_faults

from .stage import DRAFT, arrive, plan, play, world

PLAN = plan("edit", SessionView("1", "en"), Profile())
BENDS = st.builds(
    TurnFault,
    st.sampled_from(["stuck", "fails", "silent", "noise"]),
    st.integers(0, 6),
    st.sampled_from([500, 2001]),
    st.just("Words."),
)


def test_without_bends_a_plan_stays_as_it_is() -> None:
    assert apply_faults(PLAN, []) == PLAN


@pytest.mark.parametrize(("after", "at"), [(0, 1.0), (2, 8.0), (3, 9.0), (4, 10.0), (99, 10.0)])
def test_a_failure_takes_the_place_of_a_record_or_of_the_end(after: int, at: float) -> None:
    changed = apply_faults(PLAN, [TurnFault("fails", after, 500, "It broke.")])
    assert changed.steps[:-1] == PLAN.steps[:after]
    assert (changed.steps[-1].at, changed.steps[-1].record) == (at, Failure(500, "It broke."))
    assert changed.duration == at


@pytest.mark.parametrize("after", [0, 2, 99])
def test_a_stuck_turn_keeps_its_first_records(after: int) -> None:
    changed = apply_faults(PLAN, [TurnFault("stuck", after)])
    assert changed.steps == PLAN.steps[:after]


def test_silence_drops_the_words_and_keeps_tools_and_changes() -> None:
    changed = apply_faults(PLAN, [TurnFault("silent")])
    assert [type(step.record) for step in changed.steps] == [ToolCall, ToolResult]
    assert changed.steps[1].change == PLAN.steps[2].change
    assert changed.duration == PLAN.duration


def test_noise_follows_the_answer_and_the_turn_ends_after_it() -> None:
    changed = apply_faults(PLAN, [TurnFault("noise", message="I encountered a temporary issue")])
    assert changed.steps[:-1] == PLAN.steps
    assert changed.steps[-1].record == Text("I encountered a temporary issue")
    assert PLAN.duration < changed.steps[-1].at < changed.duration


@given(st.lists(BENDS, max_size=4))
def test_however_a_plan_is_bent_its_records_stay_in_order_of_time(bends: list[TurnFault]) -> None:
    changed = apply_faults(PLAN, bends)
    times = [step.at for step in changed.steps]
    assert times == sorted(times)
    assert not times or times[-1] <= changed.duration


@given(st.lists(BENDS, max_size=4))
def test_however_a_turn_is_bent_it_closes_or_stays_open_for_ever_with_its_credits_accounted_for(
    bends: list[TurnFault],
) -> None:
    made = world()
    _, account, session = arrive(made)
    turn = made.turns.accept(account, session.session_id, "edit", 0.0, bends)
    play(made, 1e6)
    assert made.schedule.next_due() is None
    assert (account.frozen == 50) == (turn.state is TurnState.RUNNING)
    assert turn.closed or any(bend.kind == "stuck" for bend in bends)
    assert not any(isinstance(record, Failure) for record in turn.sent[:-1])


@pytest.mark.parametrize(
    ("after", "draft"), [(2, None), (3, DRAFT)], ids=["before the tool is done", "after the tool is done"]
)
def test_a_turn_that_fails_leaves_what_it_had_done(after: int, draft: object) -> None:
    made = world()
    _, account, session = arrive(made)
    turn = made.turns.accept(
        account, session.session_id, "edit", 0.0, [TurnFault("fails", after, Code.BUSY, "It broke.")]
    )
    follower = made.turns.accept(account, session.session_id, "talk", 0.0)
    play(made, 9.0)
    assert (turn.state, session.draft) == (TurnState.FAILED, draft)
    assert turn.sent[-1] == Failure(Code.BUSY, "It broke.")
    assert follower.state is TurnState.RUNNING

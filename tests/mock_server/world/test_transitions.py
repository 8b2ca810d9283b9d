"""The tables of the state machines: moves in them happen, all others are refused."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from nemovideo_contract.wire import RenderStatus
from nemovideo_mock.world import RENDER_MOVES, TURN_MOVES, IllegalMoveError, TurnState
from nemovideo_mock.world.transitions import render_after, turn_after

TURN_VERBS = ["begin", "finish", "fail", "cancel", "complete", "dance"]
RENDER_VERBS = ["begin", "complete", "fail", "cancel", "dance"]


@pytest.mark.parametrize("state", list(TurnState))
@pytest.mark.parametrize("verb", TURN_VERBS)
def test_a_turn_makes_the_moves_of_its_table_and_no_others(state: TurnState, verb: str) -> None:
    following = TURN_MOVES.get((state, verb))
    if following is None:
        with pytest.raises(IllegalMoveError, match=rf"^a turn that is {state} can't {verb}$"):
            turn_after(state, verb)
    else:
        assert turn_after(state, verb) is following


@pytest.mark.parametrize("status", list(RenderStatus))
@pytest.mark.parametrize("verb", RENDER_VERBS)
def test_a_render_makes_the_moves_of_its_table_and_no_others(status: RenderStatus, verb: str) -> None:
    following = RENDER_MOVES.get((status, verb))
    if following is None:
        with pytest.raises(IllegalMoveError, match=rf"^a render that is {status} can't {verb}$"):
            render_after(status, verb)
    else:
        assert render_after(status, verb) is following


FINAL = {"done", "failed", "cancelled", "completed"}


@pytest.mark.parametrize("table", [TURN_MOVES, RENDER_MOVES])
def test_an_end_state_is_final_and_can_be_reached_from_each_state(
    table: Mapping[tuple[str, str], str],
) -> None:
    states = {state for state, _ in table} | set(table.values())
    reached = {state for state in states if state in FINAL}
    assert not [state for state, _ in table if state in FINAL]
    assert {state for (state, _), following in table.items() if following in reached} | reached == states

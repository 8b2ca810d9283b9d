"""The state machines of turns and renders as tables."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from nemovideo_contract.wire import RenderStatus


class TurnState(StrEnum):
    """The state of a turn."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


#: The next state of a turn by its state and a verb; a pair that is missing here is illegal.
TURN_MOVES: Final[dict[tuple[TurnState, str], TurnState]] = {
    (TurnState.QUEUED, "begin"): TurnState.RUNNING,
    (TurnState.RUNNING, "finish"): TurnState.DONE,
    (TurnState.RUNNING, "fail"): TurnState.FAILED,
    (TurnState.QUEUED, "cancel"): TurnState.CANCELLED,
    (TurnState.RUNNING, "cancel"): TurnState.CANCELLED,
}

#: The next status of a render by its status and a verb; a pair that is missing here is illegal.
RENDER_MOVES: Final[dict[tuple[RenderStatus, str], RenderStatus]] = {
    (RenderStatus.PENDING, "begin"): RenderStatus.PROCESSING,
    (RenderStatus.PROCESSING, "complete"): RenderStatus.COMPLETED,
    (RenderStatus.PENDING, "fail"): RenderStatus.FAILED,
    (RenderStatus.PROCESSING, "fail"): RenderStatus.FAILED,
}


class IllegalMoveError(RuntimeError):
    """A move that the table of a state machine does not have."""


def turn_after(state: TurnState, verb: str) -> TurnState:
    """Return the next state of a turn; raise `IllegalMoveError` if the move is illegal."""
    following = TURN_MOVES.get((state, verb))
    if following is None:
        raise IllegalMoveError(f"a turn that is {state} can't {verb}")
    return following


def render_after(status: RenderStatus, verb: str) -> RenderStatus:
    """Return the next status of a render; raise `IllegalMoveError` if the move is illegal."""
    following = RENDER_MOVES.get((status, verb))
    if following is None:
        raise IllegalMoveError(f"a render that is {status} can't {verb}")
    return following

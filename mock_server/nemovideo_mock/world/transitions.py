"""The state machines of turns and renders, as tables."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from nemovideo_contract.wire import RenderStatus


class TurnState(StrEnum):
    """Where a turn is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


#: From a state by a verb to the next; what isn't here is illegal.
TURN_MOVES: Final[dict[tuple[TurnState, str], TurnState]] = {
    (TurnState.QUEUED, "begin"): TurnState.RUNNING,
    (TurnState.RUNNING, "finish"): TurnState.DONE,
    (TurnState.RUNNING, "fail"): TurnState.FAILED,
    (TurnState.QUEUED, "cancel"): TurnState.CANCELLED,
    (TurnState.RUNNING, "cancel"): TurnState.CANCELLED,
}

#: The same for renders.
RENDER_MOVES: Final[dict[tuple[RenderStatus, str], RenderStatus]] = {
    (RenderStatus.PENDING, "begin"): RenderStatus.PROCESSING,
    (RenderStatus.PROCESSING, "complete"): RenderStatus.COMPLETED,
    (RenderStatus.PENDING, "fail"): RenderStatus.FAILED,
    (RenderStatus.PROCESSING, "fail"): RenderStatus.FAILED,
}


class IllegalMoveError(RuntimeError):
    """A state machine was asked for a move that its table doesn't have."""


def turn_after(state: TurnState, verb: str) -> TurnState:
    """The state that a turn comes to; raises `IllegalMoveError`."""
    following = TURN_MOVES.get((state, verb))
    if following is None:
        raise IllegalMoveError(f"a turn that is {state} can't {verb}")
    return following


def render_after(status: RenderStatus, verb: str) -> RenderStatus:
    """The status that a render comes to; raises `IllegalMoveError`."""
    following = RENDER_MOVES.get((status, verb))
    if following is None:
        raise IllegalMoveError(f"a render that is {status} can't {verb}")
    return following

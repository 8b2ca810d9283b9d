"""The state of the service and every rule about it: accounts, tokens, sessions, turns, uploads, renders, the ledger.

Pure: no clock, no files, no network. Whoever calls says what time it is, in seconds since the epoch. What will happen
by itself stands in the agenda, so a world says when it next wants to be looked at (`next_due`), and one `step` makes
the earliest of those things happen. An illegal move raises and changes nothing.

Turns        queued --begin--> running --finish--> done
             running --fail--> failed
             queued, running --cancel--> cancelled
Renders      pending --begin--> processing --complete--> completed
             pending, processing --fail--> failed
Credits      a turn *freezes* its price when it is accepted, *settles* it when it is done and *releases* it when it
             failed or was cancelled: available + frozen = total, always. `turns` says what is priced when.
"""

from __future__ import annotations

from nemovideo_mock.world.ledger import Account, OverdrawnError, Tariff
from nemovideo_mock.world.schedule import Step
from nemovideo_mock.world.state import Render, RenderFault, RenderFile, Session, State, Token, Turn, TurnFault
from nemovideo_mock.world.transitions import RENDER_MOVES, TURN_MOVES, IllegalMoveError, TurnState
from nemovideo_mock.world.world import Planner, World

__all__ = [
    "RENDER_MOVES",
    "TURN_MOVES",
    "Account",
    "IllegalMoveError",
    "OverdrawnError",
    "Planner",
    "Render",
    "RenderFault",
    "RenderFile",
    "Session",
    "State",
    "Step",
    "Tariff",
    "Token",
    "Turn",
    "TurnFault",
    "TurnState",
    "World",
]

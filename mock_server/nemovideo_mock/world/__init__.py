"""The state of the service and all its rules: accounts, tokens, sessions, turns, uploads, renders and credits.

The package is pure: it has no clock, no files and no network. The caller passes the current time, in seconds since the
epoch. A `World` holds one `State` and one part for each area of rules. `World.schedule` holds the future events:
`next_due` returns the time of the earliest one, and `World.step` processes it. An illegal move raises an error and
changes nothing.

Turns        queued --begin--> running --finish--> done
             running --fail--> failed
             queued, running --cancel--> cancelled
Renders      pending --begin--> processing --complete--> completed
             pending, processing --fail--> failed
Credits      A turn *freezes* its price when the service accepts it. It *settles* the price when it is done, and
             *releases* it when it failed or was cancelled. Always: available + frozen = total. The module `turns`
             documents the prices.
"""

from __future__ import annotations

from nemovideo_mock.world.account import Account, OverdrawnError
from nemovideo_mock.world.settings import Tariff, WorldSettings
from nemovideo_mock.world.state import Render, RenderFault, RenderFile, Session, State, Token, Turn, TurnFault
from nemovideo_mock.world.transitions import RENDER_MOVES, TURN_MOVES, IllegalMoveError, TurnState
from nemovideo_mock.world.turns import Planner
from nemovideo_mock.world.world import Step, World

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
    "WorldSettings",
]

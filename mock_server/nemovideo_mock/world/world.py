"""One world: its state, its settings, and the parts that hold its rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nemovideo_mock.world.renders import Renders
from nemovideo_mock.world.schedule import Schedule
from nemovideo_mock.world.sessions import Sessions
from nemovideo_mock.world.settings import WorldSettings
from nemovideo_mock.world.state import Render, State, Turn
from nemovideo_mock.world.tokens import Tokens
from nemovideo_mock.world.turns import Planner, Turns


@dataclass(frozen=True, slots=True)
class Step:
    """The turn or the render that one step of a world changed."""

    turn: Turn | None = None
    render: Render | None = None


class World:
    """Everything that the service knows, and every rule about it.

    All parts share one `State` and one `WorldSettings`. `planner` makes the plan of each turn. Pass `state` to continue
    from a saved state.
    """

    def __init__(self, settings: WorldSettings, planner: Planner, state: State | None = None) -> None:
        self.settings = settings
        self.planner = planner
        self.state: Final = State() if state is None else state
        self.schedule = Schedule(self.state)
        self.tokens = Tokens(settings, self.state)
        self.sessions = Sessions(settings, self.state)
        self.turns = Turns(settings, self.state, self.schedule, self.sessions, planner)
        self.renders = Renders(settings, self.state, self.schedule, self.sessions)

    def step(self, now: float) -> Step | None:
        """Process the earliest event that is due, and return what it changed; None if no event is due."""
        event = self.schedule.pop_due(now)
        if event is None:
            return None
        due, verb, key, part = event
        if part:
            render = self.state.renders[key][part]
            self.renders.process(render, verb, due)
            return Step(render=render)
        turn = self.state.turns[key]
        self.turns.process(turn, verb, due)
        return Step(turn=turn)

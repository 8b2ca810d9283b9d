"""A world whole: all its parts, and the steps in which it goes on."""

from __future__ import annotations

from nemovideo_mock.world.renders import Renders
from nemovideo_mock.world.schedule import Step
from nemovideo_mock.world.turns import Planner

__all__ = ["Planner", "World"]


class World(Renders):
    """Everything that the service knows, and every rule about it."""

    def step(self, now: float) -> Step | None:
        """Let the earliest thing happen that is due; None where nothing is."""
        entry = self.take(now)
        if entry is None:
            return None
        due, verb, key, part = entry
        if part:
            return self.happen_to_render(self.state.renders[key][part], verb, due)
        return self.happen_to_turn(self.state.turns[key], verb, due)

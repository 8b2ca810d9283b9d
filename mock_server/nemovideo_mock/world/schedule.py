"""The schedule of a world: the events that happen without a request, in the order of their time."""

from __future__ import annotations

import heapq

from nemovideo_mock.world.state import State


class Schedule:
    """The future events of a world; they are stored in `State.agenda`, so that a snapshot has them."""

    def __init__(self, state: State) -> None:
        self._state = state

    def next_due(self) -> float | None:
        """Return the time of the next event in seconds since the epoch, or None without an event."""
        return self._state.agenda[0][0] if self._state.agenda else None

    def add(self, due: float, verb: str, key: str, part: str = "") -> None:
        """Add an event; events of the same time happen in the order in which they were added."""
        self._state.scheduled += 1
        heapq.heappush(self._state.agenda, (due, self._state.scheduled, verb, key, part))

    def has(self, verb: str, key: str, part: str = "") -> bool:
        """Return whether such an event is still to come."""
        return any(entry[2:] == (verb, key, part) for entry in self._state.agenda)

    def pop_due(self, now: float) -> tuple[float, str, str, str] | None:
        """Remove and return the earliest event that is due: its time, its verb and both parts of its key."""
        if not self._state.agenda or self._state.agenda[0][0] > now:
            return None
        due, _, verb, key, part = heapq.heappop(self._state.agenda)
        return due, verb, key, part

"""What all parts of a world stand on: its state, its settings, and the agenda of what will happen by itself."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from nemovideo_contract.profiles import Profile
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.world.ledger import Account, Tariff
from nemovideo_mock.world.state import Render, State, Turn


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did: which turn or render it concerned."""

    turn: Turn | None = None
    render: Render | None = None


class Schedule:
    """The ground of a world; `pace` is what service durations are multiplied with: 0.1 is ten times as fast."""

    def __init__(
        self, chance: Chance, profile: Profile = Profile(), *, tariff: Tariff = Tariff(), pace: float = 1.0
    ) -> None:
        self.chance = chance
        self.profile = profile
        self.tariff = tariff
        self.pace = pace
        self.state = State()
        self._profiles: dict[tuple[object, ...], Profile] = {}

    def profile_of(self, account: Account) -> Profile:
        """The profile as this account meets it."""
        if not account.overrides:
            return self.profile
        key = (self.profile, *sorted(account.overrides.items()))
        profile = self._profiles.get(key)
        if profile is None:
            profile = self._profiles[key] = self.profile.replace(account.overrides)
        return profile

    def next_due(self) -> float | None:
        """When the next thing happens by itself, in seconds since the epoch."""
        return self.state.agenda[0][0] if self.state.agenda else None

    def schedule(self, due: float, verb: str, key: str, part: str = "") -> None:
        """Put something on the agenda; what is due at one instant happens in the order of being put there."""
        self.state.scheduled += 1
        heapq.heappush(self.state.agenda, (due, self.state.scheduled, verb, key, part))

    def take(self, now: float) -> tuple[float, str, str, str] | None:
        """The earliest thing that is due, taken off the agenda: its time, verb, and both parts of its key."""
        if not self.state.agenda or self.state.agenda[0][0] > now:
            return None
        due, _, verb, key, part = heapq.heappop(self.state.agenda)
        return due, verb, key, part

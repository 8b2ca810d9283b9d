"""The settings of one world: its source of chance, its profile, its prices and its pace."""

from __future__ import annotations

from dataclasses import dataclass, field

from nemovideo_contract.profiles import Profile
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.world.account import Account


@dataclass(frozen=True, slots=True)
class Tariff:
    """The prices of work, in credits.

    A clip costs about 100 and the edits of a session 50 (vendor reference 4.4). If operations are paid one by one, each
    costs 1 to 3 (published skills).
    """

    generate: int = 100
    assemble: int = 50
    operation: tuple[int, int] = (1, 3)


@dataclass(slots=True)
class WorldSettings:
    """The settings that the rules of a world read; `profile` and `pace` may change while the world runs.

    `pace` multiplies the durations of the service: 0.1 makes it ten times as fast.
    """

    chance: Chance
    profile: Profile = Profile()
    tariff: Tariff = Tariff()
    pace: float = 1.0
    _profiles: dict[tuple[object, ...], Profile] = field(
        default_factory=dict[tuple[object, ...], Profile], init=False, repr=False, compare=False
    )

    def profile_of(self, account: Account) -> Profile:
        """Return the profile with the overrides of an account."""
        if not account.overrides:
            return self.profile
        key = (self.profile, *sorted(account.overrides.items()))
        profile = self._profiles.get(key)
        if profile is None:
            profile = self._profiles[key] = self.profile.replace(account.overrides)
        return profile

"""Prices and accounts: credits are whole numbers, and available + frozen is the total that is left."""

from __future__ import annotations

from dataclasses import dataclass, field


class OverdrawnError(RuntimeError):
    """More was to be frozen, settled or released than there is."""


@dataclass(slots=True)
class Account:
    """Who pays.

    `blocked` says that its plan may not export. `overrides` are the profile keys in which the service treats this
    account differently, `scenario` the test token that it came from.
    """

    user_id: str
    available: int
    frozen: int = 0
    registered: bool = False
    blocked: bool = False
    scenario: str | None = None
    overrides: dict[str, object] = field(default_factory=dict[str, object])
    tokens_issued: int = 0
    sessions_created: int = 0
    renders_submitted: int = 0

    @property
    def total(self) -> int:
        """What the account still has, frozen credits included."""
        return self.available + self.frozen

    def freeze(self, amount: int) -> None:
        """Put credits aside for work that begins; raises `OverdrawnError`."""
        if not 0 <= amount <= self.available:
            raise OverdrawnError(f"{amount} credits can't be frozen of {self.available}")
        self.available -= amount
        self.frozen += amount

    def settle(self, amount: int) -> None:
        """Spend credits that were put aside; raises `OverdrawnError`."""
        self._unfreeze(amount, "settled")

    def release(self, amount: int) -> None:
        """Give credits back that were put aside; raises `OverdrawnError`."""
        self._unfreeze(amount, "released")
        self.available += amount

    def _unfreeze(self, amount: int, done: str) -> None:
        if not 0 <= amount <= self.frozen:
            raise OverdrawnError(f"{amount} credits can't be {done} of {self.frozen}")
        self.frozen -= amount


# What work costs, in credits.


@dataclass(frozen=True, slots=True)
class Tariff:
    """About 100 a clip and 50 a session of edits (vendor reference 4.4), or 1 to 3 an operation (published skills)."""

    generate: int = 100
    assemble: int = 50
    operation: tuple[int, int] = (1, 3)

"""Accounts and their credits: whole numbers, of which some are frozen; available + frozen = total."""

from __future__ import annotations

from dataclasses import dataclass, field


class OverdrawnError(RuntimeError):
    """An attempt to freeze, settle or release more credits than there are."""


@dataclass(slots=True)
class Account:
    """An account and its credits.

    `blocked` is true if the plan of the account does not include exports. `overrides` are the profile keys that differ
    for this account. `scenario` is the name of the test token that created it.
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
        """The credits of the account, frozen ones included."""
        return self.available + self.frozen

    def freeze(self, amount: int) -> None:
        """Reserve credits for work that begins; raise `OverdrawnError` if there are too few."""
        if not 0 <= amount <= self.available:
            raise OverdrawnError(f"{amount} credits can't be frozen of {self.available}")
        self.available -= amount
        self.frozen += amount

    def settle(self, amount: int) -> None:
        """Spend frozen credits; raise `OverdrawnError` if there are too few."""
        self._unfreeze(amount, "settled")

    def release(self, amount: int) -> None:
        """Make frozen credits available again; raise `OverdrawnError` if there are too few."""
        self._unfreeze(amount, "released")
        self.available += amount

    def _unfreeze(self, amount: int, done: str) -> None:
        if not 0 <= amount <= self.frozen:
            raise OverdrawnError(f"{amount} credits can't be {done} of {self.frozen}")
        self.frozen -= amount

"""The mark by which a check names the requirements that it checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from nemovideo_contract.requirements import REQUIREMENTS, Cost, Requirement

F = TypeVar("F", bound="Callable[..., None]")
_MARK: Final = "__requirements__"

#: Requirements that no check looks at, each with its reason; at most one in twenty.
UNTESTED: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class CheckMarks:
    """The requirements that a check names, by their ids. The first one decides which account the check uses.

    A `slow` check sends many messages.
    """

    ids: tuple[str, ...]
    slow: bool = False

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """The requirements, in the order in which the check names them."""
        return tuple(REQUIREMENTS[each] for each in self.ids)

    @property
    def worst_cost(self) -> Cost:
        """The most that the check spends: all kinds of expenses of its requirements, and the highest price once."""
        spends = frozenset(each for rule in self.requirements for each in rule.cost.spends)
        return Cost(spends, max(rule.cost.credits for rule in self.requirements))


def requirement(*ids: str, slow: bool = False) -> Callable[[F], F]:
    """Return a decorator that marks a check with the requirements that it checks.

    Raises:
        ValueError: no id is given, an id is unknown, or an id comes twice.
    """
    unknown = [each for each in ids if each not in REQUIREMENTS]
    if unknown or not ids or len(set(ids)) < len(ids):
        raise ValueError(f"A check names each of its requirements once; unknown are: {', '.join(unknown) or 'none'}.")

    def mark(function: F) -> F:
        setattr(function, _MARK, CheckMarks(ids, slow))
        return function

    return mark


def find_marks(function: object) -> CheckMarks | None:
    """Return the marks of a function, or None if it has no marks."""
    found: object = getattr(function, _MARK, None)
    return found if isinstance(found, CheckMarks) else None

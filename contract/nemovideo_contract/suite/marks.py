"""How a check names the requirements that it checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Final, Protocol, TypeVar, cast

from nemovideo_contract.requirements import REQUIREMENTS, Requirement

if TYPE_CHECKING:
    from nemovideo_contract.suite.context import Context

F = TypeVar("F", bound="Callable[[Context], None]")
_MARK: Final = "__requirements__"


#: Requirements that no check looks at, each with its reason; at most one in twenty.
UNTESTED: Final[Mapping[str, str]] = {}


class Check(Protocol):
    """A function that checks something of the server on a bench."""

    __name__: str
    __module__: str
    __doc__: str | None

    def __call__(self, context: Context) -> None:
        """Check; raises `Difference` where the target behaves otherwise."""
        ...


@dataclass(frozen=True, slots=True)
class CheckMarks:
    """What a check names: the first requirement decides whose account is used. `slow` ones send many messages."""

    ids: tuple[str, ...]
    slow: bool = False

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """The requirements, in the order in which they are named."""
        return tuple(REQUIREMENTS[each] for each in self.ids)


def requirement(*ids: str, slow: bool = False) -> Callable[[F], F]:
    """Mark a check with the requirements that it checks.

    Raises:
        ValueError: none is named, one twice, or one that doesn't exist.
    """
    unknown = [each for each in ids if each not in REQUIREMENTS]
    if unknown or not ids or len(set(ids)) < len(ids):
        raise ValueError(f"A check names each of its requirements once; unknown are: {', '.join(unknown) or 'none'}.")

    def mark(function: F) -> F:
        setattr(function, _MARK, CheckMarks(ids, slow))
        return function

    return mark


def find_marks(function: object) -> CheckMarks | None:
    """What a function was marked with, or None."""
    found: object = getattr(function, _MARK, None)
    return found if isinstance(found, CheckMarks) else None


def checks() -> Iterator[Check]:
    """Every check of the suite, module by module."""
    package = import_module("nemovideo_contract.suite")
    for module in iter_modules(package.__path__):
        if module.name.startswith("test_"):
            for name, value in vars(import_module(f"{package.__name__}.{module.name}")).items():
                if name.startswith("test_") and find_marks(value) is not None:
                    yield cast("Check", value)

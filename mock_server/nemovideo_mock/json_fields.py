"""A reader for JSON objects that people write: each error is one sentence with the place and the expected value."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar, cast

Choice = TypeVar("Choice", bound=str)

#: Larger whole numbers have no use here.
LARGEST: Final = 10**18
#: The names and paths that a message shows without quotes.
_PLAIN: Final = re.compile(r"[\w./-]{1,100}")


class FieldError(ValueError):
    """An invalid object; the message is one sentence."""


class Fields:
    """The fields of one object, which are taken one by one; null counts as missing.

    `where` is the place of the object in the whole.
    """

    def __init__(self, given: object, where: str = "") -> None:
        if not isinstance(given, Mapping):
            raise FieldError(f"{where or 'The body'} must be an object, not {quote_value(given)}.")
        self.where = where
        self._given = cast("Mapping[object, object]", given)
        self._known: list[str] = []

    def path(self, name: str) -> str:
        """Return the place of a field, such as `accounts[0].credits`; an unusual name is quoted and cut."""
        return f"{self.where}.{show_name(name)}" if self.where else show_name(name)

    def error(self, name: str, fitting: str) -> FieldError:
        """Return the error for a field with a wrong value."""
        return FieldError(f"{self.path(name)} must be {fitting}, not {quote_value(self._given.get(name))}.")

    def missing(self, name: str) -> FieldError:
        """Return the error for a missing field."""
        return FieldError(f"{self.path(name)} is missing.")

    def take(self, name: str) -> object:
        """Return the value of a field, or None if it is missing."""
        self._known.append(name)
        return self._given.get(name)

    def number(self, name: str, low: float, high: float) -> float | None:
        """Return a finite number within limits, both included."""
        value = self.take(name)
        if value is None:
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not low <= cast("float", value) <= high:
            raise self.error(name, f"a number from {low:g} to {high:.15g}")
        return float(cast("float", value))

    def whole(self, name: str, low: int = -LARGEST, high: int = LARGEST) -> int | None:
        """Return a whole number within limits, both included."""
        value = self.take(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.error(name, f"a whole number from {low} to {high}")
        return value

    def flag(self, name: str) -> bool | None:
        """Return a boolean."""
        value = self.take(name)
        if value is not None and not isinstance(value, bool):
            raise self.error(name, "true or false")
        return value

    def text(self, name: str, pattern: re.Pattern[str], fitting: str) -> str | None:
        """Return a text that matches a pattern."""
        value = self.take(name)
        if value is None:
            return None
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise self.error(name, fitting)
        return value

    def choice(self, name: str, values: tuple[Choice, ...]) -> Choice | None:
        """Return one of a few words."""
        value = self.take(name)
        if value is None:
            return None
        for each in values:
            if value == each:
                return each
        raise self.error(name, " or ".join(values))

    def list(self, name: str) -> list[object] | None:
        """Return a list of any values."""
        value = self.take(name)
        if value is not None and not isinstance(value, list):
            raise self.error(name, "a list")
        return cast("list[object] | None", value)

    def rest(self) -> dict[str, object]:
        """Return the fields that have not been taken yet."""
        return {str(name): value for name, value in self._given.items() if name not in self._known}

    def close(self, others: Iterable[str] = ()) -> None:
        """Raise an error if a field has not been taken; `others` are further known fields."""
        for name in self.rest():
            known = [*self._known, *others]
            raise FieldError(f"There is no field {self.path(name)}: {suggest_name(name, known)}")


def quote_value(value: object) -> str:
    """Return a value as a message quotes it, cut to 60 characters."""
    # A long text is cut first: its `repr` can have four characters for each.
    text = repr(value[:100] if isinstance(value, str) else value)
    return text if len(text) <= 60 else text[:57] + "..."


def show_name(name: str) -> str:
    """Return a name or path of a caller as a message shows it: as it is if it is short and plain, else quoted."""
    return name if _PLAIN.fullmatch(name) else quote_value(name)


def suggest_name(name: str, names: Iterable[str]) -> str:
    """Return the end of a message about an unknown name: the most similar known name, or all known names."""
    known = list(names)
    close = difflib.get_close_matches(name[:100], known, 1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}."

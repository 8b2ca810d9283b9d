"""The rules for a fault's fields: which values each field accepts.

The JSON reader, the error messages and the generated documents all use these rules. A field is declared as
`name: Annotated[type, rule] = default`, in a frozen dataclass in which every field has a default. A field may be null
if its default is None.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, get_type_hints

from nemovideo_mock.json_fields import quote_value

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Fields = TypeVar("Fields", bound=DataclassInstance)


class FaultError(ValueError):
    """The fault is not valid: the message says in one sentence what was found and what was expected."""


class FieldRule(Protocol):
    """The meaning of a field and the JSON values that it accepts."""

    @property
    def meaning(self) -> str:
        """What the field decides, in a few words."""
        ...

    @property
    def accepts(self) -> str:
        """The accepted values as a message quotes them, such as "a whole number from 0 to 5"."""
        ...

    def takes(self, value: object) -> bool:
        """Return whether the value is accepted."""
        ...


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within limits, both limits included."""

    meaning: str
    low: int
    high: int

    @property
    def accepts(self) -> str:
        """The limits in words."""
        return f"a whole number from {self.low} to {self.high}"

    def takes(self, value: object) -> bool:
        """Return whether the value is an integer within the limits; booleans do not count."""
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number within limits; the upper limit is included, the lower one too unless `above` is true."""

    meaning: str
    low: float
    high: float
    above: bool = False

    @property
    def accepts(self) -> str:
        """The limits in words."""
        low = f"above {self.low:g} and up" if self.above else f"from {self.low:g}"
        return f"a number {low} to {self.high:g}"

    def takes(self, value: object) -> bool:
        """Return whether the value is a number within the limits; booleans do not count."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        return self.low <= value <= self.high and not (self.above and value == self.low)


@dataclass(frozen=True, slots=True)
class NonEmptyText:
    """A text that is not empty; with `one_line` it can be a header's value: printable ASCII."""

    meaning: str
    longest: int = 10_000
    one_line: bool = False

    @property
    def accepts(self) -> str:
        """The limits in words."""
        kind = "a text of printable ASCII" if self.one_line else "a text"
        return f"{kind}, 1 to {self.longest} characters long"

    def takes(self, value: object) -> bool:
        """Return whether the value is a string within the limits that UTF-8 can encode."""
        if not isinstance(value, str) or not 1 <= len(value) <= self.longest:
            return False
        if self.one_line:
            return value.isascii() and value.isprintable()
        return not any("\ud800" <= character <= "\udfff" for character in value)


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    meaning: str

    @property
    def accepts(self) -> str:
        """Both values in words."""
        return "true or false"

    def takes(self, value: object) -> bool:
        """Return whether the value is a boolean."""
        return isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few fixed values."""

    meaning: str
    values: tuple[str | int, ...]

    @property
    def accepts(self) -> str:
        """All values in words."""
        return " or ".join(map(str, self.values))

    def takes(self, value: object) -> bool:
        """Return whether the value is one of the fixed values and has the same type."""
        return any(type(value) is type(choice) and value == choice for choice in self.values)


@dataclass(frozen=True, slots=True)
class Ordinal:
    """The number of a record, counted from 1, or "each"."""

    meaning: str
    high: int

    @property
    def accepts(self) -> str:
        """The limits in words."""
        return f'a whole number from 1 to {self.high} or "each"'

    def takes(self, value: object) -> bool:
        """Return whether the value is such a number or "each"."""
        return value == "each" or Whole(self.meaning, 1, self.high).takes(value)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One field, as the documents show it."""

    name: str
    rule: FieldRule
    default: object

    @property
    def meaning(self) -> str:
        """What the field decides, in a few words."""
        return self.rule.meaning

    @property
    def accepts(self) -> str:
        """The accepted values in words."""
        return self.rule.accepts


def parameters(owner: type[DataclassInstance]) -> tuple[Parameter, ...]:
    """Return the fields of a dataclass of such fields, in order."""
    return _parameters(owner)


@cache
def _parameters(owner: type[DataclassInstance]) -> tuple[Parameter, ...]:
    hints = get_type_hints(owner, include_extras=True)
    return tuple(
        Parameter(field.name, hints[field.name].__metadata__[0], field.default) for field in dataclasses.fields(owner)
    )


def read_fields(owner: type[Fields], given: Mapping[str, object], subject: str) -> Fields:
    """Return the dataclass with the values that `given` has for its fields; ignore other keys of `given`.

    Raises:
        FaultError: a field does not accept its value; the message begins with `subject`.
    """
    changes: dict[str, Any] = {}  # Any: the fields have several types, which their rules enforce
    for parameter in parameters(owner):
        if parameter.name not in given:
            continue
        value = given[parameter.name]
        if not (parameter.rule.takes(value) or (value is None and parameter.default is None)):
            raise FaultError(f"{subject}: {parameter.name} must be {parameter.accepts}, not {quote_value(value)}.")
        changes[parameter.name] = value
    return dataclasses.replace(owner(), **changes)


def to_json(values: DataclassInstance) -> dict[str, object]:
    """Return the fields that are not None, as `read_fields` accepts them."""
    fields = ((field.name, getattr(values, field.name)) for field in dataclasses.fields(values))
    return {name: value for name, value in fields if value is not None}

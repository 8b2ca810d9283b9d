"""Checks of JSON values, made from the annotations of typed dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import UnionType
from typing import (
    Any,
    Final,
    Literal,
    NotRequired,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

_Check = Callable[[object], bool]
_MISSING: Final = object()
#: The members of a typed dictionary: each name, its exact types, and a check for values of other types.
Members = tuple[tuple[str, frozenset[type], _Check | None], ...]


def find_wrong_member(found: Mapping[str, object], members: Members) -> str | None:
    """Return the name of the first member that is missing or of another type; None if all are right."""
    for name, types, check in members:
        member = found.get(name, _MISSING)
        if type(member) not in types and (check is None or not check(member)):
            return name
    return None


def _check_of(hint: object) -> tuple[frozenset[type], _Check | None]:
    """Return how to check a JSON value against an annotation: the exact types that fit, and a check for other values.

    Only exact types fit, because in Python True is also an int, but in JSON true is not a number.
    """
    origin, args = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        parts = [_check_of(arg) for arg in args]
        checks = [check for _, check in parts if check is not None]
        types = frozenset(each for types, _ in parts for each in types)
        return types, (lambda value: any(check(value) for check in checks)) if checks else None
    if hint is Any:
        return frozenset(), lambda _: True
    if hint is float:
        return frozenset({int, float}), None
    if origin is Literal:
        return frozenset(), lambda value: type(value) is str and value in args
    if origin is list:
        of_item = _is_of(args[0])
        return frozenset(), lambda value: type(value) is list and all(map(of_item, cast("list[object]", value)))
    if origin is tuple:
        return frozenset(), _tuple_check(args)
    if is_typeddict(hint):
        return frozenset(), _dict_check(cast("type", hint))
    return frozenset({cast("type", hint)}), None


def _is_of(hint: object) -> _Check:
    types, check = _check_of(hint)
    return lambda value: type(value) in types or (check is not None and check(value))


def _tuple_check(hints: tuple[object, ...]) -> _Check:
    of_items = tuple(map(_is_of, hints))
    only_text = set(hints) == {str}

    def check(value: object) -> bool:
        if type(value) is not list:
            return False
        items = cast("list[object]", value)
        if only_text:  # header lines, which are many
            return len(items) == len(hints) and set(map(type, items)) == {str}
        return len(items) == len(hints) and all(is_right(each) for is_right, each in zip(of_items, items, strict=True))

    return check


def _dict_check(form: type) -> _Check:
    members = checks_of(form)

    def check(value: object) -> bool:
        if type(value) is not dict:
            return False
        return find_wrong_member(cast("dict[str, object]", value), members) is None

    return check


def checks_of(form: type) -> Members:
    """Return the checks for the members of a typed dictionary."""
    is_total = bool(getattr(form, "__total__", True))
    checks: list[tuple[str, frozenset[type], _Check | None]] = []
    for name, hint in get_type_hints(form, include_extras=True).items():
        is_optional = get_origin(hint) is NotRequired
        types, check = _check_of(get_args(hint)[0] if is_optional else hint)
        # `_MISSING` is the only value of the exact type `object`.
        checks.append((name, types | {object} if is_optional or not is_total else types, check))
    return tuple(checks)

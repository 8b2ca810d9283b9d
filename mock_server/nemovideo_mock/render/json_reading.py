"""Reading JSON that anybody may have written: whatever has the wrong type counts as absent.

A draft comes over the wire, and all but a few of its keys are assumed. So nothing here raises.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TypeVar, cast

T = TypeVar("T")


def mapping(value: object) -> Mapping[str, object]:
    """The value if it is a JSON object, else an empty one."""
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def items(value: object) -> list[Mapping[str, object]]:
    """The JSON objects in a JSON array; anything else in it, or instead of it, is passed over."""
    if not isinstance(value, list):
        return []
    return [cast("Mapping[str, object]", item) for item in cast("list[object]", value) if isinstance(item, Mapping)]


def number(value: object, default: float, low: float = -math.inf, high: float = math.inf) -> float:
    """The value as a float within the bounds; the default where it is no finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    if isinstance(value, int) and abs(value) > 1 << 53:
        return default
    return min(max(float(value), low), high) if math.isfinite(value) else default


def text(value: object, default: str = "") -> str:
    """The value if it is a string, else the default."""
    return value if isinstance(value, str) else default


def choice(value: object, options: Iterable[T], default: T) -> T:
    """The option that the value spells, else the default."""
    return next((option for option in options if option == value), default)

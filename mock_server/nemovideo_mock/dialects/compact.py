"""JSON as the Agent Development Kit writes it, byte for byte.

Its serializer (pydantic-core 2.50, measured) differs from `json.dumps` without spaces in one thing: numbers. `1e-05` is
`0.00001` there and `1e-07` is `1e-7`. Both leave everything beyond ASCII as it is, U+2028 too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, cast

_quoted: Final = json.JSONEncoder(ensure_ascii=False).encode
#: The smallest exponent that is still written as zeros.
_WRITTEN_OUT: Final = -5


def compact(value: object) -> str:
    """A JSON value as text without any space.

    Raises:
        ValueError: a number is infinite or none at all.
        TypeError: the value is nothing that JSON has.
    """
    match value:
        case str():
            return _quoted(value)
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case int():
            return str(value)
        case float():
            return _number(value)
        case Mapping():
            members = cast("Mapping[str, object]", value).items()
            return "{" + ",".join(f"{_quoted(str(name))}:{compact(member)}" for name, member in members) + "}"
        case list() | tuple():
            return "[" + ",".join(map(compact, cast("list[object]", value))) + "]"
        case _:
            raise TypeError(f"JSON has no {type(value).__name__}.")


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"JSON has no number {value}.")
    text = repr(value)
    digits, scientific, exponent = text.partition("e")
    if not scientific:
        return text
    return f"{Decimal(text):f}" if int(exponent) == _WRITTEN_OUT else f"{digits}e{int(exponent):+}"

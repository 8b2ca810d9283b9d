"""Tolerant reading of JSON whose shape is promised but not certain.

No traffic of the service is public. So each reader returns None if a value is absent or of another type, and the caller
keeps the raw value next to the typed ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

from nemovideo_contract.json_input import JsonInputError, parse
from nemovideo_contract.redaction import SEARCHED_LENGTH, strike_out

Json = dict[str, object]


def decode(text: str | bytes) -> object:
    """Decode a JSON text; return None if it is not valid JSON."""
    try:
        return parse(text, half_pairs=True)
    except JsonInputError:
        return None


def mapping(value: object) -> Json | None:
    """Return the value if it is a JSON object, else None."""
    return cast("Json", value) if isinstance(value, dict) else None


def sequence(value: object) -> list[object]:
    """Return the value if it is a JSON array, else an empty list."""
    return cast("list[object]", value) if isinstance(value, list) else []


def child(value: Json, key: str) -> Json:
    """Return the JSON object under a key, else an empty one."""
    return mapping(value.get(key)) or {}


def text(value: Json, *keys: str) -> str | None:
    """Return the first non-empty string under one of the keys; an integer is converted to its digits."""
    for key in keys:
        found = value.get(key)
        if isinstance(found, str) and found:
            return found
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)
    return None


def number(value: Json, *keys: str) -> float | None:
    """Return the first finite number under one of the keys; a string of digits is converted."""
    for key in keys:
        found = value.get(key)
        if isinstance(found, str):
            try:
                found = float(found)
            except ValueError:
                continue
        if isinstance(found, int | float) and not isinstance(found, bool):
            try:
                converted = float(found)
            except OverflowError:
                continue
            if math.isfinite(converted):
                return converted
    return None


def integer(value: Json, *keys: str) -> int | None:
    """Return the first number under one of the keys, rounded to an integer."""
    found = number(value, *keys)
    return None if found is None else round(found)


def without(value: object, *secrets: str) -> object:
    """Redact the given secrets in the strings of a JSON value; not short ones, which may be part of any word."""
    long = [secret for secret in secrets if len(secret) >= SEARCHED_LENGTH]

    return map_strings(value, lambda words: strike_out(words, *long, other_tokens=False)) if long else value


def map_strings(value: object, change: Callable[[str], str]) -> object:
    """Return a copy of a JSON value with each string changed, keys too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(key): map_strings(inner, change) for key, inner in cast("Json", value).items()}
    if isinstance(value, list):
        return [map_strings(inner, change) for inner in cast("list[object]", value)]
    return value

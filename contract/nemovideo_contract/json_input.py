"""Reads JSON from outside: bodies of requests and responses, files, lines of journals. No other module parses it.

RFC 8259 lets a reader set limits. Here are those of this project, so that every value that is accepted can be written
again, as JSON in UTF-8, and can be used as a number.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Final, NoReturn, cast

#: The most levels of arrays and objects. Deeper values are made to break readers.
DEEPEST: Final = 200
#: The most levels of a value that goes into another: a body in a journal, a snapshot or a recording.
DEEPEST_BODY: Final = DEEPEST - 20
#: The most digits of an integer. A longer one may not fit into a float.
MOST_DIGITS: Final = 100
_BOM: Final = "\ufeff"


class JsonInputError(ValueError):
    """A text that is not JSON, or is beyond a limit. The message is one sentence.

    `reason` is the sentence without capital and full stop. If the grammar is broken, `position` is the place in
    characters, and `expected` is what the reader says.
    """

    def __init__(self, reason: str, position: int | None = None, expected: str = "") -> None:
        super().__init__(f"{reason[0].upper()}{reason[1:]}.")
        self.reason = reason
        self.position = position
        self.expected = expected


def parse(
    text: str | bytes | bytearray,
    *,
    longest: int | None = None,
    deepest: int = DEEPEST,
    unique_keys: bool = False,
    half_pairs: bool = False,
) -> object:
    """Return the value of a JSON text; a byte order mark before it is ignored.

    Bytes are UTF-8, and `longest` is their most. If a key appears twice in an object, the last one counts, or with
    `unique_keys` it is an error. `half_pairs` accepts escapes of half a surrogate pair, which UTF-8 can't encode.

    Raises:
        JsonInputError: the text is not JSON, or is beyond a limit.
    """
    if longest is not None and len(text) > longest:
        raise JsonInputError(f"it is longer than {longest} bytes")
    try:
        words = text if isinstance(text, str) else text.decode("utf-8")
        value = cast("object", (_STRICT if unique_keys else _DECODER).decode(words.removeprefix(_BOM)))
    except JsonInputError:
        raise
    except UnicodeDecodeError:
        raise JsonInputError("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise JsonInputError(f"it is not JSON: {error.msg}, {where}", error.pos, error.msg) from None
    except RecursionError:
        raise _too_deep(deepest) from None
    if words.count("[") + words.count("{") > deepest and depth(value) > deepest:
        raise _too_deep(deepest)
    may_have_half = "\\ud" in words or "\\uD" in words or (isinstance(text, str) and not words.isascii())
    if may_have_half and not half_pairs:
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise JsonInputError("it has half of a surrogate pair, which is not a character") from None
    return value


def is_json(text: str | bytes, deepest: int = DEEPEST_BODY) -> bool:
    """Return whether a text is JSON that can be a part of other JSON as it is: without a byte order mark."""
    try:
        parse(text, deepest=deepest, half_pairs=True)
    except JsonInputError:
        return False
    return not (text.startswith(_BOM) if isinstance(text, str) else text.startswith(_BOM.encode()))


def as_json(value: object, *, deepest: int = DEEPEST) -> object:
    """Return a value of another reader, such as YAML, as JSON has it; keys become text.

    Raises:
        JsonInputError: JSON has no such value, or it is beyond a limit.
    """
    try:
        text = json.dumps(value)
    except RecursionError:
        raise _too_deep(deepest) from None
    except TypeError:
        raise JsonInputError("it has a value of a type that JSON does not have") from None
    except ValueError as error:  # a value that contains itself, or an integer of thousands of digits
        raise _too_long() if "digits" in str(error) else JsonInputError(f"it is not JSON: {error}") from None
    return parse(text, deepest=deepest)


def depth(value: object) -> int:
    """Return the number of levels of a JSON value; 1 for a value without others in it."""
    levels, here = 0, [value]
    while here:
        levels += 1
        here = [
            inner
            for each in here
            for inner in (
                cast("dict[str, object]", each).values()
                if isinstance(each, dict)
                else cast("list[object]", each)
                if isinstance(each, list)
                else ()
            )
        ]
    return levels


def _too_deep(deepest: int) -> JsonInputError:
    return JsonInputError(f"it is nested more than {deepest} levels deep")


def _too_long() -> JsonInputError:
    return JsonInputError(f"it has a number of more than {MOST_DIGITS} digits")


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS + (digits[0] == "-"):
        raise _too_long()
    return int(digits)


def _float(digits: str) -> float:
    if math.isinf(number := float(digits)):
        raise JsonInputError(f"it has a number that is too large: {digits:.40}")
    return number


def _constant(name: str) -> NoReturn:
    raise JsonInputError(f"it has {name}, which is not a number of JSON")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise JsonInputError(f"the key {twice!r:.60} appears twice in one object")
    return found


_DECODER: Final = json.JSONDecoder(parse_int=_integer, parse_float=_float, parse_constant=_constant)
_STRICT: Final = json.JSONDecoder(
    parse_int=_integer, parse_float=_float, parse_constant=_constant, object_pairs_hook=_unique
)

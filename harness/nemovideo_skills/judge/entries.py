"""The lines of a journal, checked: what a fake writes under `GET /_mock/journal`, one JSON object a line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

#: One entry, as `docs/control.md` has it.
Entry = dict[str, Any]  # Any: entries are of five kinds, and bodies are the callers'

KINDS: Final = frozenset({"request", "response", "record", "end", "control"})
#: The year 9999 is over: later times are none, in seconds since the epoch.
LATEST: Final = 253_402_300_800
#: What every entry says.
_COMMON: Final[dict[str, type | tuple[type, ...]]] = {
    "n": int,
    "kind": str,
    "world": str,
    "virtual": (int, float),
    "real": (int, float),
}
#: What entries of a kind say beyond it, as far as rules need it.
_OWN: Final[dict[str, dict[str, type | tuple[type, ...]]]] = {
    "request": {"exchange": int, "method": str, "path": str, "query": str, "headers": list, "body": dict},
    "response": {"exchange": int, "status": int, "headers": list, "body": dict},
    "record": {"exchange": int, "number": int, "heartbeat": bool},
    "end": {"exchange": int, "how": str},
    "control": {"action": str},
}


class JournalError(ValueError):
    """A journal that can't be read; the message says where and why."""


def read_entries(lines: Iterable[str | bytes]) -> Iterator[Entry]:
    """The entries of a journal's lines; empty lines are passed over.

    Raises:
        JournalError: a line is no entry of a journal.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _entry(line, number)


def _entry(line: str | bytes, number: int) -> Entry:
    try:
        entry: object = json.loads(line)
    except (ValueError, RecursionError):
        raise JournalError(
            f"Line {number} is not JSON: a journal has one entry a line, as GET /_mock/journal writes it."
        ) from None
    if not isinstance(entry, dict):
        raise JournalError(f"Line {number} is no entry of a journal: it is not a JSON object.")
    found = cast("Entry", entry)
    kind = found.get("kind")
    if kind not in KINDS:
        raise JournalError(f"Line {number} is no entry of a journal: its kind is {kind!r}.")
    for name, types in (*_COMMON.items(), *_OWN[kind].items()):
        value = found.get(name)
        if not isinstance(value, types) or (isinstance(value, bool) and types is not bool):
            raise JournalError(f"Line {number} is no entry of a journal: a {kind} needs {name!r}.")
    if found["n"] < 1:
        raise JournalError(
            f"Line {number} is no entry of a journal: entries are numbered from 1, and its n is {found['n']}."
        )
    if not all(_is_moment(found[name]) for name in ("virtual", "real")):
        raise JournalError(f"Line {number} is no entry of a journal: its times are no seconds since the epoch.")
    return found


def _is_moment(seconds: float) -> bool:
    """Whether a number may be a time; ints of any length compare, floats may be no number."""
    return abs(seconds) < LATEST and not math.isnan(seconds)

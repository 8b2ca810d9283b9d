"""When production last behaved as a requirement says: `agreed.json`, which a run against it writes and nobody edits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import Final, cast

#: The name of the record, beside this module.
RECORD: Final = "agreed.json"


def last_agreed() -> dict[str, date]:
    """The day on which production last agreed with a requirement, by its id; without those that it never met.

    Raises:
        TypeError: the record is no JSON object.
        ValueError: it is no JSON, or a day is no ISO date.
    """
    return read((files("nemovideo_contract") / "requirements" / RECORD).read_text(encoding="utf-8"))


def read(text: str) -> dict[str, date]:
    """The days in a record's text.

    Raises:
        TypeError: it is no JSON object.
        ValueError: it is no JSON, or a day is no ISO date.
    """
    record = cast("object", json.loads(text))
    if not isinstance(record, dict):
        raise TypeError(f"{RECORD} is no object of ISO dates.")
    days = cast("dict[str, object]", record)
    return {requirement: date.fromisoformat(str(day)) for requirement, day in days.items()}


def to_json(days: Mapping[str, date]) -> str:
    """A record's text: one requirement a line, sorted by id, so that two runs' records can be compared."""
    return json.dumps({each: days[each].isoformat() for each in sorted(days)}, indent=1) + "\n"

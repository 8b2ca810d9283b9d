"""The file `agreed.json`: the day on which production last met each requirement.

A run of the suite against production writes it, and no one edits it. This is a separate module because the suite
writes the same format that the scripts read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import Final, cast

from nemovideo_contract.json_input import parse

#: The name of the record, in the folder of this module.
RECORD: Final = "agreed.json"


def last_agreed() -> dict[str, date]:
    """Return the day on which production last met each requirement, by its id.

    Without requirements that it never met.

    Raises:
        TypeError: the record is not a JSON object.
        ValueError: it is not JSON, or a day is not an ISO date.
    """
    return read((files("nemovideo_contract") / "requirements" / RECORD).read_text(encoding="utf-8"))


def read(text: str) -> dict[str, date]:
    """Return the days in the text of a record.

    Raises:
        TypeError: it is not a JSON object.
        ValueError: it is not JSON, or a day is not an ISO date.
    """
    record = parse(text)
    if not isinstance(record, dict):
        raise TypeError(f"{RECORD} is not an object of ISO dates.")
    days = cast("dict[str, object]", record)
    return {requirement: date.fromisoformat(str(day)) for requirement, day in days.items()}


def to_json(days: Mapping[str, date]) -> str:
    """Return the text of a record: one requirement a line, sorted by id, so that two records can be compared."""
    return json.dumps({each: days[each].isoformat() for each in sorted(days)}, indent=1) + "\n"

"""Instants as dates, also those that have none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: The first and the last whole second that a date can be written for, in seconds since the epoch.
FIRST: Final = -62_135_596_800
LAST: Final = 253_402_300_799


def dated(seconds: float) -> datetime:
    """An instant in UTC; the first or last one that there is where it would be before the year 1 or after 9999.

    Faults that take their time can move a virtual clock as far as they like, and that must break no answer.
    """
    return _EPOCH + timedelta(seconds=min(max(seconds, FIRST), LAST))

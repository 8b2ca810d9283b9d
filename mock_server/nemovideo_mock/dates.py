"""Instants as dates, also those that have none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: The first and the last whole second that a date can be written for, in seconds since the epoch.
FIRST: Final = -62_135_596_800
LAST: Final = 253_402_300_799


def to_datetime(seconds: float) -> datetime:
    """An instant in UTC; the first or last one that there is where it would be before the year 1 or after 9999.

    Faults that take their time can move a virtual clock as far as they like, and that must break no answer.
    """
    return _EPOCH + timedelta(seconds=min(max(seconds, FIRST), LAST))


def http_date(seconds: float) -> str:
    """An instant as the headers of HTTP write it, such as `Mon, 05 Jan 2026 09:00:00 GMT` (RFC 9110, section 5.6.7)."""
    return _http_date(int(seconds))


@lru_cache(maxsize=64)  # the answers of one second have the same
def _http_date(seconds: int) -> str:
    return format_datetime(to_datetime(seconds), usegmt=True)

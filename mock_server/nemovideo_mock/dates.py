"""Conversions of times to dates; a time outside the range of dates becomes the nearest date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: The first and the last whole second for which there is a date, in seconds since the epoch.
FIRST: Final = -62_135_596_800
LAST: Final = 253_402_300_799


def to_datetime(seconds: float) -> datetime:
    """Return a time in UTC; a time before the year 1 or after 9999 becomes the first or the last date.

    Slow faults can move a virtual clock as far as they like, and that must not break a response.
    """
    return _EPOCH + timedelta(seconds=min(max(seconds, FIRST), LAST))


def http_date(seconds: float) -> str:
    """Return a time in the form of HTTP headers, such as `Mon, 05 Jan 2026 09:00:00 GMT` (RFC 9110, section 5.6.7)."""
    return _http_date(int(seconds))


@lru_cache(maxsize=64)  # all responses of one second have the same date
def _http_date(seconds: int) -> str:
    return format_datetime(to_datetime(seconds), usegmt=True)

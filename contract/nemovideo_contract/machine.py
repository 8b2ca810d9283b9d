"""The machine's time, pauses and random values, for the suite and the harness.

Ruff bans the modules behind these functions everywhere else (TID251), so a reader finds every use here. No verdict on a
server depends on them. The suite compares a server's dates with the server's own clock, by its `Date` header.
"""

from __future__ import annotations

import secrets
import time
import uuid
from datetime import UTC, datetime


def now() -> datetime:
    """Return the machine's date and time in UTC, for reports and recordings."""
    return datetime.now(UTC)


def stopwatch() -> float:
    """Return the seconds since a fixed moment, by a clock that never goes backwards.

    The difference of two values is a duration.
    """
    return time.monotonic()


def pause(seconds: float) -> None:
    """Block the thread for some seconds."""
    time.sleep(seconds)


def new_id() -> str:
    """Return a new random UUID."""
    return str(uuid.uuid4())


def random_hex(count: int) -> str:
    """Return random bytes, each as two hexadecimal digits."""
    return secrets.token_hex(count)


def random_token() -> str:
    """Return a secret of 32 letters and digits that fits into a URL."""
    return secrets.token_urlsafe(24)


def random_below(limit: int) -> int:
    """Return a random whole number from 0 up to, but not including, the limit."""
    return secrets.randbelow(limit)

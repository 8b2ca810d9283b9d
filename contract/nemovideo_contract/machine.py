"""What the suite and the harness read of the machine that they run on: its time, its pauses, and its chance.

Ruff bans the modules behind these functions everywhere else (TID251), so that a reader finds every use here. No verdict
on a server rests on them: its dates are compared with its own clock, as its `Date` header says.
"""

from __future__ import annotations

import secrets
import time
import uuid
from datetime import UTC, datetime


def now() -> datetime:
    """The machine's date and time in UTC, for what is written down."""
    return datetime.now(UTC)


def stopwatch() -> float:
    """Seconds since some fixed moment, by a clock that never goes backwards: the difference of two is a duration."""
    return time.monotonic()


def pause(seconds: float) -> None:
    """Block the thread for so many seconds."""
    time.sleep(seconds)


def new_id() -> str:
    """A random UUID, which nobody else has."""
    return str(uuid.uuid4())


def random_hex(count: int) -> str:
    """So many random bytes, each as two hexadecimal digits."""
    return secrets.token_hex(count)


def random_token() -> str:
    """A secret of 32 letters and digits that fits into a URL."""
    return secrets.token_urlsafe(24)


def random_below(limit: int) -> int:
    """A random whole number from 0 up to, and without, the limit."""
    return secrets.randbelow(limit)

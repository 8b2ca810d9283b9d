"""The client's only source of time. A test can give the client another clock and let a week pass at once.

Everything that waits uses a clock. Several callers can share a clock that jumps ahead when all of them wait. `running`
tells such a clock that this caller is busy, so that it does not jump.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import anyio


class Clock(Protocol):
    """The clock of the synchronous client."""

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block the caller for so many seconds."""
        ...

    def running(self) -> AbstractContextManager[object]:
        """Mark the caller as busy inside the `with` block, so that a shared clock does not jump ahead."""
        ...


class AsyncClock(Protocol):
    """The clock of the asynchronous client."""

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Suspend the caller for so many seconds."""
        ...

    def running(self) -> AbstractContextManager[object]:
        """Mark the caller as busy inside the `with` block, so that a shared clock does not jump ahead."""
        ...


class SystemClock:
    """The machine's time; it never goes backwards."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return time.monotonic() + self._offset

    def sleep(self, seconds: float) -> None:
        """Block the thread for so many seconds."""
        time.sleep(max(0.0, seconds))

    def running(self) -> AbstractContextManager[object]:
        """Do nothing: this clock never jumps."""
        return nullcontext()


class AsyncSystemClock:
    """The machine's time; it never goes backwards."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return time.monotonic() + self._offset

    async def sleep(self, seconds: float) -> None:
        """Suspend the task for so many seconds, under asyncio or trio."""
        await anyio.sleep(max(0.0, seconds))

    def running(self) -> AbstractContextManager[object]:
        """Do nothing: this clock never jumps."""
        return nullcontext()

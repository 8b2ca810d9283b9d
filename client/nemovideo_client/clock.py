"""The client's only sources of time, injected so that a week can pass in a test.

Whatever waits asks a clock. A clock that several parties share may jump ahead while all of them wait; `running` tells
it that this caller is at work, so that it doesn't jump past the work.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import anyio


class Clock(Protocol):
    """The time as the synchronous client sees it."""

    def now(self) -> float:
        """The time, in seconds since the epoch."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block the caller for so long."""
        ...

    def running(self) -> AbstractContextManager[object]:
        """The caller is at work inside; a shared clock must not jump past it."""
        ...


class AsyncClock(Protocol):
    """The time as the asynchronous client sees it."""

    def now(self) -> float:
        """The time, in seconds since the epoch."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Suspend the caller for so long."""
        ...

    def running(self) -> AbstractContextManager[object]:
        """The caller is at work inside; a shared clock must not jump past it."""
        ...


class SystemClock:
    """Time as it is; never goes backwards."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """The time, in seconds since the epoch."""
        return time.monotonic() + self._offset

    def sleep(self, seconds: float) -> None:
        """Block the thread for so long."""
        time.sleep(max(0.0, seconds))

    def running(self) -> AbstractContextManager[object]:
        """Nothing to hold: time passes anyway."""
        return nullcontext()


class AsyncSystemClock:
    """Time as it is; never goes backwards."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """The time, in seconds since the epoch."""
        return time.monotonic() + self._offset

    async def sleep(self, seconds: float) -> None:
        """Suspend the task for so long, under asyncio or trio."""
        await anyio.sleep(max(0.0, seconds))

    def running(self) -> AbstractContextManager[object]:
        """Nothing to hold: time passes anyway."""
        return nullcontext()

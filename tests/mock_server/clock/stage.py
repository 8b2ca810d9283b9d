"""A clock that runs while a block runs, and a function that lets everything run that is ready."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TypeVar

from nemovideo_mock.clock import RealClock, VirtualClock, yield_to_loop

Kind = TypeVar("Kind", RealClock, VirtualClock)


@contextmanager
def started(clock: Kind) -> Generator[Kind]:
    clock.start()
    try:
        yield clock
    finally:
        clock.stop()


async def idle() -> None:
    """Let everything run that is ready."""
    for _ in range(20):
        await yield_to_loop()

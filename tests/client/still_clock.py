"""Clocks that stand still but for sleeps, and know whether their caller is at work."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import anyio.lowlevel


class _Still:
    def __init__(self) -> None:
        self.time = 1_000_000.0
        self.sleeps: list[float] = []
        self.depth = 0

    def now(self) -> float:
        return self.time

    @contextmanager
    def running(self) -> Generator[None]:
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1

    def _pass(self, seconds: float) -> None:
        assert self.depth == 1, "who sleeps is at work, once"
        self.sleeps.append(seconds)
        self.time += seconds


class StillClock(_Still):
    def sleep(self, seconds: float) -> None:
        self._pass(seconds)


class AsyncStillClock(_Still):
    async def sleep(self, seconds: float) -> None:
        self._pass(seconds)
        await anyio.lowlevel.checkpoint()

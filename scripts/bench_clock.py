"""Measure the cost of a step of the virtual clock while thousands of other requests wait for it.

    scripts/bench_clock.py [LINKS]

One handler waits for the next instant again and again: first without other requests, then with many waiting requests of
callers outside the clock (1,000 by default). The same is measured with a clock that looks at every connection in every
step, because it does not know who is at work. Ratios are crowded / alone: 1 is a step that costs the same.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Callable

from nemovideo_mock.clock import Link, Signal, VirtualClock

STEPS = 500
ROUNDS = 5


class ScanningClock(VirtualClock):
    """The same clock without its accounts: it asks every connection in every step."""

    def __init__(self) -> None:
        super().__init__()
        self.every: list[Link] = []

    def attach(self, link: Link) -> None:
        """Keep every connection."""
        self.every.append(link)
        super().attach(link)

    def _is_waited_for(self) -> bool:
        return bool(self._advancing or self._waits) or any(link.busy and link.blocked for link in self.every)

    def _is_free(self) -> bool:
        return not any(link.at_work for link in self.every)


async def seconds_a_step(clock: VirtualClock, crowd: int) -> float:
    """Return the median time of a step, in seconds, with this number of waiting requests."""
    clock.start()
    links = [Link() for _ in range(crowd + 1)]
    for link in links:
        link.busy = True
        clock.attach(link)
    others = [asyncio.create_task(clock.wait(Signal(), link, 1e15)) for link in links[1:]]
    await asyncio.sleep(0)
    times: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(STEPS):
            await clock.wait(Signal(), links[0], clock.now() + 1)
        times.append((time.perf_counter() - began) / STEPS)
    clock.stop()
    await asyncio.gather(*others, return_exceptions=True)
    return statistics.median(times)


def main() -> None:
    """Measure both and print."""
    crowd = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    clocks: dict[str, Callable[[], VirtualClock]] = {"accounts": VirtualClock, "scanning": ScanningClock}
    for name, make in clocks.items():
        alone = asyncio.run(seconds_a_step(make(), 0))
        crowded = asyncio.run(seconds_a_step(make(), crowd))
        print(
            f"{name}: {alone * 1e6:.1f} us a step alone, {crowded * 1e6:.1f} us with {crowd} waiting requests,"
            f" ratio {crowded / alone:.2f}"
        )


if __name__ == "__main__":
    main()

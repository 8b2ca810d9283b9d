"""One clock drives everything, and nothing else in the fake reads the time.

`RealClock` is time as it is. `VirtualClock` stands still until somebody waits for it; then it jumps to the next
deadline, runs what is due there in order, lets that settle, and looks again. A week, a 15-minute stream or a ten-poll
render passes in milliseconds and always in the same order. Each world has a clock of its own.
"""

from __future__ import annotations

from nemovideo_mock.clock.interface import (
    Clock,
    ClockStoppedError,
    Signal,
    Timer,
    TimerOrder,
    void,
    wall,
    yield_to_loop,
)
from nemovideo_mock.clock.links import Address, Link, Links
from nemovideo_mock.clock.real import RealClock
from nemovideo_mock.clock.virtual import VIRTUAL_EPOCH, VirtualClock, Wait

__all__ = [
    "VIRTUAL_EPOCH",
    "Address",
    "Clock",
    "ClockStoppedError",
    "Link",
    "Links",
    "RealClock",
    "Signal",
    "Timer",
    "TimerOrder",
    "VirtualClock",
    "Wait",
    "void",
    "wall",
    "yield_to_loop",
]

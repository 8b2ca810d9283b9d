"""The clock of a world. All code of the fake reads the time only from here.

`RealClock` follows real time. `VirtualClock` stands still until someone waits for it. Then it jumps to the next
deadline, runs the timers that are due in order, waits until their effects have settled, and repeats. A week, a
15-minute stream or a render with ten polls passes in milliseconds and always in the same order. Each world has its own
clock.
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

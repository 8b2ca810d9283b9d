"""Every Python that `scripts/test-dates` starts under libfaketime loads this module, which repairs `time.sleep`.

Python sleeps up to a moment of the monotonic clock (clock_nanosleep with TIMER_ABSTIME). libfaketime 0.9.10 takes the
shift off that moment even if its settings exclude monotonic time, so each sleep fails with EINVAL.
`select` takes a duration, waits as long, and refuses a negative number as `time.sleep` does.
"""

import select
import time


def sleep(seconds: float, /) -> None:
    """Block the thread for so many seconds."""
    select.select([], [], [], seconds)


time.sleep = sleep

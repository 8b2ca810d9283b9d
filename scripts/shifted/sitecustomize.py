"""Every Python that `scripts/test-dates` starts under libfaketime loads this. It corrects two effects of the library.

- Python sleeps until a moment of the monotonic clock (clock_nanosleep with TIMER_ABSTIME). libfaketime 0.9.10 subtracts
  the shift from that moment, even with FAKETIME_DONT_FAKE_MONOTONIC, so each sleep fails with EINVAL. `select` takes a
  duration, waits as long, and refuses a negative number as `time.sleep` does.
- libfaketime opens a file in shared memory before Python starts. If a shell closed standard input or output, the file
  gets that number, and Python takes it for an open stream. Here it is closed again.
"""

import os
import select
import sys
import time

SHARED_FILE = "/dev/shm/faketime_shm_"  # noqa: S108 -- the name that libfaketime gives it


def sleep(seconds: float, /) -> None:
    """Block the thread for this many seconds."""
    select.select([], [], [], seconds)


def close_shared_file(descriptor: int, name: str) -> None:
    """Close the standard stream if its descriptor is the shared file of libfaketime."""
    try:
        file = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 -- pathlib takes longer to load
    except OSError:
        return
    if file.startswith(SHARED_FILE):
        setattr(sys, name, None)
        setattr(sys, f"__{name}__", None)
        os.close(descriptor)


time.sleep = sleep
for number, stream in enumerate(("stdin", "stdout", "stderr")):
    close_shared_file(number, stream)

"""What a block leaves open for the garbage collector to find."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def nothing_left_open() -> Generator[None]:
    """Fail where the block leaves a socket, a transport, a file or a process that nobody closed."""
    gc.collect()  # what others left is not this block's
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", ResourceWarning)
        yield
        gc.collect()
    left = [str(each.message) for each in found if issubclass(each.category, ResourceWarning)]
    assert not left, f"left open: {left}"

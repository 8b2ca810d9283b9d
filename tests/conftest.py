"""What all tests share."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator

import pytest
from hypothesis import settings

# No deadline: a slow machine is not a wrong answer. CI draws the same examples each time, so that it says what changed.
settings.register_profile("project", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
settings.load_profile("project")


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run under asyncio, as the server does."""
    return "asyncio"


def pytest_collection_finish() -> None:
    """Leave what all tests share out of what the garbage collector goes through, so that collecting costs little."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def nothing_left_to_others() -> Generator[None]:
    """Find what a module's tests left open while they are at work, so that no test of another module fails by it."""
    yield
    gc.collect()

"""What all tests share."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# No deadline: a slow machine is not a wrong answer. CI draws the same examples each time, so that it says what changed.
settings.register_profile("project", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
settings.load_profile("project")


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run under asyncio, as the server does."""
    return "asyncio"

"""What all tests share."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
from hypothesis import settings

# No deadline: a slow machine is not a wrong answer. CI draws the same examples each time, so that it says what changed.
settings.register_profile("project", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
settings.load_profile("project")


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run under asyncio, as the server does."""
    return "asyncio"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the option that `scripts/test-dates` passes where the machine has no libfaketime."""
    parser.addoption("--machine-date", help="let this process take that date, such as 2027-06-01, for today's")


def pytest_configure(config: pytest.Config) -> None:
    """Shift the date of this process, xdist's workers too; the processes that tests start keep the true one."""
    date: str | None = config.getoption("--machine-date")
    if date is None:
        return
    import time_machine

    traveller = time_machine.travel(datetime.fromisoformat(date).replace(tzinfo=UTC), tick=True)
    traveller.start()
    config.add_cleanup(traveller.stop)

"""A fake on loopback that the commands call; each test has a world of it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from nemovideo_mock.server import RunningServer, running
from nemovideo_mock.settings import Settings

from .commands import Shell, shell_for


@pytest.fixture(scope="session")
def server() -> Generator[RunningServer]:
    """One fake for all tests; on the virtual clock, so that asking is all the waiting there is."""
    with running(Settings(quality="stub", clock="virtual")) as server:
        yield server


@pytest.fixture
def shell(server: RunningServer, tmp_path: Path, request: pytest.FixtureRequest) -> Shell:
    """A person's shell."""
    home = tmp_path / "home"
    home.mkdir()
    return shell_for(server, home, request.node.nodeid)

"""A fake on loopback for the commands; each test has its own world."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from nemovideo_mock.server import RunningServer, running
from nemovideo_mock.settings import Settings

from .commands import Shell, shell_for


@pytest.fixture(scope="session")
def server() -> Generator[RunningServer]:
    """One fake for all tests, on a virtual clock, so that no test waits in real time."""
    with running(Settings(quality="stub", clock="virtual")) as server:
        yield server


@pytest.fixture
def shell(server: RunningServer, tmp_path: Path, request: pytest.FixtureRequest) -> Shell:
    """A shell for the test."""
    home = tmp_path / "home"
    home.mkdir()
    return shell_for(server, home, request.node.nodeid)

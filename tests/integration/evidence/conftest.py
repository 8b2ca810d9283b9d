"""Callers of a fake in which no turn is silent, so that each answer can be read."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from nemovideo_mock.runtime.scenario_tokens import token_of
from nemovideo_mock.server import RunningServer
from tests.integration.evidence.caller import Caller, playing


@pytest.fixture
def server() -> Generator[RunningServer]:
    with playing(silent="never") as server:
        yield server


@pytest.fixture
def caller(server: RunningServer) -> Generator[Caller]:
    with Caller(server) as caller:
        yield caller


@pytest.fixture
def funded(server: RunningServer) -> Generator[Caller]:
    with Caller(server, token_of("funded")) as caller:
        yield caller

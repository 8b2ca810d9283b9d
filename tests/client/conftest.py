"""The asynchronous client is tested under asyncio, and under trio where that is installed."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

BACKENDS = ["asyncio", "trio"] if find_spec("trio") else ["asyncio"]


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """The event loop."""
    backend: str = request.param
    return backend

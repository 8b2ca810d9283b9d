from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """The fake that these tests talk to runs in the same loop, which must be asyncio's."""
    return "asyncio"

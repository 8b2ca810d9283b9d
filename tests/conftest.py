"""What all tests share."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

import nemovideo_client
import nemovideo_contract
import nemovideo_harness
import nemovideo_mock
from tests.order import Order

# The same examples in each run, in any order of tests, on a machine of any speed.
settings.register_profile(
    "project",
    database=None,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# What `scripts/fuzz properties` loads: other examples with each seed.
settings.register_profile("search", settings.get_profile("project"), derandomize=False)
settings.load_profile("project")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the order of tests, for the case that one fails."""
    config.pluginmanager.register(Order())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Import all of our modules before the first property test.

    Hypothesis also draws the constants that it finds in loaded modules. What a test loads would change what the tests
    after it draw, so that examples would depend on the order and the choice of tests.
    """
    if any(is_hypothesis_test(getattr(item, "obj", None)) for item in items):
        for package in (nemovideo_client, nemovideo_contract, nemovideo_harness, nemovideo_mock):
            for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
                if not found.name.rpartition(".")[2].startswith(("test_", "__main__")):
                    import_module(found.name)


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run under asyncio, as the server does."""
    return "asyncio"

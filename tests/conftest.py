"""What all tests share."""

from __future__ import annotations

import gc
import pkgutil
import signal
import ssl
from collections.abc import Generator
from datetime import UTC, datetime
from importlib import import_module

import httpx
import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

import nemovideo_client
import nemovideo_contract
import nemovideo_harness
import nemovideo_mock
from nemovideo_contract.trust import tls_context
from tests.choosing import expression
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


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of `scripts/test` and `scripts/test-dates`."""
    parser.addoption("--slow", action="store_true", help="run only the tests that a run without a choice leaves out")
    parser.addoption("--machine-date", help="let this process take that date, such as 2027-06-01, for today's")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the tests, keep their order for the case that one fails, and shift the date if a run asks for it."""
    config.pluginmanager.register(Order())
    option = config.option
    named = config.args_source is pytest.Config.ArgsSource.ARGS or bool(option.keyword)
    option.markexpr = expression(slow=option.slow, named=named, marks=option.markexpr)
    _take_interrupts()
    _shift_date(config)


def _take_interrupts() -> None:
    """Take SIGINT also where a shell started this run in the background, and so had it ignored.

    The processes that tests start and interrupt would inherit that, and never end.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _shift_date(config: pytest.Config) -> None:
    """Shift the date of this process and of xdist's workers; the processes that tests start keep the true date."""
    date: str | None = config.getoption("--machine-date")
    if date is None:
        return
    import time_machine

    traveller = time_machine.travel(datetime.fromisoformat(date).replace(tzinfo=UTC), tick=True)
    traveller.start()
    config.add_cleanup(traveller.stop)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say that tests were left out."""
    return "without the slow tests: --slow runs those" if config.option.markexpr == "not slow" else None


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


@pytest.fixture(scope="session", autouse=True)
def certificates_loaded_once() -> Generator[None]:
    """What tests call httpx with themselves is loopback, and its certificates, 40 ms a client, are not the subject."""

    def context(
        verify: ssl.SSLContext | str | bool = True,  # noqa: FBT001, FBT002 -- the signature is httpx's
        cert: str | tuple[str, str] | None = None,
        trust_env: bool = True,  # noqa: FBT001, FBT002
    ) -> ssl.SSLContext:
        if verify is True and cert is None:
            return tls_context(trust_env=trust_env)
        return httpx.create_ssl_context(verify, cert, trust_env)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx._transports.default.create_ssl_context", context)
        yield


def pytest_collection_finish() -> None:
    """Leave what all tests share out of what the garbage collector goes through, so that collecting costs little."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def nothing_left_to_others() -> Generator[None]:
    """Find what a module's tests left open while they are at work, so that no test of another module fails by it."""
    yield
    gc.collect()

"""What all tests share."""

from __future__ import annotations

import os
import ssl
from collections.abc import Generator
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import settings

from nemovideo_contract.trust import trusted
from tests.choosing import expression

# No deadline: a slow machine is not a wrong answer. CI draws the same examples each time, so that it says what changed.
settings.register_profile("project", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
settings.load_profile("project")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option."""
    parser.addoption("--slow", action="store_true", help="run only the tests that a run without a choice leaves out")


def pytest_configure(config: pytest.Config) -> None:
    """Leave slow tests to a run of their own, unless this run names its tests."""
    option = config.option
    named = config.args_source is pytest.Config.ArgsSource.ARGS or bool(option.keyword)
    option.markexpr = expression(slow=option.slow, named=named, marks=option.markexpr)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say that tests were left out."""
    return "without the slow tests: --slow runs those" if config.option.markexpr == "not slow" else None


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


@pytest.fixture(scope="session", autouse=True)
def certificates_loaded_once() -> Generator[None]:
    """What tests call httpx with themselves is loopback, and its certificates, 40 ms a client, are not the subject."""

    def context(
        verify: ssl.SSLContext | str | bool = True,  # noqa: FBT001, FBT002 -- the signature is httpx's
        cert: str | tuple[str, str] | None = None,
        trust_env: bool = True,  # noqa: FBT001, FBT002
    ) -> ssl.SSLContext:
        if verify is True and cert is None:
            return trusted(trust_env=trust_env)
        return httpx.create_ssl_context(verify, cert, trust_env)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx._transports.default.create_ssl_context", context)
        yield

"""The pytest plugin for tests of your own code: a fake, a new world for each test, and no access to the real service.

pytest loads this plugin in every run if the package is installed. So it imports our modules only when a test needs
them.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Generator
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from nemovideo_client import AsyncClient, Client
    from nemovideo_harness.assertions import Journalled
    from nemovideo_harness.worlds import JournalView, World
    from nemovideo_mock.server import RunningServer
    from nemovideo_mock.settings import Settings
    from nemovideo_skills.judge.history import Time

# The same name is in `nemovideo_contract.allowed_hosts`; an import of it would slow down every start of pytest.
_ALLOWED = "NEMO_ALLOWED_HOSTS"
_BEFORE = pytest.StashKey["str | None"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("nemovideo", "test code that calls NemoVideo")
    group.addoption(
        "--nemo-allow-host",
        action="append",
        default=[],
        metavar="HOST",
        help="let NemoVideo clients also call this host, not only this machine; repeatable",
    )
    parser.addini("nemo_allow_hosts", "hosts that NemoVideo clients may call in tests", type="args", default=[])


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Restrict clients, and the commands that tests start, to this machine and the allowed hosts."""
    config.stash[_BEFORE] = os.environ.get(_ALLOWED)
    given = cast("list[str]", config.getoption("--nemo-allow-host"))
    hosts = [*given, *config.getini("nemo_allow_hosts")]
    os.environ[_ALLOWED] = ",".join(dict.fromkeys(hosts))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Restore the environment."""
    before = config.stash.get(_BEFORE, None)
    if before is None:
        os.environ.pop(_ALLOWED, None)
    else:
        os.environ[_ALLOWED] = before


@pytest.fixture(scope="session")
def nemo_settings() -> Settings | None:
    """The settings of the fake for the whole run; None means the default. Override it in a conftest.py."""
    return None


@pytest.fixture
def nemo_profile() -> str | None:
    """The profile of the test's world; None means that of the fake. Parametrize a test with it, or override it."""
    return None


@pytest.fixture(scope="session")
def nemo_fake(request: pytest.FixtureRequest) -> Generator[RunningServer]:
    """A fake on loopback with a virtual clock, for all tests of a process. Each pytest-xdist worker has its own."""
    from nemovideo_harness import worlds

    if (reason := worlds.missing()) is not None:
        pytest.fail(reason, pytrace=False)
    settings, fits = None, True
    try:
        settings = cast("Settings | None", request.getfixturevalue("nemo_settings"))
    except pytest.fail.Exception as error:
        if "ScopeMismatch" not in str(error):
            raise
        fits = False
    if not fits:
        pytest.fail(
            "nemo_settings must have session scope, because all tests share one fake: use"
            ' @pytest.fixture(scope="session"). To change one test, override nemo_profile.',
            pytrace=False,
        )
    with worlds.start_fake(settings) as server:
        yield server


@pytest.fixture
def nemo_world(nemo_fake: RunningServer, nemo_profile: str | None) -> Generator[World]:
    """A new world of the fake for this test only; it is deleted when the test ends."""
    from nemovideo_harness import worlds

    with worlds.world_of(nemo_fake, nemo_profile) as world:
        yield world


@pytest.fixture
def nemo_client(nemo_world: World) -> Generator[Client]:
    """A client of the test's world; it waits on the virtual clock of the world."""
    with nemo_world.client() as client:
        yield client


@pytest.fixture
def nemo_async_client(nemo_world: World) -> AsyncClient:
    """An asynchronous client of the test's world. Use it with `async with`, under asyncio only."""
    return nemo_world.async_client()


@pytest.fixture
def nemo_environ(nemo_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The test's world, with the environment set for it: NEMO_API_URL has its address, and NEMO_TOKEN is not set."""
    for name, value in nemo_world.environ.items():
        monkeypatch.setenv(name, value)
    for name in nemo_world.absent:
        monkeypatch.delenv(name, raising=False)
    return nemo_world


@pytest.fixture
def nemo_journal(nemo_world: World) -> JournalView:
    """The journal of the test's world, as dictionaries."""
    return nemo_world.journal


def assert_conduct(
    journal: Journalled,
    *,
    ignore: Collection[str] = (),
    rules: Collection[str] = (),
    profile: str | None = None,
    time: Time = "auto",
) -> None:
    """Fail if a caller in the journal broke a rule of conduct; `nemovideo_harness.assertions` has the details.

    Raises:
        AssertionError: A rule was broken, or the journal has no requests. The message says what happened and how to
            fix it.
    """
    __tracebackhide__ = True
    from nemovideo_harness import assertions

    assertions.assert_conduct(journal, ignore=ignore, rules=rules, profile=profile, time=time)

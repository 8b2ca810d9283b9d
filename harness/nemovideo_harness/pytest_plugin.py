"""The plugin for people who test their own code: a fake, a world of it for each test, and no way to the real service.

pytest finds it by itself wherever the package is installed, so nothing of ours is imported before a test asks for it.
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

# `nemovideo_contract.allowed_hosts` and `wire` have these names too, and are not worth an import in everybody's start.
_ALLOWED = "NEMO_ALLOWED_HOSTS"
_BEFORE = pytest.StashKey["str | None"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options."""
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
    """Keep clients, and the commands that tests start, on this machine."""
    config.stash[_BEFORE] = os.environ.get(_ALLOWED)
    said = cast("list[str]", config.getoption("--nemo-allow-host"))
    hosts = [*said, *config.getini("nemo_allow_hosts")]
    os.environ[_ALLOWED] = ",".join(dict.fromkeys(hosts))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave the environment as it was."""
    before = config.stash.get(_BEFORE, None)
    if before is None:
        os.environ.pop(_ALLOWED, None)
    else:
        os.environ[_ALLOWED] = before


@pytest.fixture(scope="session")
def nemo_settings() -> Settings | None:
    """How the fake plays; None is the default. Override it in a conftest.py, for the whole run."""
    return None


@pytest.fixture
def nemo_profile() -> str | None:
    """The profile of the test's world; None is the fake's own. Parametrize a test with it, or override it."""
    return None


@pytest.fixture(scope="session")
def nemo_fake(request: pytest.FixtureRequest) -> Generator[RunningServer]:
    """A fake on loopback and a virtual clock, for all tests of a process; each worker of pytest-xdist has its own."""
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
            "nemo_settings is for the whole run, as one fake plays for all tests: write it with"
            ' @pytest.fixture(scope="session"). For one test override nemo_profile.',
            pytrace=False,
        )
    with worlds.start_fake(settings) as server:
        yield server


@pytest.fixture
def nemo_world(nemo_fake: RunningServer, nemo_profile: str | None) -> Generator[World]:
    """A world of the fake that nobody but this test knows; it ends with the test."""
    from nemovideo_harness import worlds

    with worlds.world_of(nemo_fake, nemo_profile) as world:
        yield world


@pytest.fixture
def nemo_client(nemo_world: World) -> Generator[Client]:
    """A client of the test's world; its waits are waits of the world's virtual clock."""
    with nemo_world.client() as client:
        yield client


@pytest.fixture
def nemo_async_client(nemo_world: World) -> AsyncClient:
    """The asynchronous twin, to be entered with `async with` in the test's own event loop, which must be asyncio's."""
    return nemo_world.async_client()


@pytest.fixture
def nemo_environ(nemo_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The test's world, named by the environment: code that reads NEMO_API_URL finds it there, and no token."""
    for name, value in nemo_world.environ.items():
        monkeypatch.setenv(name, value)
    for name in nemo_world.absent:
        monkeypatch.delenv(name, raising=False)
    return nemo_world


@pytest.fixture
def nemo_journal(nemo_world: World) -> JournalView:
    """What the test's world has seen, as dictionaries."""
    return nemo_world.journal


def assert_conduct(
    journal: Journalled,
    *,
    ignore: Collection[str] = (),
    rules: Collection[str] = (),
    profile: str | None = None,
    time: Time = "auto",
) -> None:
    """Fail where a caller in the journal broke a rule of conduct: `nemovideo_harness.assertions` says more.

    Raises:
        AssertionError: a rule was broken, or nobody called; the message says what happened and how to fix it.
    """
    __tracebackhide__ = True
    from nemovideo_harness import assertions

    assertions.assert_conduct(journal, ignore=ignore, rules=rules, profile=profile, time=time)

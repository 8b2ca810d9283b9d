"""What the benchmarks are given: a target, and a meter that measures calls to it.

The target is the suite's (`--contract-target`, with the suite's spending limits). Without one it is a fake in this
process. The saved file names the target under `target`.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack
from typing import cast

import pytest

from nemovideo_contract.http.driver import Driver
from nemovideo_contract.http.spending_limits import SpendingLimits
from nemovideo_contract.profiles import find_profile
from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.run import Run
from nemovideo_contract.suite.worlds import Worlds
from nemovideo_contract.targets import fake
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from tests.benchmarks.meter import Meter, Timing
from tests.benchmarks.target import About, about

#: Rounds of each operation, where nothing bounds them.
ROUNDS = 30

_ABOUT = pytest.StashKey[About]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option of the benchmarks alone."""
    parser.getgroup("contract").addoption(
        "--contract-rounds",
        metavar="N",
        type=int,
        default=ROUNDS,
        help="the maximum number of measurements of each operation",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a number of rounds that measures nothing."""
    if rounds_of(config) < 1:
        raise pytest.UsageError("--contract-rounds: at least 1.")


def rounds_of(config: pytest.Config) -> int:
    """How often each operation is measured, at most."""
    return cast("int", config.getoption("--contract-rounds"))


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, object]) -> None:
    """Say in the saved file what was measured."""
    output_json["target"] = config.stash[_ABOUT]


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> Generator[Run]:
    """The suite's run at the named target, or one at a fake in this process; what it speaks is known."""
    found: object = request.config.pluginmanager.get_plugin("nemovideo-contract-run")
    if isinstance(found, Run):
        request.config.stash[_ABOUT] = about(found)
        yield found
        return
    with running(Settings(quality="stub", clock="virtual")) as server, Driver(server.url) as driver:
        # No waiting in real time: asking again is what makes a virtual clock go on.
        spending = SpendingLimits(None, sleep=lambda _: None)
        own = Run([Context(fake(server.url), driver, spending, find_profile("seeds"))], Worlds(server.url))
        with own.closing:
            own.detect_profile()
            request.config.stash[_ABOUT] = about(own, where="in this process")
            yield own
            own.finish()


@pytest.fixture
def meter(run: Run, benchmark: Timing, pytestconfig: pytest.Config) -> Generator[Meter]:
    """Measures one operation."""
    with ExitStack() as closing:
        yield Meter(run.context, benchmark, rounds_of(pytestconfig), closing)

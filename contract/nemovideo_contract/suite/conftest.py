"""What the checks are given when pytest runs them."""

from __future__ import annotations

import pytest

from nemovideo_contract.suite.bench import Bench


@pytest.fixture(scope="session")
def bench(request: pytest.FixtureRequest) -> Bench:
    """The bench that checks work on; which one it is, is found when a check begins."""
    run: object = request.config.pluginmanager.get_plugin("nemovideo-contract-run")
    if run is None:
        pytest.fail("Name a target: --contract-target mock, production, or a URL.", pytrace=False)
    from nemovideo_contract.suite.running import Run

    assert isinstance(run, Run)
    return run.bench

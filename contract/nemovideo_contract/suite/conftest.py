"""The fixtures of the checks."""

from __future__ import annotations

import pytest

from nemovideo_contract.suite.context import Context

NO_TARGET = "Name a target of the contract's suite: --contract-target mock, production, or a URL."


def pytest_collection_finish(session: pytest.Session) -> None:
    """Raise once if the target is missing, and not for each check."""
    config = session.config
    if config.pluginmanager.get_plugin("nemovideo-contract-run") is None and not config.option.collectonly:
        raise pytest.UsageError(NO_TARGET)


@pytest.fixture(scope="session")
def context(request: pytest.FixtureRequest) -> Context:
    """Return the context of the run; a check finds its own when it begins."""
    run: object = request.config.pluginmanager.get_plugin("nemovideo-contract-run")
    if run is None:
        pytest.fail(NO_TARGET, pytrace=False)
    from nemovideo_contract.suite.run import Run

    assert isinstance(run, Run)
    return run.context

"""The suite's options for pytest, which finds them by itself wherever the package is installed.

Every run of pytest loads this, whatever it tests: so nothing is imported before `--contract-target` is given, and
without it nothing else is done.
"""

from __future__ import annotations

from importlib.util import find_spec

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The suite's options."""
    add = parser.getgroup("contract", "what the NemoVideo API promises").addoption
    add("--contract-target", metavar="TARGET", help="check the contract: mock (at NEMO_API_URL), production, or a URL")
    add("--contract-profile", metavar="NAME", help="which of the documented variations is expected; else found out")
    add("--contract-set", metavar="KEY=VALUE", action="append", default=[], help="change one key of it; repeatable")
    add("--contract-only", metavar="AREAS", help="some areas, separated by commas, such as auth,stream")
    add("--contract-without", metavar="ID", action="append", default=[], help="leave out a requirement; repeatable")
    add("--contract-thorough", action="store_true", help="also send many messages where each takes its time")
    add("--contract-plan", action="store_true", help="only say what would be called, and what it may cost")
    add("--contract-report", metavar="FILE", action="append", default=[], help="write .html, .xml or .json; repeatable")
    add("--contract-agreed", metavar="FILE", help="keep in this file when production last agreed to which requirement")
    add("--contract-allow-credits", metavar="N", type=int, help="what may be spent on production")
    add("--contract-allow-token", action="store_true", help="ask production for an anonymous token too")
    add("--contract-connect-to", metavar="HOST:PORT", help="rehearse: call a stand-in for production on this machine")
    add("--contract-authority", metavar="FILE", help="who signed the stand-in's certificate")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Begin a run of the suite where a target is named."""
    if config.getoption("--contract-target") is None:
        return
    if any(find_spec(module) is None for module in ("hypothesis", "jsonschema")):
        raise pytest.UsageError("The suite is not installed. Install it with: pip install 'nemovideo-harness[suite]'")
    from nemovideo_contract.suite.beginning import begun

    config.pluginmanager.register(begun(config), "nemovideo-contract-run")

"""The suite's options for pytest, which loads this module wherever the package is installed.

Every run of pytest loads it. So without `--contract-target`, it imports nothing and does nothing.
"""

from __future__ import annotations

from importlib.util import find_spec

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the suite's options."""
    add = parser.getgroup("contract", "check a server against the NemoVideo API documents").addoption
    add(
        "--contract-target",
        metavar="TARGET",
        help="the server to check: mock (the fake at NEMO_API_URL), production, or a URL",
    )
    add("--contract-profile", metavar="NAME", help="the variant of the API to expect; default: detected")
    add(
        "--contract-set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="change one key of the profile; repeatable",
    )
    add("--contract-only", metavar="AREAS", help="check only these areas, separated by commas, such as auth,stream")
    add("--contract-without", metavar="ID", action="append", default=[], help="skip this requirement; repeatable")
    add(
        "--contract-thorough",
        action="store_true",
        help="also run checks that send many messages, on a server in real time",
    )
    add("--contract-plan", action="store_true", help="list the requests and what they may cost; send nothing")
    add(
        "--contract-report",
        metavar="FILE",
        action="append",
        default=[],
        help="write a report: .html, .xml or .json; repeatable",
    )
    add(
        "--contract-agreed", metavar="FILE", help="save in this file the date when production last met each requirement"
    )
    add("--contract-allow-credits", metavar="N", type=int, help="the most credits that the run may spend on production")
    add(
        "--contract-allow-token",
        action="store_true",
        help="allow the run to request an anonymous token from production",
    )
    add(
        "--contract-connect-to",
        metavar="HOST:PORT",
        help="rehearse: send production requests to this address on this machine",
    )
    add("--contract-authority", metavar="FILE", help="the CA certificate for the TLS server at --contract-connect-to")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Begin a run of the suite if there is a target."""
    if config.getoption("--contract-target") is None:
        return
    if any(find_spec(module) is None for module in ("hypothesis", "jsonschema")):
        from nemovideo_contract.extras import install_hint

        raise pytest.UsageError(f"The suite is not installed. Install it with: {install_hint('suite')}")
    from nemovideo_contract.suite.run_from_options import begin_run

    config.pluginmanager.register(begin_run(config), "nemovideo-contract-run")

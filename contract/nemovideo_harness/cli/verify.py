"""`nemo-harness verify`: the contract's suite, run against any target."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec

import click

from nemovideo_contract.profiles import DEFAULT, PROFILES, named
from nemovideo_contract.wire import ENV_API_URL
from nemovideo_harness.cli.exits import Exit, Stop

INSTALL_SUITE = "The suite is not installed. Install it with: pip install 'nemovideo-harness[suite]'"
#: How pytest and the suite end -> how this command does.
_ENDINGS = {0: Exit.DONE, 1: Exit.REFUSED, 2: Exit.INTERRUPTED, 3: Exit.UNREACHABLE}


@click.command("verify", short_help="Check a server against the contract.")
@click.option("--target", default="mock", show_default=True, help="mock, production, or a URL.")
@click.option("--profile", type=click.Choice(list(PROFILES)), help="The variation to expect.  [default: found out]")
@click.option("--only", metavar="AREAS", help="Some areas, separated by commas, such as auth,stream.")
@click.option("--report", "reports", multiple=True, metavar="FILE", help="Write .html, .xml or .json; repeatable.")
@click.option("--agreed", metavar="FILE", help="Keep in this file when each requirement was last agreed to.")
@click.option("--allow-credits", type=click.IntRange(0), metavar="N", help="What production may charge in all.")
@click.option("--allow-token", is_flag=True, help="Ask production for an anonymous token of its own too.")
@click.option("--plan", is_flag=True, help="Only list what would be called, and what it may cost.")
def command(
    target: str,
    profile: str | None,
    only: str | None,
    reports: tuple[str, ...],
    agreed: str | None,
    allow_credits: int | None,
    *,
    allow_token: bool,
    plan: bool,
) -> None:
    """Check a server against what the API promises.

    mock is a fake that is started for this run. Production wants a token in NEMO_TOKEN; without --allow-credits only
    what is free and changes nothing is checked. Ends with 0 where the target agrees, 1 where it differs, 2 for wrong
    usage, 3 where it can't be reached.
    """
    if any(find_spec(module) is None for module in ("pytest", "hypothesis", "jsonschema")):
        raise Stop(Exit.NOT_INSTALLED, INSTALL_SUITE)
    import pytest

    arguments = ["-p", "nemovideo_contract.suite.plugin", "--pyargs", "nemovideo_contract.suite", "-rs"]
    arguments += ["-c", os.devnull, "--rootdir", os.curdir, "-p", "no:cacheprovider", "-p", "no:randomly"]
    arguments += ["-p", "no:schemathesis", "-p", "no:anyio", "--tb=short", "--import-mode=importlib"]
    given = {
        "profile": profile,
        "only": only,
        "agreed": agreed,
        "allow-credits": allow_credits,
    }
    arguments += [f"--contract-{name}={value}" for name, value in given.items() if value is not None]
    arguments += [f"--contract-report={each}" for each in reports]
    arguments += ["--contract-allow-token"] * allow_token + ["--contract-plan"] * plan
    with _address(target, profile) as said:
        code = int(pytest.main([*arguments, f"--contract-target={said}"]))
    raise SystemExit(int(_ENDINGS.get(code, Exit.USAGE)))


@contextmanager
def _address(target: str, profile: str | None) -> Generator[str]:
    """What the suite is told: `mock` becomes a fake of this process, whose address goes into the environment."""
    if target != "mock":
        yield target
        return
    from nemovideo_harness.cli.serve import require_mock

    require_mock()
    from nemovideo_mock.server import running
    from nemovideo_mock.settings import Settings

    before = os.environ.get(ENV_API_URL)
    with running(Settings(quality="stub", clock="virtual", profile=named(profile or DEFAULT))) as server:
        os.environ[ENV_API_URL] = server.url
        try:
            yield "mock"
        finally:
            if before is None:
                del os.environ[ENV_API_URL]
            else:
                os.environ[ENV_API_URL] = before

"""`nemo-harness verify`: the contract's suite, run against any target."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from nemovideo_contract.profiles import DEFAULT, PROFILES, Profile
from nemovideo_contract.requirements import AREAS, REQUIREMENTS
from nemovideo_contract.targets import RouteOverride, TargetError, choose_target
from nemovideo_contract.wire import ENV_API_URL
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.serve import choose_profile, require_mock

if TYPE_CHECKING:
    import pytest

    from nemovideo_harness.cli.console.verify_output import VerifyOutput

INSTALL_SUITE = "The suite is not installed. Install it with: pip install 'nemovideo-harness[suite]'"
#: How pytest and the suite end -> how this command does.
_ENDINGS = {0: Exit.DONE, 1: Exit.REFUSED, 2: Exit.INTERRUPTED, 3: Exit.UNREACHABLE}
#: Nothing of the folder that it runs in, of other plugins, or of the user's settings for pytest has a say in this.
_ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": ""}
_ARGUMENTS = (
    *("-p", "nemovideo_contract.suite.plugin", "--pyargs", "nemovideo_contract.suite"),
    *("-c", os.devnull, "--rootdir", os.curdir, "--import-mode=importlib", "--capture=no"),
    *("-p", "no:cacheprovider", "-p", "no:terminal"),
)


@click.command("verify", short_help="Check whether a server behaves as the API documents say.")
@click.option("--target", default="mock", show_default=True, help="The server to check: mock, production, or a URL.")
@click.option(
    "--profile", type=click.Choice(list(PROFILES)), help="The variant of the API to expect.  [default: detected]"
)
@click.option("--set", "changes", metavar="KEY=VALUE", multiple=True, help="Change one key of the profile; repeatable.")
@click.option("--only", metavar="AREAS", help="Check only these areas, separated by commas, such as auth,stream.")
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FILE",
    help="Write a report: .html, .xml (JUnit) or .json; repeatable.",
)
@click.option("--agreed", metavar="FILE", help="Save in this file the date when production last met each requirement.")
@click.option(
    "--allow-credits",
    type=click.IntRange(0),
    metavar="N",
    help="The most credits that the run may spend on production.",
)
@click.option("--allow-token", is_flag=True, help="Allow the run to request an anonymous token from production.")
@click.option("--without", multiple=True, metavar="ID", help="Skip the requirement with this ID; repeatable.")
@click.option("--thorough", is_flag=True, help="Also run checks that send many messages, on a server in real time.")
@click.option(
    "--connect-to", metavar="HOST:PORT", help="Rehearse: send production requests to this address on this machine."
)
@click.option("--authority", metavar="FILE", help="The CA certificate for the TLS server at --connect-to.")
@click.option("--plan", is_flag=True, help="List the requests and what they may cost; send nothing.")
def command(
    target: str,
    profile: str | None,
    only: str | None,
    reports: tuple[str, ...],
    agreed: str | None,
    allow_credits: int | None,
    connect_to: str | None,
    authority: str | None,
    changes: tuple[str, ...],
    without: tuple[str, ...],
    *,
    allow_token: bool,
    thorough: bool,
    plan: bool,
) -> None:
    """Check whether a server behaves as the API documents say.

    The target mock is a fake that the command starts for this run. The target production needs a token in NEMO_TOKEN;
    without --allow-credits, the command checks only what is free and changes nothing.

    Exit codes: 0 the server agrees with the documents; 1 it differs; 2 wrong usage; 3 it can't be reached.
    """
    if any(find_spec(module) is None for module in ("pytest", "hypothesis", "jsonschema")):
        raise Stop(Exit.NOT_INSTALLED, INSTALL_SUITE)
    given = {
        "profile": profile or (DEFAULT if changes else None),
        "only": _areas(only),
        "agreed": agreed,
        "allow-credits": allow_credits,
        "connect-to": connect_to,
        "authority": authority,
    }
    arguments = [f"--contract-{name}={value}" for name, value in given.items() if value is not None]
    arguments += [f"--contract-without={each}" for each in (*_check_names(without), *_gaps(target))]
    arguments += [f"--contract-set={each}" for each in changes]
    arguments += [f"--contract-report={_writable(each)}" for each in reports]
    flags = {"allow-token": allow_token, "thorough": thorough, "plan": plan}
    arguments += [f"--contract-{name}" for name, is_set in flags.items() if is_set]
    if changes and profile is None and target != "mock":
        raise Stop(Exit.USAGE, "--set changes a key of what is expected: name that with --profile.")
    played = choose_profile(profile or DEFAULT, changes)
    with _address(target, played) as (said, environ), _set_environment({**_ALONE, **environ}):
        try:
            route = (
                None
                if connect_to is None
                else RouteOverride(connect_to, None if authority is None else Path(authority))
            )
            spends = choose_target(said, os.environ, credits=allow_credits, route=route).spends
        except TargetError as error:
            raise Stop(Exit.USAGE, f"--target {target}: {error}") from None
        if agreed is not None and spends is None:
            raise Stop(Exit.USAGE, "--agreed is a record of production alone: name it with --target production.")
        if agreed is not None and connect_to is not None:
            raise Stop(Exit.USAGE, "--agreed is a record of production itself: a stand-in agrees to nothing.")
        code = run([*arguments, f"--contract-target={said}"])
    raise SystemExit(int(_ENDINGS.get(code, Exit.USAGE)))


def run(arguments: list[str]) -> int:
    """Run the suite with these options; the exit code is pytest's, or the suite's own.

    Raises:
        BrokenPipeError: whoever read what is told has gone.
    """
    import pytest

    introduction = RunStarter()
    with _ended_tidily():
        code = int(pytest.main([*_ARGUMENTS, *arguments], plugins=[introduction]))
    if introduction.telling is not None and introduction.telling.deserted is not None:
        raise introduction.telling.deserted
    return code


@contextmanager
def _ended_tidily() -> Generator[None]:
    """SIGTERM ends the run as Ctrl-C does, so that it deletes its worlds."""

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class RunStarter:
    """Brings the suite's run and what tells of it together, once pytest has the options."""

    def __init__(self) -> None:
        self.telling: VerifyOutput | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        """Let the run be told of."""
        from nemovideo_contract.suite.run import Run
        from nemovideo_harness.cli.console.verify_output import VerifyOutput

        run: object = config.pluginmanager.get_plugin("nemovideo-contract-run")
        assert isinstance(run, Run)
        self.telling = VerifyOutput(run)
        config.pluginmanager.register(self.telling)


def _areas(only: str | None) -> str | None:
    if only is not None:
        unknown = {each.strip() for each in only.split(",")} - AREAS.keys() - {""}
        if unknown:
            known = ", ".join(AREAS)
            raise Stop(Exit.USAGE, f"--only: there is no {', '.join(sorted(unknown))}; take some of {known}.")
    return only


def _check_names(without: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := set(without) - REQUIREMENTS.keys():
        raise Stop(Exit.USAGE, f"--without: there is no requirement {', '.join(sorted(unknown))}; PARITY.md has them.")
    return without


def _gaps(target: str) -> tuple[str, ...]:
    """What the fake of this process is known not to keep, as a package is not installed."""
    if target == "mock" and any(find_spec(module) is None for module in ("av", "PIL")):
        click.echo(
            "The fake does not measure videos without the render extra: upload-size-video is left out.", err=True
        )
        return ("upload-size-video",)
    return ()


def _writable(file: str) -> str:
    if Path(file).suffix not in {".html", ".xml", ".json"}:
        raise Stop(Exit.USAGE, f"--report {file}: name a file that ends in .html, .xml or .json.")
    if not Path(file).absolute().parent.is_dir():
        raise Stop(Exit.UNWRITABLE, f"--report {file}: the folder does not exist.")
    return file


@contextmanager
def _address(target: str, played: Profile) -> Generator[tuple[str, Mapping[str, str]]]:
    """What the suite is told, and what it finds in the environment: `mock` becomes a fake of this process."""
    if target != "mock":
        yield target, {}
        return
    require_mock()
    from nemovideo_mock.server import running
    from nemovideo_mock.settings import Settings

    with running(Settings(quality="stub", clock="virtual", profile=played)) as server:
        yield "mock", {ENV_API_URL: server.url}


@contextmanager
def _set_environment(environ: Mapping[str, str]) -> Generator[None]:
    """Variables of the environment, for as long as the block lasts."""
    before = {name: os.environ.get(name) for name in environ}
    os.environ.update(environ)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

"""`nemo-harness verify`: run the contract's suite against a server."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nemovideo_contract.extras import install_hint
from nemovideo_contract.profiles import DEFAULT, PROFILES, Profile
from nemovideo_contract.requirements import AREAS, REQUIREMENTS, read_areas
from nemovideo_contract.targets import RouteOverride, TargetError, choose_target
from nemovideo_contract.wire import ENV_API_URL
from nemovideo_harness.cli.console.error_handling import interrupt_on_sigterm
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.console.output import print_notice
from nemovideo_harness.cli.options.target import choose_profile
from nemovideo_harness.cli.servers.local_fake import run_stub_fake

if TYPE_CHECKING:
    import pytest

    from nemovideo_harness.cli.console.verify_output import VerifyOutput

INSTALL_SUITE = f"The suite is not installed. Install it with: {install_hint('suite')}"
#: The exit code of pytest or the suite -> the exit code of this command.
_ENDINGS = {0: Exit.DONE, 1: Exit.REFUSED, 2: Exit.INTERRUPTED, 3: Exit.UNREACHABLE}
#: The run ignores other pytest plugins and the user's pytest settings.
_ISOLATION = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": ""}
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
        raise Stop(Exit.USAGE, "--set changes a key of the expected profile: name that profile with --profile.")
    if agreed is not None:
        from nemovideo_contract.suite.run_from_options import problem_of_record

        if (problem := problem_of_record(Path(agreed))) is not None:
            raise Stop(Exit.USAGE, f"--agreed {problem}")
    played = choose_profile(profile or DEFAULT, changes)
    with _serve_mock(target, played) as environ, _set_environment({**_ISOLATION, **environ}):
        try:
            route = (
                None
                if connect_to is None
                else RouteOverride(connect_to, None if authority is None else Path(authority))
            )
            spends = choose_target(
                target, os.environ, source="--target", credits=allow_credits, route=route, is_plan=plan
            ).spends
        except TargetError as error:
            raise Stop(Exit.USAGE, str(error)) from None
        if agreed is not None and spends is None:
            raise Stop(Exit.USAGE, "--agreed records only what production does: use it with --target production.")
        if agreed is not None and connect_to is not None:
            raise Stop(Exit.USAGE, "--agreed records only what production does: it can't be used with a stand-in.")
        code = run([*arguments, f"--contract-target={target}"])
    raise SystemExit(int(_ENDINGS.get(code, Exit.USAGE)))


def run(arguments: list[str]) -> int:
    """Run the suite with these options; return the exit code of pytest or of the suite.

    Raises:
        BrokenPipeError: The program that reads the output has ended.
    """
    import pytest

    starter = RunStarter()
    with interrupt_on_sigterm():  # so that the run deletes its worlds
        code = int(pytest.main([*_ARGUMENTS, *arguments], plugins=[starter]))
    if starter.output is not None and starter.output.broken_pipe is not None:
        raise starter.output.broken_pipe
    return code


class RunStarter:
    """Connects the suite's run to its output, after pytest has parsed the options."""

    def __init__(self) -> None:
        self.output: VerifyOutput | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        """Register the output of the run with pytest."""
        from nemovideo_contract.suite.run import Run
        from nemovideo_harness.cli.console.verify_output import VerifyOutput

        run: object = config.pluginmanager.get_plugin("nemovideo-contract-run")
        assert isinstance(run, Run)
        self.output = VerifyOutput(run)
        config.pluginmanager.register(self.output)


def _areas(only: str | None) -> str | None:
    if only is not None:
        unknown = read_areas(only) - AREAS.keys()
        if unknown:
            known = ", ".join(AREAS)
            raise Stop(Exit.USAGE, f"--only: there is no area {', '.join(sorted(unknown))}; the areas are {known}.")
    return only


def _check_names(without: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := set(without) - REQUIREMENTS.keys():
        raise Stop(
            Exit.USAGE, f"--without: there is no requirement {', '.join(sorted(unknown))}; PARITY.md lists them."
        )
    return without


def _gaps(target: str) -> tuple[str, ...]:
    """Return the requirements that a fake inside the command can't meet, because a package is not installed."""
    if target == "mock" and any(find_spec(module) is None for module in ("av", "PIL")):
        print_notice("Without the render extra, the fake does not measure videos: upload-size-video is not checked.")
        return ("upload-size-video",)
    return ()


def _writable(file: str) -> str:
    if Path(file).suffix not in {".html", ".xml", ".json"}:
        raise Stop(Exit.USAGE, f"--report {file}: name a file that ends in .html, .xml or .json.")
    if not Path(file).absolute().parent.is_dir():
        raise Stop(Exit.UNWRITABLE, f"--report {file}: the folder does not exist.")
    return file


@contextmanager
def _serve_mock(target: str, played: Profile) -> Generator[Mapping[str, str]]:
    """For the target `mock`, run a fake, and return the environment variables that name it; else none."""
    if target != "mock":
        yield {}
        return
    with run_stub_fake(played) as server:
        yield {ENV_API_URL: server.url}


@contextmanager
def _set_environment(environ: Mapping[str, str]) -> Generator[None]:
    """Set environment variables until the end of the block."""
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

"""`nemo-harness serve`: the fake in the foreground."""

from __future__ import annotations

import math
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from nemovideo_contract import machine
from nemovideo_contract.profiles import DEFAULT, PROFILES, Profile, ProfileError, find_profile
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.options.switch import is_loopback

if TYPE_CHECKING:
    from nemovideo_mock.runtime.scenario_file import Scenario

#: Carries the token of the control API.
ENV_CONTROL_TOKEN: Final = "NEMO_MOCK_TOKEN"  # noqa: S105 - a variable's name
#: What a scenario or a snapshot may have as its seed; the fake, which says so, isn't always installed.
LARGEST_SEED: Final = 10**18
INSTALL_MOCK = "The fake is not installed. Install it with: pip install 'nemovideo-harness[mock,render]'"
INSTALL_RENDER = "Real exports need the render extra. Install it with: pip install 'nemovideo-harness[render]'"


@click.command("serve", short_help="Run the fake service as a local server.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8787,
    show_default=True,
    help="The port to listen on; 0 takes any free port.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--clock",
    type=click.Choice(["real", "virtual"]),
    default="real",
    show_default=True,
    help="real: the time of this machine. virtual: time passes only while a caller waits.",
)
@click.option(
    "--speed",
    type=click.FloatRange(0.001, 10000),
    help="Make turns, renders and heartbeats this many times faster.  [default: 10; 1 with --clock virtual]",
)
@click.option(
    "--seed",
    type=click.IntRange(-LARGEST_SEED, LARGEST_SEED),
    default=0,
    show_default=True,
    help="The seed for all random values.",
)
@click.option(
    "--quality",
    type=click.Choice(["full", "preview", "stub"]),
    help="The quality of exports.  [default: full if the render extra is installed, else stub]",
)
@click.option(
    "--directory",
    type=click.Path(file_okay=False),
    help="Keep uploads and exports in this folder.  [default: a temporary folder, removed at the end]",
)
@click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    default=DEFAULT,
    show_default=True,
    help="The variant of the API to play, where the documents disagree.",
)
@click.option("--set", "changes", metavar="KEY=VALUE", multiple=True, help="Change one key of the profile; repeatable.")
@click.option(
    "--scenario",
    type=click.Path(dir_okay=False),
    help="Start with the accounts, faults and seeds in this YAML or JSON file.",
)
@click.option(
    "--allow-fetch",
    is_flag=True,
    help="Fetch uploads by URL from public addresses. Without it the fake fetches nothing.",
)
@click.option(
    "--control-token",
    envvar=ENV_CONTROL_TOKEN,
    help=f"The token that the control API requires; or {ENV_CONTROL_TOKEN}.  [default: none on loopback, else random]",
)
def command(
    port: int,
    host: str,
    clock: str,
    speed: float | None,
    seed: int,
    quality: str | None,
    directory: str | None,
    profile: str,
    changes: tuple[str, ...],
    scenario: str | None,
    control_token: str | None,
    *,
    allow_fetch: bool,
) -> None:
    """Run the fake service until Ctrl-C.

    Set NEMO_API_URL to its address, or use the address in place of the service's address.
    """
    require_mock()
    from nemovideo_mock.render import available
    from nemovideo_mock.runtime.world_registry import WorldRegistry
    from nemovideo_mock.server import AddressError, RunningServer, bind, serve
    from nemovideo_mock.settings import Settings

    if not host:
        raise Stop(Exit.USAGE, "--host is empty: name an address, or leave it out to stay on this machine.")
    if speed is not None and not math.isfinite(speed):
        raise Stop(Exit.USAGE, "--speed must be a number.")
    if quality in {"full", "preview"} and not available():
        raise Stop(Exit.NOT_INSTALLED, INSTALL_RENDER)
    factor = speed if speed is not None else (10.0 if clock == "real" else 1.0)
    variations = choose_profile(profile, changes)
    scenarios = read_scenario(scenario, variations)
    made_up = not control_token and not is_loopback(host)
    token = machine.random_token() if made_up else control_token or None
    settings = Settings(
        seed=seed,
        clock="virtual" if clock == "virtual" else "real",
        speed=factor,
        quality="preview" if quality == "preview" else "stub" if quality == "stub" or not available() else "full",
        directory=Path(directory) if directory else None,
        profile=variations,
        allow_fetch=allow_fetch,
        control_token=token,
    )
    try:
        sock = bind(host, port)
    except AddressError as error:
        raise Stop(Exit.USAGE, str(error)) from None

    variation = " with ".join([profile, ", ".join(changes)] if changes else [profile])

    def greet(running: RunningServer) -> None:
        click.echo(f"NemoVideo fake, listening on {running.url}")
        pace = "service time as documented" if factor == 1 else f"service time divided by {factor:g}"
        click.echo(f"  clock {clock}, {pace}; seed {seed}; profile {variation}; exports {settings.quality}")
        click.echo(f"  control API {running.url}/_mock; a world of your own {running.url}/w/NAME")
        if scenario is not None:
            click.echo(f"  scenario {scenario}, with the worlds {', '.join(running.world_registry.runtimes)}")
        if settings.quality == "stub":
            click.echo("  Exports are stubs, not pictures." + ("" if available() else f" {INSTALL_RENDER}"))
        if not is_loopback(host):
            click.echo(f"  Anybody who reaches {host} can use it: only the control API wants a token.", err=True)
        if made_up:
            click.echo(f"  export {ENV_CONTROL_TOKEN}={token}")
        # The address of no machine in particular can be listened on and not called.
        callable_url = running.url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
        click.echo(f"  export NEMO_API_URL={callable_url}")
        click.echo("Ctrl-C stops it.")

    try:
        world_registry = WorldRegistry(settings)
    except OSError as error:
        sock.close()
        raise Stop(Exit.UNWRITABLE, f"The fake can't keep its files: {error.strerror}: {error.filename}.") from None
    if scenarios:
        from nemovideo_mock.control.reset import play

        play(world_registry, scenarios)
    serve(world_registry, sock, greet)
    click.echo("Stopped.")


def choose_profile(name: str, changes: tuple[str, ...]) -> Profile:
    """A named set with the changes that `--set` orders; ends the command where one doesn't fit."""
    wanted: dict[str, str] = {}
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise Stop(Exit.USAGE, f"--set is {change!r}: it must be KEY=VALUE, such as busy=refuse.")
        wanted[key.strip()] = value.strip()
    try:
        return find_profile(name).replace(wanted)
    except ProfileError as error:
        raise Stop(Exit.USAGE, f"--set: {error}") from None


def read_scenario(file: str | None, base: Profile) -> dict[str, Scenario]:
    """The scenarios of a file by world; ends the command where the file has a mistake."""
    from nemovideo_mock.runtime.scenario_file import ScenarioError, load

    if file is None:
        return {}
    try:
        return load(Path(file), base)
    except ScenarioError as error:
        raise Stop(Exit.USAGE, f"--scenario {error}") from None


def require_mock() -> None:
    """End the command with how to install the fake, where it isn't."""
    if any(
        find_spec(module) is None for module in ("starlette", "uvicorn", "sse_starlette", "python_multipart", "cattrs")
    ):
        raise Stop(Exit.NOT_INSTALLED, INSTALL_MOCK)

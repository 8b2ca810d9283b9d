"""`nemo-harness serve`: run the fake as a server in the foreground."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from nemovideo_contract import machine
from nemovideo_contract.allowed_hosts import is_loopback
from nemovideo_contract.profiles import DEFAULT, PROFILES, Profile
from nemovideo_contract.targets import ENV_CONTROL_TOKEN
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.console.output import print_notice, print_text
from nemovideo_harness.cli.options.target import choose_profile, describe_profile
from nemovideo_harness.cli.servers.local_fake import INSTALL_RENDER, require_mock
from nemovideo_harness.cli.tokens.lookup import find_control_token

if TYPE_CHECKING:
    from nemovideo_mock.runtime.scenario_file import WorldScenario

#: The largest seed that scenarios and snapshots accept. The fake defines it, but it may not be installed.
LARGEST_SEED: Final = 10**18


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
    help="Start with the accounts, faults and worlds in this YAML or JSON file.",
)
@click.option(
    "--allow-fetch",
    is_flag=True,
    help="Fetch uploads by URL from public addresses. Without it the fake fetches nothing.",
)
@click.option(
    "--control-token-file",
    metavar="FILE",
    help="Read the token that the control API requires from this file."
    f"  [default: {ENV_CONTROL_TOKEN}; else none on loopback, else random]",
)
@click.option(
    "--control-token",
    metavar="TOKEN",
    help="The token itself. Other users of this machine can read it in the list of processes.",
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
    control_token_file: str | None,
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
        raise Stop(Exit.USAGE, "--host is empty: name an address, or omit the option to listen only on this machine.")
    if speed is not None and not math.isfinite(speed):
        raise Stop(Exit.USAGE, "--speed must be a number.")
    if quality in {"full", "preview"} and not available():
        raise Stop(Exit.NOT_INSTALLED, INSTALL_RENDER)
    factor = speed if speed is not None else (10.0 if clock == "real" else 1.0)
    played = choose_profile(profile, changes)
    scenarios = read_scenario(scenario, played)
    control_token = find_control_token(control_token, control_token_file)
    is_random = not control_token and not is_loopback(host)
    token = machine.random_token() if is_random else control_token
    settings = Settings(
        seed=seed,
        clock="virtual" if clock == "virtual" else "real",
        speed=factor,
        quality="preview" if quality == "preview" else "stub" if quality == "stub" or not available() else "full",
        directory=Path(directory) if directory else None,
        profile=played,
        allow_fetch=allow_fetch,
        control_token=token,
    )
    try:
        sock = bind(host, port)
    except AddressError as error:
        raise Stop(Exit.USAGE, str(error)) from None

    described = describe_profile(profile, changes)

    def greet(running: RunningServer) -> None:
        print_text(f"NemoVideo fake, listening on {running.url}")
        pace = "service time as documented" if factor == 1 else f"service time divided by {factor:g}"
        print_text(f"  clock {clock}, {pace}; seed {seed}; profile {described}; exports {settings.quality}")
        print_text(f"  control API {running.url}/_mock; a world of your own {running.url}/w/NAME")
        if scenario is not None:
            print_text(f"  scenario {scenario}, with the worlds {', '.join(running.world_registry.runtimes)}")
        if settings.quality == "stub":
            print_text("  Exports are stubs, not pictures." + ("" if available() else f" {INSTALL_RENDER}"))
        if not is_loopback(host):
            print_notice(
                f"  Any program that can reach {host} can use this fake. Only the control API requires a token."
            )
        if is_random:
            print_text(f"  export {ENV_CONTROL_TOKEN}={token}")
        # A server can listen on 0.0.0.0 or [::], but a client can't call these addresses.
        callable_url = running.url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
        print_text(f"  export NEMO_API_URL={callable_url}")
        print_text("Ctrl-C stops it.")

    try:
        world_registry = WorldRegistry(settings)
    except OSError as error:
        sock.close()
        raise Stop(Exit.UNWRITABLE, f"The fake can't write its files: {error.strerror}: {error.filename}.") from None
    if scenarios:
        from nemovideo_mock.control.begin_world import play

        play(world_registry, scenarios)
    serve(world_registry, sock, greet)
    print_text("Stopped.")


def read_scenario(file: str | None, base: Profile) -> dict[str, WorldScenario]:
    """Return the scenarios in a file by the name of their world; an empty mapping without a file.

    Raises:
        Stop: The file has a mistake.
    """
    from nemovideo_mock.runtime.scenario_file import ScenarioError, load

    if file is None:
        return {}
    try:
        return load(Path(file), base)
    except ScenarioError as error:
        raise Stop(Exit.USAGE, f"--scenario {error}") from None

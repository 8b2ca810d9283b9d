"""The options about the server: `--target`, `--profile`, `--set`, `--quality` and `--allow-credits`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final, TypeVar

import click

from nemovideo_contract.profiles import Profile, ProfileError, find_profile
from nemovideo_contract.targets import SelectedTarget, TargetError, check_ceiling, select_target
from nemovideo_harness.cli.console.exit_codes import Exit, Stop

F = TypeVar("F", bound=Callable[..., object])

#: `--target` of the commands that can start a fake inside themselves.
TARGET_OR_MOCK: Final = click.option(
    "--target",
    metavar="mock|production|URL",
    help="The service to call. mock is a fake inside this command.  [default: NEMO_API_URL, else mock]",
)


def quality_option(what: str) -> Callable[[F], F]:
    """Return the option `--quality`; its help begins with `what`."""
    return click.option(
        "--quality",
        type=click.Choice(["full", "preview", "stub"]),
        help=f"{what}; only for the target mock.  [default: full]",
    )


def get_target(said: str | None) -> SelectedTarget:
    """Return the server to call, from the option or the environment.

    Raises:
        Stop: It is not a target, or may not be called.
    """
    try:
        return select_target(said, os.environ)
    except TargetError as error:
        raise Stop(Exit.USAGE, str(error)) from None


def check_cost(target: SelectedTarget, cost: int, allowed: int | None) -> None:
    """End the command if it may spend more credits than `--allow-credits` allows."""
    try:
        check_ceiling(target, cost, allowed)
    except TargetError as error:
        raise Stop(Exit.USAGE, str(error)) from None


def check_quality(target: SelectedTarget, quality: str | None) -> None:
    """End the command if `--quality` is set for a server outside this process."""
    if quality is not None and target.base_url is not None:
        raise Stop(Exit.USAGE, f"--quality works only with --target mock; {target.name} decides the quality itself.")


def choose_profile(name: str, changes: tuple[str, ...]) -> Profile:
    """Return the profile of this name with the changes that `--set` asks for.

    Raises:
        Stop: A change is not KEY=VALUE, or the profile has no such key or value.
    """
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


def describe_profile(name: str, changes: tuple[str, ...]) -> str:
    """Return the profile and its changes in words, such as `seeds with busy=refuse`."""
    return " with ".join([name, ", ".join(changes)] if changes else [name])

"""`--profile` and `--set`: the variant of the API that a fake plays."""

from __future__ import annotations

from nemovideo_contract.profiles import Profile, ProfileError, find_profile
from nemovideo_harness.cli.console.exit_codes import Exit, Stop


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

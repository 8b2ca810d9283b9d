"""`--skill`: the skill document whose name and version the requests of a command carry."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

import click

from nemovideo_harness.cli.console.exit_codes import Exit, Stop

if TYPE_CHECKING:
    from nemovideo_client import Attribution

P = ParamSpec("P")
T = TypeVar("T")

#: The environment variable with the document, if `--skill` is not given.
ENV_SKILL: Final = "NEMO_SKILL"
#: The file name of the document in the folder of its skill.
_DOCUMENT: Final = "SKILL.md"


def attribution_of(context: click.Context, parameter: click.Parameter, path: Path | None) -> Attribution | None:
    """Return the attribution of a skill document: its name and version, and the platform.

    The platform comes from `SKILL_SOURCE`, else from the folder of the document.

    Raises:
        Stop: The document can't be read, or has no name or no version.
    """
    del context, parameter
    if path is None:
        return None
    from nemovideo_client import Attribution, InvalidAttribution

    try:
        return Attribution.from_skill(path / _DOCUMENT if path.is_dir() else path, os.environ)
    except InvalidAttribution as error:
        raise Stop(Exit.USAGE, str(error)) from None


def skill_option(
    note: Callable[[click.Context, Attribution | None], None] | None = None,
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return the option. A command gets its value as `skill`; if `note` is given, only `note` gets the value."""

    def noted(context: click.Context, parameter: click.Parameter, path: Path | None) -> None:
        assert note is not None
        note(context, attribution_of(context, parameter, path))

    return click.option(
        "--skill",
        metavar="SKILL.md",
        envvar=ENV_SKILL,
        type=click.Path(path_type=Path),
        expose_value=note is None,
        callback=attribution_of if note is None else noted,
        help=f"Call as this skill: send its name and version in the attribution headers.  [default: {ENV_SKILL}]",
    )

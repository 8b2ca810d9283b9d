"""`--skill`: the skill document in whose name a command calls."""

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

#: Names the document where `--skill` doesn't.
ENV_SKILL: Final = "NEMO_SKILL"
#: What a document is called inside its skill's folder.
_DOCUMENT: Final = "SKILL.md"


def attribution_of(context: click.Context, parameter: click.Parameter, path: Path | None) -> Attribution | None:
    """What a skill's document says of who calls: name and version, the platform from `SKILL_SOURCE` or where it lies.

    Raises:
        Stop: The document can't be read, or lacks one of the two.
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
    """The option; a command gets its value as `skill`, or where there is a `note` that alone gets it."""

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

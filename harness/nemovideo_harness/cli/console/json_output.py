"""What `--json` prints on standard output: one object, the result or, under `error`, what went wrong."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Final

import click

from nemovideo_harness.cli.console.exit_codes import Exit, Stop

_WANTED: Final = f"{__name__}.wanted"
_WRITTEN: Final = f"{__name__}.written"


def expect(context: click.Context, arguments: Sequence[str]) -> None:
    """Note whether a command line asks for an object, before anybody knows whether it can be understood."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if "--json" in options:
        context.meta[_WANTED] = True


def write(fields: Mapping[str, object]) -> None:
    """Print the one object of a command.

    Raises:
        Stop: Standard output is closed; the code is `UNWRITABLE`.
    """
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison] - it is, behind ">&-"
        raise Stop(Exit.UNWRITABLE, "The output can't be written: standard output is closed.")
    click.echo(to_json(fields, indent=2))
    context = click.get_current_context(silent=True)
    if context is not None:
        context.meta[_WRITTEN] = True


def write_error(context: click.Context, error: click.ClickException) -> None:
    """Print what went wrong where an object is wanted and none was printed yet.

    It has `kind` (an exit code's name, such as `usage`), `message`, `exit_code`, and what else is known: the `type` of
    the client's error, the service's `code`, `status` and `request_id`, a `render_id`.
    """
    if not context.meta.get(_WANTED) or context.meta.get(_WRITTEN):
        return
    context.meta[_WRITTEN] = True
    fields: dict[str, object] = {
        "kind": Exit(error.exit_code).name.lower(),
        "message": error.format_message(),
        "exit_code": error.exit_code,
    }
    if isinstance(error, Stop):
        fields |= error.facts
    with contextlib.suppress(OSError):  # where that is what went wrong, standard error has it
        click.echo(to_json({"error": fields}))


def to_json(fields: Mapping[str, object], *, indent: int | None = None) -> str:
    """The fields as JSON, in letters that standard output takes."""
    words = json.dumps(fields, indent=indent, ensure_ascii=False)
    try:
        words.encode(sys.stdout.encoding or "ascii")
    except (AttributeError, UnicodeError, LookupError):  # a closed standard output is None
        return json.dumps(fields, indent=indent)
    return words

"""The output of commands: results, JSON objects, notices, files, and consoles for reports.

Standard output has the result only. Notices, progress and errors go to standard error. With `--json`, standard output
has one JSON object: the result, or an object with the key `error` that says what went wrong.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import click

from nemovideo_harness.cli.console.exit_codes import Exit, Stop

if TYPE_CHECKING:
    from rich.console import Console

    from nemovideo_client import Call

_WANTED: Final = f"{__name__}.wanted"
_WRITTEN: Final = f"{__name__}.written"
#: The file name that means standard output.
STANDARD_OUTPUT: Final = "-"


# --- results ----------------------------------------------------------------------------------------------------------


def print_result(fields: Mapping[str, object], text: str, *, as_json: bool) -> None:
    """Print the result of a command: the fields as one JSON object, or the text."""
    if as_json:
        print_json(fields)
    else:
        print_text(text)


def print_text(text: str, *, end: str = "\n") -> None:
    """Print text to standard output."""
    click.echo(f"{text}{end}", nl=False)


def print_notice(text: str) -> None:
    """Print a line to standard error."""
    click.echo(text, err=True)


def print_call(call: Call) -> None:
    """Print a request and its result to standard error, without secrets, with a curl command that repeats it."""
    headers = [f"    {name}: {value}" for name, value in call.headers]
    print_notice("\n".join([f"> {call}", *headers, f"    $ {call.curl()}"]))


def print_json(fields: Mapping[str, object]) -> None:
    """Print the one JSON object of a command.

    Raises:
        Stop: Standard output is closed; the code is `UNWRITABLE`.
    """
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison] - it is None after ">&-"
        raise Stop(Exit.UNWRITABLE, "The output can't be written: standard output is closed.")
    click.echo(to_json(fields, indent=2))
    context = click.get_current_context(silent=True)
    if context is not None:
        context.meta[_WRITTEN] = True


# --- errors -----------------------------------------------------------------------------------------------------------


def expect_json(context: click.Context, arguments: Sequence[str]) -> None:
    """Note that a command line has `--json`, even if it turns out to be wrong."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if "--json" in options:
        context.meta[_WANTED] = True


def print_json_error(context: click.Context, error: click.ClickException) -> None:
    """Print the error as a JSON object, if `--json` was given and no object has been printed yet.

    The object has `kind` (the name of an exit code, such as `usage`), `message`, `exit_code`, and other known facts:
    the `type` of the client's error, the `code`, `status` and `request_id` of the service, a `render_id`.
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
    with contextlib.suppress(OSError):  # if standard output is the problem, standard error still has the message
        click.echo(to_json({"error": fields}))


def to_json(fields: Mapping[str, object], *, indent: int | None = None) -> str:
    """Return the fields as JSON, with only those characters that the encoding of standard output has."""
    text = json.dumps(fields, indent=indent, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (AttributeError, UnicodeError, LookupError):  # a closed standard output is None
        return json.dumps(fields, indent=indent)
    return text


# --- files and reports ------------------------------------------------------------------------------------------------


def check_writable(output: str) -> None:
    """Refuse a file that can't be written, before the command does any work.

    Raises:
        Stop: The file is a folder, its folder does not exist, or the user may not write it.
    """
    if output == STANDARD_OUTPUT:
        return
    path = Path(output)
    if path.is_dir():
        raise Stop(Exit.UNWRITABLE, f"{output} is a folder: name a file in it.")
    if not path.absolute().parent.is_dir():
        raise Stop(Exit.UNWRITABLE, f"{output} can't be written: the folder does not exist.")
    if not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        raise Stop(Exit.UNWRITABLE, f"{output} can't be written: you have no permission.")


def write_file(output: str, text: str, *, errors: str = "strict") -> None:
    """Write text to a file, completely or not at all; `-` is standard output.

    Raises:
        Stop: The file can't be written.
    """
    if output == STANDARD_OUTPUT:
        print_text(text, end="")
        return
    part = Path(f"{output}.part")
    try:
        part.write_text(text, encoding="utf-8", errors=errors)
        part.replace(output)
    except OSError as error:
        raise Stop(Exit.UNWRITABLE, f"{output} can't be written: {error.strerror}.") from None


def report_console(file: IO[str], *, width: int) -> Console:
    """Return a console for a report: as wide as its terminal, or `width` columns if it is not a terminal."""
    from rich.console import Console

    console = Console(file=file, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = width
    return console

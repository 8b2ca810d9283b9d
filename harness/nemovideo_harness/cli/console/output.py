"""The output of commands: results, JSON objects, notices, files, and consoles for reports.

All output of commands passes through here, so that texts of a server, names of files and documents can't control the
terminal: `printable` escapes their control characters.

Standard output has the result only. Notices, progress and errors go to standard error. With `--json`, standard output
has one JSON object: the result, or an object with the key `error` that says what went wrong.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import click

from nemovideo_contract.printable import printable
from nemovideo_harness.cli.console.exit_codes import Exit, Stop

if TYPE_CHECKING:
    from rich.console import Console

    from nemovideo_client import Call

_WANTED: Final = f"{__name__}.wanted"
_WRITTEN: Final = f"{__name__}.written"
#: The colours and styles that `click.style` writes.
_STYLE: Final = re.compile(r"(\x1b\[[\d;]*m)")
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
    click.echo(f"{printable(text)}{end}", nl=False)


def print_styled(text: str) -> None:
    """Print text to standard output with the styles of `click.style`; on a terminal they are shown.

    The caller must apply `printable` to every text from outside before it adds styles.
    """
    parts = _STYLE.split(text)
    click.echo("".join(part if at % 2 else printable(part) for at, part in enumerate(parts)), nl=False)


def print_notice(text: str) -> None:
    """Print a line to standard error."""
    click.echo(printable(text), err=True)


def print_call(call: Call) -> None:
    """Print a request and its result to standard error, without secrets, with a curl command that repeats it."""
    headers = [f"    {name}: {value}" for name, value in call.headers]
    print_notice("\n".join([f"> {call}", *headers, f"    $ {call.curl()}"]))


def print_json(fields: Mapping[str, object]) -> None:
    """Print the one JSON object of a command."""
    print_text(to_json(fields, indent=2))
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
        print_text(to_json({"error": fields}))


def print_error(error: click.ClickException) -> None:
    """Print the error to standard error, with the usage of the command if the usage is wrong."""
    text = io.StringIO()
    error.show(text)
    with contextlib.suppress(OSError):  # the exit code still says that the command failed
        print_notice(text.getvalue().removesuffix("\n"))


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
    console = safe_console(file)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = width
    return console


def safe_console(file: IO[str]) -> Console:
    """Return a console that prints only printable text, without markup."""
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class PrintableConsole(Console):
        """A console whose own styles and cursor movements are the only control characters in its output."""

        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
            for segment in super().render(renderable, options):
                is_text = segment.control is None
                yield Segment(printable(segment.text), segment.style) if is_text else segment

    return PrintableConsole(file=file, stderr=file is sys.stderr, highlight=False, markup=False, emoji=False)

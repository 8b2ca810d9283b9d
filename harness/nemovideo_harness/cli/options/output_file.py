"""`-o`: the file for a video, checked before the command does any work."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

import click

from nemovideo_harness.cli.console.exit_codes import Exit, Stop

OUTPUT: Final = click.option(
    "-o",
    "--output",
    default="video.mp4",
    show_default=True,
    type=click.Path(path_type=Path, readable=False),
    help="The file to write.",
)


def check(output: Path, inputs: tuple[Path, ...] = ()) -> None:
    """Refuse a file that can't be written, that is not an MP4, or that is one of the inputs.

    Raises:
        Stop: The file is refused; the message says what to do instead.
    """
    try:
        _check(output, inputs)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise Stop(Exit.UNWRITABLE, f"{output} can't be written: {reason}.") from None


def _check(output: Path, inputs: tuple[Path, ...]) -> None:
    if output.is_dir():
        raise Stop(Exit.UNWRITABLE, f"{output} is a folder: name a file in it with -o.")
    if output.suffix.lower() != ".mp4":
        raise Stop(Exit.USAGE, f"The result is an MP4: name it {output.with_suffix('.mp4')}, not {output}.")
    if not output.parent.is_dir():
        raise Stop(Exit.UNWRITABLE, f"The folder {output.parent} does not exist: create it, or name another with -o.")
    if not os.access(output.parent, os.W_OK) or (output.exists() and not os.access(output, os.W_OK)):
        raise Stop(Exit.UNWRITABLE, f"{output} can't be written: use -o to name a file that you may write.")
    try:
        # Some folders, such as /proc, look writable but do not accept files.
        with TemporaryFile(dir=output.parent, prefix="."):
            pass
    except OSError:
        raise Stop(Exit.UNWRITABLE, f"The folder {output.parent} accepts no files: name another with -o.") from None
    if output.exists() and any(output.samefile(each) for each in inputs):
        raise Stop(Exit.USAGE, f"{output} is one of the inputs and would be overwritten: name another file with -o.")

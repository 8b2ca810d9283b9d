"""Where a video may be written, found out before anything is begun."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryFile

from nemovideo_harness.cli.console.exit_codes import Exit, Stop


def check(output: Path, inputs: tuple[Path, ...] = ()) -> None:
    """Refuse a destination that can't be written, or that is one of the inputs.

    Raises:
        Stop: With what to do instead.
    """
    try:
        _look(output, inputs)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise Stop(Exit.UNWRITABLE, f"{output} can't be written: {reason}.") from None


def _look(output: Path, inputs: tuple[Path, ...]) -> None:
    if output.is_dir():
        raise Stop(Exit.UNWRITABLE, f"{output} is a folder: name a file in it with -o.")
    if output.suffix.lower() != ".mp4":
        raise Stop(Exit.USAGE, f"The result is an MP4: call it {output.with_suffix('.mp4')} rather than {output}.")
    if not output.parent.is_dir():
        raise Stop(Exit.UNWRITABLE, f"The folder {output.parent} does not exist: create it, or name another with -o.")
    if not os.access(output.parent, os.W_OK) or (output.exists() and not os.access(output, os.W_OK)):
        raise Stop(Exit.UNWRITABLE, f"{output} can't be written: name a place with -o where you may write.")
    try:
        # Some folders, such as /proc, say that they can be written to and take no file.
        with TemporaryFile(dir=output.parent, prefix="."):
            pass
    except OSError:
        raise Stop(Exit.UNWRITABLE, f"The folder {output.parent} takes no files: name another with -o.") from None
    if output.exists() and any(output.samefile(each) for each in inputs):
        raise Stop(Exit.USAGE, f"{output} is one of the inputs and would be overwritten: name another file with -o.")

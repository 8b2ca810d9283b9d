"""Tapes in files, and the sign that one is being made."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nemovideo_harness.cli.console.exit_codes import Exit, Stop

if TYPE_CHECKING:
    from nemovideo_contract.recording.recording import Recording
    from nemovideo_harness.cli.servers.recording_session import RecordingSession


class showing:  # noqa: N801 -- reads as what it does, in a with statement
    """Shows what is being called, on a terminal alone."""

    def __init__(self, goal: RecordingSession) -> None:
        from nemovideo_harness.cli.console import activity

        self._waiting = activity.choose(as_json=not sys.stderr.isatty(), is_plain=False)
        goal.on_ask = self._waiting.on

    def __enter__(self) -> None:
        self._waiting.__enter__()

    def __exit__(self, *error: object) -> None:
        self._waiting.off()


def check_writable(output: str) -> None:
    """Refuse a file that can't be written, before anything is called.

    Raises:
        Stop: with what is wrong.
    """
    if output == "-":
        return
    path = Path(output)
    if path.is_dir():
        raise Stop(Exit.UNWRITABLE, f"{output} is a folder: name a file in it.")
    if not path.absolute().parent.is_dir():
        raise Stop(Exit.UNWRITABLE, f"{output} can't be written: the folder does not exist.")
    if not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        raise Stop(Exit.UNWRITABLE, f"{output} can't be written: it may not be by you.")


def save(recording: Recording, output: str) -> None:
    """Write a tape, whole or not at all."""
    from nemovideo_contract.recording import write

    text = write(recording)
    if output == "-":
        click.echo(text, nl=False)
        return
    part = Path(output + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(output)
    except OSError as error:
        raise Stop(Exit.UNWRITABLE, f"{output} can't be written: {error.strerror}.") from None


def read_tape(file: str) -> Recording:
    """The tape in a file.

    Raises:
        Stop: there is none.
    """
    from nemovideo_contract.recording import RecordingError, read

    try:
        return read(Path(file).read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise Stop(Exit.USAGE, f"{file} can't be read: it is no text in UTF-8.") from None
    except OSError as error:
        raise Stop(Exit.USAGE, f"{file} can't be read: {error.strerror}.") from None
    except RecordingError as error:
        raise Stop(Exit.USAGE, f"{file} can't be read. {error}") from None

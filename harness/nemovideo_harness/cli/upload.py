"""`nemo-harness upload`: upload photos, videos and audio files to a session."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from nemovideo_harness.cli.console.error_handling import code_of, facts_of, handle_errors
from nemovideo_harness.cli.console.exit_codes import Stop
from nemovideo_harness.cli.options.client import ClientOptions, call_options, connect_client, need_server

if TYPE_CHECKING:
    from nemovideo_client import UploadedFile, UploadProgress


@click.command("upload", short_help="Upload files to a session.")
@click.argument("session")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@call_options
def command(asked: ClientOptions, session: str, files: tuple[str, ...]) -> None:
    """Upload files to a session, in the given order. FILE is a path or a URL.

    The command checks all files before it sends the first one.
    """
    from nemovideo_client import ConnectionLost, Session, TimedOut, UnexpectedAnswer

    need_server(asked.selected_target)
    with (
        handle_errors(lambda: f"Interrupted: nemo-harness state {session} shows which files have arrived."),
        connect_client(asked) as client,
        asked.show() as show,
    ):
        title = f"Uploading {len(files)} file{'s' if len(files) != 1 else ''}"

        def progress(sent: UploadProgress) -> None:
            show.stage(title, share=sent.sent / max(sent.total, 1))

        try:
            uploaded = client.upload(Session(session), *files, on_progress=progress)
        except (ConnectionLost, TimedOut, UnexpectedAnswer) as error:
            known = f"nemo-harness state {session} shows which files have arrived."
            raise Stop(code_of(error), f"{error} {known}", facts_of(error)) from None
    fields = {"session_id": session, "files": [without_raw(file) for file in uploaded]}
    asked.answer(fields, "\n".join(line(file) for file in uploaded))


def without_raw(file: UploadedFile) -> dict[str, object]:
    """Return the fields of an uploaded file, without the raw response of the service."""
    fields = asdict(file)
    del fields["raw"]
    return fields


def line(file: UploadedFile) -> str:
    """Return a line about a file: name, kind, size in pixels, length in seconds."""
    facts = [
        file.file_type or "",
        f"{file.width}x{file.height}" if file.width and file.height else "",
        f"{file.duration:g} s" if file.duration else "",
    ]
    return "  ".join([file.filename, *(fact for fact in facts if fact)])

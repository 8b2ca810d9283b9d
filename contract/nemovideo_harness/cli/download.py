"""`nemo-harness download`: a render that was submitted before, as a file."""

from __future__ import annotations

from pathlib import Path

import click

from nemovideo_harness.cli.calls import Asked, call_options, need_server
from nemovideo_harness.cli.export import OUTPUT, fetch


@click.command("download", short_help="Download a render by its id.")
@click.argument("render_id")
@OUTPUT
@call_options
def command(asked: Asked, render_id: str, output: Path) -> None:
    """Download a render that was submitted before, as soon as it is complete.

    A render outlives the command that ordered it: its id is all that is needed.
    """
    from nemovideo_client import Session

    need_server(asked.goal)
    # A render that is picked up needs no session.
    fetch(asked, Session(""), output, render_id)

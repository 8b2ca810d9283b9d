"""`nemo-harness download`: download a render that was started before."""

from __future__ import annotations

from pathlib import Path

import click

from nemovideo_harness.cli.options.client import ClientOptions, call_options, need_server
from nemovideo_harness.cli.options.output_file import OUTPUT
from nemovideo_harness.cli.servers.exported_file import fetch


@click.command("download", short_help="Download a render by its ID.")
@click.argument("render_id")
@OUTPUT
@call_options
def command(asked: ClientOptions, render_id: str, output: Path) -> None:
    """Wait until a render is complete, then download it.

    A render continues on the service after the command that started it has ended. You only need its ID.
    """
    from nemovideo_client import Session

    need_server(asked.selected_target)
    # A render with a known ID needs no session.
    fetch(asked, Session(""), output, render_id)

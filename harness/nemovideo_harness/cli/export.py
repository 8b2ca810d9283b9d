"""`nemo-harness export`: render a session's video and download it."""

from __future__ import annotations

from pathlib import Path

import click

from nemovideo_harness.cli.console.error_handling import handle_errors
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.options.client import ClientOptions, call_options, connect_client, need_server
from nemovideo_harness.cli.options.output_file import OUTPUT
from nemovideo_harness.cli.servers.exported_file import fetch


@click.command("export", short_help="Render a session's video and download it.")
@click.argument("session")
@OUTPUT
@click.option("--id", "render_id", metavar="RENDER_ID", help="Download this render instead of starting a new one.")
@click.option("--no-wait", is_flag=True, help="Start the render, print its ID and exit; use download to get the file.")
@call_options
def command(asked: ClientOptions, session: str, output: Path, render_id: str | None, *, no_wait: bool) -> None:
    """Render the video of a session and download it. An export costs no credits."""
    from nemovideo_client import Session

    need_server(asked.selected_target)
    if not no_wait:
        fetch(asked, Session(session), output, render_id)
        return
    if render_id is not None:
        raise Stop(Exit.USAGE, "--no-wait starts a new render, but --id names an existing one: choose one of them.")
    with handle_errors(lambda: "Interrupted."), connect_client(asked) as client, asked.sign() as sign:
        sign.on("Submitting a render")
        render = client.submit(Session(session))
    asked.answer({"render_id": render.render_id, "status": render.status}, render.render_id)

"""`nemo-harness export`: a session's video as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nemovideo_harness.cli.console.error_handling import facts_of, handle_errors
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.options import output_file
from nemovideo_harness.cli.options.client import ClientOptions, call_options, connect_client, need_server

if TYPE_CHECKING:
    from nemovideo_client import DownloadProgress, Exported, RenderProgress, Session


OUTPUT = click.option(
    "-o",
    "--output",
    default="video.mp4",
    show_default=True,
    type=click.Path(path_type=Path, readable=False),
    help="The file to write.",
)


@click.command("export", short_help="Render a session's video and download it.")
@click.argument("session")
@OUTPUT
@click.option("--id", "render_id", metavar="RENDER_ID", help="Download this render instead of starting a new one.")
@click.option("--no-wait", is_flag=True, help="Start the render, print its ID and exit; use download to get the file.")
@call_options
def command(asked: ClientOptions, session: str, output: Path, render_id: str | None, *, no_wait: bool) -> None:
    """Render the video of a session and download it. An export costs no credits."""
    from nemovideo_client import Session

    need_server(asked.goal)
    if not no_wait:
        fetch(asked, Session(session), output, render_id)
        return
    if render_id is not None:
        raise Stop(Exit.USAGE, "--no-wait submits a render, and --id picks one up: choose one.")
    with handle_errors(lambda: "Interrupted."), connect_client(asked) as client, asked.sign() as sign:
        sign.on("Submitting a render")
        render = client.submit(Session(session))
    asked.answer({"render_id": render.render_id, "status": render.status}, render.render_id)


def fetch(asked: ClientOptions, session: Session, output: Path, render_id: str | None) -> None:
    """Submit a render, or pick one up by its id; wait for it, write the file, and say so.

    Raises:
        Stop: There is no file; where a render goes on, with the command that picks it up.
    """
    from nemovideo_client import RenderUnfinished
    from nemovideo_harness.cli.say import still_working

    output_file.check(output)
    seen = LastRender(output, render_id)
    with handle_errors(seen.interrupted), connect_client(asked) as client, asked.show() as show:
        show.stage("Reading the draft" if render_id is None else "Asking for the render")

        def on_progress(render: RenderProgress) -> None:
            seen.render_id = render.render_id
            if render.percent is not None:
                show.stage("Rendering", share=render.percent / 100)

        def on_download(file: DownloadProgress) -> None:
            show.stage("Downloading", share=file.received / file.total if file.total else None)

        def wait(seconds: float) -> None:
            show.say("", still_working(seconds))

        try:
            exported = client.export(
                session,
                output,
                render_id=render_id,
                on_progress=on_progress,
                on_download=on_download,
                on_still_working=wait,
            )
        except RenderUnfinished as error:
            how = seen.how_to_go_on(error.render_id)
            raise Stop(Exit.REFUSED, f"The render still goes on. {how}", facts_of(error)) from None
    fields = {
        "file": str(exported.path),
        "size": exported.size,
        "duration": exported.duration,
        "render_id": exported.render_id,
    }
    asked.answer(fields, describe_export(exported))


class LastRender:
    """The render that was seen last, which outlives the command."""

    def __init__(self, output: Path, render_id: str | None) -> None:
        self._output = output
        self.render_id = render_id

    def interrupted(self) -> str:
        """What to say when the command is interrupted."""
        if self.render_id is None:
            return f"Interrupted: {self._output} was not written."
        return f"Interrupted: the render goes on. {self.how_to_go_on(self.render_id)}"

    def how_to_go_on(self, render_id: str) -> str:
        """The command that fetches the render later."""
        return f"Fetch it later with: nemo-harness download {render_id} -o {self._output}"


def describe_export(exported: Exported) -> str:
    """The last line: the file, its length and size."""
    length = "" if exported.duration is None else f"{exported.duration:.2f} s, "
    return f"Saved {exported.path} ({length}{exported.size / 1_000_000:.1f} MB)"

"""Fetch the file of an export, for the commands `export` and `download`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nemovideo_harness.cli.console.activity import still_working
from nemovideo_harness.cli.console.error_handling import facts_of, handle_errors
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.options import output_file
from nemovideo_harness.cli.options.client import ClientOptions, connect_client

if TYPE_CHECKING:
    from nemovideo_client import DownloadProgress, Exported, RenderProgress, Session


def fetch(asked: ClientOptions, session: Session, output: Path, render_id: str | None) -> None:
    """Start a render, or take the one with this ID; wait for it, write the file, and print the result.

    Raises:
        Stop: The file was not written. If the render continues, the message has the command that fetches it later.
    """
    from nemovideo_client import RenderUnfinished

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
            how = seen.how_to_fetch(error.render_id)
            raise Stop(Exit.REFUSED, f"The render still continues. {how}", facts_of(error)) from None
    fields = {
        "file": str(exported.path),
        "size": exported.size,
        "duration": exported.duration,
        "render_id": exported.render_id,
    }
    asked.answer(fields, describe_export(exported))


class LastRender:
    """The latest render of the command; it continues on the service after the command has ended."""

    def __init__(self, output: Path, render_id: str | None) -> None:
        self._output = output
        self.render_id = render_id

    def interrupted(self) -> str:
        """Return what to print if the command is interrupted."""
        if self.render_id is None:
            return f"Interrupted: {self._output} was not written."
        return f"Interrupted: the render continues. {self.how_to_fetch(self.render_id)}"

    def how_to_fetch(self, render_id: str) -> str:
        """Return a sentence with the command that fetches the render later."""
        return f"Fetch it later with: nemo-harness download {render_id} -o {self._output}"


def describe_export(exported: Exported) -> str:
    """Return the last line of the output: the file, its length in seconds and its size."""
    from nemovideo_client.models import format_size

    length = "" if exported.duration is None else f"{exported.duration:.2f} s, "
    return f"Saved {exported.path} ({length}{format_size(exported.size)})"

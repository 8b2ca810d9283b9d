"""Fetch the file of an export, for the commands `export` and `download`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nemovideo_harness.cli.console.activity import still_working
from nemovideo_harness.cli.console.error_handling import code_of, facts_of, handle_errors
from nemovideo_harness.cli.console.exit_codes import Stop
from nemovideo_harness.cli.options import output_file
from nemovideo_harness.cli.options.client import ClientOptions, connect_client
from nemovideo_harness.cli.servers.target_client import Continuation

if TYPE_CHECKING:
    from nemovideo_client import DownloadProgress, Exported, RenderProgress, Session


def fetch(asked: ClientOptions, session: Session, output: Path, render_id: str | None) -> None:
    """Start a render, or take the one with this ID; wait for it, write the file, and print the result.

    Raises:
        Stop: The file was not written. If the render continues, the message has the command that fetches it later.
    """
    from nemovideo_client import (
        ApiError,
        MisuseError,
        NemoError,
        RateLimited,
        RenderFailed,
        RenderUnfinished,
        ServiceFailed,
        UnwritableDestination,
    )

    output_file.check(output)
    work = Continuation(asked.selected_target, output, render_id=render_id)

    def interrupted() -> str:
        later = work.fetch_later
        return f"Interrupted: the render continues. {later}" if later else f"Interrupted: {output} was not written."

    with handle_errors(interrupted), connect_client(asked) as client, asked.show() as show:
        show.stage("Reading the draft" if render_id is None else "Asking for the render")

        def on_progress(render: RenderProgress) -> None:
            if work.note_render(render):
                show.say("", f"Render {render.render_id}")
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
        except NemoError as error:
            is_final = isinstance(error, RenderFailed | MisuseError | ApiError) and not isinstance(
                error, UnwritableDestination | ServiceFailed | RateLimited
            )
            if is_final or not work.fetch_later:
                raise
            said = "The render still continues." if isinstance(error, RenderUnfinished) else str(error)
            raise Stop(code_of(error), f"{said} {work.fetch_later}", work.facts | facts_of(error)) from None
    fields = {
        "file": str(exported.path),
        "size": exported.size,
        "duration": exported.duration,
        "render_id": exported.render_id,
    }
    asked.answer(fields, describe_export(exported))


def describe_export(exported: Exported) -> str:
    """Return the last line of the output: the file, its length in seconds and its size."""
    from nemovideo_client.models import format_size

    length = "" if exported.duration is None else f"{exported.duration:.2f} s, "
    return f"Saved {exported.path} ({length}{format_size(exported.size)})"

"""`nemo-harness state`: print the state of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from nemovideo_harness.cli.console import output
from nemovideo_harness.cli.console.error_handling import handle_errors
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.options.client import ClientOptions, call_options, connect_client, need_server

if TYPE_CHECKING:
    from nemovideo_client import State


@click.command("state", short_help="Print the current state of a session.")
@click.argument("session")
@click.option("--draft", is_flag=True, help="Print the draft exactly as the service sent it, as JSON.")
@call_options
def command(asked: ClientOptions, session: str, *, draft: bool) -> None:
    """Print the current state of a session: a description of the timeline, and the uploads."""
    from nemovideo_client import Session, draft_summary

    need_server(asked.selected_target)
    with handle_errors(lambda: "Interrupted."), connect_client(asked) as client, asked.sign() as sign:
        sign.on("Reading the state")
        state = client.state(Session(session))
    if draft and not asked.as_json:
        if state.draft is None:
            raise Stop(Exit.REFUSED, "There is no draft yet: describe the video with nemo-harness say.")
        output.print_text(output.to_json(state.draft, indent=2))
        return
    text = draft_summary.summary(state.draft)
    fields: dict[str, object] = {"session_id": session, "timeline": text, "uploads": uploads(state)}
    if draft:
        fields["draft"] = state.draft
    asked.answer(fields, "\n".join([text, *media(state)]))


def media(state: State) -> list[str]:
    """Return a line about the uploads; no line if there are none."""
    names = uploads(state)
    return [f"Uploads ({len(names)}): {', '.join(names)}"] if names else []


def uploads(state: State) -> list[str]:
    """Return the names of the uploaded files."""
    found: list[str] = []
    for entry in state.video_infos:
        match entry:
            case {"filename": str(name)} | {"name": str(name)}:
                found.append(name)
            case _:
                found.append("a file without a name")
    return found

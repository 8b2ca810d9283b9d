"""`nemo-harness session`: create a session."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

import click

from nemovideo_harness.cli.console.error_handling import handle_errors
from nemovideo_harness.cli.options.client import (
    ClientOptions,
    call_options,
    connect_client,
    is_valid,
    need_server,
    new_token,
)
from nemovideo_harness.cli.tokens import lookup


@click.command("session", short_help="Create a session and print its ID.")
@click.option("--name", default="project", show_default=True, help="The name of the project.")
@click.option(
    "--language", metavar="CODE", help="The language of answers: en, zh-CN, ...  [default: chosen by the service]"
)
@click.option("--save", is_flag=True, help="Save the token for the next commands, as token --save does.")
@call_options
def command(asked: ClientOptions, name: str, language: str | None, *, save: bool) -> None:
    """Create a session and print its ID.

    \b
      SESSION=$(nemo-harness session)
      nemo-harness upload $SESSION *.jpg
      nemo-harness say $SESSION "a 10-second vertical reel"
      nemo-harness export $SESSION -o reel.mp4
    """
    base_url = need_server(asked.selected_target)

    with handle_errors(lambda: "Interrupted."):
        if save:
            lookup.find_and_save(base_url, partial(new_token, asked), partial(is_valid, asked))
        with connect_client(asked) as client, asked.sign() as sign:
            sign.on("Creating a session")
            session = client.session(name, language)
    asked.answer(asdict(session), session.session_id)

"""`nemo-harness token`: the token that the other calls show."""

from __future__ import annotations

import shlex
from functools import partial

import click

from nemovideo_contract.wire import ENV_TOKEN
from nemovideo_harness.cli import credentials
from nemovideo_harness.cli.calls import Asked, call_options, is_valid, need_server, new_token
from nemovideo_harness.cli.exits import Exit, Stop
from nemovideo_harness.cli.tidy import tidily


@click.command("token", short_help="Print the token, a new one if need be.")
@click.option("--export", is_flag=True, help=f"Print a line for the shell that sets {ENV_TOKEN}.")
@click.option("--save", is_flag=True, help="Keep it for the next commands; print where, rather than the token.")
@click.option("--forget", is_flag=True, help="Remove the kept one.")
@call_options
def command(asked: Asked, *, export: bool, save: bool, forget: bool) -> None:
    """Print the token: NEMO_TOKEN, else the kept one, else a new anonymous one.

    The service gives one anonymous token per client and week, so let the next commands know it:

    \b
      eval "$(nemo-harness token --export)"
    """
    if export + save + forget > 1 or (export and asked.as_json):
        raise Stop(Exit.USAGE, "Choose one of --export, --save and --forget; --export prints no JSON.")
    base_url = need_server(asked.goal)

    with tidily(lambda: "Interrupted."):
        if forget:
            gone = credentials.shelf_of(base_url).forget()
            asked.answer({"forgotten": gone}, "The kept token is removed." if gone else "No token was kept.")
            return
        token = (
            credentials.keep(base_url, partial(new_token, asked), partial(is_valid, asked))
            if save
            else credentials.find(base_url, partial(new_token, asked), partial(is_valid, asked))
        )
        fields = {"user_id": token.user_id, "expires_at": token.expires_at, "credits": token.credits}
        if save:
            file = str(credentials.shelf_of(base_url).file)
            until = f" until {token.expires_at}" if token.expires_at else ""
            asked.answer({"file": file, **fields}, f"Kept{until} in {file}")
        else:
            line = f"export {ENV_TOKEN}={shlex.quote(token.token)}" if export else token.token
            asked.answer({"token": token.token, **fields}, line)

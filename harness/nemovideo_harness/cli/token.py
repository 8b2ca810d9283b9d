"""`nemo-harness token`: print, save or remove the token that the other commands send."""

from __future__ import annotations

import shlex
from functools import partial

import click

from nemovideo_contract.wire import ENV_TOKEN
from nemovideo_harness.cli.console.error_handling import handle_errors
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.options.client import ClientOptions, call_options, is_valid, need_server, new_token
from nemovideo_harness.cli.tokens import lookup


@click.command("token", short_help="Print the access token; request a new one if needed.")
@click.option("--export", is_flag=True, help=f"Print a shell command that sets {ENV_TOKEN}.")
@click.option("--save", is_flag=True, help="Save the token for the next commands; print the file name, not the token.")
@click.option("--forget", is_flag=True, help="Remove the saved token.")
@call_options
def command(asked: ClientOptions, *, export: bool, save: bool, forget: bool) -> None:
    """Print the access token: the value of NEMO_TOKEN, else the saved token, else a new anonymous token.

    The service gives each client only one anonymous token per week. So pass the token to the next commands:

    \b
      eval "$(nemo-harness token --export)"
    """
    if export + save + forget > 1 or (export and asked.as_json):
        raise Stop(Exit.USAGE, "Choose one of --export, --save and --forget; --export prints no JSON.")
    base_url = need_server(asked.selected_target)

    with handle_errors(lambda: "Interrupted."):
        if forget:
            gone = lookup.token_store_for(base_url).forget()
            asked.answer({"forgotten": gone}, "The saved token is removed." if gone else "There was no saved token.")
            return
        token = (
            lookup.find_and_save(base_url, partial(new_token, asked), partial(is_valid, asked))
            if save
            else lookup.find_token(base_url, partial(new_token, asked), partial(is_valid, asked))
        )
        fields = {"user_id": token.user_id, "expires_at": token.expires_at, "credits": token.credits}
        if save:
            file = str(lookup.token_store_for(base_url).file)
            until = f" (valid until {token.expires_at})" if token.expires_at else ""
            asked.answer({"file": file, **fields}, f"Saved the token{until} in {file}")
        else:
            line = f"export {ENV_TOKEN}={shlex.quote(token.token)}" if export else token.token
            asked.answer({"token": token.token, **fields}, line)

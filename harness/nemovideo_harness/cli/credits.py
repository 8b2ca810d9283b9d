"""`nemo-harness credits`: print the credit balance."""

from __future__ import annotations

from dataclasses import asdict

import click

from nemovideo_harness.cli.console.error_handling import handle_errors
from nemovideo_harness.cli.options.client import ClientOptions, call_options, connect_client


@click.command("credits", short_help="Print the credit balance.")
@call_options
def command(asked: ClientOptions) -> None:
    """Print the credit balance: available credits, credits reserved for running work, and the total.

    If NEMO_TOKEN holds a test token, the command works without a server: it prints the balance of that token's account.
    """
    with handle_errors(lambda: "Interrupted."), connect_client(asked) as client, asked.sign() as sign:
        sign.on("Asking for the balance")
        credits = client.credits()
    asked.answer(
        asdict(credits), f"{credits.available} available, {credits.frozen} frozen, {credits.total} credits in all"
    )

"""`nemo-harness credits`: the balance."""

from __future__ import annotations

from dataclasses import asdict

import click

from nemovideo_harness.cli.calls import Asked, call_options, connected
from nemovideo_harness.cli.tidy import tidily


@click.command("credits", short_help="Print the balance.")
@call_options
def command(asked: Asked) -> None:
    """Print the balance: what is available, what is set aside for work in progress, and both together.

    Without a server it says what a test token in NEMO_TOKEN has.
    """
    with tidily(lambda: "Interrupted."), connected(asked) as client, asked.sign() as sign:
        sign.on("Asking for the balance")
        credits = client.credits()
    asked.answer(
        asdict(credits), f"{credits.available} available, {credits.frozen} frozen, {credits.total} credits in all"
    )

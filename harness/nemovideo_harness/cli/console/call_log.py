"""What `-v` shows: each call when it is over, without secrets, and the line that makes it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from nemovideo_client import Call


def show(call: Call) -> None:
    """Print a call to standard error."""
    click.echo("\n".join(lines(call)), err=True)


def lines(call: Call) -> list[str]:
    """A call as it is shown: what came of it, the headers, a curl line."""
    headers = [f"    {name}: {value}" for name, value in call.headers]
    return [f"> {call}", *headers, f"    $ {call.curl()}"]

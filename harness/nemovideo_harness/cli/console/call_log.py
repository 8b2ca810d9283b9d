"""The output of `-v`: each request after its response, without secrets, and a curl command that repeats it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemovideo_harness.cli.console.output import print_notice

if TYPE_CHECKING:
    from nemovideo_client import Call


def show(call: Call) -> None:
    """Print a request to standard error."""
    print_notice("\n".join(lines(call)))


def lines(call: Call) -> list[str]:
    """Return the lines about a request: its result, its headers, a curl command."""
    headers = [f"    {name}: {value}" for name, value in call.headers]
    return [f"> {call}", *headers, f"    $ {call.curl()}"]

"""The exit codes of the commands, and the exception that ends a command with one of them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

import click


class Exit(IntEnum):
    """The exit codes; `README.md` lists them."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    UNWRITABLE = 4
    NOT_INSTALLED = 5
    INTERRUPTED = 130


class Stop(click.ClickException):
    """Ends the command with a sentence and an exit code; `facts` are additional fields for `--json`."""

    def __init__(self, code: Exit, message: str, facts: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.facts = facts or {}
        # click reads the instance, although the type declares a class variable.
        vars(self)["exit_code"] = int(code)

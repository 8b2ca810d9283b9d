"""How commands end: one sentence on standard error, and an exit code that a script can act on."""

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
    """End the command with this sentence and this code; `facts` are for programs, in addition to both."""

    def __init__(self, code: Exit, message: str, facts: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.facts = facts or {}
        # click asks the instance, though its type says class variable.
        vars(self)["exit_code"] = int(code)

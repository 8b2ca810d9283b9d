"""`nemo-harness completion`: print the completion script for a shell."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import click

from nemovideo_harness.cli.console import output
from nemovideo_harness.cli.console.exit_codes import Exit, Stop

_PROGRAM: Final = "nemo-harness"
#: The variable that click reads; the script sets it when it asks the program for completions.
_VARIABLE: Final = "_NEMO_HARNESS_COMPLETE"


@click.command("completion", short_help="Print the completion script for a shell.")
@click.argument("shell", required=False, metavar="[bash|zsh|fish]")
def command(shell: str | None) -> None:
    """Print a script that lets your shell complete commands and options. The default shell is the one in SHELL.

    \b
      bash:  eval "$(nemo-harness completion bash)"         in ~/.bashrc
      zsh:   eval "$(nemo-harness completion zsh)"          in ~/.zshrc
      fish:  nemo-harness completion fish | source          in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    from nemovideo_harness.cli import main

    name = shell or Path(os.environ.get("SHELL", "")).name
    found = get_completion_class(name)
    if found is None:
        problem = f"not for {name!r}" if name else "and SHELL is not set: name a shell"
        raise Stop(Exit.USAGE, f"Completions exist for bash, zsh and fish, {problem}.")
    output.print_text(found(main, {}, _PROGRAM, _VARIABLE).source())

"""The command `nemo-harness`. Each subcommand is a module here, imported only when it is called.

Command modules do not import each other. The code that they share is in `options`, `console` and `servers`.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, ClassVar, Final

import click

from nemovideo_harness.cli.console import error_handling, output
from nemovideo_harness.cli.console.exit_codes import Exit, Stop

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

#: Command -> its line in `--help`. The module of the same name has the command as `command`.
COMMANDS: Final = {
    "chat": "Chat with an agent that makes videos as a skill describes.",
    "completion": "Print the completion script for a shell.",
    "credits": "Print the credit balance.",
    "diff": "Compare a recording with a server or with another recording.",
    "download": "Download a render by its ID.",
    "export": "Render a session's video and download it.",
    "judge": "Check how a caller used the service, from the fake's journal.",
    "make": "Turn photos into a video file.",
    "record": "Record requests to a server, and its responses, to a file.",
    "say": "Send a message to the agent and print its answer.",
    "serve": "Run the fake service as a local server.",
    "session": "Create a session and print its ID.",
    "skill": "Check skill documents, and test agents that follow them.",
    "state": "Print the current state of a session.",
    "token": "Print the access token; request a new one if needed.",
    "upload": "Upload files to a session.",
    "verify": "Check whether a server behaves as the API documents say.",
}


@contextmanager
def _exit_codes() -> Generator[None]:
    """Turn Ctrl-C and errors of the output into exit codes."""
    try:
        yield
    except KeyboardInterrupt:
        raise Stop(Exit.INTERRUPTED, "Interrupted.") from None
    except BrokenPipeError as error:
        # The program that reads the output has ended, as in "| head -1". Not all output was written.
        error_handling.unwritable_output(error)
        raise SystemExit(int(Exit.UNWRITABLE)) from None
    except OSError as error:
        raise error_handling.unwritable_output(error) from None


class LazyGroup(click.Group):
    """A group that imports a command only when it is called; `table` has the one-line help of each command.

    A subgroup has its own `table`, and a `prefix` with which the names of its modules begin.
    """

    table: ClassVar[Mapping[str, str]] = COMMANDS
    prefix: ClassVar[str] = ""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, sorted."""
        del ctx
        return sorted(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command of this name; None if there is none."""
        del ctx
        if cmd_name not in self.table:
            return None
        module = import_module(f"{__name__}.{self.prefix}{cmd_name}")
        command: object = module.command
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the matching commands and options, without importing a command: the user waits for them."""
        from click.shell_completion import CompletionItem

        named = sorted(name for name in self.table if name.startswith(incomplete))
        return [CompletionItem(name, help=self.table[name]) for name in named] + click.Command.shell_complete(
            self, ctx, incomplete
        )

    def main(self, *args: Any, standalone_mode: bool = True, **options: Any) -> Any:  # Any: as click declares it
        """Run the command line and exit; without `standalone_mode`, return or raise what the command does."""
        error_handling.open_missing_streams()
        # Otherwise click would print the errors, without escapes.
        options["standalone_mode"] = False
        if not standalone_mode:
            return super().main(*args, **options)
        try:
            code = super().main(*args, **options)
        except click.ClickException as error:
            output.print_error(error)
            code = error.exit_code
        except click.Abort:
            output.print_error(Stop(Exit.INTERRUPTED, "Interrupted."))
            code = Exit.INTERRUPTED
        sys.exit(int(code or Exit.DONE))

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Parse the command line. `--help` and `--version` print here, so the output may already fail."""
        with _exit_codes():
            return super().make_context(info_name, args, parent, **extra)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the options of the group, and note whether the command has `--json`."""
        output.expect_json(ctx, args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command. Any error, also Ctrl-C or a full disk, becomes an exit code and, with `--json`, an object."""
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="replace")
                if stream is sys.stdin and not stream.isatty() and stream.encoding.lower() in {"utf-8", "utf8"}:
                    # It drops the byte order mark of PowerShell and of editors; without `errors` it would be strict.
                    stream.reconfigure(encoding="utf-8-sig", errors="replace")
        try:
            with _exit_codes():
                return super().invoke(ctx)
        except click.ClickException as error:
            output.print_json_error(ctx, error)
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands, without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(sorted(self.table.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="nemovideo-harness", message="%(version)s")
def main() -> None:
    """Develop and test NemoVideo skills and integrations without the service.

    Start with make, which turns photos into a video file. It needs no account and no server: it uses a fake of the
    service that runs inside the command. If you write a skill, start with skill check and skill test.

    Exit codes: 0 success; 1 the service refused the request or failed, or a check found a problem or a difference; 2
    wrong usage or unusable input; 3 the service can't be reached; 4 the result can't be written; 5 an optional
    dependency is not installed; 130 interrupted.
    """

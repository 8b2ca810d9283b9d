"""What a person sees while the agent works, on standard error: a spinner on a terminal, lines elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

import click

if TYPE_CHECKING:
    from rich.console import Console


class ActivityDisplay(Protocol):
    """A sign that somebody works, and on what."""

    def __enter__(self) -> Self:
        """Begin, without a sign."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the sign away."""
        ...

    def on(self, words: str) -> None:
        """Show the sign with these words, or with these from now on."""
        ...

    def off(self) -> None:
        """Take the sign away, to make room for something else."""
        ...


class NoActivity:
    """No sign at all: for programs."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.off()

    def on(self, words: str) -> None:
        """Show nothing."""

    def off(self) -> None:
        """Show nothing."""


class LineActivity(NoActivity):
    """A line for each thing that is done."""

    def on(self, words: str) -> None:
        """Print the line."""
        click.echo(f"... {words}", err=True)


class Spinner(NoActivity):
    """A spinner with the words beside it, which leaves nothing behind."""

    def __init__(self, console: Console) -> None:
        from rich.status import Status
        from rich.text import Text

        self._as_text = Text
        self._status = Status("", console=console, spinner_style="cyan")

    def on(self, words: str) -> None:
        """Turn, with these words."""
        self._status.update(self._as_text(words))
        self._status.start()

    def off(self) -> None:
        """Stop, and wipe the line."""
        self._status.stop()


def choose(*, as_json: bool, is_plain: bool) -> ActivityDisplay:
    """What fits where standard error goes; `is_plain` asks for lines even on a terminal."""
    if as_json:
        return NoActivity()
    from rich.console import Console

    from nemovideo_harness.cli.console.progress import is_lively

    console = Console(stderr=True)
    return Spinner(console) if is_lively(console) and not is_plain else LineActivity()

"""The activity display on standard error: a spinner on a terminal, lines elsewhere, nothing for programs."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from nemovideo_harness.cli.console.output import print_notice, safe_console

if TYPE_CHECKING:
    from rich.console import Console


class ActivityDisplay(Protocol):
    """Shows that work is going on, and which work."""

    def __enter__(self) -> Self:
        """Start; nothing is shown yet."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hide the display."""
        ...

    def on(self, words: str) -> None:
        """Show this text; it replaces the text before."""
        ...

    def off(self) -> None:
        """Hide the display, to make room for other output."""
        ...


class NoActivity:
    """Shows nothing: for programs."""

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
    """Prints a line for each step."""

    def on(self, words: str) -> None:
        """Print the line."""
        print_notice(f"... {words}")


class Spinner(NoActivity):
    """Shows a spinner and a text; both disappear at the end."""

    def __init__(self, console: Console) -> None:
        from rich.status import Status
        from rich.text import Text

        self._as_text = Text
        self._status = Status("", console=console, spinner_style="cyan")

    def on(self, words: str) -> None:
        """Show the spinner with this text."""
        self._status.update(self._as_text(words))
        self._status.start()

    def off(self) -> None:
        """Stop the spinner and clear its line."""
        self._status.stop()


def choose(*, as_json: bool, is_plain: bool) -> ActivityDisplay:
    """Return the display that fits standard error; with `is_plain`, it prints lines even on a terminal."""
    if as_json:
        return NoActivity()
    from nemovideo_harness.cli.console.progress import is_lively

    console = safe_console(sys.stderr)
    return Spinner(console) if is_lively(console) and not is_plain else LineActivity()


def still_working(seconds: float) -> str:
    """Return a sentence that says how long the work has been running."""
    return f"Still working ({seconds / 60:.0f} min)"

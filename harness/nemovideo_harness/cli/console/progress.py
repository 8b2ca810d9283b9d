"""The progress display: a bar on a terminal, lines elsewhere, nothing for programs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from nemovideo_harness.cli.console.output import print_notice, print_text


class ProgressDisplay(Protocol):
    """Shows the stages of a long command."""

    def __enter__(self) -> Self:
        """Start the display."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the display, also after an error."""
        ...

    def stage(self, title: str, *, share: float | None = None) -> None:
        """Show the current stage and its progress, from 0 to 1; None if the progress is unknown."""
        ...

    def say(self, who: str, words: str) -> None:
        """Show a line that stays on the screen; `who` is its speaker, or empty."""
        ...

    def watch(self, share: Callable[[], float | None]) -> None:
        """Read the progress of the current stage from this function."""
        ...


class NoProgress:
    """Shows nothing: for programs."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def stage(self, title: str, *, share: float | None = None) -> None:
        """Show nothing."""

    def say(self, who: str, words: str) -> None:
        """Show nothing."""

    def watch(self, share: Callable[[], float | None]) -> None:
        """Show nothing."""


class LineProgress(NoProgress):
    """Prints a line for each stage, and for each ten percent of it."""

    def __init__(self, *, to_stderr: bool = False) -> None:
        self._print = print_notice if to_stderr else print_text
        self._title = ""
        self._shown = -1.0

    def stage(self, title: str, *, share: float | None = None) -> None:
        """Print a line for a new stage, or for ten percent more of it."""
        if title != self._title:
            self._title, self._shown = title, -1.0
            if share is None:
                self._print(title)
        if share is not None and (share - self._shown >= 0.1 or (share == 1.0 and self._shown < 1.0)):
            self._shown = share
            self._print(f"{title} {share:.0%}")

    def say(self, who: str, words: str) -> None:
        """Print a line with the name of the speaker before it."""
        self._print(f"{who}: {words}" if who else words)


class LiveProgress:
    """Shows a spinner, a bar and a percentage below the lines that stay."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(style="cyan", finished_text="[green]✓[/]"),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=32, complete_style="cyan", finished_style="green"),
            TextColumn("{task.percentage:>3.0f}%", style="bold"),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None
        self._title = ""
        self._share: Callable[[], float | None] = lambda: None
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._progress.start()
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._watcher.join()
        self._progress.stop()

    def stage(self, title: str, *, share: float | None = None) -> None:
        """Start a new bar, or move the current one."""
        if self._task is None or title != self._title:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._title = title
            self._share = lambda: None
            self._task = self._progress.add_task(title, total=None if share is None else 1.0)
        # A watched function knows the progress of the work itself, which is better than what the service reports.
        if share is not None and self._share() is None:
            self._move(share)

    def say(self, who: str, words: str) -> None:
        """Print a line above the bar."""
        self._console.print(Text.assemble((f"{who}  ", "bold cyan") if who else "", words))

    def watch(self, share: Callable[[], float | None]) -> None:
        """Read the progress from this function until the stage ends."""
        self._share = share

    def _look(self) -> None:
        while not self._ended.wait(0.1):
            share = self._share()
            if share is not None:
                self._move(share)

    def _move(self, share: float) -> None:
        if self._task is not None:
            self._progress.update(self._task, total=1.0, completed=share)


def choose(*, as_json: bool, console: Console, is_plain: bool = False) -> ProgressDisplay:
    """Return the display that fits the console; with `is_plain`, it prints lines even on a terminal."""
    if as_json:
        return NoProgress()
    return LiveProgress(console) if is_lively(console) and not is_plain else LineProgress(to_stderr=console.stderr)


def is_lively(console: Console) -> bool:
    """Return whether the console can overwrite its lines."""
    return console.is_terminal and not console.is_dumb_terminal

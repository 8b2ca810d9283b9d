"""What a person sees while a video is made: live on a terminal, line by line elsewhere, nothing for programs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.text import Text


class ProgressDisplay(Protocol):
    """The stages of making a video, as they are shown."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, tidily whatever happened."""
        ...

    def stage(self, title: str, *, share: float | None = None) -> None:
        """What is being done, and how much of it is done (0 to 1; None where nobody knows)."""
        ...

    def say(self, who: str, words: str) -> None:
        """Somebody says something that stays."""
        ...

    def watch(self, share: Callable[[], float | None]) -> None:
        """Where to look how far the present stage is."""
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
    """One line for each thing that happens; percents where they grow by ten."""

    def __init__(self, *, to_stderr: bool = False) -> None:
        self._to_stderr = to_stderr
        self._title = ""
        self._shown = -1.0

    def stage(self, title: str, *, share: float | None = None) -> None:
        """A line for a new stage, or for ten percent more of it."""
        if title != self._title:
            self._title, self._shown = title, -1.0
            if share is None:
                click.echo(title, err=self._to_stderr)
        if share is not None and (share - self._shown >= 0.1 or (share == 1.0 and self._shown < 1.0)):
            self._shown = share
            click.echo(f"{title} {share:.0%}", err=self._to_stderr)

    def say(self, who: str, words: str) -> None:
        """A line with a name before it."""
        click.echo(f"{who}: {words}" if who else words, err=self._to_stderr)


class LiveProgress:
    """A spinner, a bar and a clock below the lines that stay."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(style="cyan", finished_text="[green]✓[/]"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=32, complete_style="cyan", finished_style="green"),
            TextColumn("{task.percentage:>3.0f}%", style="bold"),
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
        """Start a bar, or move the one that is there."""
        if self._task is None or title != self._title:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._title = title
            self._share = lambda: None
            self._task = self._progress.add_task(title, total=None if share is None else 1.0)
        # What is watched is the work itself; what is reported meanwhile is only what the service says of it.
        if share is not None and self._share() is None:
            self._move(share)

    def say(self, who: str, words: str) -> None:
        """A line above the bar."""
        self._console.print(Text.assemble((f"{who}  ", "bold cyan") if who else "", words))

    def watch(self, share: Callable[[], float | None]) -> None:
        """Follow this while the present stage lasts."""
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
    """What fits where the output goes; `is_plain` asks for lines even on a terminal."""
    if as_json:
        return NoProgress()
    return LiveProgress(console) if is_lively(console) and not is_plain else LineProgress(to_stderr=console.stderr)


def is_lively(console: Console) -> bool:
    """Whether lines can be drawn over there."""
    return console.is_terminal and not console.is_dumb_terminal

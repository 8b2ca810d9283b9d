"""How a talk is written down: drawn on a terminal, line by line elsewhere, one JSON object a line for programs."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Protocol

import click

from nemovideo_harness.cli.console import json_output

if TYPE_CHECKING:
    from rich.console import Console

    from nemovideo_skills.agent import Reply


class TranscriptOutput(Protocol):
    """Where a talk is written down."""

    def waiting(self) -> AbstractContextManager[None]:
        """What is shown while the agent works."""
        ...

    def heard(self, utterance: str) -> None:
        """Write down what the user said, where no terminal shows it anyway."""
        ...

    def reply(self, reply: Reply) -> None:
        """Write down what the agent says."""
        ...

    def note(self, words: str) -> None:
        """Tell the user something about the talk itself."""
        ...


class JsonTranscript:
    """One JSON object a line; each has `kind` and `text`, a finished video also `path` and `url`."""

    def waiting(self) -> AbstractContextManager[None]:
        """Show nothing."""
        return nullcontext()

    def heard(self, utterance: str) -> None:
        """Write a record of the kind `user`."""
        self._write("user", utterance)

    def reply(self, reply: Reply) -> None:
        """Write a record of the reply's kind."""
        more = {"path": None if reply.path is None else str(reply.path), "url": reply.url}
        self._write(reply.kind, reply.text, **{name: value for name, value in more.items() if value is not None})

    def note(self, words: str) -> None:
        """Write a record of the kind `note`."""
        self._write("note", words)

    def _write(self, kind: str, text: str, **more: str) -> None:
        click.echo(json_output.to_json({"kind": kind, "text": text, **more}))


class LineTranscript:
    """A line for each message, so that what was said from a script reads as a talk."""

    def waiting(self) -> AbstractContextManager[None]:
        """Show nothing."""
        return nullcontext()

    def heard(self, utterance: str) -> None:
        """Write the line that a person would have typed."""
        click.echo(f"> {utterance}")

    def reply(self, reply: Reply) -> None:
        """Write what is said; a line about work that goes on begins with dots."""
        click.echo(f"... {reply.text}" if reply.kind == "status" else reply.text)

    def note(self, words: str) -> None:
        """Write it in brackets."""
        click.echo(f"({words})")


class LiveTranscript:
    """Answers that stay, and below them a spinner with what is being done."""

    def __init__(self, console: Console) -> None:
        from rich.text import Text

        from nemovideo_harness.cli.console.activity import Spinner

        self._console = console
        self._spinner = Spinner(console)
        self._text = Text

    @contextmanager
    def waiting(self) -> Generator[None]:
        """Turn the spinner inside."""
        with self._spinner:
            self._spinner.on("")
            yield

    def heard(self, utterance: str) -> None:
        """Write the line that a person would have typed."""
        self._console.print(self._text.assemble(("> ", "bold"), utterance))

    def reply(self, reply: Reply) -> None:
        """Print an answer above the spinner, or put what is being done beside it."""
        if reply.kind == "status":
            self._spinner.on(reply.text)
            return
        style = {"text": "", "file": "green", "question": "cyan"}[reply.kind]
        self._console.print(self._text(reply.text, style=style))

    def note(self, words: str) -> None:
        """Print it dimly."""
        self._console.print(self._text(words, style="dim"))


def choose(*, as_json: bool, is_plain: bool) -> TranscriptOutput:
    """What fits where standard output goes; `is_plain` asks for lines even on a terminal."""
    if as_json:
        return JsonTranscript()
    from rich.console import Console

    from nemovideo_harness.cli.console.progress import is_lively

    console = Console()
    return LiveTranscript(console) if is_lively(console) and not is_plain else LineTranscript()

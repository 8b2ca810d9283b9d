"""The output of `chat`: styled on a terminal, plain lines elsewhere, one JSON object per line for programs."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Protocol

from nemovideo_harness.cli.console.output import print_text, safe_console, to_json

if TYPE_CHECKING:
    from rich.console import Console

    from nemovideo_skills.agent import Reply


class TranscriptOutput(Protocol):
    """Prints a chat."""

    def waiting(self) -> AbstractContextManager[None]:
        """Show a sign that the agent works, until the end of the block."""
        ...

    def heard(self, utterance: str) -> None:
        """Print what the user said, if no terminal shows it already."""
        ...

    def reply(self, reply: Reply) -> None:
        """Print a reply of the agent."""
        ...

    def note(self, words: str) -> None:
        """Print a message about the chat itself."""
        ...


class JsonTranscript:
    """Prints one JSON object per line; each has `kind` and `text`, a finished video also `path` and `url`."""

    def waiting(self) -> AbstractContextManager[None]:
        """Show nothing."""
        return nullcontext()

    def heard(self, utterance: str) -> None:
        """Print an object of the kind `user`."""
        self._write("user", utterance)

    def reply(self, reply: Reply) -> None:
        """Print an object of the kind of the reply."""
        more = {"path": None if reply.path is None else str(reply.path), "url": reply.url}
        self._write(reply.kind, reply.text, **{name: value for name, value in more.items() if value is not None})

    def note(self, words: str) -> None:
        """Print an object of the kind `note`."""
        self._write("note", words)

    def _write(self, kind: str, text: str, **more: str) -> None:
        print_text(to_json({"kind": kind, "text": text, **more}))


class LineTranscript:
    """Prints a line for each message, so that the output of a script reads like a conversation."""

    def waiting(self) -> AbstractContextManager[None]:
        """Show nothing."""
        return nullcontext()

    def heard(self, utterance: str) -> None:
        """Print the line as a terminal would show it."""
        print_text(f"> {utterance}")

    def reply(self, reply: Reply) -> None:
        """Print the reply; a line about running work begins with dots."""
        print_text(f"... {reply.text}" if reply.kind == "status" else reply.text)

    def note(self, words: str) -> None:
        """Print the message in brackets."""
        print_text(f"({words})")


class LiveTranscript:
    """Prints replies that stay, and below them a spinner with the current work."""

    def __init__(self, console: Console) -> None:
        from rich.text import Text

        from nemovideo_harness.cli.console.activity import Spinner

        self._console = console
        self._spinner = Spinner(console)
        self._text = Text

    @contextmanager
    def waiting(self) -> Generator[None]:
        """Show the spinner until the end of the block."""
        with self._spinner:
            self._spinner.on("")
            yield

    def heard(self, utterance: str) -> None:
        """Print the line as a terminal would show it."""
        self._console.print(self._text.assemble(("> ", "bold"), utterance))

    def reply(self, reply: Reply) -> None:
        """Print a reply above the spinner, or show the current work next to it."""
        if reply.kind == "status":
            self._spinner.on(reply.text)
            return
        style = {"text": "", "file": "green", "question": "cyan"}[reply.kind]
        self._console.print(self._text(reply.text, style=style))

    def note(self, words: str) -> None:
        """Print the message in a dim style."""
        self._console.print(self._text(words, style="dim"))


def choose(*, as_json: bool, is_plain: bool) -> TranscriptOutput:
    """Return the display that fits standard output; with `is_plain`, it prints lines even on a terminal."""
    if as_json:
        return JsonTranscript()
    from nemovideo_harness.cli.console.progress import is_lively

    console = safe_console(sys.stdout)
    return LiveTranscript(console) if is_lively(console) and not is_plain else LineTranscript()

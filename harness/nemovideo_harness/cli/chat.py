"""`nemo-harness chat`: the skill's agent in a terminal."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import click

from nemovideo_harness.cli.console.error_handling import code_of
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.make import connect
from nemovideo_harness.cli.options.attribution import skill_option
from nemovideo_harness.cli.options.client import VERBOSE_HELP, check_cost
from nemovideo_harness.cli.options.switch import MESSAGE_COST, TargetError, choose

if TYPE_CHECKING:
    from nemovideo_client import Attribution, Client
    from nemovideo_harness.cli.console.transcript import TranscriptOutput
    from nemovideo_skills.agent import Agent


@click.command("chat", short_help="Chat with an agent that makes videos as a skill describes.")
@click.option(
    "--folder",
    default=".",
    show_default=True,
    type=click.Path(exists=True, file_okay=False, writable=True, path_type=Path),
    help="The folder to save videos in.",
)
@click.option(
    "--quality",
    type=click.Choice(["full", "preview", "stub"]),
    help="The video quality of exports; only for the target mock.  [default: full]",
)
@click.option(
    "--target",
    metavar="mock|production|URL",
    help="The service to call. mock is a fake inside this command.  [default: NEMO_API_URL, else mock]",
)
@skill_option()
@click.option(
    "--allow-credits", type=click.IntRange(0), metavar="N", help="The most credits that the whole chat may spend."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON objects, one per line.")
@click.option("-v", "--verbose", is_flag=True, help=VERBOSE_HELP)
def command(
    folder: Path,
    quality: str | None,
    target: str | None,
    skill: Attribution | None,
    allow_credits: int | None,
    *,
    as_json: bool,
    verbose: bool,
) -> None:
    """Chat with an agent that makes videos as the published skills describe.

    Name your photos, describe the video, then say "export". Ctrl-C stops waiting for an answer: the service
    continues its work, and the chat goes on. Ctrl-D ends the chat. A script can send the messages, one per line:

    \b
      printf '%s\\n' "a 5-second clip of cat.jpg" "export" | nemo-harness chat
    """
    try:
        goal = choose(target, os.environ)
    except TargetError as error:
        raise Stop(Exit.USAGE, str(error)) from None
    check_cost(goal, MESSAGE_COST, allow_credits)
    if quality is not None and goal.base_url is not None:
        raise Stop(Exit.USAGE, f"--quality belongs to the fake of this command; {goal.name} decides for itself.")
    from nemovideo_client.errors import NemoError
    from nemovideo_harness.cli.console import call_log as verbosity
    from nemovideo_harness.cli.console import transcript
    from nemovideo_skills.agent import Agent

    page = transcript.choose(as_json=as_json, is_plain=verbose)
    is_asked = sys.stdin.isatty() and not as_json
    if is_asked:
        page.note(f"Talking to {goal.name}. Say what the video should be; Ctrl-C ends a wait, Ctrl-D the talk.")
    with ExitStack() as stack:
        stack.enter_context(terminable())
        try:
            client, _ = connect(goal, quality, stack, verbosity.show if verbose else None, skill)
            purse = Budget(client, allow_credits)
        except NemoError as error:
            raise Stop(code_of(error), str(error)) from None
        agent = Agent(client, folder=folder, on_status=page.reply)
        for utterance in utterances(page, is_asked=is_asked):
            if purse.covers(utterance):
                answer(agent, utterance, page)
            else:
                page.note(f"That may cost more than is left of --allow-credits {allow_credits}: it was not sent.")


def utterances(page: TranscriptOutput, *, is_asked: bool) -> Iterator[str]:
    """What the user says, line by line, to the end of the input; empty lines are nothing said."""
    if is_asked:
        # That alone gives the prompt a history and keys to edit with, where the module is there.
        with suppress(ImportError):
            import_module("readline")
    while True:
        try:
            line = input("> ") if is_asked else sys.stdin.readline()
        except EOFError:
            click.echo()
            return
        except KeyboardInterrupt:
            if not is_asked:
                raise
            click.echo()
            continue
        if not is_asked and not line:
            return
        if line.strip():
            if not is_asked:
                page.heard(line.strip())
            yield line.strip()


def answer(agent: Agent, utterance: str, page: TranscriptOutput) -> None:
    """Let the agent answer, as far as the user waits for it."""
    try:
        with page.waiting(), closing(agent.say(utterance)) as replies:
            for reply in replies:
                page.reply(reply)
    except KeyboardInterrupt:
        page.note("Not waiting any longer. Work that was begun goes on: ask for the status to see it.")


class Budget:
    """What may still be spent; without a ceiling, anything.

    What is frozen counts as spent, as work that nobody waits for is paid all the same.
    """

    def __init__(self, client: Client, ceiling: int | None) -> None:
        self._client = client
        self._ceiling = ceiling
        self._first = None if ceiling is None else client.credits().total

    def covers(self, utterance: str) -> bool:
        """Whether what is left covers the messages that an utterance makes."""
        from nemovideo_skills.agent import Action, routes

        if self._ceiling is None or self._first is None:
            return True
        messages = sum(route.action is Action.SSE for route in routes(utterance))
        return not messages or self._first - self._client.credits().available + messages * MESSAGE_COST <= self._ceiling


@contextmanager
def terminable() -> Generator[None]:
    """SIGTERM ends the talk tidily, unlike Ctrl-C, which ends a wait."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        del number, frame
        raise SystemExit(int(Exit.INTERRUPTED))

    previous = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)

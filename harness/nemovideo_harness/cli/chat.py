"""`nemo-harness chat`: talk to the skill's agent in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nemovideo_contract.targets import MESSAGE_COST
from nemovideo_harness.cli.console.error_handling import code_of, exit_on_sigterm
from nemovideo_harness.cli.console.exit_codes import Stop
from nemovideo_harness.cli.console.output import print_call, print_text
from nemovideo_harness.cli.options.attribution import skill_option
from nemovideo_harness.cli.options.client import VERBOSE_HELP
from nemovideo_harness.cli.options.target import TARGET_OR_MOCK, check_cost, check_quality, get_target, quality_option
from nemovideo_harness.cli.servers.target_client import Continuation, connect

if TYPE_CHECKING:
    from nemovideo_client import Attribution, Client
    from nemovideo_contract.targets import SelectedTarget
    from nemovideo_harness.cli.console.chat_output import TranscriptOutput
    from nemovideo_skills.agent import Agent


@click.command("chat", short_help="Chat with an agent that makes videos as a skill describes.")
@click.option(
    "--folder",
    default=".",
    show_default=True,
    type=click.Path(exists=True, file_okay=False, writable=True, path_type=Path),
    help="The folder to save videos in.",
)
@quality_option("The video quality of exports")
@TARGET_OR_MOCK
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
    selected = get_target(target)
    check_cost(selected, MESSAGE_COST, allow_credits)
    check_quality(selected, quality)
    from nemovideo_client.errors import NemoError
    from nemovideo_harness.cli.console import chat_output
    from nemovideo_skills.agent import Agent

    page = chat_output.choose(as_json=as_json, is_plain=verbose)
    is_asked = sys.stdin.isatty() and not as_json
    if is_asked:
        page.note(f"Connected to {selected.name}. Describe the video. Ctrl-C stops waiting; Ctrl-D ends the chat.")
    with ExitStack() as stack:
        stack.enter_context(exit_on_sigterm())
        try:
            client, _ = connect(selected, quality, stack, print_call if verbose else None, skill)
            budget = Budget(client, allow_credits)
        except NemoError as error:
            raise Stop(code_of(error), str(error)) from None
        agent = Agent(client, folder=folder, on_status=page.reply)
        stack.callback(note_left_over, page, selected, client, agent)
        for utterance in utterances(page, is_asked=is_asked):
            if budget.covers(utterance):
                answer(agent, utterance, page)
            else:
                page.note(
                    f"The message was not sent: it may cost more than the rest of --allow-credits {allow_credits}."
                )


def note_left_over(page: TranscriptOutput, target: SelectedTarget, client: Client, agent: Agent) -> None:
    """Print how to continue work that goes on after the chat, or whose file was not downloaded."""
    from nemovideo_client import NemoError

    if (left := agent.left_over) is None:
        return
    work = Continuation(target, render_id=left.render_id)
    with suppress(NemoError):  # the token may have to be renewed
        work.note(client, left.session)
    if advice := work.advice():
        page.note(advice)


def utterances(page: TranscriptOutput, *, is_asked: bool) -> Iterator[str]:
    """Yield the user's lines until the end of the input; empty lines are skipped."""
    if is_asked:
        # The import gives input() a history and editing keys; some systems do not have the module.
        with suppress(ImportError):
            import_module("readline")
    while True:
        try:
            line = input("> ") if is_asked else sys.stdin.readline()
        except EOFError:
            print_text("")
            return
        except KeyboardInterrupt:
            if not is_asked:
                raise
            print_text("")
            continue
        if not is_asked and not line:
            return
        if line.strip():
            if not is_asked:
                page.heard(line.strip())
            yield line.strip()


def answer(agent: Agent, utterance: str, page: TranscriptOutput) -> None:
    """Print the agent's replies until the last one, or until the user stops waiting."""
    try:
        with page.waiting(), closing(agent.say(utterance)) as replies:
            for reply in replies:
                page.reply(reply)
    except KeyboardInterrupt:
        page.note("Stopped waiting. The service continues its work: ask for the status to see the result.")


class Budget:
    """The credits that the chat may still spend; without a ceiling, any number.

    Frozen credits count as spent: they pay for work that runs even if the user has stopped waiting for it.
    """

    def __init__(self, client: Client, ceiling: int | None) -> None:
        self._client = client
        self._ceiling = ceiling
        self._first = None if ceiling is None else client.credits().total

    def covers(self, utterance: str) -> bool:
        """Return whether the rest covers all messages that the agent sends for an utterance."""
        from nemovideo_skills.agent import Action, routes

        if self._ceiling is None or self._first is None:
            return True
        messages = sum(route.action is Action.SSE for route in routes(utterance))
        return not messages or self._first - self._client.credits().available + messages * MESSAGE_COST <= self._ceiling

"""`nemo-harness say`: one message to the agent, and its answer as it comes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from nemovideo_harness.cli.console.error_handling import code_of, handle_errors
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.options.client import ClientOptions, call_options, check_cost, connect_client, need_server
from nemovideo_harness.cli.options.switch import MESSAGE_COST

if TYPE_CHECKING:
    from nemovideo_client import Turn, TurnResult
    from nemovideo_harness.cli.console.activity import ActivityDisplay


@click.command("say", short_help="Send a message to the agent and print its answer.")
@click.argument("session")
@click.argument("message")
@click.option(
    "--allow-credits", type=click.IntRange(0), metavar="N", help="The most credits that the message may spend."
)
@call_options
def command(asked: ClientOptions, session: str, message: str, allow_credits: int | None) -> None:
    """Send a message to the agent and print its answer as it arrives. MESSAGE can be - for standard input.

    If the agent edits the video without an answer, the command prints what has changed. If the stream breaks, the
    command does not send the message again, because the work continues: it reads the state until the change appears.
    """
    from nemovideo_client import Session
    from nemovideo_harness.cli.console import activity

    need_server(asked.goal)
    check_cost(asked.goal, MESSAGE_COST, allow_credits)
    words = sys.stdin.read() if message == "-" else message
    with (
        handle_errors(lambda: f"Interrupted: the agent goes on; nemo-harness state {session} shows what came of it."),
        connect_client(asked) as client,
    ):
        # What is frozen counts as spent: work that the turn left behind is paid all the same.
        before = None if allow_credits is None else client.credits().available
        with activity.choose(as_json=asked.as_json, is_plain=asked.verbose) as sign:
            teller = TurnPrinter(sign, is_silent=asked.as_json)
            turn = client.say(Session(session), words, on_still_working=teller.wait)
            teller.follow(turn)
        spent = None if before is None else before - client.credits().available
    ending = turn.ending
    assert ending is not None  # it was gone through to its end
    fields: dict[str, object] = {
        "session_id": session,
        "ending": ending.kind.value,
        "text": turn.text,
        "tools": teller.tools,
        "changes": None if ending.changes is None else list(ending.changes),
        "error": None if ending.error is None else str(ending.error),
        "spent": spent,
    }
    if asked.as_json or describe_ending(ending):
        asked.answer(fields, "\n".join(describe_ending(ending)))
    judge(ending, session)
    if allow_credits is not None and spent is not None and spent > allow_credits:
        raise Stop(Exit.REFUSED, f"It cost {spent} credits, more than the {allow_credits} that were allowed.")


class TurnPrinter:
    """Tells a turn while it goes on: text to standard output as it grows, what is being done to the sign."""

    def __init__(self, sign: ActivityDisplay, *, is_silent: bool) -> None:
        self.tools: list[str] = []
        self._sign = sign
        self._is_silent = is_silent
        self._is_line_open = False

    def follow(self, turn: Turn) -> None:
        """Go through a turn to its end."""
        from nemovideo_client import ToolCall

        self._sign.on("Waiting for the agent")
        for event in turn:
            if isinstance(event, ToolCall):
                self.tools.append(event.name)
                self._finish_line()
                self._sign.on(f"The agent uses {event.name}")
            else:
                # That leaves out noise that trails an answer, and joins what came in pieces.
                self._grow(turn.take())
        self._grow(turn.take())
        self._finish_line()

    def wait(self, seconds: float) -> None:
        """Say that the work goes on, after so many seconds."""
        self._finish_line()
        self._sign.on(still_working(seconds))

    def _grow(self, more: str) -> None:
        if not self._is_line_open:
            more = more.lstrip("\n")
        if more and not self._is_silent:
            self._sign.off()
            click.echo(more, nl=False)
            self._is_line_open = not more.endswith("\n")

    def _finish_line(self) -> None:
        if self._is_line_open:
            click.echo()
            self._is_line_open = False


def still_working(seconds: float) -> str:
    """That the work goes on, and how long it has."""
    return f"Still working ({seconds / 60:.0f} min)"


def describe_ending(ending: TurnResult) -> list[str]:
    """What there is to say where the agent didn't: the changes, or that there are none."""
    from nemovideo_client import TurnOutcome

    if ending.kind is TurnOutcome.ANSWERED:
        return []
    if ending.changes is None:
        return ["The agent said nothing, and the state could not be read."] if ending.kind is TurnOutcome.SILENT else []
    if not ending.changes:
        return ["The agent said nothing, and nothing has changed."] if ending.kind is TurnOutcome.SILENT else []
    how = "The agent said nothing" if ending.kind is TurnOutcome.SILENT else f"The answer is not whole ({ending.error})"
    return [f"{how}. What has changed:", *(f"- {change}" for change in ending.changes)]


def judge(ending: TurnResult, session: str) -> None:
    """End the command where the turn did not do what was asked, or nobody knows.

    Raises:
        Stop: It failed midway, or its stream broke and the state shows no change.
    """
    from nemovideo_client import ApiError, TurnOutcome
    from nemovideo_client.flows.resend_policy import is_settled

    if ending.kind in {TurnOutcome.ANSWERED, TurnOutcome.SILENT}:
        return
    wait = f"Don't say it again yet, for the work may still go on: nemo-harness state {session} shows it."
    if isinstance(ending.error, ApiError):
        over = ending.changes or is_settled(ending.error)
        raise Stop(code_of(ending.error), f"The turn failed midway. {ending.error}" + ("" if over else f" {wait}"))
    if not ending.changes:
        why = f" {ending.error}" if ending.error else ""
        raise Stop(Exit.REFUSED, f"The answer never came ({ending.kind.value}).{why} {wait}")

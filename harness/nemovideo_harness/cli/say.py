"""`nemo-harness say`: send one message to the agent, and print its answer as it arrives."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from nemovideo_contract.targets import MESSAGE_COST
from nemovideo_harness.cli.console import output
from nemovideo_harness.cli.console.activity import still_working
from nemovideo_harness.cli.console.error_handling import code_of, handle_errors
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.options.client import ClientOptions, call_options, connect_client, need_server
from nemovideo_harness.cli.options.target import check_cost

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
    from nemovideo_client import NemoError, Session
    from nemovideo_harness.cli.console import activity

    need_server(asked.selected_target)
    check_cost(asked.selected_target, MESSAGE_COST, allow_credits)
    text = sys.stdin.read() if message == "-" else message
    turn: Turn | None = None

    def interrupted() -> str:
        if turn is not None and turn.before is None and printer.has_begun:
            return "Interrupted: this server has no state that shows what the agent has done."
        return f"Interrupted: the agent continues; nemo-harness state {session} shows the result."

    with handle_errors(interrupted), connect_client(asked) as client:
        # Frozen credits count as spent: they pay for work that still runs after the turn.
        before = None if allow_credits is None else client.credits().available
        with activity.choose(as_json=asked.as_json, is_plain=asked.verbose) as sign:
            printer = TurnPrinter(sign, is_silent=asked.as_json)
            turn = client.say(Session(session), text, on_still_working=printer.wait)
            printer.follow(turn)
        try:
            spent = None if before is None else before - client.credits().available
        except NemoError:
            spent = None  # the turn is over, and its result counts more than its price
    ending = turn.ending
    assert ending is not None  # the loop in follow() has read the whole turn
    fields: dict[str, object] = {
        "session_id": session,
        "ending": ending.kind.value,
        "text": turn.text,
        "tools": printer.tools,
        "changes": None if ending.changes is None else list(ending.changes),
        "error": None if ending.error is None else str(ending.error),
        "spent": spent,
    }
    if asked.as_json or describe_ending(ending):
        asked.answer(fields, "\n".join(describe_ending(ending)))
    check_ending(ending, session, has_state=turn.before is not None)
    if allow_credits is not None and spent is not None and spent > allow_credits:
        raise Stop(Exit.REFUSED, f"It cost {spent} credits, but --allow-credits allows only {allow_credits}.")


class TurnPrinter:
    """Prints a turn while it runs: its text on standard output, and the tools that it uses on the activity display."""

    def __init__(self, sign: ActivityDisplay, *, is_silent: bool) -> None:
        self.tools: list[str] = []
        self.has_begun = False
        self._sign = sign
        self._is_silent = is_silent
        self._is_line_open = False

    def follow(self, turn: Turn) -> None:
        """Print a turn from its start to its end."""
        from nemovideo_client import ToolCall

        self._sign.on("Waiting for the agent")
        for event in turn:
            self.has_begun = True
            if isinstance(event, ToolCall):
                self.tools.append(event.name)
                self._finish_line()
                self._sign.on(f"The agent uses {event.name}")
            else:
                # take() joins the parts of the text, and drops noise after the answer.
                self._grow(turn.take())
        self._grow(turn.take())
        self._finish_line()

    def wait(self, seconds: float) -> None:
        """Print that the work continues after this many seconds."""
        self._finish_line()
        self._sign.on(still_working(seconds))

    def _grow(self, more: str) -> None:
        if not self._is_line_open:
            more = more.lstrip("\n")
        if more and not self._is_silent:
            self._sign.off()
            output.print_text(more, end="")
            self._is_line_open = not more.endswith("\n")

    def _finish_line(self) -> None:
        if self._is_line_open:
            output.print_text("")
            self._is_line_open = False


def describe_ending(ending: TurnResult) -> list[str]:
    """Return lines about a turn without a complete answer: what has changed, or that nothing has changed."""
    from nemovideo_client import TurnOutcome

    if ending.kind is TurnOutcome.ANSWERED:
        return []
    if ending.changes is None:
        return ["The agent said nothing, and the state could not be read."] if ending.kind is TurnOutcome.SILENT else []
    if not ending.changes:
        return ["The agent said nothing, and nothing has changed."] if ending.kind is TurnOutcome.SILENT else []
    how = (
        "The agent said nothing" if ending.kind is TurnOutcome.SILENT else f"The answer is incomplete ({ending.error})"
    )
    return [f"{how}. What has changed:", *(f"- {change}" for change in ending.changes)]


def check_ending(ending: TurnResult, session: str, *, has_state: bool = True) -> None:
    """End the command if the turn failed, or if its result is unknown; a plain agent server has no state to read.

    Raises:
        Stop: The turn failed, or its stream broke and the state shows no change.
    """
    from nemovideo_client import ApiError, TurnOutcome
    from nemovideo_client.flows.resend_policy import is_settled

    if ending.kind in {TurnOutcome.ANSWERED, TurnOutcome.SILENT}:
        return
    wait = (
        f"Don't send it again yet, because the work may continue: nemo-harness state {session} shows it."
        if has_state
        else "This server has no state that shows what was done."
    )
    if isinstance(ending.error, ApiError):
        over = ending.changes or is_settled(ending.error)
        known = over or not has_state  # without a state, the error says so itself
        raise Stop(code_of(ending.error), f"The turn failed. {ending.error}" + ("" if known else f" {wait}"))
    if not ending.changes:
        why = f" {ending.error}" if ending.error else ""
        raise Stop(Exit.REFUSED, f"The answer did not arrive ({ending.kind.value}).{why} {wait}")

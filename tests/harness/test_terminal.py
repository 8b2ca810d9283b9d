"""The output on a terminal, and what other outputs must not contain."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nemovideo_client import ApiError, ConnectionLost, InsufficientCredits, TurnOutcome, TurnResult
from nemovideo_harness.cli import COMMANDS, say
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from tests.guards import HANG_S

from .commands import Shell

COLOUR = re.compile(r"\x1b\[(?:\d+;)*3\d")
CURSOR = re.compile(r"\x1b\[(?:\?25[hl]|\d*[AK])")


def drawn(shell: Shell, folder: Path, *arguments: str, **environ: str) -> str:
    """Run a command on a terminal of 100 columns; return all that it prints."""
    pty = pytest.importorskip("pty", reason="terminals are POSIX")
    given = {key: value for key, value in shell.environment(environ).items() if value is not None}
    parent, child = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", "from nemovideo_harness.cli import main; main()", *arguments],
            stdin=child,
            stdout=child,
            stderr=child,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "100", **given},
        )
    finally:
        os.close(child)
    came = b""
    try:
        while piece := os.read(parent, 65_536):
            came += piece
    except OSError:  # Linux says so when the other end is closed
        pass
    finally:
        os.close(parent)
    assert process.wait(HANG_S) == 0, came
    return came.decode()


def test_a_terminal_gets_colours_unless_they_are_disabled(shell: Shell, tmp_path: Path) -> None:
    session = shell.made()
    shown = drawn(shell, tmp_path, "export", session, "-o", "a.mp4")
    assert COLOUR.search(shown)
    assert CURSOR.search(shown)
    assert "Rendering" in shown
    assert shown.rstrip().endswith("kB)")
    assert re.search(r"\d:\d\d|-:--", shown), "a bar says how much time is left"
    assert not COLOUR.search(drawn(shell, tmp_path, "export", session, "-o", "b.mp4", NO_COLOR="1"))


def test_a_dumb_terminal_gets_lines(shell: Shell, tmp_path: Path) -> None:
    session = shell.session()
    shown = drawn(shell, tmp_path, "say", session, "a 6-second vertical reel", TERM="dumb")
    assert "... Waiting for the agent" in shown
    assert "\x1b" not in shown


def test_a_spinner_leaves_only_the_answer(shell: Shell, tmp_path: Path) -> None:
    shown = drawn(shell, tmp_path, "say", shell.session(), "a 6-second vertical reel")
    assert "The agent uses edit_multitrack" in shown
    assert shown.index("6 seconds") > shown.rindex("The agent uses")
    assert "..." not in shown


def test_an_answer_is_printed_as_it_arrives_and_its_lines_stay_whole(capsys: pytest.CaptureFixture[str]) -> None:
    from nemovideo_client.events import Text, ToolCall
    from nemovideo_client.turn import Turn
    from nemovideo_harness.cli.console.activity import LineActivity

    class Play:
        """A turn with prepared events."""

        def __init__(self) -> None:
            self._events = iter(
                [
                    Text("Let me see.\n"),
                    ToolCall("edit_multitrack", {}),
                    Text("Done: 2 photos, "),
                    Text("6 seconds."),
                    Text("I encountered a temporary issue"),
                    TurnResult(TurnOutcome.ANSWERED),
                ]
            )

        def resume(self) -> object:
            return next(self._events)

        def close(self) -> None:
            return

    printer = say.TurnPrinter(LineActivity(), is_silent=False)
    printer.follow(Turn(lambda _: Play()))
    printer.wait(240.0)
    shown = capsys.readouterr()
    assert shown.out == "Let me see.\nDone: 2 photos, 6 seconds.\n"
    assert shown.err == "... Waiting for the agent\n... The agent uses edit_multitrack\n... Still working (4 min)\n"
    assert printer.tools == ["edit_multitrack"]


BROKEN = ConnectionLost("The connection to the service broke off.")


@pytest.mark.parametrize(
    ("ending", "first"),
    [
        (TurnResult(TurnOutcome.ANSWERED), None),
        (TurnResult(TurnOutcome.SILENT, changes=("Title added: 'A'",)), "The agent said nothing. What has changed:"),
        (TurnResult(TurnOutcome.SILENT, changes=()), "The agent said nothing, and nothing has changed."),
        (TurnResult(TurnOutcome.SILENT), "The agent said nothing, and the state could not be read."),
        (TurnResult(TurnOutcome.TRUNCATED, BROKEN, ("Music removed: A",)), f"The answer is incomplete ({BROKEN})."),
        (TurnResult(TurnOutcome.STALLED, BROKEN, ()), None),
    ],
)
def test_the_result_is_described_if_the_agent_did_not_answer(ending: TurnResult, first: str | None) -> None:
    told = say.describe_ending(ending)
    assert told[0].startswith(first) if first else not told, told
    assert told[1:] == [f"- {change}" for change in ending.changes or ()]


@pytest.mark.parametrize(
    ("ending", "says"),
    [
        (TurnResult(TurnOutcome.TRUNCATED, BROKEN, ()), "The answer did not arrive (truncated). The connection"),
        (TurnResult(TurnOutcome.TIMED_OUT), "The answer did not arrive (timed_out). Don't send it again yet"),
        (
            TurnResult(TurnOutcome.TRUNCATED, InsufficientCredits(code=2001), ("Music removed: A",)),
            "The turn failed.",
        ),
    ],
)
def test_a_turn_with_an_unknown_result_is_an_error(ending: TurnResult, says: str) -> None:
    with pytest.raises(Stop) as stop:
        say.check_ending(ending, "17")
    assert stop.value.message.startswith(says)
    assert stop.value.exit_code == Exit.REFUSED
    assert isinstance(ending.error, ApiError) or "nemo-harness state 17" in stop.value.message


def test_a_broken_answer_with_changes_is_a_success() -> None:
    for ending in (
        TurnResult(TurnOutcome.SILENT, changes=()),
        TurnResult(TurnOutcome.TRUNCATED, BROKEN, ("Music removed: A",)),
    ):
        say.check_ending(ending, "17")


@pytest.mark.parametrize(("shell_name", "sign"), [("bash", "complete -o"), ("zsh", "#compdef"), ("fish", "complete ")])
def test_each_shell_gets_its_completion_script(shell: Shell, shell_name: str, sign: str) -> None:
    if shell_name == "bash":
        pytest.importorskip("pty", reason="click asks bash for its version")
    assert sign in shell.out("completion", shell_name)
    assert shell.out("completion", SHELL=f"/bin/{shell_name}") == shell.out("completion", shell_name)


def test_an_unsupported_shell_gets_a_list_of_the_supported_ones(shell: Shell) -> None:
    assert shell.sentence(2, "completion", "tcsh") == "Completions exist for bash, zsh and fish, not for 'tcsh'."
    assert shell.sentence(2, "completion", SHELL=None).endswith("and SHELL is not set: name a shell.")


def test_the_completion_script_asks_the_command() -> None:
    def complete(words: str, number: int) -> list[str]:
        variables = {"_NEMO_HARNESS_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(number)}
        code = "from nemovideo_harness.cli import main; main(prog_name='nemo-harness')"
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **variables},
            capture_output=True,
            encoding="utf-8",
            timeout=HANG_S,
            check=False,
        )
        return [line.removeprefix("plain,") for line in done.stdout.splitlines()]

    assert complete("nemo-harness ", 1) == sorted(COMMANDS)
    assert complete("nemo-harness s", 1) == [name for name in sorted(COMMANDS) if name.startswith("s")]
    assert "--allow-credits" in complete("nemo-harness say --", 2)
    assert complete("nemo-harness export --sk", 2) == ["--skill"]

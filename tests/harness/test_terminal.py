"""The output on a terminal, and what other outputs must not contain."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import click
import httpx
import pytest
from click.testing import CliRunner, Result

from nemovideo_client import ApiError, ConnectionLost, InsufficientCredits, TurnOutcome, TurnResult
from nemovideo_harness.cli import COMMANDS, main, say
from nemovideo_harness.cli.console import output
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from tests.guards import HANG_S

from .commands import PHOTOS, Shell

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


# --- hostile texts ----------------------------------------------------------------------------------------------------

#: OSC 52 writes the clipboard; C1 CSI and SGR 8 hide text; U+202E turns it around; CR overwrites the line.
HOSTILE = "\x1b]52;c;aGk=\x07\x9b31m\x1b[8m\u202e\rend"
ESCAPED = "\\u001b]52;c;aGk=\\u0007\\u009b31m\\u001b[8m\\u202e\\u000dend"
#: The keys of texts that a server chooses freely.
TEXTS = frozenset({"message", "text", "content", "name", "filename", "file_name", "title", "task_name", "user_id"})
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def raw_controls(shown: str, *, on_terminal: bool = False) -> list[str]:
    """Return the control characters in an output; on a terminal, without the harness's own colours and movements."""
    if on_terminal:
        shown = re.sub(r"\x1b\[(?!8m)(?:[\d;]*m|\?25[hl]|\d*[AK])|\r", "", shown)
    return RAW.findall(shown)


def spoil(value: object) -> object:
    """Return a JSON value with a hostile text at the end of each text."""
    match value:
        case dict():
            fields = cast("dict[str, object]", value)
            return {
                key: f"{each} {HOSTILE}" if key in TEXTS and isinstance(each, str) else spoil(each)
                for key, each in fields.items()
            }
        case list():
            return [spoil(each) for each in cast("list[object]", value)]
        case _:
            return value


class HostileProxy(BaseHTTPRequestHandler):
    """Passes requests on to a fake, and spoils the texts in its responses."""

    target = ""

    def do_GET(self) -> None:
        """Pass a request on."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name: value for name, value in self.headers.items() if name.lower() != "accept-encoding"}
        with httpx.Client(trust_env=False, timeout=HANG_S) as http:
            answer = http.request(self.command, self.target + self.path, headers=headers, content=body)
        content = answer.content
        if "json" in answer.headers["content-type"]:
            content = json.dumps(spoil(answer.json())).encode()
        elif "event-stream" in answer.headers["content-type"]:
            content = b"\n".join(map(self._line, content.split(b"\n")))
        self.send_response(answer.status_code)
        self.send_header("Content-Type", answer.headers["content-type"])
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815 -- the name that the base class looks up

    def _line(self, line: bytes) -> bytes:
        data = line.removeprefix(b"data: ")
        return b"data: " + json.dumps(spoil(json.loads(data))).encode() if data.startswith(b"{") else line

    def log_message(self, *args: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Log nothing."""


@contextmanager
def hostile(shell: Shell) -> Generator[dict[str, str | None]]:
    """Run a hostile proxy before the shell's fake; return the environment of commands that call it."""
    handler = type("Handler", (HostileProxy,), {"target": shell.server.url})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield {"NEMO_API_URL": f"http://127.0.0.1:{server.server_port}/w/{shell.world}", "NO_PROXY": "127.0.0.1"}
        finally:
            server.shutdown()
            thread.join()


def leaves(group: click.Group, *before: str) -> Generator[tuple[str, ...]]:
    """Yield the words of every command in the tree."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from leaves(command, *before, name)
        else:
            yield (*before, name)


TERMINAL = {"FORCE_COLOR": "1", "TTY_INTERACTIVE": "1", "TERM": "xterm"}


def run_in_place(
    shell: Shell, *arguments: str, on_terminal: bool, stdin: str | None = None, environ: Mapping[str, str | None]
) -> Result:
    """Run a command whose output keeps the styles if it is on a terminal."""
    given = shell.environment({**environ, **(TERMINAL if on_terminal else {})})
    return CliRunner().invoke(main, arguments, env=given, input=stdin, color=on_terminal)


PLACES = pytest.mark.parametrize("on_terminal", [False, True], ids=["pipe", "terminal"])


def test_only_one_module_of_the_commands_writes_to_the_terminal() -> None:
    harness = Path(output.__file__).parents[2]
    writes = re.compile(r"(?<![\w.])(?:Console\(|click\.s?echo\(|print\(|sys\.std(?:out|err)\.(?:buffer\.)?write)")
    found = {each for each in harness.rglob("*.py") if writes.search(each.read_text(encoding="utf-8"))}
    # sleep_command.py is a program by itself, which prints only its own sentences.
    assert found == {Path(output.__file__), harness / "skill_test/sleep_command.py"}


@PLACES
@pytest.mark.parametrize("words", [*leaves(main)], ids=" ".join)
def test_a_hostile_argument_is_escaped_by_every_command(
    shell: Shell, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, on_terminal: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in ([f"--{HOSTILE}"], [HOSTILE] * 9, ["--json", HOSTILE, HOSTILE]):
        result = run_in_place(shell, *words, *arguments, on_terminal=on_terminal, environ={})
        assert isinstance(result.exception, SystemExit), (arguments, result.exception)
        assert not raw_controls(result.output, on_terminal=on_terminal), (arguments, result.output)


@PLACES
def test_a_hostile_server_is_escaped_by_every_command_that_prints_its_texts(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, on_terminal: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    session = shell.session()
    shutil.copyfile(PHOTOS[0], "photo.jpg")
    with hostile(shell) as environ:
        for arguments, stdin in (
            (("say", session, "a 6-second vertical reel, title 'A'"), None),
            (("say", "lost", "a 6-second vertical reel"), None),
            (("state", session), None),
            (("state", "lost"), None),
            (("state", session, "--draft"), None),
            (("upload", session, "photo.jpg"), None),
            (("export", "lost", "-o", "x.mp4"), None),
            (("download", "lost", "-o", "x.mp4"), None),
            (("session", "-v", "--name", HOSTILE), None),
            (("make", "photo.jpg", "-o", "x.mp4"), None),
            (("chat",), f"a 5-second clip of photo.jpg {HOSTILE}\n"),
            (("record", "--target", str(environ["NEMO_API_URL"]), "--only", "refusals", "-o", "-"), None),
        ):
            result = run_in_place(shell, *arguments, on_terminal=on_terminal, stdin=stdin, environ=environ)
            assert not raw_controls(result.output, on_terminal=on_terminal), (arguments, result.output)
            assert "u001b]52;c;aGk=" in result.output, (arguments, result.output)


def test_json_output_keeps_a_hostile_text_as_the_server_sent_it(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = shell.session()
    with hostile(shell) as environ:
        for arguments in (
            ("say", session, "a 6-second vertical reel"),
            ("state", session, "--draft"),
            ("upload", session, PHOTOS[0]),
            ("state", "lost"),
        ):
            result = shell.run(*arguments, "--json", **environ)
            assert not raw_controls(result.stdout), arguments
            assert HOSTILE in texts_of(json.loads(result.stdout)), arguments


def texts_of(value: object) -> str:
    """Return all texts in a JSON value, joined."""
    match value:
        case dict():
            return " ".join(map(texts_of, cast("dict[str, object]", value).values()))
        case list():
            return " ".join(map(texts_of, cast("list[object]", value)))
        case _:
            return str(value)


@pytest.mark.slow  # the same as above, in a process with a real terminal
def test_a_real_terminal_gets_no_hostile_sequence(shell: Shell, tmp_path: Path) -> None:
    with hostile(shell) as environ:
        given = {key: str(value) for key, value in environ.items()}
        shown = drawn(shell, tmp_path, "make", *PHOTOS[:2], "-o", "x.mp4", **given)
    assert COLOUR.search(shown)
    assert not raw_controls(shown, on_terminal=True), shown
    assert ESCAPED.removesuffix("\\u000dend") in shown  # Rich leaves carriage returns out


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "junit"])
def test_a_hostile_document_is_escaped_in_every_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.chdir(tmp_path)
    name = "\x1b]52;c;aGk=\x07\u202e\n::set-env name=A,b::%0Ac.md"
    document = f"---\nname: good{HOSTILE}\n---\nhttps://mega-api-dev.nemovideo.ai/{HOSTILE}\nPOST /run_sse{HOSTILE}\n"
    Path(name).write_text(document, encoding="utf-8")
    for colour in (False, True):
        result = CliRunner().invoke(main, ["skill", "check", "--format", form, "."], color=colour)
        assert result.exit_code == 1, result.output
        assert not raw_controls(result.output, on_terminal=colour), result.output
        assert ("\ufffd" if form == "junit" else "\\u001b") + "]52;c;aGk=" in result.output
        if form == "github":
            assert (
                "file=\\u001b]52;c;aGk=\\u0007\\u202e%0A%3A%3Aset-env name=A%2Cb%3A%3A%250Ac.md,line=" in result.stdout
            )
            assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in result.stdout.splitlines())
        if form == "json":
            assert name in texts_of(json.loads(result.stdout))


# --- closed streams ---------------------------------------------------------------------------------------------------

#: Runs every command of the tree with one standard stream closed, and saves the exit codes.
CLOSING = """
import json, os, sys
from nemovideo_harness.cli import main

found = {}
for words in json.loads(sys.argv[1]):
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        for option in ("--help", "--no-such-option"):
            before = os.dup(number)
            stream = getattr(sys, name)
            setattr(sys, name, None)
            os.close(number)
            try:
                main([*words, option])
            except SystemExit as ending:
                found[f"{' '.join(words)} {option} {name}"] = ending.code
            getattr(sys, name).close()
            setattr(sys, name, stream)
            os.dup2(before, number)
            os.close(before)
with open(sys.argv[2], "w") as file:
    json.dump(found, file)
"""


def test_every_command_ends_with_its_exit_code_if_a_standard_stream_is_closed(tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    words = [list(each) for each in leaves(main)]
    subprocess.run(
        [sys.executable, "-c", CLOSING, json.dumps(words), str(file)], timeout=HANG_S, check=True, capture_output=True
    )
    assert json.loads(file.read_text(encoding="utf-8")) == {
        f"{' '.join(each)} {option} {name}": 2 if option != "--help" else 4 if name == "stdout" else 0
        for each in words
        for option in ("--help", "--no-such-option")
        for name in ("stdin", "stdout", "stderr")
    }


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX shells")
@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("credits 2>&-", 0, "credits in all"),
        ("say 1 - <&-", 2, "Error: The message is empty: describe the video."),
        pytest.param("chat <&-", 0, "", marks=pytest.mark.slow),
        ("--help >/dev/full", 4, "Error: The output can't be written: No space left on device."),
    ],
)
def test_a_closed_or_full_stream_changes_neither_the_exit_code_nor_the_rest(
    shell: Shell, line: str, code: int, says: str
) -> None:
    result = subprocess.run(
        ["sh", "-c", f'exec "$0" -c "from nemovideo_harness.cli import main; main()" {line}', sys.executable],  # noqa: S607
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **{key: value for key, value in shell.environment({}).items() if value}},
        timeout=HANG_S,
        check=False,
    )
    shown = result.stdout + result.stderr
    assert (result.returncode, says in shown, "Traceback" in shown) == (code, True, False), shown

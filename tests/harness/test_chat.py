"""`nemo-harness chat`, run by a script, with a fake inside the command or with a server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from nemovideo_client import Client
from nemovideo_contract.targets import SelectedTarget
from nemovideo_contract.wire import ENV_API_URL, ENV_TOKEN
from nemovideo_harness.cli import main
from nemovideo_harness.cli.chat import Budget, note_left_over
from nemovideo_harness.cli.console.chat_output import LineTranscript
from nemovideo_mock.runtime.scenario_tokens import token_of
from nemovideo_skills.agent import Agent
from tests.client.fake_edge import BASE, SECRET, Edge, Pieces
from tests.client.fake_edge import records as records_of
from tests.client.still_clock import StillClock
from tests.guards import HANG_S

from .commands import PHOTOS, Shell

COMMAND = [sys.executable, "-c", "from nemovideo_harness.cli import main; main()", "chat"]


def records(
    shell: Shell, *utterances: str, arguments: tuple[str, ...] = (), **environ: str | None
) -> list[dict[str, str]]:
    """Run a chat with `--json`; return its objects."""
    script = "".join(f"{utterance}\n" for utterance in utterances)
    result = shell.run("chat", "--json", *arguments, stdin=script, **environ)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_bytes_that_are_not_text_are_no_traceback(tmp_path: Path) -> None:
    environment = {ENV_API_URL: None, ENV_TOKEN: token_of("talkative"), "HOME": str(tmp_path)}
    arguments = ["chat", "--target", "mock", "--quality", "stub"]
    result = CliRunner().invoke(main, arguments, input=b"hel\xdalo\n", env=environment)
    assert (result.exit_code, result.exception) == (0, None)


def test_a_script_with_a_byte_order_mark_begins_with_its_first_word(shell: Shell) -> None:
    mock = {ENV_API_URL: None, ENV_TOKEN: token_of("talkative")}
    result = shell.run("chat", "--quality", "stub", stdin="\ufeffhello\n", **mock)
    assert result.stdout.splitlines()[0] == "> hello"


def test_chat_runs_a_script_and_writes_a_file(shell: Shell, tmp_path: Path) -> None:
    photo = tmp_path / "cat.jpg"
    photo.write_bytes(Path(PHOTOS[1]).read_bytes())
    said = f"hello\n\n{photo}\na 5-second clip of it\nexport\n"
    folder = tmp_path / "videos"
    folder.mkdir()
    mock = {ENV_API_URL: None, ENV_TOKEN: token_of("talkative")}
    result = shell.run("chat", "--quality", "stub", "--folder", folder, stdin=said, **mock)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert [line for line in lines if line.startswith("> ")] == [
        "> hello",
        f"> {photo}",
        "> a 5-second clip of it",
        "> export",
    ]
    assert any(line.startswith("... ") for line in lines)
    assert any("5 seconds" in line for line in lines)
    assert (folder / "video-1.mp4").read_bytes()[4:8] == b"ftyp"
    assert any(str(folder / "video-1.mp4") in line for line in lines)
    assert "\x1b" not in result.output
    assert shell.requests() == []


def test_chat_prints_a_json_object_for_each_message(shell: Shell, tmp_path: Path) -> None:
    options = ("--folder", str(tmp_path))
    talk = records(shell, PHOTOS[0], "做成5秒的竖屏视频", "导出", arguments=options)
    assert {"user", "status", "text", "file", "question"} == {record["kind"] for record in talk}
    assert [record["text"] for record in talk if record["kind"] == "user"] == [PHOTOS[0], "做成5秒的竖屏视频", "导出"]
    (file,) = [record for record in talk if record["kind"] == "file"]
    assert Path(file["path"]) == tmp_path / "video-1.mp4"
    assert Path(file["path"]).is_file()
    assert file["url"].startswith(shell.server.url)
    assert all(set(record) <= {"kind", "text", "path", "url"} for record in talk)


def test_chat_requests_one_token_or_uses_the_saved_one(shell: Shell) -> None:
    shell.out("token", "--save", NEMO_TOKEN=None)
    records(shell, "how many credits do I have?", NEMO_TOKEN=None)
    assert shell.requests().count("POST /api/auth/anonymous-token") == 1
    assert "nmv_usr_" not in shell.run("chat", "-v", stdin="credits\n", NEMO_TOKEN=None).output


def test_chat_on_another_machine_needs_a_limit(shell: Shell) -> None:
    assert "allow that with --allow-credits 100" in shell.sentence(2, "chat", "--target", "production")
    assert "--quality works only with --target mock" in shell.sentence(2, "chat", "--quality", "stub")
    assert "It must be mock, production, or a URL" in shell.sentence(2, "chat", "--target", "prod")


def test_chat_does_not_send_a_message_beyond_the_limit(shell: Shell) -> None:
    said = (PHOTOS[0], "a 5-second clip of it", "add the title 'Kyoto'", "how many credits do I have?")
    talk = records(shell, *said, arguments=("--allow-credits", "100"))
    (note,) = [record["text"] for record in talk if record["kind"] == "note"]
    assert note == "The message was not sent: it may cost more than the rest of --allow-credits 100."
    assert shell.requests().count("POST /run_sse") == 1
    assert "50" in talk[-1]["text"]


def test_frozen_credits_count_against_the_limit() -> None:
    left = [(100, 0), (40, 60), (100, 0)]

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path.endswith("/simple")
        available, frozen = left.pop(0)
        return httpx.Response(200, json={"available": available, "frozen": frozen, "total": available + frozen})

    with Client("https://api.example", token="t", transport=httpx.MockTransport(answer), environ={}) as client:
        purse = Budget(client, 150)
        assert not purse.covers("a 5-second clip of a city at night")
        assert purse.covers("a 5-second clip of a city at night")


def test_an_error_in_chat_is_reported_and_the_chat_continues(shell: Shell) -> None:
    talk = records(
        shell, "missing.jpg", PHOTOS[0], "a 5-second clip of it", "credits", NEMO_TOKEN=token_of("no_credits")
    )
    said = [record["text"] for record in talk if record["kind"] in {"text", "question"}]
    assert any("missing.jpg" in text for text in said)
    assert any("credits" in text and "nemovideo.com" in text for text in said)
    assert "0" in said[-1]


def test_a_chat_that_ends_while_work_goes_on_prints_the_commands_that_show_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edge = Edge()
    edge.stream = Pieces(records_of({"type": "tool_call", "name": "edit_multitrack", "args": {}}), httpx.ReadError("x"))
    target = SelectedTarget(BASE, BASE)
    with Client(BASE, token=SECRET, transport=edge.transport(), clock=StillClock(), environ={}) as client:
        agent = Agent(client, folder=tmp_path)
        note_left_over(LineTranscript(), target, client, agent)
        assert capsys.readouterr().out == ""
        assert list(agent.say("a 5-second clip of a city"))
        note_left_over(LineTranscript(), target, client, agent)
    shows = f"nemo-harness state 55 --target {BASE} shows its work"
    assert capsys.readouterr().out.startswith(f"(The session is 55: {shows}, and nemo-harness export 55")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 130)])
def test_ctrl_c_ends_the_wait_and_sigterm_ends_the_chat(shell: Shell, number: signal.Signals, code: int) -> None:
    environ = {key: value for key, value in shell.environment({ENV_TOKEN: token_of("turn_stuck")}).items() if value}
    process = subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, **environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    timer = threading.Timer(HANG_S, process.kill)
    timer.start()
    try:
        process.stdin.write(f"{PHOTOS[0]}\na 5-second clip of it\nhow many credits do I have?\n")
        process.stdin.flush()
        for line in process.stdout:
            if "... This may take" in line:
                process.send_signal(number)
                break
        rest, stderr = process.communicate()
    finally:
        timer.cancel()
    assert (process.returncode, stderr) == (code, "")
    assert ("(Stopped waiting." in rest) is (code == 0)
    assert ("> how many credits" in rest) is (code == 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX signals")
def test_chat_can_end_during_a_long_encode(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="the encode must be a real one")
    environ = {key: value for key, value in os.environ.items() if key not in {ENV_API_URL, ENV_TOKEN}}
    process = subprocess.Popen(
        [*COMMAND, "--quality", "full", "--folder", str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**environ, "HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    timer = threading.Timer(HANG_S, process.kill)
    timer.start()
    try:
        process.stdin.write(f"{PHOTOS[0]}\na 10-minute clip of it\nexport\nstatus\n")
        process.stdin.flush()
        for line in process.stdout:
            if "Rendering" in line:
                process.send_signal(signal.SIGINT)
                break
        rest, stderr = process.communicate()
    finally:
        timer.cancel()
    assert (process.returncode, stderr) == (0, "")
    assert "(Stopped waiting." in rest
    assert "> status" in rest
    assert "600s" in rest
    assert not list(tmp_path.glob("*.mp4"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX shells")
@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('"$0" -c "$1" credits --json >&-', "The output can't be written: standard output is closed."),
        ('printf "hello\\ncredits\\nstatus\\n" | "$0" -c "$1" chat | head -1 >&2; exit "${PIPESTATUS[1]}"', "> hello"),
    ],
    ids=["closed", "left"],
)
def test_output_to_a_closed_pipe_ends_with_a_code_and_no_traceback(shell: Shell, line: str, says: str) -> None:
    environ = {key: value for key, value in shell.environment({ENV_TOKEN: token_of("funded")}).items() if value}
    result = subprocess.run(
        ["bash", "-c", line, *COMMAND[:1], COMMAND[2]],  # noqa: S607 - bash is where PATH says
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **environ, "PYTHONUNBUFFERED": "1"},
        timeout=HANG_S,
        check=False,
    )
    assert result.returncode == 4
    assert says in result.stderr
    assert "Traceback" not in result.stderr

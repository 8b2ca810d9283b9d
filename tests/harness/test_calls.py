"""The commands that make single calls: their output, their errors, and their exit codes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nemovideo_client import TurnOutcome, TurnResult, UnexpectedAnswer
from nemovideo_client.errors import api_error
from nemovideo_client.json_reading import mapping, sequence
from nemovideo_contract.wire import ENV_API_URL, ENV_CLIENT_ID, ENV_TOKEN
from nemovideo_harness.cli import COMMANDS
from nemovideo_harness.cli.console.exit_codes import Stop
from nemovideo_harness.cli.say import check_ending
from nemovideo_harness.cli.tokens.store import SavedToken, TokenStore
from nemovideo_mock.runtime.scenario_tokens import token_of
from tests.guards import HANG_S

from .commands import PHOTOS, Shell

COMMAND = [sys.executable, "-c", "from nemovideo_harness.cli import main; main()"]
#: Every single call, with arguments that make sense.
CALLS = {
    "token": ["token"],
    "session": ["session"],
    "upload": ["upload", "1", PHOTOS[0]],
    "say": ["say", "1", "a 5-second reel"],
    "state": ["state", "1"],
    "credits": ["credits"],
    "export": ["export", "1"],
    "download": ["download", "render_1"],
}
#: Every command with `--target`; FILE becomes a new file.
COMMANDS_WITH_TARGET = {
    **CALLS,
    "make": ["make", PHOTOS[0], "-o", "FILE.mp4", "--allow-credits", "100"],
    "chat": ["chat", "--allow-credits", "100"],
    "say": [*CALLS["say"], "--allow-credits", "100"],
    "judge": ["judge", "--control-token", "nmv_secret"],
    "record": ["record", "-o", "FILE.json"],
    "verify": ["verify"],
}


@pytest.mark.parametrize("way", ["document", "folder", "environment"])
def test_requests_carry_the_attribution_of_the_skill(shell: Shell, tmp_path: Path, way: str) -> None:
    (tmp_path / "SKILL.md").write_text("---\nname: my-skill\nversion: 2.1.0\n---\n# Mine\n", encoding="utf-8")
    options: dict[str, list[str | Path]] = {
        "document": ["--skill", tmp_path / "SKILL.md"],
        "folder": ["--skill", tmp_path],
        "environment": [],
    }
    option = options[way]
    environ = {"NEMO_SKILL": str(tmp_path)} if way == "environment" else {}

    commands: tuple[list[str | Path], ...] = (["credits"], ["session"], ["chat", "--folder", tmp_path])
    for command in commands:
        shown = shell.run(*command, "-v", *option, stdin="credits\n", SKILL_SOURCE="clawhub", **environ).stderr
        assert "X-Skill-Source: my-skill" in shown
        assert "X-Skill-Version: 2.1.0" in shown
        assert "X-Skill-Platform: clawhub" in shown
        assert "nemovideo-harness" not in shown
    made = shell.run(
        "make", PHOTOS[0], "--quality", "stub", "-o", tmp_path / "x.mp4", "-v", *option, NEMO_API_URL=None, **environ
    )
    assert "X-Skill-Source: my-skill" in made.stderr, made.output


def test_an_unusable_skill_document_is_refused_before_the_first_request(shell: Shell, tmp_path: Path) -> None:
    bare, half = tmp_path / "bare.md", tmp_path / "half.md"
    bare.write_text("# Mine\n", encoding="utf-8")
    half.write_text("---\nname: my-skill\n---\n", encoding="utf-8")

    for command in (["credits"], ["chat"], ["make", PHOTOS[0]], ["token", "--export"]):
        assert "no front matter" in shell.sentence(2, *command, "--skill", bare)
        assert "no 'version'" in shell.sentence(2, *command, NEMO_SKILL=str(half))
        assert "can't be read" in shell.sentence(2, *command, "--skill", tmp_path / "none.md")
    assert shell.requests() == []


def test_single_commands_turn_photos_into_a_video(shell: Shell, tmp_path: Path) -> None:
    target = tmp_path / "reel.mp4"
    session = shell.out("session", "--name", "Kyoto", "--language", "en")
    assert session.isdigit()
    assert shell.out("upload", session, *PHOTOS[:2]) == "astronaut.jpg  image  512x512\ncat.jpg  image  451x300"
    assert "6 seconds, 1080x1920" in shell.out("say", session, "a 6-second vertical reel")
    timeline, uploads = shell.out("state", session).splitlines()
    assert timeline.startswith("Timeline (2 tracks): 1. Video: astronaut, cat (0-6s) 2. BGM: ")
    assert uploads == "Uploads (2): astronaut.jpg, cat.jpg"
    assert re.fullmatch(
        rf"Saved {re.escape(str(target))} \(6\.00 s, \d+ kB\)", shell.out("export", session, "-o", target)
    )
    assert target.read_bytes()[4:8] == b"ftyp"


def test_each_command_prints_one_json_object(shell: Shell, tmp_path: Path) -> None:
    session = shell.json("session")
    assert set(session) == {"session_id", "task_id", "user_id"}
    name = str(session["session_id"])
    uploaded = shell.json("upload", name, PHOTOS[0])
    assert uploaded["session_id"] == name
    (first,) = sequence(uploaded["files"])
    file = mapping(first) or {}
    assert (file["filename"], file["file_type"], file["width"], file["height"]) == ("astronaut.jpg", "image", 512, 512)
    assert "raw" not in file
    said = shell.json("say", name, "a 6-second vertical reel")
    assert (said["ending"], said["tools"], said["changes"], said["error"]) == (
        "answered",
        ["edit_multitrack"],
        None,
        None,
    )
    assert "6 seconds" in str(said["text"])
    state = shell.json("state", name)
    assert str(state["timeline"]).startswith("Timeline (2 tracks)")
    assert state["uploads"] == ["astronaut.jpg"]
    assert "draft" not in state
    draft = shell.json("state", name, "--draft")["draft"]
    assert json.loads(shell.out("state", name, "--draft")) == draft
    balance = shell.json("credits")
    assert balance["available"] == balance["total"]
    exported = shell.json("export", name, "-o", tmp_path / "a.mp4")
    assert exported["file"] == str(tmp_path / "a.mp4")
    assert exported["duration"] == 6.0
    assert exported["size"] == (tmp_path / "a.mp4").stat().st_size
    submitted = shell.json("export", name, "--no-wait")
    fetched = shell.json("download", str(submitted["render_id"]), "-o", tmp_path / "b.mp4")
    assert fetched["render_id"] == submitted["render_id"] != exported["render_id"]
    assert (tmp_path / "b.mp4").stat().st_size == fetched["size"]


def test_progress_goes_to_standard_error_only(shell: Shell, tmp_path: Path) -> None:
    session = shell.out("session")
    uploaded = shell.run("upload", session, PHOTOS[0])
    assert "Uploading 1 file 100%" in uploaded.stderr
    said = shell.run("say", session, "a 6-second vertical reel")
    assert said.stderr == "... Waiting for the agent\n... The agent uses edit_multitrack\n"
    exported = shell.run("export", session, "-o", tmp_path / "a.mp4")
    assert "Rendering 100%" in exported.stderr
    assert exported.stdout.count("\n") == 1


@pytest.mark.parametrize("name", CALLS)
def test_a_command_without_a_server_says_how_to_start_one(shell: Shell, name: str) -> None:
    for environ, arguments in (({ENV_API_URL: None}, []), ({}, ["--target", "mock"])):
        said = shell.sentence(2, *CALLS[name], *arguments, **{ENV_TOKEN: None, **environ})
        assert "run nemo-harness serve and export NEMO_API_URL" in said
    assert shell.requests() == []


def test_the_balance_of_a_test_token_needs_no_server(shell: Shell) -> None:
    has = shell.out("credits", NEMO_API_URL=None, NEMO_TOKEN=token_of("no_credits"))
    assert has == "0 available, 0 frozen, 0 credits in all"
    assert shell.json("credits", "--target", "mock", NEMO_TOKEN=token_of("funded"))["total"] == 25_000


@pytest.mark.parametrize("name", [name for name in CALLS if name != "token"])
def test_no_command_requests_a_token_that_the_next_one_could_not_use(shell: Shell, name: str) -> None:
    said = shell.sentence(2, *CALLS[name], NEMO_TOKEN=None)
    assert 'eval "$(nemo-harness token --export)"' in said
    assert shell.requests() == []


def test_one_exported_token_serves_the_next_commands(shell: Shell) -> None:
    line = shell.out("token", "--export", NEMO_TOKEN=None)
    token = line.removeprefix("export NEMO_TOKEN=")
    assert token.startswith("nmv_usr_")
    assert shell.out("token", NEMO_TOKEN=token) == token
    assert shell.out("credits", NEMO_TOKEN=token) == "100 available, 0 frozen, 100 credits in all"
    assert shell.requests().count("POST /api/auth/anonymous-token") == 1
    assert not (shell.home / ".config/nemovideo/tokens").exists()


def test_a_token_can_be_described_to_a_program(shell: Shell) -> None:
    fields = shell.json("token", NEMO_TOKEN=None)
    assert set(fields) == {"token", "user_id", "expires_at", "credits"}
    assert fields["credits"] == 100


def test_a_saved_token_is_private_and_lasts_until_it_is_removed(shell: Shell) -> None:
    said = shell.run("token", "--save", NEMO_TOKEN=None)
    (file,) = (shell.home / ".config/nemovideo/tokens").iterdir()
    assert said.stdout.endswith(f" in {file}\n")
    token = json.loads(file.read_text(encoding="utf-8"))["token"]
    assert token not in said.output
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert shell.out("token", NEMO_TOKEN=None) == token
    assert shell.out("session", NEMO_TOKEN=None).isdigit()
    assert "This command needs a token" in shell.sentence(2, "credits", NEMO_TOKEN=None, NEMO_CLIENT_ID="another")
    assert "This command needs a token" in shell.sentence(2, "credits", "--target", shell.server.url, NEMO_TOKEN=None)
    assert shell.json("token", "--forget", NEMO_TOKEN=None) == {"forgotten": True}
    assert shell.out("token", "--forget", NEMO_TOKEN=None) == "There was no saved token."
    assert not file.exists()
    assert shell.requests().count("POST /api/auth/anonymous-token") == 1


def test_session_can_save_its_token(shell: Shell) -> None:
    session = shell.out("session", "--save", NEMO_TOKEN=None)
    assert shell.out("state", session, NEMO_TOKEN=None) == "Timeline (empty)"
    assert shell.out("session", "--save", NEMO_TOKEN=None) != session
    assert shell.requests().count("POST /api/auth/anonymous-token") == 1


def test_a_token_from_the_environment_is_never_saved(shell: Shell) -> None:
    assert "NEMO_TOKEN is set, and commands would use it" in shell.sentence(2, "token", "--save")
    assert "NEMO_TOKEN is set, and commands would use it" in shell.sentence(2, "session", "--save")
    assert not (shell.home / ".config/nemovideo/tokens").exists()


def test_the_options_of_token_exclude_each_other(shell: Shell) -> None:
    for options in (["--export", "--save"], ["--save", "--forget"], ["--export", "--json"]):
        assert "Choose one" in shell.sentence(2, "token", *options)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_saved_token_that_other_users_may_read_is_refused(shell: Shell) -> None:
    shell.out("token", "--save", NEMO_TOKEN=None)
    (file,) = (shell.home / ".config/nemovideo/tokens").iterdir()
    file.chmod(0o644)
    assert "Other users may read" in shell.sentence(2, "credits", NEMO_TOKEN=None)
    file.chmod(0o600)
    file.write_text("[]", encoding="utf-8")
    assert "This command needs a token" in shell.sentence(2, "credits", NEMO_TOKEN=None)


def test_an_invalid_saved_token_is_reported_with_a_remedy(shell: Shell) -> None:
    shell.out("token", "--save", NEMO_TOKEN=None)
    (file,) = (shell.home / ".config/nemovideo/tokens").iterdir()
    kept = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**kept, "token": "nmv_usr_gone"}), encoding="utf-8")
    assert shell.sentence(1, "credits", NEMO_TOKEN=None).startswith(
        "The saved token is no longer valid: run nemo-harness token --forget, then nemo-harness token --save."
    )
    made = shell.sentence(1, "make", PHOTOS[0], "-o", str(shell.home / "a.mp4"), NEMO_TOKEN=None)
    assert made.startswith("The saved token is no longer valid")
    assert "NEMO_TOKEN to a valid one" in shell.sentence(1, "credits", NEMO_TOKEN="nmv_usr_gone")


@pytest.mark.parametrize("expires_at", ["2020-01-01T00:00:00Z", "2020-01-01 00:00:00"])
def test_an_expired_saved_token_is_replaced_unless_the_service_still_accepts_it(shell: Shell, expires_at: str) -> None:
    taken = shell.out("token", NEMO_TOKEN=None)
    another = {"NEMO_TOKEN": None, "NEMO_CLIENT_ID": "another"}
    shelf = TokenStore.of(shell.url, "another", {"HOME": str(shell.home)})
    shelf.prepare()

    shelf.write(SavedToken(taken, None, expires_at))
    assert shell.out("token", "--export", **another) == f"export NEMO_TOKEN={taken}"
    assert shell.json("token", "--save", **another)["expires_at"] == expires_at
    shelf.write(SavedToken("nmv_usr_gone", None, expires_at))
    assert str(shell.json("token", "--save", **another)["expires_at"]) > expires_at
    kept = shelf.read()
    assert kept is not None
    assert kept.token not in {taken, "nmv_usr_gone"}
    assert shell.out("token", **another) == kept.token
    assert shell.requests().count("POST /api/auth/anonymous-token") == 2


def test_no_token_is_requested_if_it_can_not_be_saved(shell: Shell) -> None:
    (shell.home / ".config").write_text("in the way", encoding="utf-8")
    assert "No token can be saved" in shell.sentence(4, "token", "--save", NEMO_TOKEN=None)
    assert shell.requests() == []


@pytest.mark.parametrize("name", COMMANDS_WITH_TARGET)
def test_no_command_sends_a_token_over_plain_http_to_another_machine(shell: Shell, tmp_path: Path, name: str) -> None:
    arguments = [each.replace("FILE", str(tmp_path / "file")) for each in COMMANDS_WITH_TARGET[name]]
    message = shell.sentence(2, *arguments, "--target", "http://foreign.example:8787")
    reason = (
        "is not among the hosts that may be called" if name in {"record", "verify"} else "may be called only over https"
    )
    assert f"foreign.example {reason}" in message
    if name not in {"record", "verify"}:  # these start a fake if there is no --target
        by_environment = shell.sentence(2, *arguments, NEMO_API_URL="http://foreign.example:8787")
        assert by_environment == message.replace("--target", "NEMO_API_URL")


@pytest.mark.parametrize("name", COMMANDS_WITH_TARGET)
@pytest.mark.parametrize("url", ["https://user:secret@foreign.example", "http://127.0.0.1:1/?key=secret"])
def test_every_command_refuses_a_url_with_a_password_or_a_query_without_printing_it(
    shell: Shell, tmp_path: Path, name: str, url: str
) -> None:
    arguments = [each.replace("FILE", str(tmp_path / "file")) for each in COMMANDS_WITH_TARGET[name]]
    message = shell.sentence(2, *arguments, "--target", url)
    assert "The URL must not contain a" in message
    assert "secret" not in message


@pytest.mark.parametrize("target", ["production", "https://example.com", "https://10.0.0.1:8787"])
def test_a_message_to_another_machine_needs_a_limit_that_covers_it(shell: Shell, target: str) -> None:
    said = ["say", "1", "hello", "--target", target]
    assert "allow that with --allow-credits 100" in shell.sentence(2, *said)
    assert "--allow-credits allows only 99" in shell.sentence(2, *said, "--allow-credits", "99")


def test_say_reports_the_cost_if_a_limit_is_set(shell: Shell) -> None:
    session = shell.session()
    assert shell.json("say", session, "a 6-second vertical reel", "--allow-credits", "50")["spent"] == 50
    again = shell.run("say", shell.session(), "a 6-second vertical reel", "--allow-credits", "49")
    assert again.exit_code == 1
    assert again.stderr.endswith("Error: It cost 50 credits, but --allow-credits allows only 49.\n")


def test_an_edit_without_an_answer_is_reported_by_its_changes(shell: Shell) -> None:
    token = token_of("silent")
    session = shell.out("session", NEMO_TOKEN=token)
    shell.out("upload", session, *PHOTOS[:2], NEMO_TOKEN=token)
    first, *changes = shell.out("say", session, "a 6-second vertical reel", NEMO_TOKEN=token).splitlines()
    assert first == "The agent said nothing. What has changed:"
    assert changes[0] == "- Video added: astronaut, cat (0-6s)"
    said = shell.json("say", session, "add the title 'Kyoto'", NEMO_TOKEN=token)
    assert (said["ending"], said["text"], said["changes"]) == ("silent", "", ["Title added: 'Kyoto' (0-3s)"])


def test_noise_after_an_answer_is_not_shown(shell: Shell) -> None:
    token = token_of("noise")
    session = shell.out("session", NEMO_TOKEN=token)
    answer = shell.out("say", session, "hello", NEMO_TOKEN=token)
    assert answer
    assert "temporary issue" not in answer


def test_a_message_can_come_from_standard_input(shell: Shell) -> None:
    session = shell.session()
    assert "6 seconds" in shell.run("say", session, "-", stdin="a 6-second vertical reel\n").stdout


@pytest.mark.parametrize("scenario", ["no_credits", "no_credits_in_stream"])
def test_a_refused_message_is_one_sentence(shell: Shell, scenario: str) -> None:
    token = token_of(scenario)
    session = shell.out("session", NEMO_TOKEN=token)
    shell.out("upload", session, PHOTOS[0], NEMO_TOKEN=token)
    said = shell.sentence(1, "say", session, "a 6-second vertical reel", NEMO_TOKEN=token)
    assert said.startswith("Not enough credits: ")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["upload", "1", "missing.jpg"], 2, "missing.jpg does not exist."),
        (["upload", "1", str(Path(__file__))], 2, "has a format that the service does not accept"),
        (["upload", "1", PHOTOS[0]], 1, "The session does not exist"),
        (["say", "1", " "], 2, "The message is empty"),
        (["say", "1", "hello"], 1, "The session does not exist"),
        (["state", "1"], 1, "The session does not exist"),
        (["export", "1"], 1, "The session does not exist"),
        (["export", "1", "-o", "reel.avi"], 2, "The result is an MP4: name it reel.mp4"),
        (["export", "1", "-o", "nowhere/reel.mp4"], 4, "The folder nowhere does not exist"),
        (["export", "1", "--no-wait", "--id", "render_1"], 2, "choose one"),
        (["download", "render_1"], 1, "nothing at this address or with this id"),
        (["credits", "--target", "prod"], 2, "It must be mock, production, or a URL"),
        (["credits", "--target", "http://127.0.0.1:1"], 3, "could not be reached"),
    ],
)
def test_each_error_is_one_sentence_with_its_exit_code(
    shell: Shell, arguments: list[str], code: int, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if code == 3:
        # A server that is not there is asked four times; the pauses between are the client's own matter.
        monkeypatch.setattr("nemovideo_client.flows.calls.BACKOFF_S", ())
    assert says in shell.sentence(code, *arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="a folder that takes no files, whoever asks")
def test_a_folder_that_accepts_no_files_is_not_reported_as_missing(shell: Shell) -> None:
    said = shell.sentence(4, "export", "1", "-o", "/proc/x.mp4")
    assert "name a" in said
    assert "does not exist" not in said
    assert shell.requests() == []


def test_an_empty_session_has_nothing_to_export_or_show(shell: Shell, tmp_path: Path) -> None:
    session = shell.session()
    assert "There is nothing to export yet" in shell.sentence(2, "export", session, "-o", tmp_path / "a.mp4")
    assert "There is no draft yet" in shell.sentence(1, "state", session, "--draft")
    assert shell.json("state", session, "--draft")["draft"] is None


def test_a_render_that_failed_is_one_sentence(shell: Shell, tmp_path: Path) -> None:
    token = token_of("render_fails")
    session = shell.out("session", NEMO_TOKEN=token)
    shell.out("upload", session, PHOTOS[0], NEMO_TOKEN=token)
    shell.out("say", session, "a 6-second vertical reel", NEMO_TOKEN=token)
    said = shell.sentence(1, "export", session, "-o", tmp_path / "a.mp4", NEMO_TOKEN=token)
    assert said.startswith("The render failed")
    assert not (tmp_path / "a.mp4").exists()


def test_only_the_token_command_prints_a_token(shell: Shell, tmp_path: Path) -> None:
    token = shell.out("token", NEMO_TOKEN=None)
    session = shell.out("session", NEMO_TOKEN=token)
    shown = [shell.run("upload", session, PHOTOS[0], "-v", NEMO_TOKEN=token)]
    shown += [shell.run("say", session, "a 6-second vertical reel", "-v", NEMO_TOKEN=token)]
    shown += [shell.run("export", session, "-v", "-o", tmp_path / "a.mp4", NEMO_TOKEN=token)]
    shown += [shell.run(*call, "-v", NEMO_TOKEN=token) for name, call in CALLS.items() if name != "token"]
    assert all("Authorization: ***" in result.stderr for result in shown if result.exit_code != 2)
    assert not any(token in result.output for result in shown)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the line is for people who have curl")
def test_the_curl_command_of_a_request_repeats_it(shell: Shell) -> None:
    result = shell.run("credits", "--json", "-v")
    (line,) = re.findall(r"^ +\$ (curl .*)$", result.stderr, re.MULTILINE)
    environ = {**os.environ, ENV_TOKEN: token_of("talkative"), "NO_PROXY": "*"}
    again = subprocess.run(["bash", "-c", line], capture_output=True, env=environ, timeout=HANG_S, check=True)  # noqa: S607 - bash is where PATH says
    assert json.loads(again.stdout)["data"] == json.loads(result.stdout)


def test_a_second_anonymous_token_of_a_fake_is_refused_with_a_way_out(shell: Shell, tmp_path: Path) -> None:
    shell.out("token", NEMO_TOKEN=None)
    advice = "For a fake, you don't need one: export NEMO_TOKEN=nmv_usr_test_funded"
    for words in (("token",), ("token", "--save"), ("make", PHOTOS[0], "-o", tmp_path / "x.mp4")):
        assert advice in shell.sentence(1, *words, NEMO_TOKEN=None)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the line is for people who have curl")
@pytest.mark.parametrize("named", [None, "me"])
def test_the_curl_command_of_a_token_request_has_the_client_id(shell: Shell, named: str | None) -> None:
    result = shell.run("token", "-v", NEMO_TOKEN=None, NEMO_CLIENT_ID=named)
    (line,) = re.findall(r"^ +\$ (curl .*)$", result.stderr, re.MULTILINE)
    bare = {key: value for key, value in os.environ.items() if key != ENV_CLIENT_ID}
    environ = {**bare, "HOME": str(shell.home), "NO_PROXY": "*"} | ({} if named is None else {ENV_CLIENT_ID: named})
    again = subprocess.run(["bash", "-c", line], capture_output=True, env=environ, timeout=HANG_S, check=True)  # noqa: S607 - bash is where PATH says
    # The client has its token of this week: the service knows it again.
    assert json.loads(again.stdout)["code"] == 429


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX limits")
@pytest.mark.parametrize(
    ("arguments", "stdin", "says"),
    [
        (["credits", "--json"], "", "The output can't be written: File too large."),
        (["state", "SESSION"], "", "The output can't be written: File too large."),
        (["chat"], "hello\n", "The output can't be written: File too large."),
        (
            ["say", "SESSION", "a 6-second reel"],
            "",
            (
                "The output can't be written: File too large. The agent continues; "
                "nemo-harness state SESSION shows the result."
            ),
        ),
    ],
)
def test_unwritable_output_is_one_sentence_with_its_own_exit_code(
    shell: Shell, tmp_path: Path, arguments: list[str], stdin: str, says: str
) -> None:
    session = shell.session()
    # Without a buffer there would be nothing left in it that fails again at the end.
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    environ |= {key: value for key, value in shell.environment({ENV_CLIENT_ID: "me"}).items() if value is not None}
    limited = ["bash", "-c", 'ulimit -f 0; exec "$@"', "bash", *COMMAND]
    with (tmp_path / "out").open("wb") as output:
        ended = subprocess.run(
            [*limited, *(each.replace("SESSION", session) for each in arguments)],
            stdout=output,
            stderr=subprocess.PIPE,
            input=stdin,
            encoding="utf-8",
            env=environ,
            timeout=HANG_S,
            check=False,
        )
    assert (ended.returncode, ended.stderr.splitlines()[-1]) == (4, f"Error: {says.replace('SESSION', session)}")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "fields"),
    [
        (["state", "1"], 1, {"kind": "refused", "type": "SessionNotFound", "code": 1002}),
        (["say", "1", "hello"], 1, {"kind": "refused", "type": "SessionNotFound"}),
        (["download", "render_1"], 1, {"kind": "refused", "type": "NotFound", "code": 404}),
        (["upload", "1", "missing.jpg"], 2, {"kind": "usage", "type": "UnusableFile"}),
        (["export", "1", "-o", "nowhere/reel.mp4"], 4, {"kind": "unwritable"}),
        (["export", "1", "--nonsense"], 2, {"kind": "usage"}),
        (["upload", "1"], 2, {"kind": "usage"}),
        (["nonsense"], 2, {"kind": "usage"}),
        (["make"], 2, {"kind": "usage"}),
        (["diff", "missing.json", "other.json"], 2, {"kind": "usage"}),
        (["chat", "--target", "prod"], 2, {"kind": "usage"}),
        (["session", "--skill", "missing.md"], 2, {"kind": "usage"}),
    ],
)
def test_each_error_is_one_json_object_for_programs(
    shell: Shell,
    arguments: list[str],
    code: int,
    fields: dict[str, object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for given in ([*arguments, "--json"], [arguments[0], "--json", *arguments[1:]]):
        result = shell.run(*given)
        error = mapping((mapping(json.loads(result.stdout)) or {}).get("error")) or {}
        assert (result.exit_code, error["exit_code"]) == (code, code), result.output
        assert {name: error.get(name) for name in fields} == fields
        assert result.stderr.endswith(f"Error: {error['message']}\n")
    assert shell.run(*arguments).stdout == ""


def test_an_error_after_the_result_prints_no_second_object(shell: Shell) -> None:
    result = shell.run("say", shell.session(), "a 6-second vertical reel", "--allow-credits", "49", "--json")
    assert (result.exit_code, mapping(json.loads(result.stdout)) or {}) == (
        1,
        {**json.loads(result.stdout), "spent": 50},
    )
    assert "It cost 50 credits" in result.stderr


def test_json_output_keeps_the_users_characters(shell: Shell) -> None:
    session = shell.session()
    assert "京都" in shell.run("say", session, "做一个6秒的竖屏视频，标题“京都”", "--json").stdout
    assert '"text": "导出"' in shell.run("chat", "--json", stdin="导出\n").stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX signals")
@pytest.mark.parametrize(
    ("name", "scenario", "arguments", "cue", "says", "number"),
    [
        (*case, number)
        for case, numbers in (
            (
                (
                    "say",
                    "turn_stuck",
                    ["a 6-second reel"],
                    "Waiting",
                    "the agent continues; nemo-harness state SESSION shows",
                ),
                ("SIGINT", "SIGTERM"),
            ),
            (
                ("export", "render_stuck", ["-o", "a.mp4"], "Rendering", "the render continues. Fetch it later with: "),
                ("SIGINT", "SIGHUP"),
            ),
        )
        for number in numbers
    ],
)
def test_an_interrupted_command_says_how_to_get_the_result_later(
    shell: Shell,
    tmp_path: Path,
    name: str,
    scenario: str,
    arguments: list[str],
    cue: str,
    says: str,
    number: str,
) -> None:
    token = token_of(scenario)
    session = shell.out("session", NEMO_TOKEN=token)
    shell.out("upload", session, *PHOTOS[:2], NEMO_TOKEN=token)
    if name == "export":
        shell.out("say", session, "a 6-second vertical reel", NEMO_TOKEN=token)
    environ = {key: value for key, value in shell.environment({ENV_TOKEN: token}).items() if value is not None}
    process = subprocess.Popen(
        [*COMMAND, name, session, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, **environ, "PYTHONUNBUFFERED": "1"},
        cwd=tmp_path,
    )
    assert process.stderr is not None
    lines: list[str] = []
    timer = threading.Timer(HANG_S, process.kill)
    timer.start()
    try:
        for line in process.stderr:
            lines.append(line.removesuffix("\n"))
            if cue in line:
                process.send_signal(signal.Signals[number])
                break
        stdout, stderr = process.communicate()
    finally:
        timer.cancel()
    assert process.returncode == 130
    assert name == "say" or stdout == ""  # the agent may have said something before the signal came
    *earlier, last = [*lines, *stderr.splitlines()]
    assert last.startswith(f"Error: Interrupted: {says.replace('SESSION', session)}")
    # Also a command that is killed has said which render it waits for.
    told = [line.removeprefix("Render ") for line in earlier if line.startswith("Render render_")]
    assert told == (re.findall(r"download (\S+)", last) if name == "export" else [])
    assert not (tmp_path / "a.mp4").exists()


def test_no_command_advises_to_read_a_state_that_the_server_does_not_have() -> None:
    for error in (UnexpectedAnswer("The stream ended."), api_error({"message": "exploded"})):
        ending = TurnResult(TurnOutcome.TRUNCATED, error)
        with pytest.raises(Stop, match="nemo-harness state 5 shows it"):
            check_ending(ending, "5", has_state=True)
        with pytest.raises(Stop) as caught:
            check_ending(ending, "5", has_state=False)
        assert "nemo-harness state" not in caught.value.message


def test_help_shows_the_shared_options_without_loading_the_client() -> None:
    code = "import sys\nfrom nemovideo_harness.cli import main\n"
    code += "for name in sys.argv[1:]:\n    main([name, '--help'], standalone_mode=False)\n"
    code += "print([name for name in sys.modules if name in {'httpx', 'rich', 'starlette', 'uvicorn', 'PIL', 'av'}])"
    names = [name for name in COMMANDS if name != "serve"]
    done = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.endswith("[]\n")
    assert done.stdout.count("--json") >= len(CALLS)
    assert done.stdout.count("--verbose") >= len(CALLS)

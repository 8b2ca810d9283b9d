"""A command plays each scenario in its own environment, its output is read, and all its processes end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nemovideo_contract.wire import ENV_API_URL
from nemovideo_harness.skill_test.command_caller import CommandError, RunningProcesses, resolve_command
from nemovideo_harness.skill_test.trial import Outcome
from tests.guards import HANG_S

from .plays import by_command, ends

#: A script that writes down its environment and input, and prints what it read.
WITNESS = """\
import json, os, sys
given = {"argv": sys.argv[1:], "cwd": os.getcwd(), "environ": dict(os.environ), "files": sorted(os.listdir())}
given["skill"] = open(os.environ["NEMO_SKILL"], encoding="utf-8").read()
given["heard"] = sys.stdin.read().splitlines()
open("../given.json", "w", encoding="utf-8").write(json.dumps(given))
print("I heard you.")
"""


@pytest.fixture
def witness(tmp_path: Path) -> list[str]:
    """Return the command of the witness script."""
    file = tmp_path / "witness.py"
    file.write_text(WITNESS, encoding="utf-8")
    return [sys.executable, str(file)]


def test_a_command_gets_its_world_its_files_and_the_users_messages(witness: list[str], tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    private = {"NEMO_TOKEN": "nmv_usr_of_the_user", "NEMO_CLIENT_ID": "mine", "XDG_CONFIG_HOME": "/mine"}
    private |= {"AWS_SECRET_ACCESS_KEY": "mine", "GITHUB_TOKEN": "mine", "SSH_AUTH_SOCK": "/mine"}
    given = {**private, "MINE": "yes", "LC_ALL": "C.UTF-8"}
    trials = by_command(witness, "happy-path", "no-credits", keeps=kept, environ=given, passes=("MINE",))
    happy, poor = (json.loads((kept / name / "given.json").read_text("utf-8")) for name in ("happy-path", "no-credits"))
    environ = happy["environ"]
    assert environ[ENV_API_URL].startswith("http://127.0.0.1:")
    assert environ[ENV_API_URL].endswith("/w/happy-path")
    assert environ["HOME"] == str(kept / "happy-path/home")
    assert happy["cwd"] == str(kept / "happy-path/work")
    assert happy["files"] == ["gate.png", "river.png"]
    assert happy["heard"] == list(trials[0].scenario.says)
    assert not private.keys() & environ.keys()
    assert (environ["MINE"], environ["LC_ALL"], environ["PATH"].endswith(os.environ["PATH"])) == (
        "yes",
        "C.UTF-8",
        True,
    )
    assert "127.0.0.1" in environ["NO_PROXY"]
    assert environ["NEMO_ALLOWED_HOSTS"] == ""
    assert poor["environ"]["NEMO_TOKEN"] == "nmv_usr_test_no_credits"
    assert "mega-api-prod" not in happy["skill"]
    assert environ[ENV_API_URL] in happy["skill"]


def test_placeholders_stand_for_the_words_and_for_the_copy_of_the_skill(witness: list[str], tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    (trial,) = by_command([*witness, "--ask={prompt}", "{skill}"], "happy-path", keeps=kept)
    given = json.loads((kept / "happy-path/given.json").read_text("utf-8"))
    assert given["argv"][0] == "--ask=" + "\n".join(trial.scenario.says)
    copy = Path(given["argv"][1])
    assert copy.name == "SKILL.md"
    assert copy.is_relative_to(kept / "happy-path/home")
    assert given["heard"] == []


def test_a_command_that_calls_nothing_has_not_passed(witness: list[str]) -> None:
    (trial,) = by_command(witness)
    assert trial.outcome is Outcome.NO_CALL
    assert trial.performance.code == 0


CREDITS = 'curl -s "$NEMO_API_URL/api/credits/balance/simple" -H "Authorization: Bearer $NEMO_TOKEN" >/dev/null'


def test_the_output_of_a_command_is_the_transcript_with_the_time_of_each_line(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    script = f"{CREDITS}; echo 'Your token is nmv_usr_abcdefghij'; echo bye"
    (trial,) = by_command(["sh", "-c", script], "no-credits", clock="real", keeps=kept)
    assert "no-token-shown" in trial.failing
    first, second = trial.performance.transcript.lines
    assert (first.text, second.text) == ("Your token is nmv_usr_abcdefghij", "bye")
    assert trial.judgement is not None
    assert first.time == pytest.approx(trial.judgement.history.exchanges[0].real, abs=20)
    assert (kept / "no-credits/transcript.txt").read_text("utf-8").endswith("] agent: bye\n")
    assert '"kind":"request"' in (kept / "no-credits/journal.jsonl").read_text("utf-8")


def test_lines_have_no_time_if_the_clock_may_jump() -> None:
    (trial,) = by_command(["sh", "-c", f"{CREDITS}; echo hello; sleep 60; echo bye"], "no-credits")
    assert [(each.text, each.time) for each in trial.performance.transcript.lines] == [("hello", None), ("bye", None)]
    assert "no-token-shown" in trial.verdicts


def test_a_command_that_takes_too_long_is_stopped_with_its_child_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = tmp_path / "pids"
    os.mkfifo(pids)
    script = f"trap '' TERM; sleep 600 & echo $! $$ > {pids}; /bin/sleep 600"
    begun: list[str] = []
    start = RunningProcesses.start

    def start_and_listen(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:  # Any: the same as in the method
        process = start(*arguments, **options)
        begun.extend(pids.read_text("utf-8").split())  # so that its time begins after it has started all processes
        return process

    monkeypatch.setattr(RunningProcesses, "start", start_and_listen)
    (trial,) = by_command(["sh", "-c", script], clock="real", timeout_s=0.1)
    assert trial.outcome is Outcome.TIMED_OUT
    assert len(begun) == 2
    assert all(map(ends, begun))


def test_background_processes_of_a_command_end_with_it(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"sleep 600 & echo $! > {pids}; exit 3"
    (trial,) = by_command(["sh", "-c", script], clock="real", timeout_s=HANG_S)
    assert (trial.performance.ending, trial.performance.code) == ("over", 3)
    assert ends(pids.read_text("utf-8"))


def test_a_detached_process_that_keeps_the_output_open_does_not_delay_the_end(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    escape = f"import os, time; os.setsid(); open({str(pids)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    script = f'{sys.executable} -c "{escape}" & while [ ! -s {pids} ]; do :; done; printf "said"'
    (trial,) = by_command(["sh", "-c", script], clock="real", timeout_s=HANG_S)
    assert trial.performance.ending == "over"
    assert [each.text for each in trial.performance.transcript.lines] == ["said"]
    if sys.platform == "linux":
        assert ends(pids.read_text("utf-8"))
    else:
        os.kill(int(pids.read_text("utf-8")), signal.SIGKILL)


def test_a_relative_folder_to_keep_means_the_same_to_the_command(
    witness: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    by_command(witness, keeps=Path("kept"))
    environ = json.loads(Path("kept/happy-path/given.json").read_text("utf-8"))["environ"]
    folder = tmp_path / "kept/happy-path"
    assert (environ["HOME"], environ["PWD"]) == (str(folder / "home"), str(folder / "work"))
    assert environ["PATH"].startswith(f"{folder / 'bin'}{os.pathsep}")
    assert Path(environ["NEMO_SKILL"]).is_relative_to(folder)


def test_a_line_without_an_end_and_lines_beyond_number_are_cut() -> None:
    script = "head -c 300000 /dev/zero | tr '\\0' 'a'; echo; yes | head -n 30000; printf last"
    (trial,) = by_command(["sh", "-c", script], clock="real", timeout_s=HANG_S)
    lines = trial.performance.transcript.lines
    assert 19_990 <= len(lines) <= 20_000  # an empty message may be among them
    assert set(lines[0].text) == {"a"}
    assert lines[-1].text == "y"


def test_a_command_means_the_same_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("agent.sh", "settings.json"):
        Path(name).write_text("#!/bin/sh\n", encoding="utf-8")
    Path("agent.sh").chmod(0o755)
    found = resolve_command(["./agent.sh", "settings.json", "--fast", "", "{prompt}"], tmp_path)
    assert found == (str(tmp_path / "agent.sh"), str(tmp_path / "settings.json"), "--fast", "", "{prompt}")
    assert Path(resolve_command(["sh"], tmp_path)[0]).is_absolute()
    with pytest.raises(CommandError, match="There is no command 'no-such-agent'"):
        resolve_command(["no-such-agent"], tmp_path)


def test_a_command_that_keeps_its_own_time_is_judged_in_it() -> None:
    chat = [sys.executable, "-c", "from nemovideo_harness.cli import main; main()", "chat"]
    (trial,) = by_command(chat, "silent-edit", clock="real", speed=400)
    assert trial.outcome is Outcome.PASSED
    assert trial.judgement is not None
    assert not trial.judgement.history.virtual
    assert "state-after-silence" in trial.verdicts

"""`nemo-harness skill test` as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nemovideo_harness.cli import main
from nemovideo_harness.skill_test.scenarios import SKILL_SCENARIOS
from tests.guards import HANG_S

from .plays import CLUMSY, SKILL, ends

VIRTUAL = ("--clock", "virtual", "--speed", "10", "--timeout", str(HANG_S))


def run(*arguments: str | Path) -> Result:
    """Run the command and return its result."""
    environ = {"NEMO_API_URL": None, "NEMO_TOKEN": None, "COLUMNS": None, "SKILL_SOURCE": None}
    return CliRunner().invoke(main, ["skill", "test", *map(str, arguments)], env=environ)


def sentence(code: int, *arguments: str | Path) -> str:
    """Return the one sentence of a command that ends with this exit code."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("Error: ").strip()


def test_without_a_command_our_own_agent_passes_in_the_name_of_the_skill(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    result = run(SKILL, "--scenario", "happy-path", "--scenario", "no-credits", "--keep", kept)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[:2] == ["good 1.2.0, called by our own agent.", "Profile seeds, virtual clock."]
    assert lines[3:5] == ["1 happy-path ✓ passed", "2 no-credits ✓ passed"]
    assert "no-credits-stops           ·  ✓" in lines
    assert lines[-1] == "2 of 2 scenarios passed."
    assert '["x-skill-source","good"]' in (kept / "happy-path/journal.jsonl").read_text("utf-8")


def test_the_whole_matrix_fits_into_80_columns() -> None:
    lines = run(SKILL, "--rule", "attribution", "--rule", "recovery").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    (header,) = [line for line in lines if line.split()[:2] == ["1", "2"]]
    assert header.split() == [str(number) for number in range(1, len(SKILL_SCENARIOS) + 1)]
    assert any(line.startswith("recovery-waits") for line in lines)
    assert not any(line.startswith("poll-interval") for line in lines)


def test_a_rule_that_a_command_breaks_is_reported_with_its_proof_and_saved(tmp_path: Path) -> None:
    saved = tmp_path / "matrix.json"
    result = run(SKILL, "--scenario", "dropped-stream", *VIRTUAL, "-o", saved, "--", CLUMSY)
    assert (result.exit_code, result.stderr) == (1, "")
    shown = " ".join(result.stdout.split())
    assert "1 dropped-stream ✗ broken: attribution-on-every-call, no-resend-after-break" in shown
    assert "✗ no-resend-after-break error After a broken stream, a caller does not send the message again" in shown
    assert "fix: Say: " in shown
    assert "source: F2 1.9 §3.6 (1)" in shown
    assert shown.endswith("0 of 1 scenarios passed.")
    whole = json.loads(saved.read_text("utf-8"))
    assert whole["failed"] is True
    assert whole["command"] == [str(CLUMSY)]
    scenario = whole["scenarios"]["dropped-stream"]
    assert scenario["outcome"] == "broken"
    assert scenario["missed"] == ["state-after-break", "recovery-waits"]
    assert scenario["verdicts"]["no-resend-after-break"] == "broken"
    assert len(scenario["broken"]["no-resend-after-break"]) == 1


def test_with_a_baseline_only_what_became_worse_fails(tmp_path: Path) -> None:
    saved = tmp_path / "matrix.json"
    options = (SKILL, "--scenario", "happy-path", *VIRTUAL)
    assert run(*options, "-o", saved, "--", CLUMSY).exit_code == 1
    again = run(*options, "--baseline", saved, "--", CLUMSY)
    assert again.exit_code == 0
    assert again.stdout.endswith("0 of 1 scenarios passed; no regressions since the baseline.\n")
    worse = tmp_path / "worse.sh"
    worse.write_text(CLUMSY.read_text("utf-8").replace('-H "Authorization: Bearer $token" "$@"', '"$@"'), "utf-8")
    result = run(*options, "--baseline", saved, "--", "sh", worse)
    assert result.exit_code == 1
    assert "✗ happy-path, bearer-on-every-call: broken, was kept" in result.stdout
    assert "regressions since the baseline." in result.stdout
    said = sentence(2, SKILL, "--profile", "adk", *VIRTUAL, "--baseline", saved, "--", CLUMSY)
    assert said == f"{saved} is from a different kind of run: profile seeds, now adk. Save a new one with -o."


def test_the_matrix_goes_to_programs_on_standard_output_and_to_people_beside_it() -> None:
    result = run(SKILL, "--scenario", "no-credits", "-o", "-")
    assert json.loads(result.stdout)["scenarios"]["no-credits"]["outcome"] == "passed"
    assert result.stderr.endswith("1 of 1 scenarios passed.\n")


def test_the_scenarios_are_listed() -> None:
    result = run("--list")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(SKILL_SCENARIOS)


def test_wrong_arguments_are_reported_in_a_sentence_before_any_call(tmp_path: Path) -> None:
    assert sentence(2) == "Name the document of the skill, or use --list."
    assert sentence(2, tmp_path) == f"{tmp_path / 'SKILL.md'} does not exist."
    assert sentence(2, SKILL, "--scenario", "happy-pat") == "There is no scenario 'happy-pat': did you mean happy-path?"
    assert (
        sentence(2, SKILL, "--rule", "poll-intervals")
        == "There is no rule 'poll-intervals': did you mean poll-interval?"
    )
    assert sentence(2, SKILL, "--env", "NO_SUCH", "--", "sh") == "--env NO_SUCH: this variable is not set."
    assert sentence(2, SKILL, "--env", "HOME", "--", "sh") == "--env HOME: the test sets this variable itself."
    assert sentence(2, SKILL, "--env", "PATH").startswith("--env is for a COMMAND")
    (tmp_path / "scripts").symlink_to(SKILL.parent)
    (tmp_path / "SKILL.md").touch()
    assert "is a link to something that is not a file of the skill" in sentence(2, tmp_path)
    (tmp_path / "scripts").unlink()
    assert sentence(2, SKILL, "--", "no-such-agent") == "There is no command 'no-such-agent'."
    assert sentence(2, SKILL, "--baseline", tmp_path / "none.json").endswith(
        "can't be read: No such file or directory."
    )
    assert sentence(2, SKILL, "--baseline", SKILL).startswith(f"{SKILL} is not a baseline. It is not JSON: ")
    assert "folder does not exist" in sentence(4, SKILL, "-o", tmp_path / "none/matrix.json")
    assert sentence(4, SKILL, "--keep", SKILL.parent).startswith(f"{SKILL.parent} is not an empty folder")
    nameless = tmp_path / "SKILL.md"
    nameless.write_text("# Reel\n", encoding="utf-8")
    assert "has no front matter" in sentence(2, nameless)


def test_a_command_that_cannot_be_started_is_said(tmp_path: Path) -> None:
    script = tmp_path / "agent"
    script.write_text("#!/no/such/interpreter\n", encoding="utf-8")
    script.chmod(0o755)
    said = sentence(2, SKILL, "--scenario", "happy-path", "--", script)
    assert said == f"{script} can't be started: No such file or directory."


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_all_that_it_began(number: signal.Signals, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    code = "from nemovideo_harness.cli import main; main()"
    script = f"sleep 600 & echo $! $$ > {begun}; wait"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "skill", "test", str(SKILL), "--scenario", "happy-path", "--", "sh", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    watch = threading.Timer(HANG_S, process.kill)
    watch.start()
    try:
        pids = begun.read_text("utf-8").split()
        process.send_signal(number)
        out, err = process.communicate()
    finally:
        watch.cancel()
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert all(map(ends, pids))
    assert not list(tmp_path.glob("nemo-skill-test-*"))

"""`nemo-harness serve`: its start, its greeting, its options, and its end."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from nemovideo_harness.cli import main
from tests.guards import HANG_S

SERVE = [sys.executable, "-c", "from nemovideo_harness.cli import main; main()", "serve", "--port", "0"]


@contextmanager
def serving(*arguments: str, folder: Path) -> Generator[tuple[subprocess.Popen[str], str, str]]:
    """Start the command; yield the process, its URL, and its greeting."""
    process = subprocess.Popen(
        [*SERVE, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1", "TMPDIR": str(folder)},
    )
    timer = threading.Timer(HANG_S, process.kill)
    timer.start()
    try:
        assert process.stdout is not None
        greeting = ""
        for line in process.stdout:
            greeting += line
            if "Ctrl-C" in line:
                break
        url = re.search(r"http://\S+", greeting)
        assert url is not None, greeting
        yield process, url[0], greeting
    finally:
        timer.cancel()
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_serve_with_open_streams_and_leaves_no_files(tmp_path: Path, number: signal.Signals) -> None:
    with serving("--quality", "stub", "--speed", "0.01", folder=tmp_path) as (process, url, greeting):
        assert f"export NEMO_API_URL={url}" in greeting
        with httpx.Client(base_url=url, trust_env=False, timeout=HANG_S) as http:
            token = http.post("/api/auth/anonymous-token", headers={"X-Client-Id": "x"}).json()["data"]["token"]
            http.headers["Authorization"] = f"Bearer {token}"
            session = http.post("/api/tasks/me/with-session/nemo_agent", json={}).json()["data"]["session_id"]
            body = {"app_name": "nemo_agent", "session_id": session, "new_message": {"parts": [{"text": "hello"}]}}
            with http.stream("POST", "/run_sse", json=body) as answer:
                assert answer.status_code == 200
                process.send_signal(number)
                stdout, stderr = process.communicate(timeout=HANG_S)
    assert process.returncode == 0
    assert (stdout, stderr) == ("Stopped.\n", "")
    assert list(tmp_path.iterdir()) == []


def test_a_busy_port_is_named_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(main, ["serve", "--port", str(port)])
    assert result.exit_code == 2
    assert result.stderr == f"Error: Port {port} is in use: choose another with --port, or 0 for any free one.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "70000"],
        ["--speed", "0"],
        ["--clock", "fast"],
        ["--quality", "best"],
        ["--seed", "x"],
        ["--seed", "99999999999999999999999999"],
        ["--speed", "nan"],
        ["--host", ""],
        ["--host", "\udcff"],
        ["--host", "256.0.0.1"],
        ["--profile", "best"],
        ["--set", "busy"],
        ["--set", "busy=maybe"],
        ["--set", "mood=good"],
        ["--scenario", "absent.yaml"],
    ],
)
def test_wrong_options_are_usage_errors(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, ["serve", *arguments])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_the_directory_option_keeps_the_uploads(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    photo = Path(__file__).parents[2] / "scripts/photos/cat.jpg"
    with serving("--quality", "stub", "--directory", str(kept), folder=tmp_path) as (process, url, _):
        with httpx.Client(base_url=url, trust_env=False, timeout=HANG_S) as http:
            token = http.post("/api/auth/anonymous-token", headers={"X-Client-Id": "x"}).json()["data"]["token"]
            http.headers["Authorization"] = f"Bearer {token}"
            session = http.post("/api/tasks/me/with-session/nemo_agent", json={}).json()["data"]["session_id"]
            files = {"files": ("cat.jpg", photo.read_bytes())}
            assert http.post(f"/api/upload-video/nemo_agent/me/{session}", files=files).json()["code"] == 0
        process.terminate()
        process.wait(HANG_S)
    assert [path.read_bytes() for path in (kept / "uploads").iterdir()] == [photo.read_bytes()]


def test_the_profile_and_its_changes_are_played_and_named(tmp_path: Path) -> None:
    options = ("--quality", "stub", "--profile", "reference-4.4", "--set", "busy=refuse", "--set", "gui_talk=false")
    with serving(*options, folder=tmp_path) as (_, url, greeting):
        assert "profile reference-4.4 with busy=refuse, gui_talk=false" in greeting
        assert f"control API {url}/_mock" in greeting
        shown = httpx.get(f"{url}/_mock/profile", trust_env=False, timeout=HANG_S).json()["profile"]
    assert shown == {"name": "reference-4.4", "busy": "refuse", "gui_talk": False}


def test_a_scenario_is_loaded_at_the_start(tmp_path: Path) -> None:
    file = Path(__file__).parents[2] / "docs/scenarios/worst-week.yaml"
    with serving("--quality", "stub", "--scenario", str(file), folder=tmp_path) as (_, url, greeting):
        assert "with the worlds default, monday, friday" in greeting
        worlds = httpx.get(f"{url}/_mock/worlds", trust_env=False, timeout=HANG_S).json()["worlds"]
    assert [(world["name"], world["seed"], world["accounts"]) for world in worlds[1:]] == [
        ("monday", 7, 2),
        ("friday", 8, 1),
    ]


def test_a_mistake_in_a_scenario_is_one_sentence_with_its_position(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("faults:\n  - {kind: noise}\n  - {kind: cut, records: -1}\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["serve", "--port", "0", "--scenario", str(file)])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: --scenario {file}: faults[1].records: The fault cut: records must be")
    assert result.stderr.count("\n") == 1


def test_a_given_control_token_is_required_and_not_printed(tmp_path: Path) -> None:
    file = tmp_path / "token.txt"
    file.write_text("sesame\n", encoding="utf-8")
    with serving("--quality", "stub", "--control-token-file", str(file), folder=tmp_path) as (_, url, greeting):
        assert "sesame" not in greeting
        assert httpx.get(f"{url}/_mock", trust_env=False, timeout=HANG_S).status_code == 403
        headers = {"X-Nemo-Mock-Token": "sesame"}
        assert httpx.get(f"{url}/_mock", trust_env=False, headers=headers, timeout=HANG_S).status_code == 200


def test_a_control_token_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEMO_MOCK_TOKEN", "sesame")
    with serving("--quality", "stub", folder=tmp_path) as (_, url, greeting):
        assert "sesame" not in greeting
        assert httpx.get(f"{url}/_mock", trust_env=False, timeout=HANG_S).status_code == 403


def test_beyond_loopback_a_random_token_is_printed_once(tmp_path: Path) -> None:
    with serving("--quality", "stub", "--host", "0.0.0.0", folder=tmp_path) as (process, url, greeting):  # noqa: S104 - what is tested
        (token,) = re.findall(r"export NEMO_MOCK_TOKEN=(\S+)", greeting)
        assert len(token) >= 32
        assert re.search(r"export NEMO_API_URL=http://127\.0\.0\.1:\d+$", greeting, re.MULTILINE)
        assert httpx.get(f"{url}/_mock", trust_env=False, timeout=HANG_S).status_code == 403
        answer = httpx.get(
            f"{url}/_mock", trust_env=False, headers={"Authorization": f"Bearer {token}"}, timeout=HANG_S
        )
        assert answer.status_code == 200
        process.terminate()
        stdout, stderr = process.communicate(timeout=HANG_S)
    assert token not in stdout + stderr
    assert "Only the control API requires a token" in stderr


def test_on_loopback_no_token_is_required(tmp_path: Path) -> None:
    with serving("--quality", "stub", folder=tmp_path) as (_, url, greeting):
        assert "NEMO_MOCK_TOKEN" not in greeting
        assert httpx.get(f"{url}/_mock", trust_env=False, timeout=HANG_S).status_code == 200

"""`nemo-harness verify`: what it says of good servers, of wrong ones, and of none."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

VERIFY = [sys.executable, "-c", "from nemovideo_harness.cli import main; main()", "verify"]


def verify(*arguments: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """The command, run from anywhere."""
    environment = {"PATH": "", "PYTHONPATH": ":".join(sys.path), **environ}
    return subprocess.run(
        [*VERIFY, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=50,
        check=False,
    )


@contextmanager
def answering(status: int, body: bytes, content_type: str) -> Generator[str]:
    """A server that gives everybody the same answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 -- the base class calls it so

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_fake_agrees_and_the_report_says_what_was_looked_at(tmp_path: Path) -> None:
    done = verify(
        "--profile", "vendor-1.9", "--only", "auth,stream", "--report", "r.json", "--report", "r.html",
        "--report", "r.xml", "--agreed", "agreed.json", folder=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "profile vendor-1.9; seen errors=envelope" in done.stdout
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert report["profile"] == "vendor-1.9"
    assert {"token-anonymous", "stream-framing"} <= set(report["checked"])
    assert {each["outcome"] for each in report["checks"]} == {"passed", "skipped"}
    assert "<h1>" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<testsuite" in (tmp_path / "r.xml").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "agreed.json").read_text(encoding="utf-8"))["code-1001"]


@pytest.mark.parametrize(
    ("status", "body", "content_type"),
    [(200, b"<h1>hello</h1>", "text/html"), (404, b'{"detail":"Not Found"}', "application/json")],
)
def test_another_server_is_named_as_such(tmp_path: Path, status: int, body: bytes, content_type: str) -> None:
    with answering(status, body, content_type) as url:
        done = verify("--target", url, folder=tmp_path)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "This is not the service." in said
    assert body.decode() in said
    assert "Traceback" not in said


def test_nobody_there_is_exit_code_3(tmp_path: Path) -> None:
    done = verify("--target", "http://127.0.0.1:9", folder=tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "can't be reached" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("https://example.com", "example.com is not among the hosts that may be called"),
        ("production", "wants a token of your own in NEMO_TOKEN"),
        ("nonsense", "must begin with http:// or https://"),
    ],
)
def test_a_target_that_may_not_be_called_is_exit_code_2(tmp_path: Path, target: str, sentence: str) -> None:
    done = verify("--target", target, folder=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert sentence in done.stdout + done.stderr


def test_a_plan_says_what_would_be_called_and_sends_nothing(tmp_path: Path) -> None:
    token = "nmv_usr_" + "A" * 43
    done = verify("--target", "production", "--plan", "--allow-credits", "60", folder=tmp_path, NEMO_TOKEN=token)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "run_sse x" in done.stdout
    assert "at worst session, upload, up to 50 credits" in done.stdout
    assert token not in done.stdout + done.stderr

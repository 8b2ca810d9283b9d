"""The curl line of a finding repeats its call, byte by byte, wherever it is pasted."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from nemovideo_contract.http.exchange import Call, File
from nemovideo_contract.openapi import Json
from nemovideo_contract.recording.calls_from_http import to_call
from tests.guards import HANG_S

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@contextmanager
def hearing() -> Generator[tuple[str, list[Call]]]:
    """A server that takes down each call."""
    heard: list[Call] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append(to_call("POST", self.path, dict(self.headers), content))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the signature is the server's
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", heard
        finally:
            server.shutdown()
            thread.join()


FILES = (File("photo.png", bytes(range(256))), File("odd ü.wav", b"x" * 5000, "file", padding=7))


@pytest.mark.parametrize(
    "body",
    [FILES, FILES[:1], b"@/etc/passwd", b"it's $HOME `id`\n", bytes(range(256)), b"", {"text": "it's 'ü' @x $HOME"}],
)
def test_a_line_repeats_what_was_sent(tmp_path: Path, body: Json | bytes | tuple[File, ...]) -> None:
    call = Call("upload", "POST", "/it%27s%20here", {"X-Skill-Source": ""}, "nmv_usr_test_fresh", body)
    with hearing() as (url, heard):
        environ = {"NEMO_API_URL": url, "PATH": "/usr/local/bin:/usr/bin:/bin"}
        line = call.curl()
        subprocess.run(
            [shutil.which("bash") or "bash", "-ec", line], cwd=tmp_path, env=environ, check=True, timeout=HANG_S
        )
    (came,) = heard
    if isinstance(body, tuple):
        sent = [(each.field_name, each.name, each.content + bytes(each.padding)) for each in body]
        assert isinstance(came.body, tuple)
        assert [(each.field_name, each.name, each.content) for each in came.body] == sent
    else:
        assert came.body == (body or None)
    assert came.headers["X-Skill-Source"] == ""
    assert came.token == call.token


def test_a_token_that_was_made_up_is_repeated_and_ones_own_is_not() -> None:
    call = Call("credits", "GET", "/x", {}, "nmv_usr_" + "x" * 43, made_up=True)
    assert f"'Authorization: Bearer {call.token}'" in call.curl()
    assert '"Authorization: Bearer $NEMO_TOKEN"' in Call("credits", "GET", "/x", {}, "nmv_usr_real").curl()

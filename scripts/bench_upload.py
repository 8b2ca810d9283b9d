"""Measure the cost of a large upload to the fake: seconds, and the growth of its memory.

    scripts/bench upload

A separate `nemo-harness serve` takes one wav file of silence, sent in pieces by a caller that never holds it whole.
Figures are of this machine at this moment: compare within one run. Memory is read from /proc, so only on Linux.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

COMMAND = [sys.executable, "-c", "from nemovideo_harness.cli import main; main()", "serve", "--port", "0"]
#: The file's size in millions of bytes; 200 is the limit.
MEGABYTES = 199
BOUNDARY = "----bench"
PIECE = bytes(1 << 16)
#: Bytes of a second of 16-bit stereo.
BYTE_RATE = 176_400


def wav_header(size: int) -> bytes:
    """The first 44 bytes of a wav file of so many bytes."""
    form = struct.pack("<4sLHHLLHH", b"fmt ", 16, 1, 2, 44_100, BYTE_RATE, 4, 16)
    return b"RIFF" + struct.pack("<L", size - 8) + b"WAVE" + form + b"data" + struct.pack("<L", size - 44)


def form_of(size: int) -> tuple[int, Iterator[bytes]]:
    """A multipart body with one wav file of so many bytes: how long it is, and its pieces."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="silence.wav"\r\n\r\n'.encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()

    def pieces() -> Iterator[bytes]:
        yield head + wav_header(size)
        left = size - 44
        while left:
            yield PIECE[: min(left, len(PIECE))]
            left -= min(left, len(PIECE))
        yield tail

    return len(head) + size + len(tail), pieces()


def kibibytes(pid: int, what: str) -> int:
    """Return a figure of a process's memory: `VmRSS` now, `VmHWM` at its peak; 0 on systems other than Linux."""
    path = Path(f"/proc/{pid}/status")
    if not path.exists():
        return 0
    found = re.search(rf"{what}:\s+(\d+) kB", path.read_text(encoding="utf-8"))
    return int(found[1]) if found else 0


def call(host: str, method: str, path: str, body: object, headers: dict[str, str]) -> dict[str, object]:
    """One request and the `data` of its answer."""
    connection = http.client.HTTPConnection(host, timeout=120)
    try:
        connection.request(method, path, body, headers)  # type: ignore[arg-type]  # bytes or an iterator of them
        answer = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    if answer["code"] != 0:
        raise SystemExit(f"{method} {path}: {answer['message']}")
    data: dict[str, object] = answer["data"]
    return data


def upload_once(size: int) -> tuple[float, float]:
    """Upload a file of so many bytes to a fresh fake: seconds, and mebibytes by which its memory grew at the most."""
    process = subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, encoding="utf-8", env=os.environ | {"PYTHONUNBUFFERED": "1"}
    )
    try:
        assert process.stdout is not None
        url = re.search(r"http://([^\s/]+)", process.stdout.readline())
        assert url is not None, "the fake did not say where it listens"
        data = call(url[1], "POST", "/api/auth/anonymous-token", None, {"X-Client-Id": "bench"})
        auth = {"Authorization": f"Bearer {data['token']}"}
        session = call(url[1], "POST", "/api/tasks/me/with-session/nemo_agent", b'{"task_name":"bench"}', auth)
        path = f"/api/upload-video/nemo_agent/me/{session['session_id']}"
        send(url[1], path, auth, 1_000_000)  # what is loaded once is not the file's
        before = kibibytes(process.pid, "VmHWM")
        began = time.perf_counter()
        send(url[1], path, auth, size)
        return time.perf_counter() - began, (kibibytes(process.pid, "VmHWM") - before) / 1024
    finally:
        process.terminate()
        process.wait(10)


def send(host: str, path: str, auth: dict[str, str], size: int) -> None:
    """Upload one file."""
    length, body = form_of(size)
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Content-Length": str(length)}
    call(host, "POST", path, body, auth | kind)


def uploads(rounds: int) -> None:
    """Print what uploads of nearly the largest size take."""
    for _ in range(rounds):
        seconds, grown = upload_once(MEGABYTES * 1_000_000)
        print(
            f"upload of {MEGABYTES} MB: {seconds:.2f} s, {MEGABYTES / seconds:.0f} MB/s; peak memory {grown:+.1f} MiB",
            flush=True,
        )

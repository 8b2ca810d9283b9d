"""What hostile input costs the fake: memory that stays, and the time in which it stops during the worst render.

    scripts/bench untrusted

A `nemo-harness serve` of its own takes, in each round, a photo of 50 million pixels with transparency and 16 bits (a
file of 400 kB), and renders it. Then it is interrupted while it renders one word of 2,000 letters at 4096x4096 pixels.
Figures are of this machine at this moment. Memory is read from /proc, so on Linux alone.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import struct
import subprocess
import tempfile
import time
import zlib
from pathlib import Path

from bench_upload import BOUNDARY, COMMAND, call, kibibytes

WIDTH, HEIGHT = 8192, 6100
ATTRIBUTION = {"X-Skill-Source": "bench", "X-Skill-Version": "1.0.0", "X-Skill-Platform": "unknown"}


def photo() -> bytes:
    """A transparent PNG that is small as a file and large in memory."""
    packing = zlib.compressobj(9)
    row = bytes(1 + WIDTH * 8)
    data = b"".join([*(packing.compress(row) for _ in range(HEIGHT)), packing.flush()])

    def chunk(tag: bytes, body: bytes) -> bytes:
        return struct.pack(">L", len(body)) + tag + body + struct.pack(">L", zlib.crc32(tag + body))

    header = chunk(b"IHDR", struct.pack(">LLBBBBB", WIDTH, HEIGHT, 16, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", data) + chunk(b"IEND", b"")


class Caller:
    """An account with a session."""

    def __init__(self, host: str) -> None:
        self.host = host
        data = call(host, "POST", "/api/auth/anonymous-token", None, {"X-Client-Id": "bench"})
        self.headers = ATTRIBUTION | {"Authorization": f"Bearer {data['token']}"}
        self.session = call(host, "POST", "/api/tasks/me/with-session/nemo_agent", b"{}", self.headers)["session_id"]

    def upload(self, content: bytes) -> str:
        """Upload a photo and return its hash."""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="large.png"\r\n\r\n'.encode()
        body = head + content + f"\r\n--{BOUNDARY}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        path = f"/api/upload-video/nemo_agent/me/{self.session}"
        files = call(self.host, "POST", path, body, self.headers | kind)["files"]
        return str(files[0]["hash"])  # type: ignore[index]  # a list of objects

    def render(self, name: str, draft: object) -> None:
        """Begin an export."""
        body = json.dumps({"id": name, "sessionId": self.session, "draft": draft}).encode()
        self._send("POST", "/api/render/proxy/lambda", body)

    def status(self, name: str) -> str:
        """Return the status of an export."""
        return str(self._send("GET", f"/api/render/proxy/lambda/{name}", None)["status"])

    def _send(self, method: str, path: str, body: bytes | None) -> dict[str, object]:
        connection = http.client.HTTPConnection(self.host, timeout=120)
        connection.request(method, path, body, self.headers)
        answer: dict[str, object] = json.loads(connection.getresponse().read())
        connection.close()
        return answer


def draft(side: int, kind: int, meta: object) -> object:
    """A draft of one segment."""
    return {"d": 500, "m": {"width": side, "height": side}, "t": [{"tt": kind, "sg": [{"d": 500, "m": meta}]}]}


def untrusted(rounds: int) -> None:
    """Print the memory after each round, its peak, and how long the stop takes."""
    content = photo()
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [*COMMAND, "--speed", "1000"],
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env=os.environ | {"PYTHONUNBUFFERED": "1", "TMPDIR": folder},
        )
        try:
            assert process.stdout is not None
            url = re.search(r"http://([^\s/]+)", process.stdout.readline())
            assert url is not None, "the fake did not say where it listens"
            caller = Caller(url[1])
            print(f"at first {kibibytes(process.pid, 'VmRSS') / 1024:.0f} MiB", flush=True)
            for number in range(rounds):
                sha256 = caller.upload(content)
                caller.render(f"r{number}", draft(480, 0, {"hash": sha256}))
                while caller.status(f"r{number}") not in {"completed", "failed"}:
                    time.sleep(0.2)
                now, peak = (kibibytes(process.pid, what) / 1024 for what in ("VmRSS", "VmHWM"))
                print(
                    f"round {number + 1}: {caller.status(f'r{number}')}, {now:.0f} MiB, peak {peak:.0f} MiB", flush=True
                )
            caller.render("word", draft(4096, 7, {"text": "W" * 2000}))
            time.sleep(1)
            began = time.perf_counter()
            process.send_signal(signal.SIGINT)
            process.wait(60)
            left = [path.name for path in Path(folder).iterdir()]
            print(
                f"stopped in {time.perf_counter() - began:.2f} s, exit code {process.returncode}, left behind: {left}"
            )
        finally:
            process.kill()

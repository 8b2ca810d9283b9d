"""Every curl line of docs/control.md runs unchanged, and every call has one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from nemovideo_mock.control.control_request import BODY_LIMIT
from nemovideo_mock.control.routes import ROUTES
from nemovideo_mock.control.snapshots import FILES_LIMIT, SNAPSHOT_LIMIT
from nemovideo_mock.faults.registry import MOST_FAULTS
from nemovideo_mock.http.endpoints.sessions import MAX_NAME
from nemovideo_mock.http.endpoints.uploads import MAX_URL
from nemovideo_mock.http.multipart import MAX_FILES
from nemovideo_mock.http.request_context import JSON_LIMIT
from nemovideo_mock.media.decoding_limits import MOST_DECODED
from nemovideo_mock.media.file_headers import MOST_PIXELS
from nemovideo_mock.render.film import LARGEST_SIDE, LONGEST, MOST_SEGMENTS, MOST_SOUNDS_AT_ONCE
from nemovideo_mock.runtime.scenario_file import MOST_ACCOUNTS, SIZE_LIMIT
from nemovideo_mock.runtime.world_registry import MOST_WORLDS
from nemovideo_mock.server import running
from tests.guards import HANG_S
from tests.mock_server.control.stage import STUB

DOCUMENT = (Path(__file__).parents[3] / "docs/control.md").read_text(encoding="utf-8")
SCRIPT = "\n".join(re.findall(r"^```sh\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE))


@pytest.mark.skipif(not shutil.which("curl") or not shutil.which("bash"), reason="needs bash and curl")
def test_every_curl_line_is_answered_with_success(tmp_path: Path) -> None:
    with running(replace(STUB, control_token=None)) as server:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", SCRIPT],  # noqa: S607 - whichever bash the user has
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "NEMO_API_URL": server.url, "NEMO_MOCK_TOKEN": "any"},
            capture_output=True,
            encoding="utf-8",
            timeout=HANG_S,
            check=False,
        )
        assert list(server.world_registry.runtimes) == ["default"]
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    assert '{\n "error"' not in done.stdout
    assert done.stdout.rstrip().endswith('"reset": "hub"\n}')
    assert "\nevent: " not in done.stdout
    assert "\nid: 1\ndata: {" in done.stdout


def called(line: str) -> tuple[str, str] | None:
    """Return the method and path of a curl line."""
    url = re.search(r"\$MOCK(?:/w/[a-z]+)?/_mock([^\"?]*)", line)
    method = re.search(r"-X ([A-Z]+)", line)
    if url is None:
        return None
    return method[1] if method else "POST" if "--json" in line or "--data" in line else "GET", url[1]


def test_every_call_has_its_curl_line() -> None:
    calls = [each for line in SCRIPT.splitlines() if (each := called(line)) is not None]
    for route in ROUTES:
        assert any(method == route.method and route.match(path) is not None for method, path in calls), route.path


def test_every_call_says_what_it_does_in_one_sentence() -> None:
    for route in ROUTES:
        assert route.meaning.endswith("."), route.path


def test_the_limits_are_those_of_the_code() -> None:
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", DOCUMENT.partition("## Limits")[2], re.MULTILINE))
    mebibytes = 1024 * 1024

    assert rows["a JSON body of the API"] == f"{JSON_LIMIT // mebibytes} MiB"
    assert rows["`task_name` and `language` of a session"] == f"{MAX_NAME:,} characters"
    assert rows["an upload by URL"].startswith(f"{MAX_URL:,} characters; {MAX_FILES:,} URLs or files")
    photo = f"{MOST_PIXELS // 1_000_000} million pixels, and {MOST_DECODED // mebibytes} MiB of memory to decode it"
    assert rows["a photo"] == photo
    assert rows["a render"].startswith(f"{MOST_SEGMENTS:,} segments, {LONGEST // 60_000} minutes, ")
    assert f"up to {LARGEST_SIDE:,} pixels, {MOST_SOUNDS_AT_ONCE} sounds" in rows["a render"]
    scenario = f"{MOST_ACCOUNTS:,} accounts in all, {MOST_FAULTS:,} faults in a world, {MOST_WORLDS:,} worlds"
    assert rows["a scenario"] == f"{SIZE_LIMIT // 1024} KiB, {scenario}"
    files = f"{SNAPSHOT_LIMIT // mebibytes} MiB, with files of at most {FILES_LIMIT // mebibytes} MiB"
    assert rows["a snapshot"].startswith(files)
    assert rows["another body of the control API"] == f"{BODY_LIMIT // mebibytes} MiB"

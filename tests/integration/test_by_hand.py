"""The curl session of docs/by-hand.md runs as it stands, from no account to an MP4."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from tests.guards import HANG_S

ROOT = Path(__file__).parents[2]


def blocks(document: str) -> list[str]:
    """The fenced `sh` blocks of a Markdown document, in order."""
    return re.findall(r"^```sh\n(.*?)^```$", document, re.DOTALL | re.MULTILINE)


@pytest.mark.skipif(not shutil.which("curl") or not shutil.which("bash"), reason="needs bash and curl")
@pytest.mark.parametrize("clock", ["virtual", pytest.param("real", marks=pytest.mark.slow)])
def test_the_curl_session_ends_with_a_playable_file(tmp_path: Path, clock: str) -> None:
    settings = Settings(quality="stub", clock="virtual" if clock == "virtual" else "real", speed=2000)
    if clock == "virtual":
        settings = Settings(quality="stub", clock="virtual")
    script = "set -euo pipefail\n" + "\n".join(blocks((ROOT / "docs/by-hand.md").read_text(encoding="utf-8")))
    with running(settings) as server:
        done = subprocess.run(
            ["bash", "-c", script],  # noqa: S607 - whichever bash the user has
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "NEMO_API_URL": server.url,
                "PHOTOS": str(ROOT / "scripts/photos"),
                "POLL_SECONDS": "0.05",
            },
            capture_output=True,
            encoding="utf-8",
            timeout=HANG_S,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    video = (tmp_path / "reel.mp4").read_bytes()
    assert video[4:8] == b"ftyp"
    assert '"type":"text"' in done.stdout
    assert "completed, 100 %" in done.stdout
    assert "has completed already" in done.stdout
    assert "claim?ct=clm_" in done.stdout

"""The blocks of docs/client.md run as they stand, one after another."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/client.md"


@pytest.mark.slow
def test_the_pages_blocks_run_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEMO_TOKEN", raising=False)
    for number, photo in enumerate(sorted((ROOT / "scripts/photos").glob("*.jpg"))[:2], 1):
        shutil.copy(photo, tmp_path / f"photo{number}.jpg")
    (tmp_path / "notes.txt").write_text("no photo", encoding="utf-8")
    (tmp_path / "SKILL.md").write_text("---\nname: my-skill\nversion: 1.0.0\n---\n", encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {}

    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102 -- our own page

    assert len(blocks) >= 10
    assert {path.name for path in tmp_path.glob("*.mp4")} == {
        "reel.mp4", "later.mp4", "one.mp4", "two.mp4", "async.mp4",
    }  # fmt: skip
    shown = capsys.readouterr().out
    assert '"Authorization: Bearer $NEMO_TOKEN"' in shown
    assert "'X-Skill-Source': 'my-skill'" in shown
    assert "format - notes.txt has a format" in shown

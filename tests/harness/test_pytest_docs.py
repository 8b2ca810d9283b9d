"""Each code block of docs/pytest.md passes as a test file in a new project."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/pytest.md"


def test_the_code_blocks_of_the_page_pass(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("NEMO_TOKEN", raising=False)
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for number, block in enumerate(blocks):
        (pytester.path / f"test_block_{number}.py").write_text(block, encoding="utf-8")
    for name, photo in zip(("gate.jpg", "river.jpg"), sorted((ROOT / "scripts/photos").glob("*.jpg")), strict=False):
        shutil.copy(photo, pytester.path / name)

    plugins = ("-p", "nemovideo_contract.suite.plugin", "-p", "nemovideo_harness.pytest_plugin")
    done = pytester.runpytest_subprocess(*plugins, "-p", "no:cacheprovider")

    assert len(blocks) >= 4
    done.assert_outcomes(passed=10)

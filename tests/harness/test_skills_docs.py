"""docs/skills.md shows what the commands print, and lists every rule."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from nemovideo_harness.cli import main
from nemovideo_skills.lint import AREAS, RULES
from tests.guards import HANG_S

PAPER = (Path(__file__).parents[2] / "docs/skills.md").read_text(encoding="utf-8")
GOOD = Path(__file__).parents[1] / "skills/lint/good/SKILL.md"


def block(language: str) -> str:
    """Return the first code block in a language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", PAPER, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_is_what_the_command_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = GOOD.read_text(encoding="utf-8").replace("name: good", "name: reel")
    wrong = text.replace("expires in 7 days", "expires in 30 days").replace(
        ' -H "X-Skill-Platform: $SKILL_SOURCE" \\\n  -F', " \\\n  -F"
    )
    monkeypatch.chdir(tmp_path)
    for name, content in {"reel": wrong, "clip": text.replace("name: reel", "name: clip")}.items():
        (tmp_path / "skills" / name).mkdir(parents=True)
        (tmp_path / "skills" / name / "SKILL.md").write_text(content, encoding="utf-8")
    command, printed = block("console").split("\n", 1)
    assert command == "$ nemo-harness skill check skills/"
    result = CliRunner().invoke(main, ["skill", "check", "skills/"])
    assert result.stdout == printed
    assert result.exit_code == 1


def test_the_python_example_of_the_page_finds_the_mistake() -> None:
    done = subprocess.run(
        [sys.executable, "-c", block("python")], capture_output=True, encoding="utf-8", timeout=HANG_S, check=True
    )
    assert "error endpoint-unknown The call POST /api/run_sse is not documented." in done.stdout


def test_the_page_lists_every_rule_in_its_area() -> None:
    parts = PAPER.split("## The rules")[1].split("\n### ")[1:]
    assert [part.split("\n")[0] for part in parts] == list(AREAS)
    assert re.findall(r"^\| `([a-z0-9-]+)` \|", "".join(parts), re.MULTILINE) == list(RULES)

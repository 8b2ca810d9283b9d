"""docs/skills.md shows the output of `skill test`, and lists the scenarios."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from nemovideo_harness.cli import main
from nemovideo_harness.cli.console.exit_codes import Exit
from nemovideo_harness.skill_test.scenarios import SKILL_SCENARIOS

from .plays import CLUMSY, SKILL

PAPER = (Path(__file__).parents[3] / "docs/skills.md").read_text(encoding="utf-8")
PART = PAPER.split("\n## `skill test`\n")[1].split("\n<!-- written by")[0]


@pytest.mark.skipif(shutil.which("curl") is None, reason="The agent of the example calls curl.")
def test_the_example_is_what_the_command_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "skills/reel").mkdir(parents=True)
    text = SKILL.read_text(encoding="utf-8").replace("name: good", "name: reel")
    (tmp_path / "skills/reel/SKILL.md").write_text(text, encoding="utf-8")
    shutil.copy(CLUMSY, tmp_path / "agent.sh")
    monkeypatch.chdir(tmp_path)
    found = re.search(r"^```console\n\$ nemo-harness (.*?)\n(.*?)^```$", PART, re.MULTILINE | re.DOTALL)
    assert found is not None
    result = CliRunner().invoke(main, shlex.split(found[1]), env={"COLUMNS": None})
    assert result.stdout == found[2]
    assert result.exit_code == 1


def test_every_scenario_is_listed_with_its_sentence() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", PART, re.MULTILINE)
    assert rows == [(name, scenario.sentence) for name, scenario in SKILL_SCENARIOS.items()]


def test_the_exit_codes_are_those_that_there_are() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", PART, re.MULTILINE)}
    assert listed == {int(code) for code in Exit} - {Exit.UNREACHABLE}

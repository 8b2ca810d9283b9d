"""docs/commands.md and the README's table say what the commands do, and their examples run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from nemovideo_harness.cli import COMMANDS, main
from nemovideo_harness.cli.console.exit_codes import Exit
from tests.guards import HANG_S

from .commands import Shell

TOP = Path(__file__).parents[2]
PAPER = (TOP / "docs/commands.md").read_text(encoding="utf-8")
README = (TOP / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## `([a-z]+)`$", re.MULTILINE)


def command(name: str) -> click.Command:
    """The command of a name."""
    assert isinstance(main, click.Group)
    found = main.get_command(click.Context(main), name)
    assert found is not None, name
    return found


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="the blocks are for a shell")
def test_every_example_runs_in_its_order(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "scripts").symlink_to(TOP / "scripts")
    script = "\n".join(BLOCK.findall(PAPER))
    environ = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(shell.home),
        "LANG": "C.UTF-8",
        "PYTHONWARNINGS": "error",
        "NEMO_API_URL": shell.url,
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607 - bash is where PATH says
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for video in ("reel.mp4", "again.mp4", "video-1.mp4", "made.mp4"):
        assert (tmp_path / video).read_bytes()[4:8] == b"ftyp", video
    assert "0 available, 0 frozen, 0 credits in all" in done.stdout
    assert '"Kyoto"' in done.stdout
    assert "$ curl -sS http" in done.stderr
    assert "nmv_usr_" not in (done.stdout + done.stderr).replace("nmv_usr_test_no_credits", "")


def test_every_command_has_its_part_of_the_paper_and_an_example() -> None:
    assert sorted(HEADING.findall(PAPER)) == sorted(COMMANDS)
    used = set(re.findall(r"nemo-harness ([a-z]+)", "".join(BLOCK.findall(PAPER))))
    assert used == set(COMMANDS) - {"serve"}


def test_every_option_that_the_paper_names_is_one() -> None:
    known = {option for name in COMMANDS for each in command(name).params for option in each.opts}
    named = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", PAPER))
    assert named - {"--help"} <= known


def test_the_paper_lists_the_exit_codes() -> None:
    table = PAPER.split("| exit code |")[1].split("\n\n")[0]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)] == [int(code) for code in Exit]


def test_the_readme_lists_the_commands_with_their_arguments() -> None:
    table = README.split("| command | |")[1].split("\n\n")[0]
    rows = dict(re.findall(r"^\| `nemo-harness ([a-z]+)([^`]*)` \|", table, re.MULTILINE))
    assert set(rows) == set(COMMANDS) - {"make", "serve"}
    for name, arguments in rows.items():
        wanted = [
            each.make_metavar(click.Context(command(name)))
            for each in command(name).params
            if isinstance(each, click.Argument)
        ]
        assert arguments.split() == [each for each in wanted if not each.startswith("[")], name

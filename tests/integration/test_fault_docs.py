"""The page about faults and test tokens says what is so, and what it orders can be ordered as it stands."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest

from nemovideo_mock.faults import KINDS, FaultScope, FaultTrigger
from nemovideo_mock.faults.fault_fields import parameters
from nemovideo_mock.runtime.scenario_tokens import TOKEN_SCENARIOS, token_of
from nemovideo_mock.server import RunningServer, running
from nemovideo_mock.settings import Settings
from tests.guards import HANG_S

from .stage import Stage

TOP: Final = Path(__file__).parents[2]
PAGE: Final = (TOP / "docs/faults.md").read_text(encoding="utf-8")
#: The lines that order one kind of fault each: those of the part that is made from the code.
ORDERS: Final = re.findall(r"^curl .*$", PAGE.partition("## The kinds of faults")[2], re.MULTILINE)


@pytest.fixture(scope="module")
def server() -> Generator[RunningServer]:
    with running(Settings(quality="stub", clock="virtual")) as server:
        yield server


@pytest.fixture
def stage(server: RunningServer, request: pytest.FixtureRequest) -> Generator[Stage]:
    with Stage(server, request.node.name) as stage:
        yield stage


def kind_of(line: str) -> str:
    """The kind of fault that a line orders."""
    kind: str = json.loads(shlex.split(line)[-2])["kind"]
    return kind


def shell(script: str, url: str) -> subprocess.CompletedProcess[str]:
    """What a script of the page does in a shell that knows where the fake is."""
    environment = {"PATH": os.environ["PATH"], "NEMO_API_URL": url, "API": url}
    command = ["sh", "-eu", "-c", script]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=HANG_S, check=False)


def cells(line: str) -> list[str]:
    """A row of a table."""
    return [cell.strip() for cell in line.strip("| ").split(" | ")]


def test_the_page_is_as_the_code_writes_it() -> None:
    command = [sys.executable, str(TOP / "scripts/docs.py"), "--check", str(TOP / "docs/faults.md")]
    assert subprocess.run(command, capture_output=True, timeout=HANG_S, check=False).returncode == 0


def test_a_page_that_disagrees_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "faults.md"
    page.write_text(PAGE.replace("every call gets 1001", "every call gets 1002"), encoding="utf-8")
    command = [sys.executable, str(TOP / "scripts/docs.py"), "--check", str(page)]
    assert subprocess.run(command, capture_output=True, timeout=HANG_S, check=False).returncode == 1


def test_the_page_has_every_token_with_its_meaning() -> None:
    rows = [cells(line) for line in PAGE.splitlines() if line.startswith("| `nmv_usr_test_")]
    assert rows == [[f"`{token_of(name)}`", scenario.meaning] for name, scenario in TOKEN_SCENARIOS.items()]


def test_the_page_has_every_kind_with_its_parameters() -> None:
    table = PAGE.partition("## The kinds of faults")[2]
    rows = {cells(line)[0].strip("`"): cells(line) for line in table.splitlines() if line.startswith("| `")}
    assert list(rows) == list(KINDS)
    for kind in KINDS.values():
        assert rows[kind.name][1] == kind.meaning
        assert re.findall(r"(?:^|<br>)`(\w+)`", rows[kind.name][2]) == [each.name for each in kind.parameters]


def test_the_page_has_every_field_that_all_faults_take() -> None:
    table = PAGE.partition("## The fields of every fault")[2].partition("## The kinds of faults")[0]
    fields = [cells(line)[0].strip("`") for line in table.splitlines() if line.startswith("| `")]
    assert fields == ["name", "on", *(each.name for part in (FaultScope, FaultTrigger) for each in parameters(part))]


def test_one_line_orders_each_kind() -> None:
    assert [kind_of(line) for line in ORDERS] == list(KINDS)


@pytest.mark.parametrize("line", ORDERS, ids=kind_of)
def test_a_line_orders_what_it_says(stage: Stage, line: str) -> None:
    done = shell(line, stage.url)

    assert done.returncode == 0, done.stderr
    standing = stage.on_loop(lambda: stage.runtime.faults.list(stage.clock.now()))
    assert [each.fault.kind.name for each in standing] == [kind_of(line)]
    assert json.loads(done.stdout)["faults"] == [each.as_json() for each in standing]
    order = json.loads(shlex.split(line)[-2])
    assert (order | {"on": None}).items() <= (standing[0].fault.as_json() | {"on": None}).items()


def test_the_blocks_before_the_tables_run_as_they_stand(server: RunningServer) -> None:
    script = "\n".join(
        re.findall(r"^```sh\n(.*?)^```$", PAGE.partition("## The test tokens")[0], re.MULTILINE | re.DOTALL)
    )

    done = shell(script, server.url)

    assert done.returncode == 0, done.stderr
    assert '"available":0' in done.stdout
    assert '"available":100' in done.stdout
    assert [each.fault.kind.name for each in server.runtime("monday").faults.list(0)] == ["silent", "latency"]
    assert len(server.runtime().faults) == 0


def test_the_python_on_the_page_orders_a_fault() -> None:
    code = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    found: dict[str, object] = {}
    exec(compile("\n".join(code), "docs/faults.md", "exec"), found)  # noqa: S102 -- our own page

    assert len(code) == 1
    assert "faults" in found
    assert [each.fault.kind.name for each in found["faults"].list(0)] == ["cut"]  # type: ignore[attr-defined]  # pyright: ignore -- made by the page

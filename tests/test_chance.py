"""Property tests draw the same in each run; `scripts/fuzz properties` draws something else, and keeps what it finds."""

from __future__ import annotations

import ast
import os
import pkgutil
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nemovideo_client
import nemovideo_contract
import nemovideo_harness
import nemovideo_mock
from tests.integration.test_schemathesis import swapped

TOP: Final = Path(__file__).parents[1]
#: What the profiles in `conftest.py` decide for all tests.
DECIDED: Final = {"backend", "database", "deadline", "derandomize", "print_blob"}


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function of the tests, with where it stands."""
    for path in sorted(TOP.glob("tests/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield f"{path.relative_to(TOP)}:{node.lineno} {node.name}", node


def calls(node: ast.AST, name: str) -> Iterator[ast.Call]:
    """The calls of a function of this name in a tree."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == name:
            yield each


def test_the_profile_of_tests_leaves_nothing_to_chance_or_speed() -> None:
    project = settings.get_profile("project")
    assert (project.database, project.deadline, project.derandomize) == (None, None, True)
    assert HealthCheck.too_slow in project.suppress_health_check
    assert settings.get_profile("search").derandomize is False


def test_no_test_decides_for_itself_what_the_profile_decides() -> None:
    seen = 0
    for where, function in functions():
        for call in calls(function, "settings"):
            seen += 1
            said = {each.arg: ast.unparse(each.value) for each in call.keywords if each.arg is not None}
            assert not DECIDED & said.keys(), where
            assert "too_slow" in said.get("suppress_health_check", "too_slow"), where
    assert seen > 20


def test_every_state_machine_is_found_by_the_search() -> None:
    machines = {where: node for where, node in functions() if any(calls(node, "run_state_machine_as_test"))}
    assert machines
    for where, node in machines.items():
        assert "pytest.mark.hypothesis" in [ast.unparse(each) for each in node.decorator_list], where


@given(package=st.sampled_from([nemovideo_client, nemovideo_contract, nemovideo_harness, nemovideo_mock]))
def test_property_tests_find_all_of_our_modules_loaded(package: ModuleType) -> None:
    names = {each.name for each in pkgutil.walk_packages(package.__path__, package.__name__ + ".")}
    assert {each for each in names if ".test_" not in each and ".__main__" not in each} <= sys.modules.keys()


def test_a_failing_property_shows_its_values_after_a_schemathesis_run() -> None:
    @settings(max_examples=50)
    @given(number=st.integers())
    def is_small(number: int) -> None:
        assert number < 1000

    for _ in range(2):
        with swapped():
            pass
        with pytest.raises(AssertionError) as raised:
            is_small()
        assert "number=1000" in "".join(raised.value.__notes__)


ORDER_CONFTEST: Final = """
from tests.order import Order


def pytest_configure(config):
    config.pluginmanager.register(Order())
"""
#: It fails with the order of what ran before it.
ORDER_SAMPLE: Final = """
import pytest

SEEN = []


@pytest.mark.parametrize("number", range(6))
def test_it(number):
    SEEN.append(number)
    assert number != 3, f"order {SEEN}"
"""


@pytest.mark.parametrize("processes", ["0", pytest.param("2", marks=pytest.mark.slow)])
def test_an_order_in_which_a_test_fails_can_be_repeated(tmp_path: Path, processes: str) -> None:
    (tmp_path / "conftest.py").write_text(ORDER_CONFTEST, encoding="utf-8")
    (tmp_path / "test_sample.py").write_text(ORDER_SAMPLE, encoding="utf-8")

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "pytest", "-p", "no:schemathesis", "--rootdir", str(tmp_path), *arguments]
        environ = os.environ | {"PYTHONPATH": str(TOP), "PYTEST_ADDOPTS": ""}
        return subprocess.run(command, cwd=tmp_path, check=False, env=environ, capture_output=True, text=True).stdout

    first = run("-n", processes, "test_sample.py")
    told = re.search(r"^To run the tests of \w+ in the same order: pytest (.*)$", first, re.MULTILINE)
    failed = re.search(r"order \[.*\]", first)
    assert told is not None, first
    assert failed is not None, first
    assert failed[0] in run(*shlex.split(told[1]))


# --- the search -------------------------------------------------------------------------------------------------------

CONFTEST: Final = """
from hypothesis import settings

settings.register_profile("search", database=None, deadline=None)
"""
PLACES: Final = """
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    number: int
"""
SAMPLE: Final = """
import pytest
from hypothesis import given
from hypothesis import strategies as st

from places import places


@pytest.mark.parametrize("side", ["left", "right"])
@given(place=places)
def test_left_is_small(side, place):
    assert side == "right" or place.number < 70_000


@given(st.data())
def test_data_is_small(data):
    assert data.draw(st.integers()) < 70_000


@given(st.integers())
def test_a_number_is_itself(number):
    assert number == number


def test_that_draws_nothing():
    raise AssertionError("it is none of the search's")
"""


@pytest.mark.slow
def test_the_search_keeps_what_it_finds_in_the_test_and_says_how_to_repeat_the_rest(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    strategies = "\nfrom hypothesis import strategies as st\n\nplaces = st.builds(Place, st.integers())\n"
    (tmp_path / "places.py").write_text(PLACES + strategies, encoding="utf-8")
    sample = tmp_path / "test_sample.py"
    sample.write_text(SAMPLE, encoding="utf-8")
    command = [sys.executable, str(TOP / "scripts/fuzz.py"), "properties", "--rounds", "3", "--seed", "7", str(sample)]
    environ = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [*command, "--rootdir", str(tmp_path)], cwd=tmp_path, check=False, env=environ, capture_output=True, text=True
    )

    assert done.returncode == 1, done.stdout + done.stderr
    assert "4 tests, 8 runs" in done.stdout
    assert "seeds 7 to 9, 2 finds" in done.stdout
    repeats = re.findall(r"^repeat: scripts/fuzz properties --rounds 1 --seed 7 (.*)$", done.stdout, re.MULTILINE)
    assert sorted(repeats) == ["'test_sample.py::test_left_is_small[left]'", "test_sample.py::test_data_is_small"]
    assert "test_data_is_small: no example can be written for it" in done.stdout

    source = sample.read_text(encoding="utf-8")
    assert "@example(place=Place(70000)).via(" in source
    assert "from places import Place, places" in source
    spec = spec_from_file_location("test_sample_kept", sample)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(tmp_path), *sys.path])
        spec.loader.exec_module(module)
    with pytest.raises(AssertionError) as raised:
        module.test_left_is_small(side="left")
    assert "Failing explicit example" in "".join(raised.value.__notes__)

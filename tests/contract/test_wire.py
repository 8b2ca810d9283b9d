"""The vocabulary: it needs only the standard library, names a requirement for each constant, and has one function."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nemovideo_contract
from nemovideo_contract import wire
from nemovideo_contract.wire import FORMATS, FileType, file_type_of
from tests.guards import HANG_S

CONTRACT = Path(nemovideo_contract.__file__).parent
ENDINGS = [(ending, kind) for kind, endings in FORMATS.items() for ending in endings] + [("jpeg", FileType.IMAGE)]
KNOWN = {ending for ending, _ in ENDINGS}
REQUIREMENT = re.compile(r"#: [a-z][a-z0-9]*(-[a-z0-9]+)+(; \S.*)?")


@pytest.mark.parametrize("module", ["wire", "draft"])
def test_vocabulary_imports_with_the_standard_library_alone(module: str) -> None:
    program = (
        "import json, sys; sys.path.insert(0, sys.argv[1]); before = set(sys.modules)\n"
        f"import nemovideo_contract.{module}\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in set(sys.modules) - before})))"
    )
    command = [sys.executable, "-I", "-S", "-c", program, str(CONTRACT.parent)]
    run = subprocess.run(command, check=True, capture_output=True, encoding="utf-8", timeout=HANG_S)
    imported = set(json.loads(run.stdout))
    assert "nemovideo_contract" in imported
    assert imported - {"nemovideo_contract"} <= sys.stdlib_module_names


def _constants(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Name and line of each constant and each member of an enumeration."""
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    for body in bodies:
        for node in body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                yield node.target.id, node.lineno
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                yield node.targets[0].id, node.lineno


def test_each_constant_names_its_requirement() -> None:
    source = Path(wire.__file__).read_text(encoding="utf-8")
    lines = source.splitlines()
    constants = list(_constants(ast.parse(source)))
    assert len(constants) > 50
    unnamed = {name: lines[line - 2] for name, line in constants if not REQUIREMENT.fullmatch(lines[line - 2].strip())}
    assert unnamed == {}
    assert sum(line.strip().startswith("#:") for line in lines) == len(constants), "a `#:` line belongs to no constant"


@pytest.mark.parametrize(
    "line", ["#: Token format", "#: token_format", "#: token-format, bytes", "# token-format", "#:"]
)
def test_a_text_that_is_not_a_requirement_id_does_not_match(line: str) -> None:
    assert REQUIREMENT.fullmatch(line) is None


@given(stem=st.text(), listed=st.sampled_from(ENDINGS), data=st.data())
def test_a_listed_ending_in_any_case_tells_the_file_type(
    stem: str, listed: tuple[str, FileType], data: st.DataObject
) -> None:
    ending, kind = listed
    upper = data.draw(st.lists(st.booleans(), min_size=len(ending), max_size=len(ending)))
    spelled = "".join(letter.upper() if loud else letter for letter, loud in zip(ending, upper, strict=True))
    assert file_type_of(f"{stem}.{spelled}") is kind


@given(stem=st.text(), ending=st.text().filter(lambda text: "." not in text and text.lower() not in KNOWN))
def test_any_other_ending_has_no_file_type(stem: str, ending: str) -> None:
    assert file_type_of(f"{stem}.{ending}") is None


@pytest.mark.parametrize("name", ["photo.jpg.heic", "photo.jpg.", "archive.zip", "notes", ""])
def test_only_the_last_ending_counts(name: str) -> None:
    assert file_type_of(name) is None


def test_no_ending_belongs_to_two_file_types() -> None:
    listed = [ending for endings in FORMATS.values() for ending in endings]
    assert len(listed) == len(set(listed))

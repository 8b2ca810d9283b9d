"""The papers say what is so: versions agree, and what the README shows runs as it is shown."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from nemovideo_contract import wire
from nemovideo_contract.profiles import DEFAULT, KEYS, PROFILES, choices
from nemovideo_harness.cli import main
from nemovideo_harness.cli.console.exit_codes import Exit
from tests.guards import HANG_S

TOP = Path(__file__).parents[1]
SCRIPTS = Path(sys.executable).parent
README = (TOP / "README.md").read_text(encoding="utf-8")
#: Every block that somebody may copy, and no other; each has a test below.
BLOCKS = {"demo": "sh", "client": "python", "serve": "sh", "curl": "sh", "faults": "sh", "make": "sh"}

SHELL_SCRIPTS = (
    ".ci/run",
    *(
        f"scripts/{name}"
        for name in (
            "check",
            "coverage",
            "demo",
            "freeze",
            "fuzz",
            "install",
            "lint",
            "docs",
            "test",
            "test-adk",
            "test-dates",
            "test-pythons",
            "verify-matrix",
        )
    ),
)

FENCE = re.compile(
    r"(?:<!-- block: (?P<name>\S+) -->\n)?^```(?P<language>python|sh)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
TABLE_OPTION = re.compile(r"^\| (?:`-\w`, )?`(--[a-z-]+)` \|", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: the name in the comment above it, its language and its text."""

    name: str | None
    language: str
    text: str


def blocks(paper: str) -> list[Block]:
    """The fenced blocks of a Markdown text that are marked python or sh."""
    return [Block(found["name"], found["language"], found["text"]) for found in FENCE.finditer(paper)]


def block(name: str) -> str:
    """The text of the README's block of that name."""
    return next(each.text for each in blocks(README) if each.name == name)


def environment(home: Path) -> dict[str, str]:
    """What a reader's shell has after `scripts/demo`, without anything of ours."""
    path = os.pathsep.join([str(SCRIPTS), os.environ.get("PATH", os.defpath)])
    return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", "PYTHONWARNINGS": "error"}


def run(command: list[str], clone: Path) -> str:
    """What a command prints in a reader's clone; it must succeed."""
    done = subprocess.run(
        command,
        cwd=clone,
        env=environment(clone),
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@contextmanager
def served(command: str, clone: Path) -> Generator[str]:
    """The address of the fake that a command runs."""
    with subprocess.Popen(
        command.split(), cwd=clone, env=environment(clone), stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            assert process.stdout is not None
            greeting = process.stdout.readline()
            found = re.search(r"http://\S+", greeting)
            assert found is not None, f"{command} greets with {greeting!r}"
            yield found[0]
        finally:
            process.terminate()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the sample photos where a clone has them, so that nothing is written into ours."""
    (tmp_path / "scripts").symlink_to(TOP / "scripts")
    return tmp_path


def test_blocks_are_found_with_name_language_and_text() -> None:
    paper = "a\n<!-- block: one -->\n```sh\nls\n```\nb\n```python\nx = 1\n```\n```text\nno\n```\n"
    assert blocks(paper) == [Block("one", "sh", "ls\n"), Block(None, "python", "x = 1\n")]


def test_every_block_of_the_readme_is_tested() -> None:
    assert [(each.name, each.language) for each in blocks(README)] == list(BLOCKS.items())


def test_the_readme_begins_with_one_sentence_and_one_command() -> None:
    assert README.index("```sh\nscripts/demo\n```") < 400


def test_the_client_block_makes_a_video(clone: Path) -> None:
    printed = run([sys.executable, "-c", block("client")], clone)
    assert printed.splitlines()[-1].startswith("reel.mp4 ")
    assert (clone / "reel.mp4").read_bytes()[4:8] == b"ftyp"


def test_the_client_block_takes_ten_statements_or_fewer() -> None:
    lines = [line for line in block("client").splitlines() if line.strip() and "import" not in line]
    assert len(lines) <= 10


def test_the_demo_block_is_a_script_that_anyone_may_run() -> None:
    script = TOP / block("demo").strip()
    assert os.access(script, os.X_OK)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the block is for people who have curl")
def test_the_curl_block_talks_to_what_the_serve_block_runs(clone: Path) -> None:
    command = block("serve").strip()
    assert command == "nemo-harness serve --port 8787"
    assert "http://127.0.0.1:8787" in block("curl")
    with served(command.replace("8787", "0 --clock virtual --quality stub"), clone) as address:
        script = block("curl").replace("http://127.0.0.1:8787", address)
        printed = run(["bash", "-euo", "pipefail", "-c", script], clone)
    assert '"filename":"cat.jpg"' in printed
    assert 'data: {"type":' in printed


@pytest.mark.skipif(shutil.which("curl") is None, reason="the block is for people who have curl")
def test_the_faults_block_orders_a_fault_and_reads_the_journal(clone: Path) -> None:
    with served("nemo-harness serve --port 0 --quality stub", clone) as address:
        script = block("faults").replace("http://127.0.0.1:8787", address)
        printed = run(["bash", "-euo", "pipefail", "-c", script], clone)
        standing = json.loads(run(["curl", "-s", f"{address}/_mock/faults"], clone))
    assert '"available":0' in printed
    assert '"kind":"request"' in printed
    assert "nmv_usr_test_no_credits" not in printed
    assert any(fault["kind"] == "status" and fault["remaining"] == 2 for fault in standing["faults"])


@pytest.mark.slow
def test_the_make_block_makes_a_video(clone: Path) -> None:
    run(["bash", "-euo", "pipefail", "-c", block("make").strip() + " --quality preview"], clone)
    assert (clone / "reel.mp4").read_bytes()[4:8] == b"ftyp"


@pytest.mark.parametrize("name", ["serve", "make"])
def test_the_readme_lists_the_options_of_each_command(name: str) -> None:
    assert isinstance(main, click.Group)
    command = main.get_command(click.Context(main), name)
    assert command is not None
    options = {each.opts[-1] for each in command.params if isinstance(each, click.Option)}
    table = README.split(f"| `{name}` option |")[1].split("\n\n")[0]
    assert set(TABLE_OPTION.findall(table)) == options


def test_the_readme_lists_the_exit_codes() -> None:
    table = README.split("| exit code |")[1].split("\n\n")[0]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)] == [int(code) for code in Exit]


def test_the_readme_lists_the_environment_variables() -> None:
    section = README.split("## Environment")[1].split("##")[0]
    known = {value for name, value in vars(wire).items() if name.startswith("ENV_")}
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", section, re.MULTILINE)) == known


def test_the_changelog_begins_with_the_version_of_the_package() -> None:
    changelog = (TOP / "CHANGELOG.md").read_text(encoding="utf-8")
    top = re.search(r"^## \[(.+?)\] - (?:unreleased|\d{4}-\d{2}-\d{2})$", changelog, re.MULTILINE)
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert top is not None
    assert top[1] == project["version"]


def test_the_papers_name_only_scripts_that_exist() -> None:
    for paper in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"):
        for name in re.findall(r"(?:scripts|\.ci)/[a-z-]+\b(?!/)", (TOP / paper).read_text(encoding="utf-8")):
            assert (TOP / name).exists(), f"{paper} names {name}"


def docs(*arguments: str | Path) -> int:
    """Return the exit code of the script that writes the documents."""
    command = [sys.executable, TOP / "scripts/docs.py", *arguments]
    return subprocess.run(command, capture_output=True, timeout=HANG_S, check=False).returncode


def test_the_paper_about_profiles_is_as_the_code_writes_it() -> None:
    assert docs("--check") == 0


def test_a_paper_about_profiles_that_disagrees_is_noticed_and_written_anew(tmp_path: Path) -> None:
    paper = tmp_path / "profiles.md"
    true = (TOP / "docs/profiles.md").read_text(encoding="utf-8")
    paper.write_text(true.replace("`adk-1`", "`adk-3`"), encoding="utf-8")
    assert docs("--check", paper) == 1
    assert docs(paper) == 0
    assert paper.read_text(encoding="utf-8") == true


def test_the_paper_about_profiles_lists_every_key_value_and_set() -> None:
    paper = (TOP / "docs/profiles.md").read_text(encoding="utf-8")
    sections = {text.partition("`\n")[0]: " ".join(text.split()) for text in paper.split("\n### `")[1:]}
    assert list(sections) == list(KEYS)
    table = paper.split("## The named profiles")[1].split("## The keys")[0]
    assert all(f"`{name}`" in table for name in PROFILES)
    for key, text in sections.items():
        assert " ".join(KEYS[key].meaning.split()) in text
        assert all(f"`{value}`" in text for value in choices(key)), key
        for name, profile in PROFILES.items():
            value = str(getattr(profile, key))
            if value != str(getattr(PROFILES[DEFAULT], key)):
                spelled = value.lower() if value in {"True", "False"} else value
                assert f"`{name}` has `{spelled}`" in text, key
                assert re.search(rf"^\| \[`{key}`\].*`{re.escape(spelled)}`", table, re.MULTILINE), key


@pytest.mark.skipif(shutil.which("curl") is None, reason="the paper is for people who have curl")
def test_the_commands_of_the_profiles_page_work_as_shown(clone: Path) -> None:
    paper = (TOP / "docs/profiles.md").read_text(encoding="utf-8")
    serve, change = re.findall(r"^```console\n\$ (.*?)^```$", paper, re.MULTILINE | re.DOTALL)
    with served(f"{serve.strip()} --port 0 --quality stub", clone) as address:
        before = json.loads(run(["curl", "-s", f"{address}/_mock/profile"], clone))
        run(["bash", "-c", change.replace("http://127.0.0.1:8787", address)], clone)
        after = json.loads(run(["curl", "-s", f"{address}/_mock/profile"], clone))
    assert before["profile"] == {"name": "vendor-1.9", "two_stage": False, "size_limit_mb": 500}
    assert after["profile"] == {"name": "vendor-1.9", "two_stage": False}
    (program,) = blocks(paper)
    assert run([sys.executable, "-c", program.text], clone).startswith("http://127.0.0.1:")


def test_links_between_the_papers_lead_somewhere() -> None:
    for paper in (*TOP.glob("*.md"), *(TOP / "docs").glob("*.md")):
        text = paper.read_text(encoding="utf-8")
        for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", text):
            there = paper.parent / target if target else paper
            assert there.exists(), f"{paper.name} links to {target}"
            headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
            anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
            assert not anchor or anchor in anchors, f"{paper.name} links to {target}#{anchor}"


def test_each_claim_about_security_names_tests_that_exist() -> None:
    security = (TOP / "SECURITY.md").read_text(encoding="utf-8")
    claims = re.findall(r"^\| (?!claim \||---)(.+?) \| (.+) \|$", security, re.MULTILINE)
    assert len(claims) >= 20
    for claim, tests in claims:
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", tests)
        assert named, claim
        assert tests == ", ".join(f"`{file}::{test}`" for file, test in named), claim
        for file, test in named:
            source = (TOP / file).read_text(encoding="utf-8")
            assert re.search(rf"^(async )?def {test}\(", source, re.MULTILINE), f"{claim} names {test}, not in {file}"


def test_each_omission_says_what_is_left_out_who_says_it_and_why() -> None:
    paper = (TOP / "docs/omissions.md").read_text(encoding="utf-8")
    rows = [line for line in paper.splitlines() if line.startswith("|") and not line.startswith("|---")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if not row.startswith("| fact |")]
    assert len(cells) > 30
    assert all(len(row) == 3 and all(row) for row in cells)


def test_the_constraints_pin_every_dependency_of_the_project_exactly() -> None:
    lines = (TOP / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.+!]*", pin)] == []
    pinned = {re.sub(r"[-_.]+", "-", pin.partition("==")[0]).lower() for pin in pins}
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    listed: list[str] = [
        *project["project"]["dependencies"],
        *(each for some in project["project"]["optional-dependencies"].values() for each in some if "==" not in each),
        *project["dependency-groups"]["dev"],
    ]
    named = {re.split(r"[<>=!~\[ ;]", each)[0].lower() for each in listed} - {"nemovideo-harness"}
    assert sorted(named - pinned) == []


@pytest.mark.parametrize("name", SHELL_SCRIPTS)
def test_scripts_are_executable_strict_and_valid(name: str) -> None:
    script = TOP / name
    assert os.access(script, os.X_OK)
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in text
    subprocess.run(["bash", "-n", str(script)], check=True, timeout=HANG_S)  # noqa: S607 -- bash is where PATH says


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A clone that was never set up, and beside it a `bin` with all that the script needs but no Python."""
    (tmp_path / "clone/scripts").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    for name in ("scripts/install", "pyproject.toml", "constraints.txt"):
        shutil.copy(TOP / name, tmp_path / "clone" / name)
    for name in ("bash", "cat", "cksum", "dirname", "env", "grep", "rm"):
        found = shutil.which(name)
        assert found is not None, name
        (tmp_path / "bin" / name).symlink_to(found)
    return tmp_path / "clone"


def install(bare: Path, chosen: str) -> subprocess.CompletedProcess[str]:
    """What `scripts/install` does, called from another folder, where there is no Python."""
    return subprocess.run(
        [bare / "scripts/install", chosen],
        cwd=bare.parent,
        env={"PATH": str(bare.parent / "bin")},
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_S,
        check=False,
    )


def test_install_without_a_fitting_python_says_so_in_one_sentence(bare: Path) -> None:
    done = install(bare, "dev")
    assert done.returncode == 1
    sentence = (
        "Python 3.11 or newer with its venv module is needed, and none of python3.13, python3.12, python3.11, python3"
    )
    assert done.stderr.splitlines()[1:] == [f"scripts/install: {sentence} is that."]
    assert not (bare / ".venv").exists()


def test_install_of_an_unknown_set_names_the_known_ones(bare: Path) -> None:
    done = install(bare, "all")
    assert (done.returncode, done.stderr) == (1, "scripts/install: unknown set 'all': say runtime or dev.\n")


@pytest.mark.parametrize(
    ("installed", "wanted", "is_done"),
    [("dev", "dev", True), ("dev", "runtime", True), ("runtime", "runtime", True), ("runtime", "dev", False)],
)
def test_install_does_nothing_where_its_stamp_says_that_all_is_there(
    bare: Path, installed: str, wanted: str, *, is_done: bool
) -> None:
    (bare / ".venv/bin").mkdir(parents=True)
    (bare / ".venv/bin/python").symlink_to(sys.executable)
    papers = b"".join((bare / name).read_bytes() for name in ("pyproject.toml", "constraints.txt"))
    cksum = subprocess.run(["cksum"], input=papers, capture_output=True, check=True).stdout.decode().strip()  # noqa: S607 -- cksum is where PATH says
    (bare / ".venv/.installed").write_text(f"{installed} {cksum} {bare}\n", encoding="utf-8")
    assert (install(bare, wanted).returncode == 0) is is_done
    # A new dependency makes the stamp worthless.
    with (bare / "constraints.txt").open("a", encoding="utf-8") as constraints:
        constraints.write("another==1.0\n")
    assert install(bare, wanted).returncode == 1


def test_install_leaves_another_one_at_work_alone(bare: Path) -> None:
    (bare / ".venv").mkdir()
    (bare / ".venv/.installing").write_text(f"{os.getpid()}\n", encoding="utf-8")
    done = install(bare, "dev")
    assert done.returncode == 1
    assert f"process {os.getpid()} is setting up .venv" in done.stderr
    assert list((bare / ".venv").iterdir()) == [bare / ".venv/.installing"]


def interpreter(file: Path, minor: int | None, tests: int = 0) -> None:
    """An executable that says which Python 3 it is, or fails as a version manager's stub, and how its tests end."""
    file.parent.mkdir(parents=True, exist_ok=True)
    answer = "exit 127" if minor is None else f"[[ $* != *ensurepip* ]] || echo {minor}"
    file.write_text(f"#!/usr/bin/env bash\n{answer}\n", encoding="utf-8")
    file.chmod(0o755)
    file.with_name(f"{file.name}.pytest").write_text(
        f'#!/usr/bin/env bash\necho "{file.name} runs $*"\nexit {tests}\n', encoding="utf-8"
    )


def run_pythons(bare: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What `scripts/test-pythons` does where an environment is a copy of what the interpreter says of itself."""
    shutil.copy(TOP / "scripts/test-pythons", bare / "scripts/test-pythons")
    (bare / "scripts/install").write_text(
        '#!/usr/bin/env bash\n[[ $3 != *broken* ]] && mkdir -p "$2/bin" && cp "$3.pytest" "$2/bin/pytest" &&'
        ' chmod +x "$2/bin/pytest"\n',
        encoding="utf-8",
    )
    for name in ("chmod", "cp", "mkdir"):
        found = shutil.which(name)
        assert found is not None, name
        (bare.parent / "bin" / name).symlink_to(found)
    return subprocess.run(
        [bare / "scripts/test-pythons", *arguments],
        cwd=bare.parent,
        env={"PATH": str(bare.parent / "bin"), "HOME": str(bare.parent)},
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_S,
        check=False,
    )


def test_every_python_of_the_machine_runs_the_tests_and_the_others_are_named(bare: Path) -> None:
    interpreter(bare.parent / "bin/python3.11", None)
    interpreter(bare.parent / "bin/python3.12", 12)
    interpreter(bare.parent / ".pyenv/versions/3.10.13/bin/python3.10", 10)
    interpreter(bare.parent / ".pyenv/versions/3.12.1/bin/python3.12", 12, tests=1)  # the one on the PATH goes first
    interpreter(bare.parent / ".pyenv/versions/3.15.0/bin/python3.15", 15)
    done = run_pythons(bare, "tests/client", "-k", "a token")
    assert done.stdout.splitlines() == [
        "python3.12 runs -n 2 tests/client -k a token",
        "python3.15 runs -n 2 tests/client -k a token",
        "3.11: not on this machine",
        "3.12: passed",
        "3.13: not on this machine",
        "3.14: not on this machine",
        "3.15: passed",
    ]
    assert done.returncode == 0


def test_one_python_whose_tests_fail_fails_the_run_and_the_next_is_tested_all_the_same(bare: Path) -> None:
    interpreter(bare.parent / "bin/python3.12", 12, tests=1)
    interpreter(bare.parent / ".pyenv/versions/broken/bin/python3.13", 13)
    interpreter(bare.parent / "bin/python3.14", 14)
    done = run_pythons(bare)
    assert done.returncode == 1
    broken = bare.parent / ".pyenv/versions/broken/bin/python3.13"
    assert done.stdout.splitlines()[-4:] == [
        "3.11: not on this machine",
        "3.12: failed",
        f"3.13: could not be set up ({broken})",
        "3.14: passed",
    ]


def test_a_machine_without_any_fitting_python_has_passed_nothing(bare: Path) -> None:
    done = run_pythons(bare)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [f"3.{minor}: not on this machine" for minor in range(11, 15)]

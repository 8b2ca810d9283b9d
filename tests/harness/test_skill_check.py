"""`nemo-harness skill check`: which files it reads, what it prints, and how it ends."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nemovideo_harness.cli import main
from nemovideo_harness.cli.skill_check import SIZE_LIMIT
from nemovideo_skills.lint import RULES

GOOD = Path(__file__).parents[1] / "skills/lint/good/SKILL.md"
OLD = "https://mega-api-dev.nemovideo.ai"


def run(*arguments: str | Path) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["skill", "check", *map(str, arguments)])


@pytest.fixture
def skills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good skill, one with an old address, one in a hidden folder, and other things."""
    text = GOOD.read_text(encoding="utf-8")
    old = text.replace("https://mega-api-prod.nemovideo.ai", OLD)
    for name, content in {
        "good/SKILL.md": text,
        "old/SKILL.md": old.replace("name: good", "name: old"),
        ".cursor/skills/hidden/SKILL.md": old.replace("name: good", "name: hidden"),
        "good/references/notes.md": "# Notes about something else\n",
        "good/script.sh": "curl $API/nowhere\n",
        "node_modules/x/SKILL.md": "---\nbroken\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(result: Result) -> set[str]:
    """Return the files that have findings."""
    return {each["file"] for each in json.loads(result.stdout)["findings"]}


def test_a_document_that_is_too_large_or_not_a_file_is_named_and_the_others_are_checked(skills: Path) -> None:
    with Path("good/references/huge.md").open("wb") as file:
        file.truncate(102_000_000)
    os.mkfifo("good/references/pipe.md")
    result = run("good")
    assert (result.exit_code, result.stdout) == (2, "Nothing found in 2 documents.\n")
    assert result.stderr == (
        "Error: good/references/huge.md can't be read: it is larger than 1 MB; split it, or leave it out."
        " good/references/pipe.md can't be read: it is a pipe or a device, not a file.\n"
    )
    assert (
        "- can't be read: it is larger than 1 MB"
        in CliRunner().invoke(main, ["skill", "check", "-"], input=b"a" * (SIZE_LIMIT + 1)).stderr
    )


def test_a_good_document_ends_with_0(skills: Path) -> None:
    result = run(skills / "good")
    assert (result.exit_code, result.stdout) == (0, "Nothing found in 2 documents.\n")


def test_a_warning_ends_with_1_and_says_what_and_where(skills: Path) -> None:
    result = run("old/SKILL.md")
    assert result.exit_code == 1
    assert result.stdout.startswith("old/SKILL.md:17:21: warning: It names mega-api-dev.nemovideo.ai")
    assert "[base-url-outdated]" in result.stdout
    assert result.stdout.endswith("1 warning in 1 document.\n")


def test_folders_patterns_and_files_name_each_document_once(skills: Path) -> None:
    result = run(".", "old", skills / "old/SKILL.md", "*/SKILL.md", "--format", "json")
    assert files(result) == {"old/SKILL.md", ".cursor/skills/hidden/SKILL.md"}
    subjects = json.loads(result.stdout)["subjects"]
    assert subjects == sorted({*subjects})
    assert not any("node_modules" in each for each in subjects)


def test_only_notes_end_with_0_and_can_be_hidden(skills: Path) -> None:
    path = skills / "good/SKILL.md"
    path.write_text(path.read_text(encoding="utf-8").replace("license: MIT\n", ""), encoding="utf-8")
    assert (run(path).exit_code, "license-missing" in run(path).stdout) == (0, True)
    assert run(path, "--severity", "warning").stdout == "Nothing found in 1 document.\n"


def test_severity_error_hides_warnings_and_ends_with_0(skills: Path) -> None:
    assert run("old", "--severity", "error").exit_code == 0


def test_an_ignored_rule_is_not_checked(skills: Path) -> None:
    assert run("old", "--ignore", "base-url-outdated").exit_code == 0


def test_an_unknown_rule_is_refused_with_a_suggestion(skills: Path) -> None:
    result = run("old", "--ignore", "base-url-outdate")
    assert (result.exit_code, result.stderr) == (
        2,
        "Error: There is no rule 'base-url-outdate': did you mean base-url-outdated?\n",
    )


@pytest.mark.parametrize("form", ["json", "sarif", "github", "junit"])
def test_each_format_names_the_rule_and_has_the_same_exit_code(skills: Path, form: str) -> None:
    result = run("old", "--format", form)
    assert result.exit_code == 1
    assert "base-url-outdated" in result.stdout
    assert "old/SKILL.md" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Name a document, a folder or a pattern, or use --rules."),
        (["missing.md"], "missing.md does not exist."),
        (["x/*.md"], "No file matches the pattern x/*.md."),
    ],
)
def test_unreadable_input_ends_with_2(skills: Path, arguments: list[str], sentence: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stderr) == (2, f"Error: {sentence}\n")


def test_a_folder_without_documents_ends_with_2(skills: Path) -> None:
    (skills / "empty").mkdir()
    assert run("empty").stderr == "Error: There is no .md file in empty.\n"


def test_rules_are_listed_with_their_levels() -> None:
    lines = run("--rules").stdout.splitlines()
    listed = [line.split()[:2] for line in lines if line.startswith("  ")]
    assert listed == [[rule.id, str(rule.level)] for rule in RULES.values()]


def test_a_file_of_another_encoding_is_read_with_a_warning(skills: Path) -> None:
    path = skills / "good/SKILL.md"
    path.write_bytes(
        path.read_text(encoding="utf-8").replace("license: MIT", "license: caf\u00e9").encode("latin-1", "replace")
    )
    assert "[encoding]" in run(path).stdout


def test_an_unreadable_file_does_not_stop_the_check_of_others(skills: Path) -> None:
    (skills / "old/dangling.md").symlink_to("nowhere.md")
    result = run("old")
    assert result.exit_code == 2
    assert "[base-url-outdated]" in result.stdout
    assert result.stderr == "Error: old/dangling.md can't be read: No such file or directory.\n"


def test_a_document_can_come_from_standard_input(skills: Path) -> None:
    text = (skills / "old/SKILL.md").read_text(encoding="utf-8")
    result = CliRunner().invoke(main, ["skill", "check", "-"], input=text)
    assert result.exit_code == 1
    assert result.stdout.startswith("stdin:17:21: warning: It names mega-api-dev.nemovideo.ai")

from __future__ import annotations

from pathlib import Path

import pytest

from nemovideo_client import Attribution, InvalidAttribution
from nemovideo_client.attribution import front_matter, platform_of

SKILL = """---
name: nemo-video
version: "1.9"
description: >
  AI video creation.
  name: not this one
metadata: {"openclaw": {"emoji": "🎬"}}
---

# NemoVideo
"""


def written(path: Path, text: str = SKILL) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_skills_front_matter_names_the_caller(tmp_path: Path) -> None:
    attribution = Attribution.from_skill(written(tmp_path / "SKILL.md"), {})

    assert attribution.headers() == {
        "X-Skill-Source": "nemo-video",
        "X-Skill-Version": "1.9",
        "X-Skill-Platform": "unknown",
    }


@pytest.mark.parametrize(
    ("folder", "environ", "platform"),
    [
        (".clawhub/skills/nemo", {}, "clawhub"),
        (".cursor/skills/nemo", {}, "cursor"),
        (".cursor/other/skills", {}, "unknown"),
        ("elsewhere", {}, "unknown"),
        (".clawhub/nemo", {"SKILL_SOURCE": "github"}, "github"),
        (".clawhub/nemo", {"SKILL_SOURCE": " "}, "clawhub"),
    ],
)
def test_the_platform_is_skill_source_then_what_the_path_tells(
    tmp_path: Path, folder: str, environ: dict[str, str], platform: str
) -> None:
    assert Attribution.from_skill(written(tmp_path / folder / "SKILL.md"), environ).platform == platform


def test_a_relative_path_is_looked_at_from_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / ".clawhub" / "nemo" / "SKILL.md")
    monkeypatch.chdir(tmp_path / ".clawhub" / "nemo")

    assert platform_of(Path("SKILL.md"), {}) == "clawhub"


def test_the_default_names_this_package() -> None:
    attribution = Attribution.default({"SKILL_SOURCE": "cursor"})

    assert (attribution.source, attribution.platform) == ("nemovideo-harness", "cursor")
    assert attribution.version[0].isdigit()
    assert Attribution.default({}).platform == "unknown"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("version: 1.10", "1.10"),
        ("version: '1.9' # the newest", "1.9"),
        ('version: "1.9"', "1.9"),
        ("version:   2.0   # comment", "2.0"),
        ("version: a#b", "a#b"),
        ("version: >", None),
        ("version: [1]", None),
        ('version: "1.9', None),
        ("  version: 3", None),
        ("version:1", None),
    ],
)
def test_one_line_values_are_read_as_text(line: str, value: str | None) -> None:
    assert (front_matter(f"---\n{line}\n---\n") or {}).get("version") == value


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "SKILL.md"
    path.write_bytes(b"\xef\xbb\xbf" + SKILL.replace("\n", "\r\n").encode())

    assert Attribution.from_skill(path, {}).source == "nemo-video"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# no front matter", "no front matter"),
        ("---\nname: x\nversion: 1\n", "no front matter"),
        ("---\nversion: 1\n---\n", "no 'name'"),
        ("---\nname: x\nversion: |\n  1\n---\n", "no 'version'"),
        ("---\nname: 微信\nversion: 1\n---\n", "plain ASCII"),
    ],
)
def test_a_document_without_usable_fields_is_refused_in_words(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InvalidAttribution, match=says):
        Attribution.from_skill(written(tmp_path / "SKILL.md", text), {})


def test_a_document_that_cannot_be_read_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(InvalidAttribution, match="can't be read"):
        Attribution.from_skill(tmp_path / "SKILL.md", {})
    (tmp_path / "SKILL.md").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidAttribution, match="not UTF-8"):
        Attribution.from_skill(tmp_path / "SKILL.md", {})


@pytest.mark.parametrize("value", ["", " ", "a\nb", "a\r", "é", " a", "a ", "\x00"])
def test_what_cannot_stand_in_a_header_is_refused(value: str) -> None:
    with pytest.raises(InvalidAttribution, match="version"):
        Attribution("skill", value, "unknown")

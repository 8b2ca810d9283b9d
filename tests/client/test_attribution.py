from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

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


def test_a_relative_path_is_resolved_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_windows_line_ends_and_a_byte_order_mark_are_accepted(tmp_path: Path) -> None:
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
def test_a_document_without_usable_fields_is_refused_with_a_sentence(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InvalidAttribution, match=says):
        Attribution.from_skill(written(tmp_path / "SKILL.md", text), {})


def test_a_document_that_cannot_be_read_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidAttribution, match="can't be read"):
        Attribution.from_skill(tmp_path / "SKILL.md", {})
    (tmp_path / "SKILL.md").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidAttribution, match="not UTF-8"):
        Attribution.from_skill(tmp_path / "SKILL.md", {})


@pytest.mark.parametrize("value", ["", " ", "a\nb", "a\r", "é", " a", "a ", "\x00"])
def test_a_value_that_cannot_be_sent_in_a_header_is_refused(value: str) -> None:
    with pytest.raises(InvalidAttribution, match="version"):
        Attribution("skill", value, "unknown")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("name: null", None),
        ("name: ~", None),
        ("name: NULL # none yet", None),
        ("name: nullable", "nullable"),
        ("name: !!str 1.10", "1.10"),
        ("name: !!str null", "null"),
        ("name: !!int 1", None),
        ("name: 'it''s'", "it's"),
        ("name: 'null'", "null"),
        ('name: "a \\"b\\""', 'a "b"'),
        ('name: "\\u0061\\x62\\tc"', "ab\tc"),
        ('name: "a\\qb"', None),
        ('"name": x', "x"),
        ("'name' : x", "x"),
        ("name: a long\n  name # of two lines", "a long name"),
        ("name:\n  on-the-next", "on-the-next"),
        ('name: "a\n  b"', "a b"),
        ("name:\n  first: 1", None),
        ("name:\n  - 1", None),
        ("name: a\u2028b", "a\u2028b"),
        ("name: a: b", None),
    ],
)
def test_a_value_is_what_yaml_says_it_is(line: str, value: str | None) -> None:
    assert (front_matter(f"---\n{line}\n---\n") or {}).get("name") == value


@given(st.text(alphabet="ab1 '\"\\#:!~-.,[{>|*&%@`?\n", max_size=12), st.sampled_from(["name", "'name'", '"name"']))
def test_every_value_is_read_as_yaml_reads_it(value: str, key: str) -> None:
    found = (front_matter(f"---\n{key}: {value}\nlast: x\n---\n") or {}).get("name")

    try:
        # The base loader leaves every value text.
        read = yaml.load(f"{key}: {value}\nlast: x\n", yaml.BaseLoader)  # noqa: S506 -- it makes no objects
    except yaml.YAMLError:
        return  # no YAML at all, which other readers forgive as well
    assert found in (None, read["name"])


def test_a_folder_that_the_path_leaves_again_does_not_set_the_platform(tmp_path: Path) -> None:
    path = written(tmp_path / "SKILL.md")
    (tmp_path / ".clawhub").mkdir()

    assert platform_of(tmp_path / ".clawhub" / ".." / path.name, {}) == "unknown"


def test_an_invalid_file_name_is_refused_with_a_sentence() -> None:
    with pytest.raises(InvalidAttribution, match="can't be read"):
        Attribution.from_skill(Path("\0"), {})
    with pytest.raises(InvalidAttribution, match="can't be read"):
        Attribution.from_skill(Path("\udcff\ud800"), {})

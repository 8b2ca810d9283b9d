"""A copy of a skill calls the world, in every spelling of the service's address."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nemovideo_harness.skill_test import skill_copy
from nemovideo_harness.skill_test.skill_copy import SkillError, copy, find_files, point_to

URL = "http://127.0.0.1:4711/w/happy-path"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://mega-api-prod.nemovideo.ai/run_sse", f"{URL}/run_sse"),
        ("`https://mega-api-prod.nemovideo.ai`", f"`{URL}`"),
        ('"${NEMO_API_URL:-https://mega-api-prod.nemovideo.ai}/x"', f'"${{NEMO_API_URL:-{URL}}}/x"'),
        ("Base URL: mega-api-prod.nemovideo.ai.", f"Base URL: {URL}."),
        (r"https:\/\/mega-api-prod.nemovideo.ai\/api", rf"{URL}\/api"),
        (r"https://mega\-api\-prod\.nemovideo\.ai/api", f"{URL}/api"),
        ("HTTPS://MEGA-API-PROD.NEMOVIDEO.AI:443/api", f"{URL}/api"),
        ("http://mega-api-dev.nemovideo.ai/", f"{URL}/"),
        ("call https://mega-api-prod.nemovideo.aiwith a bearer", f"call {URL} with a bearer"),
        ("https://mega-x-api-dev.nemovideo.ai and https://api.nemovideo.ai", f"{URL} and {URL}"),
        ("https://nemovideo.com/workspace/claim", "https://nemovideo.com/workspace/claim"),
        ("https://notmega-api-prod.nemovideo.ai.example.com", "https://notmega-api-prod.nemovideo.ai.example.com"),
    ],
)
def test_the_address_is_found_in_every_spelling(text: str, expected: str) -> None:
    assert point_to(text, URL) == expected


def test_files_next_to_the_document_are_copied_and_call_the_world_too(tmp_path: Path) -> None:
    skill = tmp_path / "reel"
    (skill / "references").mkdir(parents=True)
    (skill / "node_modules").mkdir()
    (skill / "SKILL.md").write_text("https://mega-api-prod.nemovideo.ai\r\n", encoding="utf-8", newline="")
    (skill / "references/api.md").write_text("POST mega-api-prod.nemovideo.ai/run_sse", encoding="utf-8")
    (skill / "references/logo.png").write_bytes(b"\x89PNG mega-api-prod.nemovideo.ai \xff")
    (skill / "node_modules/huge.js").write_text("", encoding="utf-8")
    found = copy(skill / "SKILL.md", tmp_path / "home/skills/reel", URL)
    assert found == tmp_path / "home/skills/reel/SKILL.md"
    assert found.read_bytes() == f"{URL}\r\n".encode()
    assert (found.parent / "references/api.md").read_text(encoding="utf-8") == f"POST {URL}/run_sse"
    assert (found.parent / "references/logo.png").read_bytes() == b"\x89PNG mega-api-prod.nemovideo.ai \xff"
    assert not (found.parent / "node_modules").exists()
    assert (skill / "SKILL.md").read_bytes().startswith(b"https://mega")


@pytest.fixture
def skill(tmp_path: Path) -> Path:
    """Return the document of a skill; a key lies next to the skill's folder."""
    (tmp_path / "reel/references").mkdir(parents=True)
    (tmp_path / "key").write_text("the tester's key", encoding="utf-8")
    document = tmp_path / "reel/SKILL.md"
    document.write_text("a skill", encoding="utf-8")
    return document


def test_a_link_to_a_file_of_the_skill_becomes_a_file_of_the_copy(skill: Path, tmp_path: Path) -> None:
    (skill.parent / "references/again.md").symlink_to("../SKILL.md")
    copied = copy(skill, tmp_path / "copy", URL).parent / "references/again.md"
    assert (copied.is_symlink(), copied.read_text(encoding="utf-8")) == (False, "a skill")


@pytest.mark.parametrize(
    ("place", "target"),
    [
        ("references/key", "../../key"),
        ("references/keys", "../.."),
        ("references/loop", "."),
        ("references/gone", "nowhere"),
        ("scripts", ".."),
        ("scripts", "/proc/self"),
        ("assets", "../key"),
        ("KEY.md", "../key"),
    ],
)
def test_a_link_out_of_the_skill_is_refused(skill: Path, tmp_path: Path, place: str, target: str) -> None:
    link = skill.parent / place
    link.symlink_to(target)
    document = link if place == "KEY.md" else skill
    with pytest.raises(SkillError) as refused:
        copy(document, tmp_path / "copy", URL)
    assert str(refused.value) == (
        f"{link} is a link to something that is not a file of the skill: put a copy of it into the skill's folder."
    )
    assert not (tmp_path / "copy").exists()


def test_a_pipe_is_refused(skill: Path) -> None:
    os.mkfifo(skill.parent / "references/pipe")
    with pytest.raises(SkillError, match="references/pipe is not a file: a skill has only files and folders"):
        find_files(skill)


def test_a_skill_that_is_too_large_is_refused(skill: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (skill.parent / "references/huge").open("wb") as file:
        file.truncate(skill_copy.BYTES_LIMIT)
    with pytest.raises(SkillError, match="too large: references, scripts, assets may have 10000 files and 100 MB"):
        find_files(skill)
    (skill.parent / "references/huge").unlink()
    monkeypatch.setattr(skill_copy, "FILES_LIMIT", 1)
    (skill.parent / "references/one.md").touch()
    with pytest.raises(SkillError, match="too large"):
        find_files(skill)

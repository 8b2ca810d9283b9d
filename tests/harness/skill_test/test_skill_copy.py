"""A copy of a skill calls the world, in every spelling of the service's address."""

from __future__ import annotations

from pathlib import Path

import pytest

from nemovideo_harness.skill_test.skill_copy import copy, point_to

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

from __future__ import annotations

import pytest

from nemovideo_skills.judge.expectations import PRACTICES
from nemovideo_skills.judge.judging import Verdict
from tests.skills.judge.scripted import SKILL, Scripted, sentence_of, verdict_of


def shown(**headers: str) -> Scripted:
    script = Scripted()
    script.attribution = {**SKILL, **{f"x-skill-{name}": value for name, value in headers.items()}}
    script.set_up()
    script.read_credits()
    return script


def test_calls_without_headers_are_reported_together() -> None:
    script = shown()
    del script.attribution["x-skill-platform"]
    script.read_state()
    script.submit(code=402)
    sentence = "2 calls (state, submit) had no X-Skill-Platform, and the export was refused with 402."
    assert sentence_of(script, "attribution-on-every-call") == sentence


def test_an_empty_header_is_as_good_as_none() -> None:
    script = shown()
    script.attribution = {"x-skill-source": " ", "x-skill-version": ""}
    script.read_credits()
    sentence = "1 call (credits) had no X-Skill-Source, X-Skill-Version and X-Skill-Platform."
    assert sentence_of(script, "attribution-on-every-call") == sentence


def test_the_token_s_call_and_the_file_s_need_no_headers() -> None:
    script = shown()
    script.read_state()
    script.submit()
    script.poll(status="completed")
    script.fetch()
    assert verdict_of(script, "attribution-on-every-call") is Verdict.KEPT


def test_documents_without_attribution_ask_for_none() -> None:
    script = Scripted()
    script.attribution = {}
    script.set_up()
    expectations = PRACTICES["reference-4.4"]
    assert verdict_of(script, "attribution-on-every-call", expectations=expectations) is Verdict.NOT_EXERCISED


@pytest.mark.parametrize("source", ["<skill-name>", "$SKILL_NAME", "{name}", "your-skill", "unknown", "SKILL_NAME"])
def test_a_source_that_names_no_skill_is_reported(source: str) -> None:
    sentence = f"X-Skill-Source was '{source}', which is not the name of a skill."
    assert sentence_of(shown(source=source), "attribution-values") == sentence


@pytest.mark.parametrize("version", ["latest", "<version>", "$SKILL_VERSION", "1.x"])
def test_an_invalid_version_is_reported(version: str) -> None:
    sentence = f"X-Skill-Version was '{version}', which is not a version."
    assert sentence_of(shown(version=version), "attribution-values") == sentence


@pytest.mark.parametrize("version", ["1.9", "1.2.3", "v2", "1.0.0-beta.1", "0.4.0+build7"])
def test_versions_as_skills_write_them_are_versions(version: str) -> None:
    assert verdict_of(shown(version=version), "attribution-values") is Verdict.KEPT


def test_an_undocumented_platform_is_reported() -> None:
    sentence = "X-Skill-Platform was '~/.clawhub'; the documented values are clawhub, cursor, unknown."
    assert sentence_of(shown(platform="~/.clawhub"), "attribution-platform") == sentence


@pytest.mark.parametrize("platform", ["clawhub", "cursor", "unknown", "github", "claude_code"])
def test_platforms_of_any_document_are_platforms(platform: str) -> None:
    assert verdict_of(shown(platform=platform), "attribution-platform") is Verdict.KEPT


def test_headers_that_change_within_a_session_are_reported() -> None:
    script = shown()
    script.read_state()
    script.attribution = {**script.attribution, "x-skill-version": "1.3.0"}
    script.read_state()
    was, then = "photo-stories 1.2.0 clawhub", "photo-stories 1.3.0 clawhub"
    sentence = f"The session 55297987… began as '{was}' and continued as '{then}'."
    assert sentence_of(script, "attribution-steady") == sentence


def test_another_session_may_be_another_skill_s() -> None:
    script = shown()
    script.read_state()
    script.attribution = {**script.attribution, "x-skill-source": "reels"}
    script.get_session("6000000000000000001")
    script.read_state(session="6000000000000000001")
    assert verdict_of(script, "attribution-steady") is Verdict.KEPT

"""Each rule finds its violation, gives complete findings, and is silent about a correct document."""

from __future__ import annotations

import re

import pytest

from nemovideo_contract.reports import Finding, Level
from nemovideo_skills.lint import AREAS, RULES, Document, Rule, check

from .examples import EXAMPLES, Example


def findings(rule: str, text: str, example: Example, *, folder: str | None = None) -> list[Finding]:
    """Return the findings of one rule in a document."""
    document = Document(text, example.name, folder=folder, is_utf8="\ufffd" not in text)
    return [each for each in check(document) if each.rule == rule]


def test_every_rule_has_an_example() -> None:
    assert list(EXAMPLES) == list(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_silent_about_what_keeps_it(rule: str) -> None:
    example = EXAMPLES[rule]
    # A folder's name is the only fact outside of a document.
    assert findings(rule, example.good, example, folder="reel") == []


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_finds_what_breaks_it(rule: str) -> None:
    example = EXAMPLES[rule]
    found = findings(rule, example.bad, example)
    assert [each.place.line for each in found] == [example.line]
    (finding,) = found
    assert finding.level.reaches(RULES[rule].level) or finding.level is Level.NOTE
    assert re.fullmatch(r"[^\n]+\.", finding.message)
    assert finding.source
    assert finding.advice


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_rule_says_in_one_sentence_what_holds_and_who_says_so(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", rule.id)
    assert re.fullmatch(r"[A-Z][^\n]+\.", rule.sentence)
    assert rule.source


def test_the_areas_have_each_rule_once() -> None:
    assert [rule.id for rules in AREAS.values() for rule in rules] == list(RULES)


@pytest.mark.parametrize(
    ("says", "profile"),
    [
        ("Poll the render every 10s.", "reference-4.4"),
        ("Poll it, max 30 polls.", "reference-4.4"),
        ("The token does not expire.", "token_expiry=never"),
        ("Max file size is 500MB.", "size_limit_mb=500"),
        ("SSE timeout: 10 minutes.", "stream_limit=600"),
        ("5 anonymous tokens per IP per hour", "token_limit=hour"),
        ("status is inside data, with outputUrl", "render=wrapped"),
        ("Closing the tab orphans the render job.", "orphan=token"),
        ("Missing headers will cause auth failures.", "attribution=everywhere"),
    ],
)
def test_a_statement_that_only_another_profile_makes_gets_a_note_that_names_the_profile(
    says: str, profile: str
) -> None:
    (finding,) = check(Document(f"NemoVideo, through NEMO_API_URL.\n{says}", "notes.md"))
    assert (finding.level, profile in finding.message) == (Level.NOTE, True)


def test_a_document_about_something_else_has_no_findings() -> None:
    assert check(Document("POST /api/v1/users with X-Request-Id. Poll the render every 5s.", "README.md")) == ()


def test_the_same_sentence_is_said_once_with_all_its_places() -> None:
    text = "NemoVideo, NEMO_API_URL\nhttps://mega-api-dev.nemovideo.ai\n\nhttps://mega-api-dev.nemovideo.ai\n"
    (finding,) = check(Document(text, "a.md"))
    assert [each.line for each in (finding.place, *finding.also)] == [2, 4]
    assert finding.evidence == ("https://mega-api-dev.nemovideo.ai",)


def test_an_ignored_rule_is_not_asked() -> None:
    assert check(Document("NemoVideo, NEMO_API_URL\n500 free credits", "a.md"), ignored={"free-credits"}) == ()

from __future__ import annotations

from typing import Any

import pytest

from nemovideo_skills.judge.judging import Verdict
from tests.skills.judge.scripted import DRAFT, EMPTY, Scripted, broken_by, sentence_of, verdict_of

LONGER: dict[str, Any] = {"t": [{"tt": 0, "sg": [{"id": "sg_1", "s": 0, "d": 8000}]}], "d": 8000}


def talked() -> Scripted:
    script = Scripted()
    script.set_up()
    script.say()
    return script


def a_good_export() -> Scripted:
    script = talked()
    script.read_state()
    script.submit()
    script.poll()
    script.poll(status="completed")
    script.fetch()
    return script


def test_a_good_export_breaks_no_rule() -> None:
    assert broken_by(a_good_export()) == []


def test_a_render_id_that_is_used_twice_is_reported() -> None:
    script = a_good_export()
    script.read_state()
    script.submit(after=60)
    assert sentence_of(script, "fresh-render-id") == "The render id render_1 was used a second time."


def test_a_new_render_id_for_each_submission_keeps_the_rule() -> None:
    script = a_good_export()
    script.read_state()
    script.submit("render_2", after=60)
    assert verdict_of(script, "fresh-render-id") is Verdict.KEPT


def test_a_submission_that_was_refused_may_be_repeated_as_it_is() -> None:
    script = talked()
    script.read_state()
    script.submit(code=429)
    script.submit(after=30)
    assert verdict_of(script, "fresh-render-id") is Verdict.KEPT


def test_an_export_without_a_state_read_is_reported() -> None:
    script = talked()
    script.submit()
    sentence = "An export was submitted before the caller read the session's state."
    assert sentence_of(script, "state-before-export") == sentence


def test_an_export_after_a_state_that_is_older_than_the_last_edit_is_reported() -> None:
    script = talked()
    script.read_state()
    script.say("Make it slower")
    script.submit()
    sentence = "An export was submitted, but the state was not read after the last message."
    assert sentence_of(script, "state-before-export") == sentence


def test_an_export_of_nothing_is_reported() -> None:
    script = talked()
    script.read_state(EMPTY)
    script.submit(draft=EMPTY, code=400)
    sentence = "An export was submitted, but the last state that was read had no track with segments."
    assert sentence_of(script, "state-before-export") == sentence


def test_a_state_that_may_have_been_read_in_a_missing_part_leaves_the_rule_unknown() -> None:
    script = talked()
    start = len(script.entries)
    script.read_state()
    read = len(script.entries) - start
    script.submit()
    del script.entries[start : start + read]
    assert verdict_of(script, "state-before-export") is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("read", "sentence"),
    [
        ([LONGER], "The submitted draft is not the last one that was read."),
        ([DRAFT, LONGER], "The submitted draft is older than the last one that was read."),
    ],
)
def test_another_draft_than_the_one_last_read_is_reported(read: list[dict[str, Any]], sentence: str) -> None:
    script = talked()
    for draft in read:
        script.read_state(draft)
    script.submit(draft=DRAFT)
    assert sentence_of(script, "export-that-draft") == sentence


def test_the_same_draft_in_another_spelling_is_the_same() -> None:
    script = talked()
    script.read_state({"t": [{"tt": 0, "sg": [{"id": "sg_1", "speed": 1.0, "volume": 0.35}]}], "d": 5000})
    script.submit(draft={"d": 5000, "t": [{"sg": [{"volume": 0.35, "speed": 1, "id": "sg_1"}], "tt": 0}]})
    assert verdict_of(script, "export-that-draft") is Verdict.KEPT

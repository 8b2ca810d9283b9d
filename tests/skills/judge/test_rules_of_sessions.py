from __future__ import annotations

from nemovideo_skills.judge.judging import Verdict
from tests.skills.judge.scripted import SESSION, Scripted, sentence_of, verdict_of

SECOND = "6000000000000000001"
PHOTO = ("one.jpg", "image/jpeg", 200_000)


def begun() -> Scripted:
    script = Scripted()
    script.set_up()
    return script


def worked(*, fails: bool = False) -> Scripted:
    script = begun()
    script.upload(PHOTO)
    script.say(code=2001 if fails else 0)
    return script


def test_work_in_a_session_of_one_s_own_keeps_the_rules() -> None:
    for rule in ("session-before-work", "one-session-per-project"):
        assert verdict_of(worked(), rule) is Verdict.KEPT


def test_a_session_that_the_caller_did_not_create_is_reported() -> None:
    script = Scripted()
    script.get_token()
    script.say(session="<session_id>", code=1002)
    sentence = "The message call named the session <session_id>, which this caller had not created."
    assert sentence_of(script, "session-before-work") == sentence


def test_a_session_from_before_the_journal_leaves_the_rule_unknown() -> None:
    script = Scripted()
    script.read_state()
    assert verdict_of(script, "session-before-work") is Verdict.UNKNOWN


def test_a_session_that_may_have_been_made_in_a_missing_part_leaves_the_rule_unknown() -> None:
    script = begun()
    script.say(code=1002)
    del script.entries[3:6]
    assert verdict_of(script, "session-before-work") is Verdict.UNKNOWN


def test_two_sessions_in_a_row_are_reported() -> None:
    script = begun()
    script.get_session(SECOND)
    script.say(session=SECOND)
    sentence = "The caller created two sessions in a row and used only the second."
    assert sentence_of(script, "one-session-per-project") == sentence


def test_two_sessions_in_a_row_may_both_be_used() -> None:
    script = begun()
    script.get_session(SECOND)
    script.read_state(session=SECOND)
    script.read_state()
    assert verdict_of(script, "one-session-per-project") is Verdict.KEPT


def test_the_same_files_in_another_session_are_reported() -> None:
    script = worked()
    script.get_session(SECOND)
    script.upload(PHOTO, session=SECOND)
    sentence = "The caller uploaded the files of a finished turn again, into another session, and left the first."
    assert sentence_of(script, "one-session-per-project") == sentence


def test_another_project_with_the_same_files_may_follow_an_export() -> None:
    script = worked()
    script.read_state()
    script.submit()
    script.get_session(SECOND)
    script.upload(PHOTO, session=SECOND)
    assert verdict_of(script, "one-session-per-project") is Verdict.KEPT


def test_a_session_without_a_result_may_be_created_again() -> None:
    script = worked(fails=True)
    script.get_session(SECOND)
    script.upload(PHOTO, session=SECOND)
    assert verdict_of(script, "one-session-per-project") is Verdict.KEPT


def test_a_lost_session_may_be_replaced() -> None:
    script = worked()
    script.read_state(code=1002)
    script.get_session(SECOND)
    script.upload(PHOTO, session=SECOND)
    for rule in ("one-session-per-project", "new-session-when-lost"):
        assert verdict_of(script, rule) is Verdict.KEPT


def test_a_lost_session_that_is_still_used_is_reported() -> None:
    script = worked()
    script.read_state(code=1002)
    script.read_state(code=1002, after=10)
    script.read_state(code=1002, after=10)
    sentence = f"The session {SESSION[:8]}… was lost (1002), but 2 more calls used it."
    assert sentence_of(script, "new-session-when-lost") == sentence


def test_a_session_that_answers_again_was_not_lost() -> None:
    script = worked()
    script.read_state(code=1002)
    for _ in range(3):
        script.read_state(after=10)
    assert verdict_of(script, "new-session-when-lost") is Verdict.NOT_EXERCISED

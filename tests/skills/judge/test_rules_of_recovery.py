from __future__ import annotations

from collections.abc import Sequence

import pytest

from nemovideo_skills.judge.judging import Verdict
from nemovideo_skills.judge.rules import RULES
from tests.skills.judge.scripted import CALL, HEARTBEAT, RESULT, TEXT, Scripted, broken_by, judged

WORDS = "Make a video of my photos"
OTHER = "6629798706024415232"


def broken_off(end: str = "reset") -> Scripted:
    """Return a caller whose first stream broke."""
    script = Scripted()
    script.set_up()
    script.read_state({})
    script.say(WORDS, records=(CALL,), end=end)
    return script


def recovering(waits: Sequence[float], *, changed: bool = False) -> Scripted:
    script = broken_off()
    for wait in waits:
        script.read_state({}, after=wait)
    if changed:
        script.read_state(after=60)
    return script


def reported(script: Scripted, rule: str) -> str:
    (finding,) = judged(script, RULES[rule]).findings
    assert finding.verdict is Verdict.BROKEN
    return finding.broken[0].what


def verdict(script: Scripted, rule: str) -> Verdict:
    (finding,) = judged(script, RULES[rule]).findings
    return finding.verdict


# --- never again ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["reset", "cut"])
def test_a_message_sent_again_after_a_break_breaks_only_its_rule(end: str) -> None:
    script = broken_off(end)
    script.say(WORDS.upper() + " ", after=3)
    rules = broken_by(script)
    assert rules == (["no-resend-after-break"] if end == "reset" else ["state-after-silence", "no-resend-after-break"])
    sentence = "The same message was sent again 3 s after its stream broke, without a state read in between."
    assert reported(script, "no-resend-after-break") == sentence


def test_a_message_sent_again_although_nothing_has_changed_breaks_only_its_rule() -> None:
    script = recovering([30, 60])
    script.say(WORDS)
    assert broken_by(script) == ["no-resend-after-break"]
    assert reported(script, "no-resend-after-break").endswith("although the state had not changed yet (twice read).")


def test_a_message_sent_again_in_a_new_session_is_sent_again() -> None:
    script = broken_off()
    script.read_state({}, after=30)
    script.get_session(OTHER)
    script.say(WORDS, session=OTHER)
    assert "no-resend-after-break" in broken_by(script)
    assert " in a new session 30 s after" in reported(script, "no-resend-after-break")


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateway_that_gave_up_is_a_break(status: int) -> None:
    script = Scripted()
    script.set_up()
    script.say(WORDS, status=status)
    script.say(WORDS, after=5)
    assert broken_by(script) == ["no-resend-after-break"]


def test_a_service_that_refused_may_be_asked_again() -> None:
    script = Scripted()
    script.set_up()
    script.say(WORDS, status=503)
    script.say(WORDS, after=30)
    assert verdict(script, "no-resend-after-break") is Verdict.NOT_EXERCISED


@pytest.mark.parametrize(
    "script", [recovering([30, 60, 60, 60, 60]), recovering([30], changed=True)], ids=["given up", "changed"]
)
def test_a_message_may_be_sent_again_when_its_first_turn_is_over(script: Scripted) -> None:
    script.say(WORDS)
    assert broken_by(script) == []
    assert verdict(script, "no-resend-after-break") is Verdict.KEPT


def test_a_message_may_be_sent_again_where_the_session_was_lost() -> None:
    script = broken_off()
    script.read_state(code=1002, after=30)
    script.get_session(OTHER)
    script.say(WORDS, session=OTHER)
    assert broken_by(script) == []


def test_the_verdict_is_unknown_if_the_state_before_is_unknown() -> None:
    script = Scripted()
    script.set_up()
    script.say("Something else")
    script.say(WORDS, records=(CALL,), end="reset")
    script.read_state(after=30)
    script.say(WORDS)
    assert verdict(script, "no-resend-after-break") is Verdict.UNKNOWN


# --- the state --------------------------------------------------------------------------------------------------------


def test_a_broken_stream_without_a_state_read_breaks_only_its_rule() -> None:
    script = broken_off()
    assert broken_by(script) == ["state-after-break"]
    sentence = "The stream broke, and the caller did not check the result of the turn."
    assert reported(script, "state-after-break") == sentence


def test_other_work_right_after_a_break_breaks_only_its_rule() -> None:
    script = broken_off()
    script.say("Add music", after=40)
    assert broken_by(script) == ["state-after-break"]
    sentence = "The stream broke, and the next call was message, not a state read."
    assert reported(script, "state-after-break") == sentence


def test_reading_the_state_after_a_break_keeps_the_rule() -> None:
    script = broken_off()
    script.read_credits(after=2)
    script.read_state(after=30)
    assert broken_by(script) == []
    assert verdict(script, "state-after-break") is Verdict.KEPT


def test_a_caller_that_is_still_at_work_may_still_look() -> None:
    (finding,) = judged(broken_off(), RULES["state-after-break"], over=False).findings
    assert finding.verdict is Verdict.UNKNOWN


# --- waits ------------------------------------------------------------------------------------------------------------


def test_a_first_read_that_comes_too_early_breaks_only_its_rule() -> None:
    script = recovering([3], changed=True)
    assert broken_by(script) == ["recovery-waits"]
    assert reported(script, "recovery-waits") == "The state was read 3 s after the stream broke, not 30 s."


def test_hasty_further_reads_are_one_violation() -> None:
    script = recovering([30, 5, 6, 5])
    assert broken_by(script) == ["recovery-waits"]
    assert reported(script, "recovery-waits") == "The state was read again after 5 s, not 60 s, 3 times."


@pytest.mark.parametrize("waits", [[30, 60, 60], [28, 55], [300]])
def test_patient_reads_keep_the_rule(waits: list[float]) -> None:
    script = recovering(waits, changed=True)
    assert broken_by(script) == []
    assert verdict(script, "recovery-waits") is Verdict.KEPT


def test_reads_after_the_change_may_be_quick() -> None:
    script = recovering([30], changed=True)
    script.read_state(after=1)
    script.read_state(after=1)
    assert broken_by(script) == []


def test_a_read_that_failed_may_be_tried_again_at_once() -> None:
    script = broken_off()
    script.read_state(code=503, after=30)
    script.read_state(after=1)
    assert broken_by(script) == []


def test_the_wait_of_a_caller_in_virtual_time_counts_from_the_last_record() -> None:
    script = Scripted(joined=True)
    script.set_up()
    number = script.begin_message(WORDS)
    script.answer(number, 200, None, stream=True)
    for place in range(1, 42):
        script.record(number, place, HEARTBEAT)
        script.now += 15
    script.now += 30  # while the caller slept, the clock jumped before the fake noticed the end
    script.end(number, "caller_left")
    script.read_state()
    assert broken_by(script) == []


# --- enough -----------------------------------------------------------------------------------------------------------


def test_reading_an_unchanged_state_for_ever_breaks_only_its_rule() -> None:
    script = recovering([30] + [60] * 9)
    assert broken_by(script) == ["recovery-bounded"]
    sentence = "The state was read 10 times after the stream broke, and had not changed."
    assert reported(script, "recovery-bounded") == sentence


@pytest.mark.parametrize("reads", [5, 7])
def test_five_reads_and_two_that_the_user_asked_for_keep_the_rule(reads: int) -> None:
    script = recovering([30] + [60] * (reads - 1))
    assert broken_by(script) == []
    assert verdict(script, "recovery-bounded") is Verdict.KEPT


def test_reads_for_new_user_requests_after_five_reads_do_not_count_as_recovery() -> None:
    script = recovering([30] + [60] * 4)
    for _ in range(4):
        script.read_credits(after=60)
        script.read_state({})
    assert broken_by(script) == []
    assert verdict(script, "recovery-bounded") is Verdict.KEPT


def test_a_loop_that_asks_for_credits_too_is_a_loop() -> None:
    script = broken_off()
    for _ in range(9):
        script.read_state({}, after=60)
        script.read_credits()
    assert broken_by(script) == ["recovery-bounded"]


# --- what looks like it -----------------------------------------------------------------------------------------------


def test_a_clean_early_end_after_text_does_not_count_as_a_break() -> None:
    script = Scripted()
    script.set_up()
    script.say(WORDS, records=(CALL, RESULT, TEXT, HEARTBEAT), end="cut")
    script.say(WORDS, after=3)
    assert verdict(script, "no-resend-after-break") is Verdict.NOT_EXERCISED


@pytest.mark.parametrize(
    ("file", "expected"), [("one.jpg", Verdict.BROKEN), ("two.jpg", Verdict.KEPT)], ids=["same file", "another file"]
)
def test_the_same_words_about_other_files_are_another_project(file: str, expected: Verdict) -> None:
    script = Scripted()
    script.set_up()
    script.upload(("one.jpg", "image/jpeg", 1000))
    script.say(WORDS, records=(CALL,), end="reset")
    script.get_session(OTHER, after=60)
    script.upload((file, "image/jpeg", 1000), session=OTHER)
    script.say(WORDS, session=OTHER)
    assert verdict(script, "no-resend-after-break") is expected


def test_reading_the_state_after_a_resend_does_not_excuse_the_resend() -> None:
    script = broken_off()
    script.get_session(OTHER, after=5)
    script.say(WORDS, session=OTHER)
    script.read_state(after=30)
    for over in (False, True):
        (finding,) = judged(script, RULES["no-resend-after-break"], over=over).findings
        assert finding.verdict is Verdict.BROKEN

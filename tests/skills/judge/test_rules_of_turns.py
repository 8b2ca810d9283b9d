from __future__ import annotations

import pytest

from nemovideo_skills.judge.judging import Verdict
from nemovideo_skills.judge.rules import RULES
from tests.skills.judge.scripted import CALL, HEARTBEAT, NOISE, RESULT, SESSION, TEXT, Scripted, broken_by, judged

SILENT = (CALL, RESULT)


def begun() -> Scripted:
    script = Scripted()
    script.set_up()
    return script


def reported(script: Scripted, rule: str) -> str:
    (finding,) = judged(script, RULES[rule]).findings
    assert finding.verdict is Verdict.BROKEN
    (broken,) = finding.broken
    assert broken.proof[0].first <= broken.at.first
    return broken.what


def verdict(script: Scripted, rule: str) -> Verdict:
    (finding,) = judged(script, RULES[rule]).findings
    return finding.verdict


# --- the stream held to its end ---------------------------------------------------------------------------------------


def left(script: Scripted, records: tuple[object, ...], lasts: float) -> Scripted:
    script.say(records=records, lasts=lasts, end="caller_left")  # type: ignore[arg-type]  # records are any mappings
    script.read_state({}, after=30)
    return script


def test_a_caller_that_leaves_while_heartbeats_flow_is_reported_so() -> None:
    script = left(begun(), (CALL, HEARTBEAT, HEARTBEAT, HEARTBEAT), 60)
    assert broken_by(script) == ["stream-held-to-end"]
    sentence = "The caller left the stream after 60 s, while it still got heartbeats (the last one 12 s before)."
    assert reported(script, "stream-held-to-end") == sentence


def test_a_caller_that_leaves_before_the_first_record_is_reported_so() -> None:
    script = left(begun(), (), 20)
    assert reported(script, "stream-held-to-end") == "The caller left the stream after 20 s, before the first record."


def test_a_caller_that_leaves_after_words_is_reported_so() -> None:
    script = left(begun(), (TEXT,), 8)
    assert reported(script, "stream-held-to-end") == "The caller left the stream after 8 s, 4 s after the last record."


@pytest.mark.parametrize(
    ("records", "lasts"),
    [
        pytest.param([CALL, *[TEXT] * 80], 900, id="15 minutes of a turn"),
        pytest.param([CALL, *[HEARTBEAT] * 40], 620, id="10 minutes of heartbeats alone"),
        pytest.param([CALL], 620, id="5 minutes of nothing"),
    ],
)
def test_a_caller_may_leave_after(records: list[object], lasts: float) -> None:
    script = left(begun(), tuple(records), lasts)
    assert broken_by(script) == []
    assert verdict(script, "stream-held-to-end") is Verdict.KEPT


def test_nine_minutes_of_heartbeats_are_no_reason_to_leave() -> None:
    script = left(begun(), (CALL, *[HEARTBEAT] * 35), 535)
    assert broken_by(script) == ["stream-held-to-end"]


def test_a_caller_that_never_gives_up_is_reported_how_long_it_stayed() -> None:
    script = left(begun(), (CALL, *[HEARTBEAT] * 99), 1500)
    assert broken_by(script) == ["stream-left-in-time"]
    sentence = "The caller stayed 25 min in a stream without progress in the last 25 min."
    assert reported(script, "stream-left-in-time") == sentence


def test_a_caller_that_gives_up_in_time_keeps_the_rule() -> None:
    assert verdict(left(begun(), (CALL, *[HEARTBEAT] * 42), 645), "stream-left-in-time") is Verdict.KEPT


# --- one turn at a time -----------------------------------------------------------------------------------------------


def overlapping(*texts: str, gap: float = 5) -> Scripted:
    """Return messages in one session, each sent while the earlier ones are open."""
    script = begun()
    numbers: list[int] = []
    for text in texts:
        numbers.append(script.begin_message(text))
        script.answer(numbers[-1], 200, None, stream=True)
        script.now += gap
    for number in numbers:
        for place, record in enumerate((CALL, RESULT, TEXT), 1):
            script.record(number, place, record)
        script.now += 10
        script.end(number)
    return script


def test_a_message_during_a_turn_breaks_only_its_rule() -> None:
    script = overlapping("Make a clip", "Add music")
    assert broken_by(script) == ["no-message-during-turn"]
    sentence = "Another message was sent 5 s after the start of a turn, while its stream was open."
    assert reported(script, "no-message-during-turn") == sentence


def test_the_same_message_during_its_turn_is_reported_as_such() -> None:
    script = overlapping("Make a clip", "Make a clip")
    assert broken_by(script) == ["no-message-during-turn"]
    sentence = "The same message was sent again 5 s after the start of its turn"
    assert reported(script, "no-message-during-turn").startswith(sentence)


def test_many_messages_during_one_turn_are_one_violation() -> None:
    sentence = reported(overlapping("one", "two", "three", "four"), "no-message-during-turn")
    assert sentence == "3 more messages were sent while a turn was running, the first one 5 s after its start."


def test_messages_in_turn_keep_the_rule() -> None:
    script = begun()
    script.say()
    script.say("Add music")
    assert broken_by(script) == []
    assert verdict(script, "no-message-during-turn") is Verdict.KEPT


def test_a_single_message_does_not_exercise_the_rule() -> None:
    script = begun()
    script.say()
    assert verdict(script, "no-message-during-turn") is Verdict.NOT_EXERCISED


def test_turns_of_two_sessions_may_run_at_the_same_time() -> None:
    script = begun()
    script.get_session("6629798706024415232")
    first = script.begin_message("Make a clip")
    script.answer(first, 200, None, stream=True)
    script.say("Make another", session="6629798706024415232", after=2)
    script.record(first, 1, TEXT)
    script.end(first)
    assert "no-message-during-turn" not in broken_by(script)


def test_another_message_before_the_state_has_changed_breaks_the_rule() -> None:
    script = begun()
    script.say("Make a clip", records=(CALL,), end="reset")
    script.read_state({}, after=30)
    script.say("Add music")
    assert broken_by(script) == ["no-message-during-turn"]
    assert reported(script, "no-message-during-turn").endswith("the state had not changed yet (once read).")


def test_another_message_after_the_state_has_changed_keeps_the_rule() -> None:
    script = begun()
    script.say("Make a clip", records=(CALL,), end="reset")
    script.read_state(after=30)
    script.say("Add music")
    assert broken_by(script) == []


# --- silent turns -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("records", [SILENT, (*SILENT, NOISE), (CALL, HEARTBEAT, RESULT), ()])
def test_a_silent_turn_without_a_state_read_breaks_only_its_rule(records: tuple[dict[str, object], ...]) -> None:
    script = begun()
    script.say(records=records)
    assert broken_by(script) == ["state-after-silence"]
    sentence = "The turn ended without an answer, and the caller did not check what it had changed."
    assert reported(script, "state-after-silence") == sentence


def test_a_message_after_a_silent_turn_is_reported_as_the_next_call() -> None:
    script = begun()
    script.say(records=SILENT)
    script.say("Add music", after=2)
    assert broken_by(script) == ["state-after-silence"]
    sentence = "The turn ended without an answer, and the next call was message, not a state read."
    assert reported(script, "state-after-silence") == sentence


def test_a_state_read_after_a_silent_turn_keeps_the_rule() -> None:
    script = begun()
    script.say(records=SILENT)
    script.read_credits()
    script.read_state()
    assert broken_by(script) == []
    assert verdict(script, "state-after-silence") is Verdict.KEPT


@pytest.mark.parametrize("records", [(NOISE,), (*SILENT, TEXT, NOISE), ({"type": "strange"},)])
def test_a_turn_with_words_or_with_something_unknown_is_not_silent(records: tuple[dict[str, object], ...]) -> None:
    script = begun()
    script.say(records=records)
    assert verdict(script, "state-after-silence") is Verdict.NOT_EXERCISED


def test_a_caller_that_is_still_at_work_may_still_read_the_state() -> None:
    script = begun()
    script.say(records=SILENT)
    (finding,) = judged(script, RULES["state-after-silence"], over=False).findings
    assert finding.verdict is Verdict.UNKNOWN


def test_a_state_read_of_another_session_does_not_keep_the_rule() -> None:
    script = begun()
    script.say(records=SILENT, session=SESSION)
    script.get_session("6629798706024415232")
    script.read_state(session="6629798706024415232")
    assert "state-after-silence" in broken_by(script)

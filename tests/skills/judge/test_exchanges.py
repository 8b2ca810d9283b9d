from __future__ import annotations

import json
from typing import Any

import pytest

from nemovideo_contract.journal import JournalError, read_entries
from nemovideo_skills.judge.exchanges import Exchange, assemble
from nemovideo_skills.judge.judging import Judgement, Verdict, judge_journal
from nemovideo_skills.judge.rules import RULES
from tests.skills.judge.scripted import CALL, HEARTBEAT, NOISE, RESULT, TEXT, Scripted, judged


def a_turn(*records: dict[str, Any]) -> Exchange:
    script = Scripted()
    script.say(records=records)
    (exchange,) = assemble(script.entries).exchanges
    return exchange


def without(script: Scripted, *numbers: int) -> list[Any]:
    return [entry for entry in script.entries if entry["n"] not in numbers]


# --- lines ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "Line 2 is not JSON"),
        ("[]", "it is not a JSON object"),
        ('{"kind": "cake"}', "its kind is 'cake'"),
        (
            '{"kind": "end", "how": "vanished", "n": 1, "world": "w", "virtual": 0, "real": 0, "exchange": 1}',
            "the 'how' of the end entry is not of the right type",
        ),
        ('{"kind": "end", "n": true}', "the 'n' of the end entry is not of the right type"),
        (
            '{"n": -1, "kind": "control", "world": "w", "virtual": 0, "real": 0, "action": "x"}',
            "numbered from 1, and its n is -1",
        ),
        (
            '{"n": 1, "kind": "control", "world": "w", "virtual": NaN, "real": 0, "action": "x"}',
            "Line 2 can't be read: it has NaN, which is not a number of JSON.",
        ),
        (
            f'{{"n": 1, "kind": "control", "world": "w", "virtual": 0, "real": 1{"0" * 400}, "action": "x"}}',
            "Line 2 can't be read: it has a number of more than 100 digits.",
        ),
        (
            '{"n": 1, "kind": "control", "world": "w", "virtual": 0, "real": 253402300800, "action": "x"}',
            "its times are not seconds",
        ),
    ],
)
def test_a_line_that_is_not_an_entry_is_reported_with_its_number(line: str, words: str) -> None:
    with pytest.raises(JournalError, match=words):
        list(read_entries(["", line]))


def test_a_journal_that_was_written_out_is_read_back() -> None:
    script = Scripted()
    script.set_up()
    assert list(read_entries(map(json.dumps, script.entries))) == script.entries


# --- streams ----------------------------------------------------------------------------------------------------------


def test_a_stream_is_counted_by_what_its_records_are() -> None:
    stream = a_turn(CALL, HEARTBEAT, RESULT, TEXT, NOISE, {"type": "strange"}).stream
    assert stream is not None
    counts = (stream.calls, stream.heartbeats, stream.results, stream.texts, stream.others, stream.records)
    assert (counts, stream.words) == ((1, 1, 1, 1, 2, 6), "Done: one clip of five seconds.")


@pytest.mark.parametrize(
    ("records", "silent"),
    [
        ((CALL, RESULT), True),
        ((CALL, RESULT, NOISE), True),
        ((CALL, RESULT, {"type": "text", "content": " "}), True),
        ((), True),
        ((CALL, RESULT, TEXT), False),
        ((NOISE,), False),
        ((CALL, {"type": "error", "code": 500}), False),
    ],
)
def test_a_stream_is_silent_where_nothing_was_said(records: tuple[dict[str, Any], ...], silent: bool) -> None:  # noqa: FBT001 -- a column of the table above
    stream = a_turn(*records).stream
    assert stream is not None
    assert stream.silent is silent


# --- what is missing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "lost"), [((), False), ((2,), True), ((3,), True), ((4,), True), ((5,), True), ((2, 3, 4, 5), True)]
)
def test_an_exchange_knows_that_entries_of_it_are_missing(missing: tuple[int, ...], lost: bool) -> None:  # noqa: FBT001 -- a column of the table above
    script = Scripted()
    script.say(records=(CALL, RESULT, TEXT))  # request, response, three records, end
    script.read_credits()
    (turn, _) = assemble(without(script, *missing)).exchanges
    assert turn.lost is lost


def test_a_call_without_its_request_is_ignored() -> None:
    script = Scripted()
    script.read_credits()
    script.read_credits()
    found = assemble(without(script, 1))
    assert [each.number for each in found.exchanges] == [2]
    assert found.gaps == {"default": [(0, 2)]}


def test_a_violation_in_an_incomplete_call_is_not_reported() -> None:
    script = Scripted()
    script.set_up()
    script.say(records=(CALL, RESULT, TEXT))
    entries = [each for each in script.entries if each.get("data") != TEXT]
    (judgement,) = judge_journal(entries, (RULES["state-after-silence"],))
    assert judgement.findings[0].verdict is Verdict.UNKNOWN


def test_an_open_call_whose_end_may_be_missing_is_not_known_to_be_open() -> None:
    script = Scripted()
    script.set_up()
    number = script.begin_message("Make a clip")
    script.answer(number, 200, None, stream=True)
    script.end(number)
    end = script.entries[-1]["n"]
    script.say("Add music", after=5)

    def verdict(judgement: Judgement) -> Verdict:
        return judgement.findings[0].verdict

    rule = RULES["no-message-during-turn"]
    assert verdict(judged(script, rule)) is Verdict.KEPT
    (cut,) = judge_journal(without(script, end), (rule,))
    assert verdict(cut) is Verdict.UNKNOWN


# --- worlds that begin anew -------------------------------------------------------------------------------------------


def test_a_world_that_was_created_again_is_another_one() -> None:
    one, two = Scripted(), Scripted()
    one.set_up()
    two.now = one.now + 60
    two.set_up()
    two.read_credits()
    found = assemble([*one.entries, *two.entries])
    assert [each.world for each in found.exchanges] == ["default"] * 2 + ["default (2)"] * 3
    assert found.gaps == {}


def test_a_part_that_was_read_twice_counts_once() -> None:
    script = Scripted()
    script.set_up()
    script.say()
    found = assemble([*script.entries, *script.entries[3:]])
    assert len(found.exchanges) == 3
    assert found.gaps == {}


def test_a_caller_that_takes_part_in_the_worlds_clock_is_judged_by_it() -> None:
    def hasty(*, joined: bool) -> Verdict:
        script = Scripted(joined=joined)
        script.set_up()
        script.read_state({})
        script.say(records=(CALL,), end="reset")
        script.read_state({}, after=30)
        script.read_state(after=60)
        for entry in script.entries:
            entry["real"] = script.entries[0]["real"] + 0.001 * entry["n"]
        return judged(script, RULES["recovery-waits"]).findings[0].verdict

    assert (hasty(joined=True), hasty(joined=False)) == (Verdict.KEPT, Verdict.BROKEN)

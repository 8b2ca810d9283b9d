"""What differs is found, what only looks otherwise is not, and nothing is invented about it."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nemovideo_contract.openapi import Json
from nemovideo_contract.profiles import KEYS, Profile
from nemovideo_contract.recording import ABSENT, Comparison, Recording, compare
from nemovideo_contract.recording.difference_rules import RULES
from nemovideo_contract.recording.facts import facts_of
from nemovideo_contract.recording.recording import JsonBody, RecordedEvent, StreamBody
from nemovideo_contract.requirements import REQUIREMENTS

from .recordings import SESSION, any_recordings, changed, conversation, envelope, exchange, recording_of, stream

CALL: Json = {"type": "tool_call", "name": "edit_multitrack", "args": {}}
RESULT: Json = {"type": "tool_result", "name": "edit_multitrack", "result": {"status": "success"}}
WORDS: Json = {"type": "text", "content": "Done!"}
#: As servers make them.
ID = "ab_0123456f"
HEX = "0123456789abcdef"


def message(*values: Json, signs: tuple[str, ...] = (), every: float = 1.0) -> Recording:
    """Return a recording of one message."""
    return recording_of(
        exchange("a message", "run_sse", body=JsonBody({}), reply=stream(*values, signs=signs, every=every))
    )


def told(found: Comparison) -> list[tuple[str, str, str]]:
    """The differences: what, and from what to what."""
    return [(each.subject, each.first, each.second) for each in found.differences]


# --- properties -------------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(any_recordings)
def test_a_tape_does_not_differ_from_itself(found: Recording) -> None:
    same = compare(found, found, timing=True)
    assert not same.differences
    assert not same.only_first + same.only_second


@settings(max_examples=40)
@given(any_recordings, any_recordings)
def test_both_ways_the_same_is_found(one: Recording, two: Recording) -> None:
    there, back = compare(one, two, timing=True), compare(two, one, timing=True)
    turned = [
        (each.step, each.subject, each.second, each.first, each.by_chance, set(each.requirements), each.key)
        for each in there.differences
    ]
    straight = [
        (each.step, each.subject, each.first, each.second, each.by_chance, set(each.requirements), each.key)
        for each in back.differences
    ]
    assert sorted(turned, key=repr) == sorted(straight, key=repr)
    assert (there.compared, there.only_first, there.only_second) == (back.compared, back.only_second, back.only_first)


@settings(max_examples=40)
@given(any_recordings, st.permutations("0123456789"), st.permutations(HEX))
@example(recording_of(exchange("a session", "", reply=JsonBody({"tt": "aa_00000000"}))), list("1234567890"), list(HEX))
@example(message({"tt": "aa_00000000"}), list("0123456789"), list("1032547698abcdef"))
@example(message({"name": "aa_00000000"}), list("0123456789"), list("abcdef0123456789"))
def test_facts_are_the_same_under_other_ids(found: Recording, digits: list[str], hexes: list[str]) -> None:
    numbers, others = str.maketrans("0123456789", "".join(digits)), str.maketrans(HEX, "".join(hexes))

    def renamed(id_: re.Match[str]) -> str:
        return id_[0].translate(numbers) if id_["prefix"] is None else id_["prefix"] + id_["hex"].translate(others)

    def other(text: str) -> str:
        return re.sub(r"\b(?:(?P<prefix>[a-z]{2,5}_)(?P<hex>[0-9a-f]{8})|[0-9]{19})\b", renamed, text)

    assert facts_of(changed(found, other)) == facts_of(found)


def event(**more: Json) -> Json:
    """Return a whole event of the kit with new ids."""
    return {"invocationId": "inv_0000001e", "id": "ev_0000001a", "nodeInfo": {}, "content": {"parts": []}, **more}


@pytest.mark.parametrize(
    "found",
    [
        *(
            recording_of(exchange("it", "state", {key: ID}))
            for key in ("status", "type", "tt", "author", "role", "credits")
        ),
        *(
            recording_of(exchange("it", name, {"status": ID}))
            for name in ("render_status", "submit_render", "cancel_render")
        ),
        recording_of(exchange("it", "render_status", {"data": {"status": ID}})),
        *(message({key: ID}) for key in ("status", "type", "tt", "author", "role", "credits")),
        message({"type": "tool_call", "name": ID}),
        message({"type": "tool_result", "name": ID}),
        message({"type": "error", "code": ID}),
        message(event(content={"parts": [{"functionCall": {"id": ID, "name": ID}}]})),
        message(event(content={"parts": [{"functionResponse": {"id": ID, "name": ID}}]})),
        message(event(invocationId=ID), event(id="ev_0000001b")),
        message(event(id=ID), event(id=ID)),
    ],
)
def test_facts_keep_no_id_that_stands_in_place_of_a_word(found: Recording) -> None:
    for fact in facts_of(found).values():
        assert ID not in fact.words
        assert ID not in fact.subject


def test_a_code_of_many_digits_is_no_refusal_of_that_code() -> None:
    facts = facts_of(message({"type": "error", "code": SESSION})).values()
    assert "refused with a failure in a stream" in {fact.words for fact in facts}
    assert not [fact for fact in facts if SESSION in fact.words + fact.subject]


def test_versions_of_a_tool_are_told_apart() -> None:
    one, two = (message({"type": "tool_call", "name": name, "args": {}}) for name in ("seedance_2", "seedance_3"))
    assert ("order of the records", "seedance_2 without a result", "seedance_3 without a result") in told(
        compare(one, two)
    )


def test_ids_are_followed_through_a_conversation() -> None:
    one, two = conversation(), conversation("9999999999999999999", "task_00000001")
    assert not compare(one, two).differences
    answers: Json = envelope({"session_id": "8888888888888888888", "task_id": "task_00000001", "state": {}})
    wrong = recording_of(two.exchanges[0], exchange("its state", "state", answers, path=two.exchanges[1].request.path))
    found = {each.subject: each for each in compare(one, wrong).differences}
    assert found["data.session_id"].first == "session_id of “a session”"
    assert found["data.session_id"].second == "19 digits"
    assert found["data.session_id"].requirements == ("state-ids",)


# --- answers ----------------------------------------------------------------------------------------------------------


def test_keys_types_and_domains_are_compared() -> None:
    one = recording_of(exchange("it", "upload", envelope({"files": [{"width": 4, "file_type": "image", "fps": None}]})))
    two = recording_of(
        exchange("it", "upload", envelope({"files": [{"width": "4", "file_type": "video", "hash": "x"}]}))
    )
    assert told(compare(one, two)) == [
        ("data.files[].width", "a whole number", "1 digit"),
        ("data.files[].file_type", "'image'", "'video'"),
        ("data.files[].fps", "null", ABSENT),
        ("data.files[].hash", ABSENT, "text"),
    ]


def test_consequences_of_a_refusal_are_not_listed_as_differences() -> None:
    one = recording_of(exchange("it", "create_session", envelope({"session_id": SESSION})))
    two = recording_of(exchange("it", "create_session", {"code": 1001, "message": "no"}, status=401))
    found = compare(one, two)
    assert told(found) == [("outcome", "answered", "refused with 1001")]
    assert found.differences[0].requirements == ("session-create",)


def test_a_status_that_differs_names_the_key_errors() -> None:
    refusal: Json = {"code": 1002, "message": "no"}
    found = compare(
        recording_of(exchange("it", "state", refusal)), recording_of(exchange("it", "state", refusal, status=404))
    )
    assert told(found) == [("HTTP status", "200", "404")]
    assert found.keys == ("errors",)
    assert found.values("errors") == ("envelope", "http")


def test_a_number_that_is_not_whole_is_seen_where_it_must_be() -> None:
    one, two = (recording_of(exchange("it", "credits", envelope({"total": total}))) for total in (100, 99.5))
    assert told(compare(one, two)) == [("data.total", "a whole number", "a number with a fraction")]


def test_a_difference_that_no_requirement_covers_names_none() -> None:
    one, two = (
        recording_of(exchange("it", "credits", {"code": 0, "data": {}, **more})) for more in ({}, {"trace": "x"})
    )
    (difference,) = compare(one, two).differences
    assert (difference.subject, difference.requirements, difference.key) == ("trace", (), None)


def test_a_key_is_named_only_where_both_of_its_values_show() -> None:
    drafts: tuple[Json, ...] = ({"d": 1}, {}, None)
    one, two, three = (recording_of(exchange("it", "state", envelope({"state": {"draft": draft}}))) for draft in drafts)
    (difference,) = compare(one, two).differences
    assert (difference.first, difference.second) == ("an object", "an empty object")
    assert (difference.requirements, difference.key) == (("state-keys",), None)
    assert compare(three, two).keys == ("empty_draft",)


def test_polls_before_the_end_do_not_count_and_their_end_does() -> None:
    def polls(*statuses: str) -> Recording:
        answers = [
            exchange("a poll", "render_status", {"status": each, "progress": 5}, path="/r/1") for each in statuses
        ]
        return recording_of(*answers)

    assert not compare(polls("pending", "processing", "completed"), polls("completed")).differences
    found = compare(polls("pending", "completed"), polls("pending", "failed"))
    assert told(found) == [("status of the export", "completed", "failed")]
    assert found.differences[0].requirements == ("render-status",)


def test_steps_that_one_has_alone_are_named_and_not_compared() -> None:
    one = conversation()
    two = recording_of(*one.exchanges[:2])
    found = compare(one, two)
    assert (found.only_first, found.differences, found.compared) == (("a message",), (), 2)


# --- streams ----------------------------------------------------------------------------------------------------------


def test_a_silent_ending_may_come_by_chance() -> None:
    found = compare(message(CALL, RESULT, WORDS), message(CALL, RESULT))
    assert told(found) == [("ending", "words", "silence")]
    assert not found.sure
    assert found.keys == ("silent",)


def test_a_failure_is_no_chance() -> None:
    found = compare(message(WORDS), message(WORDS, {"type": "error", "code": 500, "message": "x"}))
    assert ("ending", "words", "a failure") in told(found)
    assert any(each.subject == "ending" for each in found.sure)


def test_how_words_are_cut_and_how_often_a_tool_is_called_is_the_agents_affair() -> None:
    assert not compare(message(CALL, RESULT, WORDS), message(CALL, RESULT, CALL, RESULT, WORDS, WORDS)).differences


def test_a_result_without_its_call_is_out_of_order() -> None:
    found = compare(message(CALL, RESULT, WORDS), message(RESULT, WORDS))
    assert ("order of the records", "edit_multitrack", "edit_multitrack without a call") in told(found)
    assert any(each.requirements == ("stream-order",) for each in found.sure)


def test_dialects_differ_and_their_meaning_is_compared_all_the_same() -> None:
    kit: Json = {"invocationId": "e-1", "id": "a", "content": {"parts": [{"text": "Hi!"}]}, "nodeInfo": {}}
    found = compare(message(WORDS), message(kit))
    assert told(found) == [("dialect of the records", "typed", "adk-2")]
    assert found.differences[0].requirements == ("stream-typed", "stream-adk-2")
    assert found.values("events") == ("typed", "adk-2")


@pytest.mark.parametrize(
    ("first", "second", "differs", "by_chance"),
    [
        (('data: {"type":"heartbeat"}',), ("event: heartbeat\ndata: {}",), True, False),
        (('data: {"type":"heartbeat"}',), ('data: {"type":"heartbeat"}', "data:"), False, False),
        (('data: {"type":"heartbeat"}',), (), True, True),
    ],
)
def test_signs_of_life_differ_where_no_server_sends_both(
    first: tuple[str, ...], second: tuple[str, ...], *, differs: bool, by_chance: bool
) -> None:
    found = compare(message(WORDS, WORDS, signs=first, every=30), message(WORDS, WORDS, signs=second, every=30))
    assert bool(found.differences) is differs
    assert (bool(found.differences) and not found.sure) is by_chance
    assert found.keys == (("heartbeat",) if differs else ())


def test_a_short_silence_without_a_sign_of_life_says_nothing() -> None:
    assert not compare(message(WORDS, signs=('data: {"type":"heartbeat"}',)), message(WORDS, WORDS)).differences


def test_a_framing_that_a_strict_reader_minds_is_seen() -> None:
    body = StreamBody((RecordedEvent(0.1, 'id: 1\ndata: {"type":"text","content":"Hi!"}'),))
    odd = recording_of(exchange("a message", "run_sse", body=JsonBody({}), reply=body))
    found = compare(message(WORDS), odd)
    assert told(found) == [("framing", ABSENT, "it has a line 'id'")]
    assert found.differences[0].requirements == ("stream-framing", "stream-event-lines")


# --- prices and times -------------------------------------------------------------------------------------------------


def test_the_price_of_a_message_between_two_balances_is_compared() -> None:
    def paid(after: int) -> Recording:
        read = [
            exchange(name, "credits", envelope({"total": total})) for name, total in (("before", 100), ("after", after))
        ]
        return recording_of(read[0], message(CALL, RESULT, WORDS).exchanges[0], read[1])

    found = compare(paid(50), paid(98))
    assert told(found) == [("price", "50 credits", "2 credits")]
    assert found.values("pricing") == ("turn", "operation")


def test_times_are_compared_where_it_is_asked_for_and_coarsely() -> None:
    fast, slow, alike = (message(WORDS, WORDS, every=every) for every in (1.0, 9.0, 1.4))
    assert not compare(fast, slow).differences
    assert told(compare(fast, slow, timing=True)) == [
        ("longest time without a record", "about 1 s", "about 9 s"),
    ]
    assert not compare(fast, alike, timing=True).differences


# --- rules ------------------------------------------------------------------------------------------------------------


def test_every_rule_names_requirements_and_keys_that_exist() -> None:
    for rule in RULES:
        assert set(rule.ids) <= REQUIREMENTS.keys(), rule
        assert rule.key is None or rule.key in KEYS, rule


def test_every_key_of_a_rule_is_one_that_its_requirements_depend_on() -> None:
    for rule in RULES:
        if rule.key is not None and rule.ids:
            conditions = {re.split("[=>]", each)[0] for id_ in rule.ids for each in REQUIREMENTS[id_].profiles}
            assert rule.key in conditions, rule


def test_every_value_that_words_show_is_one_of_its_key() -> None:
    for rule in RULES:
        for said in rule.says.values():
            for value in said.split():
                assert rule.key is not None
                Profile().replace({rule.key: value})

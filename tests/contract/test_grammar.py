"""The orders of records: what the kit and the fake sent is in order, and each way to be out of it is seen."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemovideo_contract.events.grammar import OrderViolation, check, stream_checker
from nemovideo_contract.events.validation import examine
from nemovideo_contract.openapi import Json, JsonObject, at, mapping
from nemovideo_contract.profiles import choices
from nemovideo_contract.requirements import REQUIREMENTS
from nemovideo_mock.dialects import dialect_for
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import Failure, Record
from tests.mock_server.agent.sessions import Session
from tests.mock_server.dialects.streams import ADK_1, ADK_2, DATA, TYPED, Stream, StreamForm, turns, write_records

CAPTURES = sorted(str(path.relative_to(DATA)) for path in DATA.glob("adk-*/*.sse"))
DIALECTS = {"adk-2.13.0": "adk-2", "adk-1.39.1": "adk-1"}
WAYS = [StreamForm(profile, streaming=streaming) for profile in (ADK_2, ADK_1) for streaming in (False, True)]
WAYS.append(StreamForm(TYPED))
#: Examples for each of the five ways; together they are as many as usual.
FEW = 20
HEARTBEAT: JsonObject = {"type": "heartbeat"}
MESSAGES = (
    "Turn these photos into a 15-second vertical reel, title 'Kyoto'",
    "Change the title to 'Osaka'",
    "Remove the music",
    "What can you do?",
)


def captured(path: str) -> list[JsonObject]:
    """The records of a capture."""
    records = (DATA / path).read_bytes().decode("utf-8").split("\n\n")
    return [mapping(json.loads(record.removeprefix("data: "))) for record in records if record]


def two_rounds(dialect: str, *, streaming: bool = True) -> list[JsonObject]:
    """A turn in which a tool is called, and then something is said."""
    name = "two-rounds" if dialect == "adk-2" else "tool"
    folder = next(key for key, value in DIALECTS.items() if value == dialect)
    return captured(f"{folder}/{name}.streaming_{str(streaming).lower()}.sse")


def played(way: StreamForm, records: list[Record], seed: int = 0) -> list[JsonObject]:
    """The records of a turn as the fake sends them."""
    dialect = dialect_for(way.profile, Chance(str(seed)), streaming=way.streaming)
    return [mapping(value) for value in Stream(tuple(write_records(dialect, records))).objects]


def broken(violations: list[OrderViolation]) -> list[str]:
    """The requirements that are broken, in the order of the records."""
    return [violation.requirement for violation in violations]


def kinds(records: list[JsonObject], key: str) -> list[int]:
    """Where the records are that have such a part, whole."""
    return [
        index
        for index, record in enumerate(records)
        if record.get("partial") is not True and any(key in mapping(part) for part in parts(record))
    ]


def parts(record: JsonObject) -> list[Json]:
    """The parts of an event; empty where it has none."""
    found = mapping(record.get("content") or {}).get("parts", [])
    assert isinstance(found, list)
    return found


# --- what is in order -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", CAPTURES)
def test_whatever_a_server_of_the_kit_sent_is_in_order(path: str) -> None:
    assert check(captured(path), DIALECTS[path.partition("/")[0]]) == []


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("silent", [0.0, 1.0], ids=["with words", "silent"])
def test_whatever_the_fake_says_in_a_conversation_is_in_order(way: StreamForm, silent: float) -> None:
    session = Session(silent=silent)
    for message in MESSAGES:
        records = [step.record for step in session.say(message).steps]
        assert check(played(way, records), way.profile.events) == []


@pytest.mark.parametrize("way", WAYS, ids=str)
@settings(max_examples=FEW)
@given(records=turns(), seed=st.integers(0, 50))
def test_any_turn_is_in_order_and_so_is_any_beginning_of_it(way: StreamForm, records: list[Record], seed: int) -> None:
    sent = played(way, records, seed)
    assert check(sent, way.profile.events) == []
    assert all(check(sent[:length], way.profile.events, closed=False) == [] for length in range(len(sent)))


@pytest.mark.parametrize("way", WAYS, ids=str)
@settings(max_examples=FEW)
@given(records=turns(), data=st.data())
def test_a_failure_may_end_a_turn_anywhere(way: StreamForm, records: list[Record], data: st.DataObject) -> None:
    kept = records[: data.draw(st.integers(0, len(records)))]
    assert check(played(way, [*kept, Failure(500, "The agent failed.")]), way.profile.events) == []


@pytest.mark.parametrize("way", WAYS, ids=str)
@settings(max_examples=FEW)
@given(records=turns(), data=st.data())
def test_signs_of_life_and_unknown_records_may_come_anywhere(
    way: StreamForm, records: list[Record], data: st.DataObject
) -> None:
    sent = played(way, records)
    strange: list[JsonObject] = [HEARTBEAT, {}, {"type": "progress", "percent": 5}]
    for extra in strange:
        sent.insert(data.draw(st.integers(0, len(sent))), extra)
    assert check(sent, way.profile.events) == []


def test_a_failure_in_the_middle_of_an_answer_leaves_no_whole_behind() -> None:
    pieces = two_rounds("adk-2")
    first = kinds(pieces, "text")[0]
    failure = captured("adk-2.13.0/error-first.streaming_true.sse")
    for event in failure[:-1]:
        event["invocationId"] = pieces[0]["invocationId"]
    assert check([*pieces[: first - 1], *failure], "adk-2") == []


# --- what is out of order: the typed dialect --------------------------------------------------------------------------

CALL: JsonObject = {"type": "tool_call", "name": "edit_multitrack", "args": {}}
RESULT: JsonObject = {"type": "tool_result", "name": "edit_multitrack", "result": {}}
TEXT: JsonObject = {"type": "text", "content": "Done."}
ERROR: JsonObject = {"type": "error", "code": 500, "message": "The agent failed."}


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([RESULT], [(0, "stream-order")]),
        ([RESULT, CALL], [(0, "stream-order"), (2, "stream-results-all")]),
        ([CALL, {**RESULT, "name": "other"}], [(1, "stream-order"), (2, "stream-results-all")]),
        ([CALL, RESULT, TEXT, RESULT], [(3, "stream-order")]),
        ([CALL, CALL, RESULT], [(3, "stream-results-all")]),
        ([CALL, HEARTBEAT, TEXT], [(3, "stream-results-all")]),
        ([ERROR, TEXT], [(1, "stream-error-last")]),
        ([CALL, ERROR, RESULT, HEARTBEAT], [(2, "stream-error-last"), (3, "stream-error-last")]),
        ([TEXT, ERROR, ERROR], [(2, "stream-error-last")]),
    ],
)
def test_typed_records_out_of_order_are_named_by_place_and_requirement(
    records: list[JsonObject], expected: list[tuple[int, str]]
) -> None:
    assert [(each.index, each.requirement) for each in check(records, "typed")] == expected


@pytest.mark.parametrize(
    "records", [[], [TEXT], [TEXT, TEXT], [CALL, RESULT], [CALL, CALL, RESULT, RESULT], [ERROR], [CALL, TEXT, ERROR]]
)
def test_typed_records_in_order_pass(records: list[JsonObject]) -> None:
    assert check(records, "typed") == []


def test_a_stream_that_was_cut_may_leave_a_call_open() -> None:
    assert check([CALL], "typed", closed=False) == []
    assert check(two_rounds("adk-2")[:2], "adk-2", closed=False) == []


# --- what is out of order: the kit's dialects -------------------------------------------------------------------------

Mutation = Callable[[list[JsonObject]], None]


def another_invocation(records: list[JsonObject]) -> None:
    records[-1]["invocationId"] = "e-other"


def response_first(records: list[JsonObject]) -> None:
    at_response = kinds(records, "functionResponse")[0]
    records.insert(0, records.pop(at_response))


def response_twice(records: list[JsonObject]) -> None:
    at_response = kinds(records, "functionResponse")[0]
    records.insert(at_response + 1, {**records[at_response], "id": "again"})


def response_of_another_name(records: list[JsonObject]) -> None:
    response = mapping(at(parts(records[kinds(records, "functionResponse")[0]])[0], "functionResponse"))
    response["name"] = "other_tool"


def response_to_another_call(records: list[JsonObject]) -> None:
    response = mapping(at(parts(records[kinds(records, "functionResponse")[0]])[0], "functionResponse"))
    response["id"] = "adk-other"


def response_lost(records: list[JsonObject]) -> None:
    del records[kinds(records, "functionResponse")[0]]


def call_twice(records: list[JsonObject]) -> None:
    at_call = kinds(records, "functionCall")[0]
    again = copy.deepcopy(records[at_call])
    again["id"] = "again"
    again.pop("partial", None)
    records.insert(at_call + 1, again)


def id_twice(records: list[JsonObject]) -> None:
    records[-1]["id"] = records[kinds(records, "functionResponse")[0]]["id"]
    if records[-1].get("partial") is False:  # the pieces of the answer share the id in 2.x
        records[-2]["id"] = records[-1]["id"]
        records[-3]["id"] = records[-1]["id"]


def record_after_the_end(records: list[JsonObject]) -> None:
    records += [*failure(records), HEARTBEAT]


def failure(records: list[JsonObject]) -> list[JsonObject]:
    """How the kit fails, in the invocation of these records."""
    older = "nodeInfo" not in records[0]
    name = "adk-1.39.1/error-quotes" if older else "adk-2.13.0/error-quotes"
    events = captured(f"{name}.streaming_true.sse")
    for event in events[:-1]:
        event["invocationId"] = records[0]["invocationId"]
    return events


@pytest.mark.parametrize("dialect", ["adk-2", "adk-1"])
@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streaming"])
@pytest.mark.parametrize(
    ("mutation", "expected"),
    [
        (another_invocation, {"stream-adk-invocation"}),
        (response_first, {"stream-adk-calls", "stream-results-all"}),
        (response_twice, {"stream-adk-calls"}),
        (response_of_another_name, {"stream-adk-calls"}),
        (response_to_another_call, {"stream-adk-calls", "stream-results-all"}),
        (response_lost, {"stream-results-all"}),
        (call_twice, {"stream-adk-calls"}),
        (id_twice, {"stream-adk-ids"}),
        (record_after_the_end, {"stream-error-last"}),
    ],
)
def test_the_kits_events_out_of_order_are_seen(
    dialect: str, mutation: Mutation, expected: set[str], *, streaming: bool
) -> None:
    records = two_rounds(dialect, streaming=streaming)
    assert check(records, dialect) == []
    mutation(records)
    assert set(broken(check(records, dialect))) == expected


def another_text(records: list[JsonObject]) -> None:
    mapping(parts(records[-1])[0])["text"] = "Something else."


def piece_lost(records: list[JsonObject]) -> None:
    del records[-2]


def pieces_lost(records: list[JsonObject]) -> None:
    del records[-3:-1]


def whole_lost(records: list[JsonObject]) -> None:
    del records[-1]


def whole_of_a_call_lost(records: list[JsonObject]) -> None:
    at_call = kinds(records, "functionCall")[0]
    del records[at_call : at_call + 2]


def whole_of_a_call_lost_before_its_response(records: list[JsonObject]) -> None:
    del records[kinds(records, "functionCall")[0]]


def another_call(records: list[JsonObject]) -> None:
    mapping(at(parts(records[0])[0], "functionCall"))["args"] = {"action": "other"}


@pytest.mark.parametrize("dialect", ["adk-2", "adk-1"])
@pytest.mark.parametrize(
    "mutation",
    [
        another_text,
        piece_lost,
        pieces_lost,
        whole_lost,
        whole_of_a_call_lost,
        whole_of_a_call_lost_before_its_response,
        another_call,
    ],
)
def test_pieces_that_do_not_add_up_to_their_whole_are_seen(dialect: str, mutation: Mutation) -> None:
    records = two_rounds(dialect)
    mutation(records)
    assert "stream-adk-aggregate" in broken(check(records, dialect))


def test_the_events_of_one_answer_share_an_id_in_2_x_and_none_do_in_1_x() -> None:
    newer, older = two_rounds("adk-2"), two_rounds("adk-1")
    newer[-2]["id"] = "other"
    older[-2]["id"] = older[-1]["id"]
    assert broken(check(newer, "adk-2")) == ["stream-adk-ids"]
    assert broken(check(older, "adk-1")) == ["stream-adk-ids"]


def test_a_failure_in_2_x_is_an_event_and_then_the_record_that_is_none() -> None:
    event, record = captured("adk-2.13.0/error-first.streaming_true.sse")
    assert check([event, record], "adk-2") == []
    assert broken(check([record], "adk-2")) == ["stream-adk-error"]
    assert broken(check([event], "adk-2")) == ["stream-adk-error"]
    assert broken(check([event, {**event, "id": "other"}, record], "adk-2")) == ["stream-adk-error"]
    assert check([record], "adk-1") == []


def test_a_call_that_takes_long_may_be_answered_in_a_later_turn() -> None:
    records = two_rounds("adk-2", streaming=False)
    response_lost(records)
    call = mapping(at(parts(records[0])[0], "functionCall"))
    records[0]["longRunningToolIds"] = [call["id"]]
    assert check(records, "adk-2") == []


# --- recordings: shape and order ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", CAPTURES)
def test_a_recording_of_the_kit_is_in_shape_and_in_order(path: str) -> None:
    assert examine(captured(path), DIALECTS[path.partition("/")[0]]) == []


@pytest.mark.parametrize("way", WAYS, ids=str)
@settings(max_examples=FEW)
@given(records=turns(), seed=st.integers(0, 50))
def test_a_recording_of_the_fake_is_in_shape_and_in_order(way: StreamForm, records: list[Record], seed: int) -> None:
    assert examine(played(way, records, seed), way.profile.events) == []


def test_a_recording_names_each_record_that_is_out_of_shape_or_out_of_order() -> None:
    found = examine([{**CALL, "args": "none"}, RESULT, RESULT, ERROR, TEXT], "typed")
    assert [(each.index, each.requirement) for each in found] == [
        (0, "stream-typed"), (2, "stream-order"), (4, "stream-error-last"),
    ]  # fmt: skip
    assert "'none' is not of type 'object'" in found[0].message


@pytest.mark.parametrize("dialect", ["adk-2", "adk-1"])
def test_a_recording_of_the_kits_events_out_of_shape_and_order_is_seen(dialect: str) -> None:
    records = two_rounds(dialect, streaming=False)
    records[0]["timestamp"] = "now"
    another_invocation(records)
    assert {each.requirement for each in examine(records, dialect)} == {f"stream-{dialect}", "stream-adk-invocation"}


def test_a_recording_that_was_cut_and_a_silent_one_break_nothing() -> None:
    assert examine([CALL, HEARTBEAT], "typed", closed=False) == []
    assert examine([CALL, RESULT, HEARTBEAT], "typed") == []
    with pytest.raises(ValueError, match="adk-3"):
        examine([], "adk-3")


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_a_watch_sees_each_record_when_it_comes() -> None:
    watched = stream_checker("typed")
    assert watched.take(CALL) == []
    (violation,) = watched.take({**RESULT, "name": "other"})
    assert violation == OrderViolation(1, "stream-order", "It is a result of other, which has no open call.")
    assert watched.take(RESULT) == []
    assert watched.end() == []


#: Content that is out of shape.
SHAPELESS: JsonObject = {"parts": [{"functionCall": None}, {"functionResponse": {}}, {"text": 5}, None]}


@pytest.mark.parametrize("dialect", choices("events"))
@given(
    records=st.lists(
        st.dictionaries(
            st.sampled_from(
                ["type", "name", "id", "content", "partial", "invocationId", "error", "errorCode", "longRunningToolIds"]
            ),
            st.one_of(
                st.none(),
                st.booleans(),
                st.integers(),
                st.sampled_from(["tool_call", "tool_result", "error", "text"]),
                st.just(SHAPELESS),
                st.lists(st.integers()),
            ),
        )
    )
)
def test_records_out_of_shape_break_no_watch(dialect: str, records: list[JsonObject]) -> None:
    assert all(violation.requirement in REQUIREMENTS for violation in check(records, dialect))


def test_each_rule_is_a_requirement_and_a_wrong_dialect_is_refused() -> None:
    source = Path(check.__code__.co_filename).read_text(encoding="utf-8")
    named = {word for word in source.split('"') if word.startswith("stream-")}
    assert len(named) == 8
    assert named <= set(REQUIREMENTS)
    with pytest.raises(ValueError, match="adk-3"):
        check([], "adk-3")

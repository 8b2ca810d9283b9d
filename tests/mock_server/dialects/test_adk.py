"""For any behaviour of the agent, the ADK dialects send events that the kit could have sent."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from nemovideo_contract.profiles import Profile
from nemovideo_mock.dialects import dialect_for
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import Record, Text, ToolCall, ToolResult
from tests.mock_server.dialects.streams import (
    ADK_1,
    ADK_2,
    DATA,
    KIT_WAYS,
    NOW,
    Event,
    StreamForm,
    as_utf8,
    parts,
    play,
    read_records,
    turns,
)

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
NO_CONTENT = "MODEL_RETURNED_NO_CONTENT"
HARD: list[Record] = [
    Text('U+2028 \u2028 and U+2029 \u2029, "quotes", back\\slash\nnewline\r\n 🎬 完成 \x00 half \ud83c'),
    ToolCall("a", "edit_multitrack", {"none": None, "small": 1e-5, "large": 1e20, "half \udfac": ["\udfac"]}),
    ToolResult("a", "edit_multitrack", {}),
]

ways = st.sampled_from(KIT_WAYS)
both = pytest.mark.parametrize("profile", [ADK_2, ADK_1], ids=lambda profile: profile.events)


def schema(name: str, profile: Profile) -> Draft202012Validator:
    """Return the strict schema of the family 2.x; that of 1.18 to 1.39 differs only by `nodeInfo`."""
    strict: dict[str, Any] = json.loads((DATA / name).read_text(encoding="utf-8"))  # Any: a schema
    if profile is ADK_1:
        del strict["properties"]["nodeInfo"]
        strict["required"].remove("nodeInfo")
    return Draft202012Validator(strict)


def problems(strict: Draft202012Validator, event: Event) -> list[ValidationError]:
    """Return the reasons why an event does not belong to the family."""
    return list(strict.iter_errors(event))  # pyright: ignore[reportUnknownMemberType] - the stubs leave it open


SCHEMAS = {
    profile.events: [
        schema(name, profile) for name in ("event_wire_strict.schema.json", "event_wire_strict.min.schema.json")
    ]
    for profile in (ADK_2, ADK_1)
}


@given(ways, turns(), st.integers(0, 20))
@example(StreamForm(ADK_2), HARD, 0)
@example(StreamForm(ADK_2, streaming=True), HARD, 0)
@example(StreamForm(ADK_1, streaming=True), HARD, 0)
def test_every_event_passes_the_strict_schemas(
    way: StreamForm,
    records: list[Record],
    seed: int,
) -> None:
    for event in play(way, records, seed=seed).events:
        for strict in SCHEMAS[way.profile.events]:
            assert not [problem.message for problem in problems(strict, event)]


@both
def test_the_schemas_refuse_the_other_family_and_whatever_is_null(profile: Profile) -> None:
    other = ADK_1 if profile is ADK_2 else ADK_2
    (foreign,) = play(StreamForm(other), [Text("Hello")]).events
    (own,) = play(StreamForm(profile), [Text("Hello")]).events
    for strict in SCHEMAS[profile.events]:
        assert not problems(strict, own)
        assert problems(strict, foreign)
        assert problems(strict, {**own, "partial": None})


@given(ways, turns(), st.integers(0, 20))
@example(StreamForm(ADK_2, streaming=True), HARD, 0)
@example(StreamForm(ADK_1), HARD, 0)
def test_the_events_mean_what_the_agent_did(way: StreamForm, records: list[Record], seed: int) -> None:
    events = play(way, records, seed=seed).events
    found = read_records(events)
    if records and isinstance(records[-1], ToolResult) and found[-1] == Text(""):
        found.pop()  # one of the forms in which a turn ends without a text
    open_calls: dict[str, str] = {}
    for record, event in zip(records, found, strict=True):
        match record, event:
            case Text(), Text():
                assert event.content == as_utf8({"": record.content})[""]
            case ToolCall(), ToolCall():
                assert re.fullmatch(f"adk-{UUID}", event.call_id)
                assert {"name": event.name, "args": event.args} == as_utf8({"name": record.name, "args": record.args})
                open_calls[event.call_id] = event.name
            case ToolResult(), ToolResult():
                assert open_calls.pop(event.call_id) == event.name
                assert event.result == as_utf8(record.result)
            case _:
                pytest.fail(f"{record} became {event}")
    assert not open_calls


@given(ways, turns())
def test_all_events_have_one_invocation_and_unique_ids(way: StreamForm, records: list[Record]) -> None:
    events = play(way, records).events
    invocations = {event["invocationId"] for event in events}
    assert len(invocations) <= 1
    assert all(re.fullmatch(f"e-{UUID}", invocation) for invocation in invocations)
    assert all(re.fullmatch(UUID, event["id"]) for event in events)
    assert {event["author"] for event in events} <= {"nemo_agent"}
    whole = Counter(event["id"] for event in events if not event.get("partial"))
    assert set(whole.values()) <= {1}
    if way.profile is ADK_1:
        assert len({event["id"] for event in events}) == len(events)


@given(st.sampled_from([ADK_2, ADK_1]), turns())
def test_streamed_answers_come_in_partial_events_and_once_more_as_a_whole(
    profile: Profile, records: list[Record]
) -> None:
    pending: list[Event] = []
    for event in play(StreamForm(profile, streaming=True), records).events:
        if event.get("partial"):
            pending.append(event)
            continue
        if parts(event) and "functionResponse" in parts(event)[0]:
            assert "partial" not in event
            assert not pending
            continue
        assert event["partial"] is False
        if "functionCall" in parts(event)[0]:
            assert [parts(delta) for delta in pending] == [parts(event)]
        else:
            assert "".join(parts(delta)[0]["text"] for delta in pending) == parts(event)[0]["text"]
            assert ["finishReason" in delta for delta in pending] == [False] * (len(pending) - 1) + [True]
        assert ({delta["id"] for delta in pending} == {event["id"]}) is (profile is ADK_2)
        assert ("modelVersion" in event) is (profile is ADK_2)
        pending = []
    assert not pending


@given(st.sampled_from([ADK_2, ADK_1]), turns())
def test_without_streaming_nothing_is_partial_and_each_record_is_one_event(
    profile: Profile, records: list[Record]
) -> None:
    dialect = dialect_for(profile, Chance("0"), streaming=False)
    for number, record in enumerate(records):
        (sent,) = dialect.record(record, NOW + number)
        event = json.loads(sent.removeprefix(b"data: "))
        assert "partial" not in event
        assert event["timestamp"] == NOW + number
        assert event["content"]["role"] == ("user" if isinstance(record, ToolResult) else "model")
        assert ("longRunningToolIds" in event) is isinstance(record, ToolCall)


@given(ways, turns())
def test_tokens_add_up_and_what_was_said_is_part_of_the_next_prompt(
    way: StreamForm,
    records: list[Record],
) -> None:
    said = 0
    for event in play(way, records, user_text="12345678").events:
        usage = event.get("usageMetadata")
        if usage is None:
            continue
        assert usage["promptTokenCount"] >= 2 + (0 if event.get("partial") is False else said)
        assert usage["totalTokenCount"] == usage["promptTokenCount"] + usage["candidatesTokenCount"]
        said += 0 if event.get("partial") else usage["candidatesTokenCount"]


def test_a_longer_answer_costs_more_tokens_and_so_does_a_longer_question() -> None:
    (short,) = play(StreamForm(ADK_2), [Text("Four")], user_text="").events
    (long,) = play(StreamForm(ADK_2), [Text("Four" * 10)], user_text="ab" * 6).events
    assert short["usageMetadata"] == {"candidatesTokenCount": 1, "promptTokenCount": 0, "totalTokenCount": 1}
    assert long["usageMetadata"] == {"candidatesTokenCount": 10, "promptTokenCount": 3, "totalTokenCount": 13}


def test_line_separators_and_emoji_go_out_as_they_are() -> None:
    (line,) = play(StreamForm(ADK_2), [Text("a\u2028b 🎬 \u2029")]).lines
    assert '"text":"a\u2028b 🎬 \u2029"' in line


@both
def test_the_same_draws_give_the_same_bytes_and_others_other_ids(profile: Profile) -> None:
    again = [play(StreamForm(profile, streaming=True), HARD, seed=seed) for seed in (1, 1, 2)]
    assert again[0] == again[1]
    assert not {event["id"] for event in again[0].events} & {event["id"] for event in again[2].events}


def test_a_whole_number_of_seconds_is_still_a_fraction() -> None:
    (sent,) = dialect_for(ADK_2, Chance("0"), streaming=False).record(Text("Hello"), 1_795_301_920)
    assert sent.endswith(b'"timestamp":1795301920.0}\n\n')


@pytest.mark.parametrize("way", KIT_WAYS, ids=str)
def test_only_a_tools_result_ends_in_silence(way: StreamForm) -> None:
    call, result = ToolCall("a", "edit_multitrack", {}), ToolResult("a", "edit_multitrack", {})
    told: list[list[Record]] = [[], [call], [call, result, Text("Done.")]]
    for seed in range(40):
        for records in told:
            dialect = dialect_for(way.profile, Chance(str(seed)), streaming=way.streaming)
            for record in records:
                dialect.record(record, NOW)
            assert dialect.end(NOW) == []


def test_silence_is_said_once() -> None:
    for seed in range(40):
        dialect = dialect_for(ADK_2, Chance(str(seed)), streaming=False)
        dialect.record(ToolCall("a", "edit_multitrack", {}), NOW)
        dialect.record(ToolResult("a", "edit_multitrack", {}), NOW)
        dialect.end(NOW)
        assert dialect.end(NOW) == []


def test_in_1_39_silence_carries_no_error() -> None:
    call, result = ToolCall("a", "edit_multitrack", {}), ToolResult("a", "edit_multitrack", {})
    ends = [play(StreamForm(ADK_1), [call, result], seed=seed).events[2:] for seed in range(60)]
    contents = {json.dumps(event["content"]["parts"]) for end in ends for event in end}
    assert contents == {"[]", '[{"text": ""}]'}
    assert [] in ends
    assert not any("errorCode" in event for end in ends for event in end)


def test_a_result_is_flagged_as_the_end_only_where_it_is() -> None:
    call, result = ToolCall("a", "edit_multitrack", {}), ToolResult("a", "edit_multitrack", {})
    flagged = 0
    for seed in range(60):
        middle, end = (
            play(StreamForm(ADK_2), [call, result, Text("Done.")], seed=seed),
            play(StreamForm(ADK_2), [call, result], seed=seed),
        )
        assert "skipSummarization" not in middle.events[1]["actions"]
        flagged += "skipSummarization" in end.events[1]["actions"]
    assert 0 < flagged < 60


def test_no_two_calls_get_an_answer_with_one_id() -> None:
    dialect = dialect_for(ADK_2, Chance("0"), streaming=False)
    sent = [
        json.loads(entry.removeprefix(b"data: "))
        for _ in range(2)
        for record in (ToolCall("same", "tool", {}), ToolResult("same", "tool", {}), ToolResult("same", "tool", {}))
        for entry in dialect.record(record, NOW)
    ]
    ids = [(part.get("functionCall") or part["functionResponse"])["id"] for event in sent for part in parts(event)]
    assert ids[0] == ids[1] != ids[2] != ids[3] == ids[4] != ids[5]
    assert len(set(ids)) == 4


def test_a_text_without_words_is_an_empty_answer_in_2_13() -> None:
    (event,) = play(StreamForm(ADK_2), [Text(" \n")]).events
    assert (event["errorCode"], parts(event)) == (NO_CONTENT, [{"text": " \n"}])
    (older,) = play(StreamForm(ADK_1), [Text(" \n")]).events
    assert "errorCode" not in older

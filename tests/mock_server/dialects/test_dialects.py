"""A profile decides the dialect, the heartbeats and the headers; typed records follow the vendor's reference."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given

from nemovideo_contract.profiles import Profile
from nemovideo_mock.dialects import Dialect, dialect_for
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import Failure, Record, Text, ToolCall, ToolResult
from tests.mock_server.dialects.streams import ADK_1, ADK_2, KIT_WAYS, NOW, TYPED, StreamForm, as_utf8, play, turns

EVENTS = ("typed", "adk-2", "adk-1")
BEAT = b'data: {"type":"heartbeat"}\n\n'


def dialect(profile: Profile, *, streaming: bool = False) -> Dialect:
    """Return a dialect for a new stream."""
    return dialect_for(profile, Chance("0"), streaming=streaming)


def test_typed_records_are_flat_and_compact() -> None:
    records: list[Record] = [
        Text('Your video is ready 🎬 "now"'),
        ToolCall("call_1", "edit_multitrack", {"action": "trim"}),
        ToolResult("call_1", "edit_multitrack", {"status": "success"}),
        Failure(2001, "Not enough credits."),
    ]
    assert play(StreamForm(TYPED), records).lines == [
        r'{"type":"text","content":"Your video is ready 🎬 \"now\""}',
        '{"type":"tool_call","name":"edit_multitrack","args":{"action":"trim"}}',
        '{"type":"tool_result","name":"edit_multitrack","result":{"status":"success"}}',
        '{"type":"error","code":2001,"message":"Not enough credits."}',
    ]


def test_the_profile_names_the_key_of_a_typed_text() -> None:
    assert play(StreamForm(Profile(text_key="text")), [Text("Hello")]).objects == [{"type": "text", "text": "Hello"}]


@given(turns())
@example([Text("half \ud83c"), ToolCall("a", "\udfac", {"\udfac": "\u2028"})])
def test_typed_records_carry_what_they_are_given(records: list[Record]) -> None:
    told: list[object] = []
    for value in play(StreamForm(TYPED), records).objects:
        match value["type"]:
            case "text":
                told.append({"content": value["content"]})
            case "tool_call":
                told.append({"name": value["name"], "args": value["args"]})
            case _:
                told.append({"name": value["name"], "result": value["result"]})
    expected: list[object] = []
    for record in records:
        match record:
            case Text():
                expected.append(as_utf8({"content": record.content}))
            case ToolCall():
                expected.append(as_utf8({"name": record.name, "args": record.args}))
            case ToolResult():
                expected.append(as_utf8({"name": record.name, "result": record.result}))
            case Failure():
                pytest.fail("No turn here fails.")
    assert told == expected


def test_typed_streams_are_the_same_with_streaming_and_end_without_a_word() -> None:
    records: list[Record] = [ToolCall("a", "edit_multitrack", {}), ToolResult("a", "edit_multitrack", {})]
    assert play(StreamForm(TYPED), records) == play(StreamForm(TYPED, streaming=True), records, seed=1)
    assert len(play(StreamForm(TYPED), records).sent) == 2


@pytest.mark.parametrize("events", EVENTS)
@pytest.mark.parametrize(
    ("form", "beats"),
    [
        ("typed", [BEAT, BEAT, BEAT]),
        ("empty", [b"data:\n\n"] * 3),
        ("event", [b"event: heartbeat\ndata: {}\n\n"] * 3),
        ("comment", [b": heartbeat\n\n"] * 3),
        ("mixed", [BEAT, b"data:\n\n", BEAT]),
        ("none", [b"", b"", b""]),
    ],
)
def test_heartbeats_have_the_profiles_form_in_every_dialect(events: str, form: str, beats: list[bytes]) -> None:
    voice = dialect(TYPED.replace({"events": events, "heartbeat": form}))
    assert [voice.heartbeat() for _ in beats] == beats


@pytest.mark.parametrize("profile", [ADK_2, ADK_1], ids=lambda profile: profile.events)
def test_the_kit_adds_no_header(profile: Profile) -> None:
    assert dict(dialect(profile).headers) == {}


def test_typed_streams_forbid_caching_and_buffering() -> None:
    assert dict(dialect(TYPED).headers) == {
        "Cache-Control": "no-store",
        "Connection": "keep-alive",
        "X-Accel-Buffering": "no",
    }


@pytest.mark.parametrize("way", [StreamForm(TYPED), *KIT_WAYS], ids=str)
def test_a_failure_of_the_plan_is_a_failure_in_the_stream(way: StreamForm) -> None:
    failed = dialect(way.profile, streaming=way.streaming).failure(2001, "Not \ud800 enough", NOW)
    again = dialect(way.profile, streaming=way.streaming).record(Failure(2001, "Not \ud800 enough"), NOW)
    assert failed == again
    last = json.loads(failed[-1].removeprefix(b"data: "))
    assert "Not ? enough" in (last.get("message"), last.get("error"), last.get("error", "").removeprefix("2001: "))


@pytest.mark.parametrize("events", EVENTS)
def test_nothing_follows_a_failure(events: str) -> None:
    for seed in range(20):
        voice = dialect_for(TYPED.replace({"events": events}), Chance(str(seed)), streaming=False)
        voice.record(ToolCall("a", "edit_multitrack", {}), NOW)
        voice.record(ToolResult("a", "edit_multitrack", {}), NOW)
        voice.failure(2001, "Not enough credits.", NOW)
        assert voice.end(NOW) == []

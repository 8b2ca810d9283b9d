from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_client.events import (
    ErrorEvent,
    Event,
    Heartbeat,
    Reader,
    Text,
    ToolCall,
    ToolResult,
    Unknown,
)
from nemovideo_client.sse import Comment, Decoder, EmptyRecord, ServerSentEvent
from nemovideo_client.transcript import Transcript


def read(*values: object) -> list[Event]:
    reader = Reader()
    return [event for value in values for event in reader.read(ServerSentEvent(json.dumps(value)))]


def transcript(events: Iterable[Event]) -> Transcript:
    found = Transcript()
    for event in events:
        found.add(event)
    return found


def adk(*parts: dict[str, object], **fields: object) -> dict[str, object]:
    return {
        "content": {"parts": list(parts), "role": "model"}, "author": "nemo_agent", "invocationId": "e-1", "id": "1",
        **fields,
    }  # fmt: skip


def test_the_documented_sample_gives_its_four_events() -> None:
    assert read(
        {"type": "text", "content": "I'll generate your video now..."},
        {"type": "tool_call", "name": "generate_video_with_seedance", "args": {"prompt": "sea"}},
        {"type": "tool_result", "name": "generate_video_with_seedance", "result": {"ok": True}},
        {"type": "heartbeat"},
    ) == [
        Text("I'll generate your video now..."),
        ToolCall("generate_video_with_seedance", {"prompt": "sea"}),
        ToolResult("generate_video_with_seedance", {"ok": True}),
        Heartbeat("typed"),
    ]


def test_text_is_also_taken_from_the_key_that_clients_read() -> None:
    assert read({"type": "text", "text": "hi"}) == [Text("hi")]


def test_every_form_of_heartbeat_is_one() -> None:
    reader = Reader()

    assert reader.read(Comment(" ping")) == [Heartbeat("comment")]
    assert reader.read(EmptyRecord()) == [Heartbeat("empty")]
    assert reader.read(ServerSentEvent("")) == [Heartbeat("empty")]
    assert reader.read(EmptyRecord("heartbeat")) == [Heartbeat("event")]
    assert reader.read(ServerSentEvent("{}", event="heartbeat")) == [Heartbeat("event")]


@pytest.mark.parametrize(
    "value", [{"type": "mystery", "x": 1}, {"hello": 1}, [1], "words", {"type": "text"}, {"code": 0}]
)
def test_a_record_that_no_document_describes_is_kept_raw(value: object) -> None:
    (event,) = read(value)

    assert event in (Unknown(value), Unknown(json.dumps(value)))


def test_deltas_and_the_aggregate_that_repeats_them_give_the_text_once() -> None:
    events = read(
        adk({"text": "Hello, "}, partial=True),
        adk({"text": "I am "}, partial=True),
        adk({"text": "nemo_agent."}, partial=True),
        adk({"text": "Hello, I am nemo_agent."}, partial=False),
    )

    assert events == [Text("Hello, ", partial=True), Text("I am ", partial=True), Text("nemo_agent.", partial=True)]
    assert transcript(events).text == "Hello, I am nemo_agent."


def test_an_old_servers_aggregate_without_a_partial_key_gives_the_text_once() -> None:
    events = read(adk({"text": "Hello"}, partial=True), adk({"text": "Hello"}))

    assert transcript(events).text == "Hello"


def test_an_aggregate_that_says_more_than_its_deltas_adds_the_rest() -> None:
    events = read(adk({"text": "Hel"}, partial=True), adk({"text": "Hello"}))

    assert transcript(events).text == "Hello"


def test_equal_texts_of_two_messages_are_both_kept() -> None:
    assert transcript(read(adk({"text": "Done."}), adk({"text": "Done."}))).text == "Done.\nDone."


def test_a_tool_call_that_comes_twice_is_one_call() -> None:
    part: dict[str, object] = {"functionCall": {"id": "adk-1", "args": {"track": 1}, "name": "edit_multitrack"}}

    assert read(adk(part, partial=True), adk(part, partial=False)) == [
        ToolCall("edit_multitrack", {"track": 1}, "adk-1")
    ]


def test_text_before_a_call_that_the_aggregate_repeats_comes_once() -> None:
    call: dict[str, object] = {"functionCall": {"id": "adk-1", "args": {}, "name": "edit_multitrack"}}

    events = read(adk({"text": "Let me see."}, partial=True), adk({"text": "Let me see."}, call, partial=False))

    assert events == [Text("Let me see.", partial=True), ToolCall("edit_multitrack", {}, "adk-1")]


def test_a_tools_answer_has_the_role_user_and_is_a_result() -> None:
    event: dict[str, object] = {
        "content": {
            "parts": [{"functionResponse": {"id": "adk-1", "name": "edit_multitrack", "response": {"status": "ok"}}}],
            "role": "user",
        },
        "author": "nemo_agent",
    }

    assert read(event) == [ToolResult("edit_multitrack", {"status": "ok"}, "adk-1")]


def test_thoughts_are_not_part_of_the_answer() -> None:
    thought: dict[str, object] = {"text": "Hm, the user wants...", "thought": True}

    assert read(adk(thought, {"text": "Sure."})) == [Text("Sure."), Unknown(thought)]
    assert isinstance(read(adk({"text": "Hm", "thought": True}))[0], Unknown)


def test_thoughts_that_are_streamed_come_once_though_the_aggregate_repeats_them() -> None:
    def thought(words: str) -> dict[str, object]:
        return {"text": words, "thought": True}

    image: dict[str, object] = {"inlineData": {"data": "iVBOR_v_"}}
    deltas = [adk(thought("Hm, "), partial=True), adk(thought("so."), image, partial=True)]
    text: dict[str, object] = {"text": "Sure."}

    assert read(*deltas, adk(thought("Hm, so."), image, text)) == [*map(Unknown, deltas), Text("Sure.")]
    assert read(*deltas, adk(thought("Hm, so."))) == [*map(Unknown, deltas)]
    others = [*map(Unknown, deltas), Text("Sure."), Unknown(thought("Other."))]
    assert read(*deltas, adk(thought("Other."), text)) == others


@pytest.mark.parametrize(
    "other",
    [
        {"inlineData": {"mimeType": "image/png", "data": "iVBOR_v_"}},
        {"fileData": {"fileUri": "https://cdn.example/a.mp4"}},
        {"functionCall": "no object"},
        {"text": "", "executableCode": {"code": "1"}},
        "words",
    ],
)
def test_an_unknown_part_beside_a_known_one_is_kept_raw(other: object) -> None:
    call: dict[str, object] = {"functionCall": {"id": "adk-1", "args": {}, "name": "edit_multitrack"}}
    content = {"parts": [{"text": "Look:"}, other, call], "role": "model"}

    assert read({"author": "nemo_agent", "content": content}) == [
        Text("Look:"),
        ToolCall("edit_multitrack", {}, "adk-1"),
        Unknown(other),
    ]


@pytest.mark.parametrize("actions", [{"stateDelta": {"timeline": 1}}, {"artifactDelta": {"out.mp4": 0}}])
def test_actions_beside_a_known_part_are_kept_raw(actions: dict[str, object]) -> None:
    event = adk({"text": "Done."}, actions={"requestedAuthConfigs": {}, "skipSummarization": True, **actions})

    assert read(event) == [Text("Done."), Unknown({"actions": actions})]


def test_a_long_running_call_is_not_waited_for_and_others_are() -> None:
    calls: list[dict[str, object]] = [
        {"functionCall": {"id": each, "args": {}, "name": "render"}} for each in ("adk-1", "adk-2")
    ]
    (first, second) = events = read(adk(*calls, longRunningToolIds=["adk-1"]))

    assert [event.is_long_running for event in events if isinstance(event, ToolCall)] == [True, False]
    assert transcript([first]).pending == 0
    assert transcript([first, second, ToolResult("render", {}, "adk-1")]).pending == 1


def test_an_event_without_content_is_kept_raw() -> None:
    event: dict[str, object] = {"author": "nemo_agent", "actions": {"artifactDelta": {"out.mp4": 0}}}

    assert read(event) == [Unknown(event)]


def test_a_failed_run_is_one_error_though_it_comes_as_two_records() -> None:
    first = adk(errorCode="RuntimeError", errorMessage="exploded")
    last: dict[str, object] = {"error": "RuntimeError: exploded", "error_details": {"error_type": "RuntimeError"}}

    assert read(first, last) == [ErrorEvent("RuntimeError", "exploded", first)]
    (alone,) = read(last)
    assert isinstance(alone, ErrorEvent)
    assert alone.message == "RuntimeError: exploded"


def test_a_failure_that_comes_in_part_and_again_whole_is_one_error() -> None:
    part = adk(errorCode="SAFETY", partial=True)
    whole = adk(errorCode="SAFETY", errorMessage="blocked", partial=False)

    assert read(part, whole) == [ErrorEvent("SAFETY", None, part)]
    assert read(whole, part) == [ErrorEvent("SAFETY", "blocked", whole)]
    again = adk(errorCode="SAFETY", errorMessage="other")
    assert read(whole, again) == [ErrorEvent("SAFETY", "blocked", whole), ErrorEvent("SAFETY", "other", again)]


@pytest.mark.parametrize("data", ['{"error": "bad "quoted" value"}', '{"error": "bad "quoted" value'])
def test_an_error_that_is_not_json_is_still_an_error(data: str) -> None:
    reader = Reader()
    (event,) = [*reader.read(ServerSentEvent(data)), *reader.finish()]

    assert isinstance(event, ErrorEvent)
    assert event.message == 'bad "quoted" value'


OLD_ERROR = 'data: {"error": "bad "quoted" value\\path\nsecond line\n\n: third\n\n\nlast: line"}\n\n'


@pytest.mark.parametrize("ending", ["", 'data: {"type": "text", "content": "more"}\n\n'])
def test_an_error_of_several_lines_that_an_old_server_does_not_escape_is_one_error(ending: str) -> None:
    decoder, reader = Decoder(), Reader()

    events = [event for record in decoder.feed((OLD_ERROR + ending).encode()) for event in reader.read(record)]

    assert [event.message for event in events if isinstance(event, ErrorEvent)] == [
        'bad "quoted" value\\path\nsecond line\n: third\n\nlast: line'
    ]
    assert [event for event in events if not isinstance(event, ErrorEvent)] == ([Text("more")] if ending else [])


def test_an_old_servers_error_that_breaks_off_ends_with_the_stream_or_before_the_next_event() -> None:
    for stream, after in ((b"", []), (b'data: {"type": "text", "content": "x"}\n\n', [Text("x")])):
        decoder, reader = Decoder(), Reader()
        records = decoder.feed(b'data: {"error": "one\ntwo\n\n' + stream)
        events = [*(event for record in records for event in reader.read(record)), *reader.finish()]

        assert isinstance(events[0], ErrorEvent)
        assert events[0].message == "one\ntwo"
        assert events[1:] == after


def test_lines_that_are_no_fields_of_a_stream_are_not_a_sign_of_life() -> None:
    assert Reader().read(EmptyRecord(stray='{"code": 1}')) == [Unknown('{"code": 1}')]


@pytest.mark.parametrize(
    ("value", "code", "message"),
    [
        ({"error": "", "error_details": {"error_type": "RESOURCE_EXHAUSTED"}}, "RESOURCE_EXHAUSTED", None),
        ({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}, 429, "RESOURCE_EXHAUSTED"),
        ({"error": {"status": "UNAVAILABLE", "message": "busy"}}, "UNAVAILABLE", "busy"),
        ({"errorCode": "SAFETY"}, "SAFETY", None),
    ],
)
def test_an_error_without_a_text_of_its_own_keeps_its_reason(value: object, code: object, message: object) -> None:
    (event,) = read(value)

    assert isinstance(event, ErrorEvent)
    assert (event.code, event.message) == (code, message)


def test_an_error_in_the_systems_text_is_not_an_answer() -> None:
    (event,) = read(adk({"text": "Error: quota"}, author="system"))

    assert isinstance(event, ErrorEvent)


def test_an_empty_answer_of_the_model_is_not_an_error() -> None:
    assert not any(
        isinstance(event, ErrorEvent) for event in read({"author": "a", "errorCode": "MODEL_RETURNED_NO_CONTENT"})
    )


EMPTY: list[dict[str, object]] = [{"role": "model"}, {"parts": []}, {"parts": [{"text": ""}]}, {"parts": [{}, {}]}]


@pytest.mark.parametrize("content", EMPTY)
def test_an_empty_answer_is_a_silent_end_and_nothing_unknown(content: dict[str, object]) -> None:
    event: dict[str, object] = {"content": content, "author": "nemo_agent", "actions": {"stateDelta": {}}}

    assert read(event) == []
    assert read({**event, "errorCode": "STOP"}) == []
    assert read({"author": "nemo_agent", "errorCode": "MODEL_RETURNED_NO_CONTENT"}) == []
    changed = {**event, "actions": {"stateDelta": {"timeline": 1}}}
    assert read(changed) == [Unknown(changed)]


def test_a_part_of_an_unknown_kind_is_kept_raw() -> None:
    event = adk({"inlineData": {"data": "iVBOR_v_"}})

    assert read(event) == [Unknown(event)]
    assert read({"content": "words", "author": "nemo_agent"}) == [Unknown({"content": "words", "author": "nemo_agent"})]


@pytest.mark.parametrize(
    "value", [{"type": "error", "code": 2001, "message": "no credits"}, {"code": 2001, "message": "no credits"}]
)
def test_an_envelope_within_the_stream_is_an_error_with_its_code(value: object) -> None:
    (event,) = read(value)

    assert isinstance(event, ErrorEvent)
    assert (event.code, event.message) == (2001, "no credits")


def test_noise_after_an_answer_is_left_out_and_noise_alone_is_the_answer() -> None:
    noise = Text("I encountered a temporary issue. Please try again.")

    assert transcript([Text("Your video is ready."), noise]).text == "Your video is ready."
    assert transcript([ToolCall("edit_multitrack", {}), noise]).text == ""
    assert transcript([noise]).text == noise.content


def test_whole_sentences_get_a_line_each_and_pieces_of_one_join() -> None:
    assert transcript([Text("I'll begin."), Text("All done!")]).text == "I'll begin.\nAll done!"
    assert transcript([Text("I'll be"), Text("gin.")]).text == "I'll begin."
    assert transcript([Text("好的。"), Text("完成了。")]).text == "好的。\n完成了。"
    assert transcript([Text("One. "), Text("Two.")]).text == "One. Two."


@given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=8))
def test_deltas_and_their_aggregate_always_give_the_text_once(pieces: list[str]) -> None:
    whole = "".join(pieces)

    events = read(*(adk({"text": piece}, partial=True) for piece in pieces), adk({"text": whole}, partial=False))

    assert "".join(event.content for event in events if isinstance(event, Text)) == whole


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "content", "parts", "text", "error", "code", "author", "functionCall", "args"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def is_the_kits(value: object) -> bool:
    """Whether a value may be the kit's event of an empty answer, or of a call that comes again whole."""
    return isinstance(value, dict) and ("author" in value or "content" in value)


@given(st.lists(JSON, max_size=5))
def test_every_value_gives_an_event_and_raises_no_error(values: list[object]) -> None:
    for value in values:
        assert read(value) or is_the_kits(value)


@given(st.binary(max_size=200))
def test_no_stream_raises_an_error(stream: bytes) -> None:
    reader, found = Reader(), Transcript()
    for record in Decoder().feed(stream + b"\n\n"):
        for event in reader.read(record):
            found.add(event)
    assert isinstance(found.text, str)


def test_a_tools_arguments_or_result_in_a_string_are_parsed_or_kept_raw() -> None:
    call, result, kit = read(
        {"type": "tool_call", "name": "edit", "args": '{"title": "Kyoto"}'},
        {"type": "tool_result", "name": "edit", "result": "done"},
        adk({"functionCall": {"name": "edit", "args": '{"title": "Kyoto"}'}}),
    )

    assert call == kit == ToolCall("edit", {"title": "Kyoto"})
    assert isinstance(result, ToolResult)
    assert result.result == {}
    assert result.raw == {"type": "tool_result", "name": "edit", "result": "done"}


def test_an_event_that_is_named_error_is_one() -> None:
    for data, message in (('{"message": "exploded"}', "exploded"), ("exploded", "exploded")):
        (event,) = Reader().read(ServerSentEvent(data, event="error"))
        assert isinstance(event, ErrorEvent)
        assert event.message == message


def test_secrets_are_redacted_in_every_record() -> None:
    reader = Reader("my-secret-token")

    for data in (
        '{"type": "error", "message": "for my-secret-token"}',
        "my-secret-token",
        '{"x": ["my-secret-token"]}',
    ):
        for event in reader.read(ServerSentEvent(data)):
            assert "my-secret-token" not in repr(event) + repr(getattr(event, "raw", None))

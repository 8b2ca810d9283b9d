"""Tapes are plain JSON that fits its schema, and what is none is refused in one sentence."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from nemovideo_contract.http.exchange import Answer, Call
from nemovideo_contract.openapi import Json
from nemovideo_contract.recording import FORMAT, Recording, RecordingError, capture_exchange, read, write
from nemovideo_contract.recording.calls_from_http import operation_of, to_call
from nemovideo_contract.recording.recording import BinaryBody, FilesBody, JsonBody, RecordedFile, Skipped
from nemovideo_contract.recording.serialization import schema

from .recordings import any_recordings, conversation, exchange, recording_of


@settings(max_examples=40)
@given(any_recordings)
def test_a_recording_is_the_same_after_writing_and_reading(found: Recording) -> None:
    assert read(write(found)) == found


@settings(max_examples=40)
@given(any_recordings)
def test_a_written_recording_fits_the_schema(found: Recording) -> None:
    Draft202012Validator(schema()).validate(json.loads(write(found)))  # pyright: ignore[reportUnknownMemberType] -- its stubs


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())


def test_files_and_what_was_left_out_are_kept() -> None:
    files = FilesBody((RecordedFile("files", "a.png", 3, b"\x00\x01\xff"), RecordedFile("files", "b.jpg", 9)))
    made = recording_of(exchange("an upload", "upload", body=files))
    whole = Recording(made.target, made.at, made.by, made.script, made.exchanges, (Skipped("part clip", "It costs."),))
    assert read(write(whole)) == whole


def test_half_a_character_survives() -> None:
    odd = recording_of(exchange("its state", "state", {"text": "\ud83d"}))
    text = write(odd)
    assert read(text.encode("utf-8").decode("utf-8")) == odd


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "It is not JSON: "),
        ("{", "It is not JSON: "),
        ("[" * 100_000, "It is nested more than 200 levels deep."),
        ("[]", "not a recording: it has no format"),
        ('{"log": {}}', "not a recording: it has no format"),
        (json.dumps({"format": FORMAT + 1}), f"It has the format {FORMAT + 1}, and this version reads {FORMAT}"),
        ('{"format": "one"}', "It is not a recording: at $"),
        ('{"format": 1}', "is a required property"),
        (write(conversation()).replace('"status": 200', '"status": "200"', 1), "at $.exchanges[0].reply.status"),
        ('{"format": 1, "x": ' + "[" * 300 + "]" * 300 + "}", "more than 200 levels deep"),
    ],
)
def test_a_text_that_is_not_a_recording_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(RecordingError) as caught:
        read(text)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_whose_content_is_damaged_is_refused() -> None:
    files = FilesBody((RecordedFile("files", "a.png", 3, b"abc"),))
    text = write(recording_of(exchange("an upload", "upload", body=files)))
    with pytest.raises(RecordingError, match=r"^It is not a recording: the content of a\.png is not base64\.$"):
        read(text.replace("YWJj", "YW?j"))


def test_unknown_keys_are_passed_over() -> None:
    text = write(recording_of(exchange("its state", "state", {"a": 1}))).replace('"name"', '"mood": "calm",\n"name"', 1)
    assert read(text).exchanges[0].reply.body == JsonBody({"a": 1})


@pytest.mark.parametrize("path", [".evil.example/x", "@evil/x", "http://evil/x", "//evil/x", "run_sse", ""])
def test_a_path_that_is_none_below_the_base_url_is_refused(path: str) -> None:
    text = write(recording_of(exchange("its state", "state", {}, path="/here"))).replace('"/here"', json.dumps(path))
    with pytest.raises(RecordingError, match=r"^It is not a recording: at \$\.exchanges\[0\]\.request"):
        read(text)


def test_an_operation_is_known_however_its_path_is_spelled() -> None:
    assert operation_of("POST", "/run%5Fsse") == "run_sse"
    assert operation_of("POST", "/api/auth/anonymous%2Dtoken?x=1") == "anonymous_token"
    assert operation_of("GET", "/run_sse") == operation_of("POST", "/run_sse/") == ""
    assert to_call("POST", "/%72un_sse", {}, b"{}").operation == "run_sse"


def test_a_body_that_is_deep_beyond_reason_is_kept_as_its_size() -> None:
    deep: Json = []
    for _ in range(300):
        deep = [deep]
    call = Call("submit_render", "POST", "/", {}, None, deep)
    assert capture_exchange("an export", call, Answer(call, 200, {}, b"{}", 0.1)).request.body == BinaryBody(602)

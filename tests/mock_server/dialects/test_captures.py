"""Captures of the real kit, played again: the bytes are equal except for ids, times, and the model's content."""

from __future__ import annotations

import json
import re

import pytest

from nemovideo_contract.profiles import Profile
from nemovideo_mock.dialects import dialect_for
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import Failure
from tests.mock_server.dialects.streams import (
    ADK_1,
    ADK_2,
    DATA,
    NOW,
    Event,
    Stream,
    parts,
    read_records,
    write_records,
)

FAMILIES = {"adk-2.13.0": ADK_2, "adk-1.39.1": ADK_1}
CAPTURES = sorted(str(path.relative_to(DATA)) for path in DATA.glob("adk-*/*.sse"))
#: Enough draws for each form of a silent end.
SEEDS = range(60)

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
VOLATILE = re.compile(
    r'(?<="modelVersion":)"[^"]+"|(?<=TokenCount":)\d+|(?<="timestamp":)\d+\.\d+|(?<="timestamp": )\d+\.\d+'
)
TEXT = re.compile(r'(?<=\[\{"text":)"(?:[^"\\]|\\.)*"')


def load_capture(path: str) -> Stream:
    """Return the records of a capture."""
    return Stream(tuple(record + b"\n\n" for record in (DATA / path).read_bytes().split(b"\n\n")[:-1]))


def is_delta(event: Event) -> bool:
    """Return whether the event is a piece of a text that an aggregate repeats as a whole."""
    return event.get("partial") is True and "text" in parts(event)[0]


def form(stream: Stream) -> tuple[str, ...]:
    """Return the lines without the parts that differ from run to run.

    Ids become numbers in the order of their first use, which shows which events share an id. Only the first and the
    last delta of an answer are kept, without their text: the model decides where a text is cut.
    """
    events = stream.objects
    inner = {
        index
        for index, event in enumerate(events)
        if is_delta(event)
        and 0 < index < len(events) - 1
        and is_delta(events[index - 1])
        and is_delta(events[index + 1])
    }
    ids: dict[str, str] = {}
    lines: list[str] = []
    for index, (line, event) in enumerate(zip(stream.lines, events, strict=True)):
        if index in inner:
            continue
        line = VOLATILE.sub("*", UUID.sub(lambda found: ids.setdefault(found[0], f"#{len(ids)}"), line))
        lines.append(TEXT.sub("*", line) if is_delta(event) else line)
    return tuple(lines)


def replay_turn(capture: Stream, profile: Profile, *, seed: int, streaming: bool) -> Stream:
    """Return a turn that does what the capture shows."""
    dialect = dialect_for(profile, Chance(str(seed)), streaming=streaming)
    records = [record for event in capture.events if "errorCode" not in event for record in read_records([event])]
    errors = [value for value in capture.objects if "error" in value]
    if not errors:
        return Stream(tuple(write_records(dialect, [*records])))
    details = errors[0].get("error_details", {"error_type": "RuntimeError", "error_message": errors[0]["error"]})
    sent = [entry for record in records for entry in dialect.record(record, NOW)]
    sent += dialect.failure(details["error_type"], details["error_message"], NOW + 1)
    return Stream(tuple(sent + dialect.end(NOW + 1)))


@pytest.mark.parametrize("path", CAPTURES)
def test_a_turn_has_the_form_of_the_kits_own_stream(path: str) -> None:
    capture, profile, streaming = load_capture(path), FAMILIES[path.partition("/")[0]], "streaming_true" in path
    forms = {form(replay_turn(capture, profile, seed=seed, streaming=streaming)) for seed in SEEDS}
    assert form(capture) in forms
    if "silent" not in path:
        assert len(forms) == 1


def ending(stream: Stream) -> tuple[object, ...]:
    """Return the events after a tool's only response, and whether the response itself skips the summary."""
    events = stream.events
    at = next(index for index, event in enumerate(events) if any("functionResponse" in part for part in parts(event)))
    after = [VOLATILE.sub("*", UUID.sub("#", line)) for line in stream.lines[at + 1 :]]
    return ("skipSummarization" in events[at]["actions"], *after)


@pytest.mark.parametrize("suffix", ["streaming_false.sse", "streaming_true.sse"])
def test_every_silent_end_in_2_13_is_a_captured_one_and_each_of_those_is_drawn(suffix: str) -> None:
    streaming = suffix == "streaming_true.sse"
    known = {ending(load_capture(path)) for path in CAPTURES if "2.13.0/silent" in path and path.endswith(suffix)}
    plain = load_capture(f"adk-2.13.0/silent-nothing.{suffix}")
    assert {ending(replay_turn(plain, ADK_2, seed=seed, streaming=streaming)) for seed in SEEDS} == known
    assert len(known) == (3 if streaming else 5)


@pytest.mark.parametrize("path", [path for path in CAPTURES if "streaming_true" in path and "/text" in path])
def test_deltas_add_up_to_the_aggregate_in_captures_and_here(path: str) -> None:
    capture = load_capture(path)
    for stream in (capture, replay_turn(capture, FAMILIES[path.partition("/")[0]], seed=0, streaming=True)):
        deltas = [parts(event)[0]["text"] for event in stream.events if is_delta(event)]
        whole = [parts(event)[0]["text"] for event in stream.events if not is_delta(event)]
        assert len(deltas) > 1
        assert ["".join(deltas)] == whole


def test_a_failure_of_the_plan_is_sent_as_the_kit_sends_an_exception() -> None:
    dialect = dialect_for(ADK_2, Chance("0"), streaming=False)
    event, record = Stream(tuple(write_records(dialect, [Failure(2001, "Not enough credits.")]))).objects
    assert (event["errorCode"], event["errorMessage"]) == ("2001", "Not enough credits.")
    assert record == {
        "error": "2001: Not enough credits.",
        "error_details": {"error_type": "2001", "error_message": "Not enough credits.", "timestamp": NOW},
    }
    older = Stream(
        tuple(write_records(dialect_for(ADK_1, Chance("0"), streaming=False), [Failure(2001, "Not enough credits.")]))
    )
    assert older.objects == [{"error": "Not enough credits."}]


def test_the_error_record_is_ascii_with_spaces_and_the_event_before_it_is_neither() -> None:
    event, record = Stream(tuple(dialect_for(ADK_2, Chance("0"), streaming=False).failure("E", "café 完", NOW))).lines
    assert '"errorMessage":"café 完"' in event
    assert record == json.dumps(json.loads(record))
    assert r'"caf\u00e9 \u5b8c"' in record

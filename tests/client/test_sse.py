from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_client.sse import Comment, Decoder, EmptyRecord, Record, RecordTooLargeError, ServerSentEvent


def decode(stream: bytes) -> list[Record]:
    return Decoder().feed(stream)


def dispatched(stream: bytes) -> list[ServerSentEvent]:
    return [record for record in decode(stream) if isinstance(record, ServerSentEvent)]


# The examples of section 9.2.6 of the standard, as it prints them.


def test_the_standards_first_example_gives_one_event_of_three_lines() -> None:
    assert dispatched(b"data: YHOO\ndata: +2\ndata: 10\n\n") == [ServerSentEvent("YHOO\n+2\n10")]


def test_the_standards_second_example_gives_three_events_and_resets_the_id() -> None:
    stream = b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"

    assert decode(stream) == [
        Comment(" test stream"),
        ServerSentEvent("first event", id="1"),
        ServerSentEvent("second event", id=""),
        ServerSentEvent(" third event", id=""),
    ]


def test_the_standards_third_example_dispatches_empty_data_and_drops_the_unfinished_block() -> None:
    assert decode(b"data\n\ndata\ndata\n\ndata:") == [ServerSentEvent(""), ServerSentEvent("\n")]


def test_the_standards_fourth_example_ignores_one_space_after_the_colon() -> None:
    assert dispatched(b"data:test\n\ndata: test\n\n") == [ServerSentEvent("test"), ServerSentEvent("test")]


def test_the_standards_named_events_keep_their_names() -> None:
    stream = b"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n"

    assert [(event.event, event.data) for event in dispatched(stream)] == [
        ("add", "73857293"),
        ("remove", "2153"),
        ("add", "113411"),
    ]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_every_line_end_of_the_standard_ends_a_line(end: bytes) -> None:
    assert decode(end.join([b"event: a", b"data: 1", b"", b"data: 2", b"", b""])) == [
        ServerSentEvent("1", "a"),
        ServerSentEvent("2"),
    ]


def test_an_event_that_ends_with_cr_is_given_without_waiting_for_the_next_byte() -> None:
    decoder = Decoder()

    assert decoder.feed(b"data: 1\r\r") == [ServerSentEvent("1")]
    assert decoder.feed(b"\ndata: 2\r\n\r\n") == [ServerSentEvent("2")]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_characters_that_only_python_takes_for_line_ends_stay_in_the_data(separator: str) -> None:
    assert decode(f"data: a{separator}b\n\n".encode()) == [ServerSentEvent(f"a{separator}b")]


def test_one_byte_order_mark_at_the_start_is_dropped_and_no_other() -> None:
    assert decode(b"\xef\xbb\xbfdata: 1\n\n") == [ServerSentEvent("1")]
    assert decode(b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\n") == [EmptyRecord(stray="\ufeffdata: 1")]
    assert decode(b"data: 1\n\n\xef\xbb\xbfdata: 2\n\n") == [ServerSentEvent("1"), EmptyRecord(stray="\ufeffdata: 2")]


def test_invalid_utf8_becomes_replacement_characters() -> None:
    assert decode(b"data: a\xffb\n\n") == [ServerSentEvent("a\ufffdb")]


def test_retry_accepts_only_ascii_digits() -> None:
    for value, expected in ((b"3000", 3000), (b"1_0", None), (b"+5", None), (b" 5", None), (b"", None), (b"5s", None)):
        assert decode(b"retry: " + value + b"\ndata: x\n\n") == [ServerSentEvent("x", retry=expected)], value
    assert decode("retry: ٣\ndata: x\n\n".encode()) == [ServerSentEvent("x")]


def test_a_retry_time_is_read_whole_and_ignored_if_no_number_can_hold_it() -> None:
    long = 10**30
    assert decode(f"retry: {long}\ndata: x\n\n".encode()) == [ServerSentEvent("x", retry=long)]
    assert decode(b"retry: " + b"9" * 5000 + b"\ndata: x\n\n") == [ServerSentEvent("x")]


def test_an_id_counts_when_its_record_ends_also_without_data() -> None:
    streams = {b"id: x": "", b"id: x\n": "", b"id: 7\n\nid: x\ndata: 1\n": "7", b"id: 7\n\n": "7"}
    for stream, expected in streams.items():
        decoder = Decoder()
        decoder.feed(stream)
        assert decoder.last_event_id == expected, stream


def test_an_id_with_nul_is_ignored_and_an_id_lasts() -> None:
    assert decode(b"id: 7\ndata: 1\n\nid: a\0b\ndata: 2\n\ndata: 3\n\n") == [
        ServerSentEvent("1", id="7"),
        ServerSentEvent("2", id="7"),
        ServerSentEvent("3", id="7"),
    ]


def test_field_names_are_exact() -> None:
    assert decode(b"Data: 1\n data: 2\ndata : 3\nx: 4\n\n") == [EmptyRecord(stray="Data: 1\n data: 2\ndata : 3\nx: 4")]


def test_lines_with_an_unknown_field_name_are_kept_apart_from_the_data_of_their_record() -> None:
    assert decode(b"data: 1\nmore\n\ndata: 2\n\n") == [ServerSentEvent("1", stray="more"), ServerSentEvent("2")]


def test_a_record_without_data_differs_from_one_with_empty_data() -> None:
    assert decode(b"event: heartbeat\n\n") == [EmptyRecord("heartbeat")]
    assert decode(b"data:\n\n") == [ServerSentEvent("")]


def test_the_name_of_a_dropped_record_does_not_reach_the_next_one() -> None:
    assert decode(b"event: a\n\ndata: 1\n\n") == [EmptyRecord("a"), ServerSentEvent("1")]


def test_blank_lines_give_no_record() -> None:
    assert decode(b"\n\n\r\n\r\r\n") == []


@pytest.mark.parametrize(
    ("stream", "unfinished"),
    [(b"", False), (b"data: 1\n", True), (b"data: 1\n\n", False), (b"data: 1\n\ndat", True), (b": c\n", False)],
)
def test_a_record_that_no_blank_line_ended_is_unfinished(stream: bytes, *, unfinished: bool) -> None:
    decoder = Decoder()
    decoder.feed(stream)

    assert decoder.unfinished is unfinished


def test_ten_megabytes_in_one_record_are_fine() -> None:
    decoder = Decoder()
    decoder.feed(b"data: ")
    for _ in range(160):
        assert decoder.feed(b"x" * 65536) == []

    (event,) = decoder.feed(b"\n\n")

    assert isinstance(event, ServerSentEvent)
    assert len(event.data) == 160 * 65536


@pytest.mark.parametrize("stream", [b"data: " + b"x" * 100, b"data: x\n" * 20, b"data: " + b"x" * 100 + b"\n"])
def test_a_record_over_the_limit_is_refused_by_name(stream: bytes) -> None:
    with pytest.raises(RecordTooLargeError, match="100 bytes"):
        Decoder(max_record=100).feed(stream)


def test_the_limit_is_one_records_and_not_the_streams() -> None:
    decoder = Decoder(max_record=20)

    assert len(decoder.feed(b"data: 0123456789\n\n" * 50)) == 50


LINES = st.lists(
    st.sampled_from(
        [b"data: one", b"data", b"data:", b": comment", b"event: heartbeat", b"id: 5", b"retry: 10", b"", b"", b"junk"]
    )
    | st.text(max_size=8).map(lambda text: b"data: " + text.encode("utf-8", "replace")),
    max_size=12,
)


@given(
    LINES,
    st.lists(st.sampled_from([b"\n", b"\r", b"\r\n"]), min_size=12, max_size=12),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.lists(st.integers(0, 200), max_size=20),
)
def test_any_split_of_the_bytes_gives_the_same_records(
    lines: list[bytes], ends: list[bytes], mark: bytes, cuts: list[int]
) -> None:
    stream = mark + b"".join(line + end for line, end in zip(lines, ends, strict=False))
    whole = Decoder()
    expected = whole.feed(stream)
    parts = Decoder()
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]

    found = [record for a, b in pairwise(places) for record in parts.feed(stream[a:b])]

    assert found == expected
    assert parts.last_event_id == whole.last_event_id
    assert parts.unfinished == whole.unfinished


@given(st.binary(max_size=300))
def test_any_bytes_can_be_decoded(stream: bytes) -> None:
    bytewise = Decoder()

    assert [record for byte in stream for record in bytewise.feed(bytes([byte]))] == Decoder().feed(stream)

"""The strict reader says what a lenient one forgives."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_contract.http.sse import StrictReader

GOOD = b'data: {"type":"text","content":"\xe2\x80\xa8 x"}\n\ndata:\n\n: heartbeat\n\nevent: heartbeat\ndata: {}\n\n'


def read(content: bytes) -> StrictReader:
    reader = StrictReader()
    reader.feed(content, 1.5)
    return reader


def test_a_well_formed_stream_has_no_complaints() -> None:
    reader = read(GOOD)
    assert [each.complaints for each in reader.records] == [()] * 4
    assert [each.is_sign_of_life for each in reader.records] == [False, True, True, True]
    assert reader.records[0].value == {"type": "text", "content": "\u2028 x"}
    assert reader.left == b""


@given(cuts=st.lists(st.integers(0, len(GOOD)), max_size=6))
def test_a_stream_reads_the_same_however_its_bytes_are_split(cuts: list[int]) -> None:
    reader = StrictReader()
    places = sorted({0, *cuts, len(GOOD)})
    for start, end in pairwise(places):
        reader.feed(GOOD[start:end], 1.5)
    assert [(each.raw, each.fields) for each in reader.records] == [(e.raw, e.fields) for e in read(GOOD).records]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"data: {}\r\n\r\n", "carriage return"),
        (b"\xef\xbb\xbfdata: {}\n\n", "byte order mark"),
        (b"data: \xff\n\n", "not UTF-8 at byte 6"),
        (b"id: 1\ndata: {}\n\n", "'id'"),
        (b"retry: 5\ndata: {}\n\n", "'retry'"),
        (b"datum: {}\n\n", "'datum', which no reader knows"),
        (b"data: {\ndata: }\n\n", "several data lines"),
        (b"\n\n", "empty"),
    ],
)
def test_a_mistake_that_a_lenient_reader_accepts_is_a_complaint(content: bytes, complaint: str) -> None:
    assert complaint in "; ".join(read(content).records[0].complaints)


def test_a_record_that_is_not_ended_is_left() -> None:
    reader = read(b"data: {}\n\ndata: {}\n")
    assert len(reader.records) == 1
    assert reader.left == b"data: {}\n"

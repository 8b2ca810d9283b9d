"""The effect of faults on a stream, checked with a strict reader."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_mock.faults import KINDS, EndStream, FailStream, OnlyHeartbeats, Pause, SendBytes, Stall
from nemovideo_mock.faults.stream_records import GATEWAY_TEXT, cut_position
from nemovideo_mock.faults.stream_stages import MOST_PIECES
from nemovideo_mock.seeded_random import Chance

from .streams import HEARTBEATS, Item, adk, events, parse_events, plain, play, record, sent_bytes, shaper, streams, text

ONE, TWO, THREE = (text("one"), False), (text("two"), False), (text("three"), False)
BEAT = (HEARTBEATS[0], True)
numbers = st.integers(1, 5)


def places(items: list[Item], *, with_heartbeats: bool = False) -> list[int]:
    """Return the indices of the records that have a number."""
    return [place for place, (_, heartbeat) in enumerate(items) if with_heartbeats or not heartbeat]


@given(streams)
def test_without_faults_every_byte_passes_and_the_stream_ends(items: list[Item]) -> None:
    assert play(items) == [*(SendBytes(data, heartbeat=heartbeat) for data, heartbeat in items), EndStream()]


@given(streams, st.integers(1, 20))
def test_a_drip_sends_the_same_bytes_in_pieces_with_pauses_between(items: list[Item], size: int) -> None:
    actions = play(items, {"kind": "drip", "bytes": size, "pause": 0.25})

    assert sent_bytes(actions) == plain(items)
    assert all(len(action.data) <= size for action in actions if isinstance(action, SendBytes))
    pieces = sum(-(-len(data) // size) for data, _ in items)
    assert len(actions) == pieces + (pieces - len(items)) + 1
    assert actions.count(Pause(0.25, "f0")) == pieces - len(items)


def test_a_drip_of_a_huge_record_stays_countable() -> None:
    actions = play([(text("x" * 1_000_000), False)], {"kind": "drip", "bytes": 1})
    assert len([action for action in actions if isinstance(action, SendBytes)]) <= MOST_PIECES


@given(streams, st.sampled_from(["crlf", "cr", "mix"]), st.text(max_size=2))
def test_other_line_ends_read_the_same(items: list[Item], ends: str, seed: str) -> None:
    stream = sent_bytes(play(items, {"kind": "crlf", "ends": ends}, seed=seed))

    assert events(stream) == events(plain(items))
    if ends == "crlf":
        assert stream == plain(items).replace(b"\n", b"\r\n")
    if ends == "cr":
        assert stream == plain(items).replace(b"\n", b"\r")


def test_a_mix_of_line_ends_has_all_three() -> None:
    stream = sent_bytes(play([ONE] * 30, {"kind": "crlf", "ends": "mix"}))
    bare = stream.replace(b"\r\n", b"")
    assert min(stream.count(b"\r\n"), bare.count(b"\r"), bare.count(b"\n")) > 5


@given(items=streams, number=numbers, count=st.booleans())
def test_a_duplicate_is_the_same_record_once_more(items: list[Item], number: int, *, count: bool) -> None:
    actions = play(items, {"kind": "duplicate", "record": number, "count_heartbeats": count})

    expected = list(items)
    for place in places(items, with_heartbeats=count)[number - 1 : number]:
        expected.insert(place, items[place])
    assert events(sent_bytes(actions)) == events(plain(expected))
    assert [action.fault for action in actions].count("f0") == len(expected) - len(items)


@given(streams)
def test_each_record_is_duplicated_and_heartbeats_only_where_they_count(items: list[Item]) -> None:
    twice = [item for item in items for _ in range(1 if item[1] else 2)]
    assert sent_bytes(play(items, {"kind": "duplicate", "record": "each"})) == plain(twice)
    counted = play(items, {"kind": "duplicate", "record": "each", "count_heartbeats": True})
    assert sent_bytes(counted) == plain([item for item in items for _ in range(2)])


@given(streams, numbers)
def test_a_reordered_record_comes_after_its_follower_and_none_is_lost(items: list[Item], number: int) -> None:
    expected = list(items)
    moved, *followers = places(items)[number - 1 : number + 1] or [0]
    if number <= len(places(items)):
        expected.insert(followers[0] if followers else len(items) - 1, expected.pop(moved))
    assert sent_bytes(play(items, {"kind": "reorder", "record": number})) == plain(expected)


@given(items=streams, count=st.integers(0, 5), abort=st.booleans())
def test_a_cut_lets_its_number_of_records_pass_and_nothing_afterwards(
    items: list[Item], count: int, *, abort: bool
) -> None:
    shaped = shaper({"kind": "cut", "records": count, "how": "abort" if abort else "close"})
    actions = shaped.start()
    for data, heartbeat in items:
        over = shaped.over
        given = shaped.feed(data, heartbeat=heartbeat)
        assert not (over and given)
        actions += given

    records = places(items)
    if len(records) < count:
        assert sent_bytes(actions) == plain(items)
        assert shaped.finish() == [EndStream()]
    else:
        assert sent_bytes(actions) == plain(items[: records[count - 1] + 1 if count else 0])
        assert actions[-1] == EndStream(abrupt=abort, fault="f0")
        assert shaped.finish() == []


@given(streams, st.integers(0, 5), st.text(max_size=2))
def test_a_cut_inside_a_record_leaves_it_unfinished(items: list[Item], count: int, seed: str) -> None:
    actions = play(items, {"kind": "cut", "records": count, "mid_record": True}, seed=seed)
    records = places(items)
    if len(records) <= count:
        assert actions[-1] == EndStream()
        return
    assert actions[-1] == EndStream(fault="f0")
    whole, half = plain(items[: records[count]]), items[records[count]][0]
    rest = sent_bytes(actions).removeprefix(whole)
    assert 0 < len(rest) < len(half.rstrip(b"\n"))
    assert half.startswith(rest)


def test_heartbeats_count_if_the_fault_says_so() -> None:
    items = [BEAT, ONE, BEAT, TWO]
    assert sent_bytes(play(items, {"kind": "cut", "records": 2})) == plain(items)
    assert sent_bytes(play(items, {"kind": "cut", "records": 2, "count_heartbeats": True})) == plain(items[:2])


def test_a_cut_before_any_record_is_due_at_once() -> None:
    shaped = shaper({"kind": "cut", "records": 0})
    assert shaped.start() == [EndStream(fault="f0")]
    assert shaped.start() == shaped.feed(*ONE[:1], heartbeat=False) == shaped.finish() == []
    assert shaper({"kind": "cut", "records": 0}).feed(ONE[0], heartbeat=False) == [EndStream(fault="f0")]
    assert shaper({"kind": "cut", "records": 0}).finish() == [EndStream(fault="f0")]


def test_a_stall_with_a_pause_ends_after_the_pause() -> None:
    assert play([ONE, BEAT, TWO], {"kind": "stall", "records": 1, "pause": 30}) == [
        SendBytes(ONE[0]),
        Stall(30, "f0"),
        SendBytes(BEAT[0], heartbeat=True),
        SendBytes(TWO[0]),
        EndStream(),
    ]


def test_a_stall_for_ever_has_no_end() -> None:
    shaped = shaper({"kind": "stall", "records": 1})

    assert shaped.feed(ONE[0], heartbeat=False) == [SendBytes(ONE[0]), Stall(None, "f0")]
    assert shaped.over
    assert shaped.feed(BEAT[0], heartbeat=True) == shaped.feed(TWO[0], heartbeat=False) == []
    assert shaped.finish() == [Stall(None, "f0")]


def test_heartbeats_only_lets_no_record_pass_and_no_end() -> None:
    shaped = shaper({"kind": "heartbeats_only", "records": 1})

    assert shaped.feed(BEAT[0], heartbeat=True) == [SendBytes(BEAT[0], heartbeat=True)]
    assert shaped.feed(ONE[0], heartbeat=False) == [SendBytes(ONE[0]), OnlyHeartbeats("f0")]
    assert shaped.feed(TWO[0], heartbeat=False) == []
    assert shaped.finish() == [OnlyHeartbeats("f0")]
    assert not shaped.over
    assert shaped.feed(BEAT[0], heartbeat=True) == [SendBytes(BEAT[0], heartbeat=True)]
    assert play([ONE], {"kind": "heartbeats_only", "records": 2}) == [SendBytes(ONE[0]), EndStream()]
    assert shaper({"kind": "heartbeats_only", "records": 0}).start() == [OnlyHeartbeats("f0")]


def test_a_stream_error_is_the_last_thing() -> None:
    spec = {"kind": "stream_error", "records": 2, "code": 2001, "message": "out of credits"}
    assert play([ONE, TWO, THREE], spec) == [
        SendBytes(ONE[0]),
        SendBytes(TWO[0]),
        FailStream(2001, "out of credits", "f0"),
    ]


@given(streams)
def test_without_heartbeats_the_records_remain(items: list[Item]) -> None:
    assert sent_bytes(play(items, {"kind": "no_heartbeats"})) == plain([item for item in items if not item[1]])


@pytest.mark.parametrize("made", [text, adk])
@pytest.mark.parametrize("form", ["truncated_json", "bare_text", "no_data_prefix", "invalid_utf8"])
def test_a_malformed_record_is_the_only_one_that_is_wrong(form: str, made: Callable[[str], bytes]) -> None:
    one, two, three = (made('一 "two" 三' * 3), False), (made("二"), False), (made("drei"), False)
    stream = sent_bytes(play([one, BEAT, two, three], {"kind": "malformed", "record": 2, "form": form}))

    head, tail = one[0] + BEAT[0], three[0]
    wrong = stream.removeprefix(head).removesuffix(tail)
    assert stream == head + wrong + tail
    assert wrong.endswith(b"\n\n")
    with pytest.raises(ValueError):  # noqa: PT011 -- UTF-8, the form of an event, or JSON: whichever it is
        json.loads(events(wrong)[0][1])
    if form == "invalid_utf8":
        json.loads(events(wrong.decode("utf-8", "replace").encode())[0][1])
    if form == "no_data_prefix":
        assert b"data: " + wrong == two[0]


@given(streams, st.sampled_from(["truncated_json", "bare_text", "invalid_utf8"]), st.text(max_size=2))
def test_a_malformed_record_stays_one_record_in_every_form(items: list[Item], form: str, seed: str) -> None:
    spec = {"kind": "malformed", "record": "each", "form": form, "count_heartbeats": True}
    stream = sent_bytes(play(items, spec, seed=seed))

    names = [name for name, _ in events(stream.replace(b"\xff\xfe", b"")) if name != ":"]
    assert names == ["heartbeat" if data.startswith(b"event") else "message" for data, _ in items]
    if form == "invalid_utf8":
        assert stream.count(b"\xff\xfe") == len(items)
    else:
        stream.decode("utf-8")


def test_a_heartbeat_without_data_can_be_broken_too() -> None:
    spec = {"kind": "malformed", "form": "no_data_prefix", "count_heartbeats": True}
    assert sent_bytes(play([(b"data:\n\n", True), ONE], spec)) == GATEWAY_TEXT + b"\n\n" + ONE[0]


@given(st.integers(1, 60), st.text(max_size=2))
def test_a_cut_position_has_bytes_on_both_sides(length: int, seed: str) -> None:
    assert 1 <= cut_position(length, Chance(seed)) <= max(1, length - 1)
    assert {cut_position(4, Chance(seed).of(number)) for number in range(60)} == {1, 2, 3}


@given(streams, st.sampled_from([1, 2, 3, "each"]))
def test_an_unknown_event_comes_before_its_record_and_changes_no_other(items: list[Item], number: int | str) -> None:
    actions = play(items, {"kind": "unknown_event", "record": number, "type": "novelty"})

    records = places(items)
    chosen = records if number == "each" else [place for n, place in enumerate(records, 1) if n == number]
    assert b"".join(action.data for action in actions if isinstance(action, SendBytes) and not action.fault) == plain(
        items
    )
    extra = [place for place, action in enumerate(actions) if isinstance(action, SendBytes) and action.fault]
    assert extra == [place + before for before, place in enumerate(chosen)]
    for place in extra:
        ((_, data),) = events(sent_bytes(actions[place : place + 1]))
        assert "novelty" in data


def test_an_unknown_event_has_the_form_of_its_stream() -> None:
    spec = {"kind": "unknown_event", "type": "Neuigkeit 新"}
    ((_, typed), _) = events(sent_bytes(play([ONE], spec)))
    ((_, kit), _) = events(sent_bytes(play([(adk("hello"), False)], spec)))
    ((_, other), _) = events(sent_bytes(play([(b"data: plain words\n\n", False)], spec)))

    assert "新" in typed
    assert json.loads(typed) == json.loads(other) == {"type": "Neuigkeit 新", "percent": 40}
    assert json.loads(kit) == {
        "author": "nemo_agent",
        "invocationId": "e-1",
        "content": {"parts": [{"Neuigkeit 新": {"percent": 40}}], "role": "model"},
    }


@pytest.mark.parametrize("size", [1024, 1_048_576, 32 * 1024 * 1024])
@pytest.mark.parametrize("item", [ONE, (adk("hello"), False)])
def test_an_oversized_record_has_exactly_its_size_and_is_whole(size: int, item: Item) -> None:
    actions = play([item, TWO], {"kind": "oversized", "record": 2, "bytes": size})

    assert actions[0] == SendBytes(item[0])
    assert actions[2:] == [SendBytes(TWO[0]), EndStream()]
    huge = sent_bytes(actions[1:2])
    assert len(huge) == size
    ((_, data),) = events(huge)
    assert json.loads(data)["type"] == "padding"


def test_faults_work_in_their_order_and_not_in_that_of_adding() -> None:
    specs: list[Mapping[str, object]] = [
        {"kind": "crlf"},
        {"kind": "cut", "records": 4},
        {"kind": "duplicate", "record": 2},
        {"kind": "unknown_event", "record": 2, "type": "novelty"},
        {"kind": "no_heartbeats"},
    ]
    items = [ONE, BEAT, TWO, THREE]

    actions = play(items, *specs)

    assert b"\r\n" in sent_bytes(actions)
    assert [json.loads(data).get("content", "novelty") for _, data in events(sent_bytes(actions))] == [
        "one",
        "novelty",
        "two",
        "two",
    ]
    assert actions[-1] == EndStream(fault="f1")


some = st.lists(
    st.sampled_from([kind.example for kind in KINDS.values() if kind.layer == "stream" and kind.name != "oversized"]),
    max_size=5,
)


@given(streams, some, st.text(max_size=2))
def test_for_any_combination_nothing_follows_the_last_action_and_a_seed_repeats(
    items: list[Item], specs: list[Mapping[str, object]], seed: str
) -> None:
    shaped = shaper(*specs, seed=seed)
    actions = shaped.start()
    for data, heartbeat in items:
        over = shaped.over
        more = shaped.feed(data, heartbeat=heartbeat)
        assert not (over and more)
        actions += more
    actions += shaped.finish()

    final = [action for action in actions if isinstance(action, EndStream | FailStream) or action == Stall(None)]
    assert len(final) <= 1
    if final:
        assert actions[-1] == final[0]
    else:
        assert isinstance(actions[-1], OnlyHeartbeats)
    assert actions == play(items, *specs, seed=seed)


KEEPING: list[Mapping[str, object]] = [
    {"kind": "crlf", "ends": "mix"},
    {"kind": "drip", "bytes": 3},
    {"kind": "duplicate", "record": "each", "count_heartbeats": True},
    {"kind": "stall", "records": 1, "pause": 60},
]
keeping = st.lists(st.sampled_from(KEEPING), max_size=4, unique_by=str)


@given(streams, keeping)
def test_faults_that_only_repeat_slow_or_rewrite_keep_every_event(
    items: list[Item], specs: list[Mapping[str, object]]
) -> None:
    read = events(sent_bytes(play(items, *specs)))
    if any(spec["kind"] == "duplicate" for spec in specs):
        assert read[::2] == read[1::2]
        read = read[::2]
    assert read == events(plain(items))


def test_the_reader_of_these_tests_is_strict() -> None:
    assert parse_events(b"data: a\r\rdata: b\n\r\nda") == ([("message", "a"), ("message", "b")], b"da")
    for wrong in (b'{"a":1}\n\n', b"dat: a\n\n", b"data: \xff\n\n", record("x")[:-1]):
        with pytest.raises(ValueError):  # noqa: PT011 -- each is wrong in its own way
            events(wrong)

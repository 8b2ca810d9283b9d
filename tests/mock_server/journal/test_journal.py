"""The journal keeps order, bounds and times, and is read as JSON lines."""

from __future__ import annotations

import hashlib
import json
import random  # noqa: TID251 -- with a seed: an order for a test, the same each time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_mock.journal import FilePart, Journal
from nemovideo_mock.journal.exchange_recorder import payload_of
from tests.mock_server.journal.stage import JSON, STREAM, TOKEN, exchanged, opened, streamed


def read(journal: Journal) -> list[dict[str, object]]:
    return [json.loads(line) for line in journal.lines()]


def test_an_exchange_is_a_request_a_response_and_an_end_in_order() -> None:
    journal = Journal("shop", seed="7")
    exchange = opened(journal, "POST", "/api/x", b"a=%20b", [(b"host", b"h"), (b"accept", b"*/*")], at=1)
    exchange.request_body(b'{"a":')
    exchange.request_body(b" 1e2}")
    exchange.request_done(1002, 5000.2)
    exchange.session, exchange.account, exchange.scenario = "5529", "anon_1", "no_credits"
    exchange.faults += ["latency", "status"]
    exchange.response(503, JSON, 1003, 5000.3)
    exchange.response_body(b"oh ")
    exchange.response_body("né".encode())
    exchange.end("complete", 1004, 5000.4)

    whose = {
        "world": "shop",
        "exchange": 1,
        "session": "5529",
        "account": "anon_1",
        "scenario": "no_credits",
        "joined": False,
    }
    assert read(journal) == [
        {
            "n": 1,
            "kind": "request",
            **whose,
            "virtual": 1001.0,
            "real": 5000.1,
            "received_virtual": 1002,
            "received_real": 5000.2,
            "complete": True,
            "method": "POST",
            "path": "/api/x",
            "query": "a=%20b",
            "headers": [["host", "h"], ["accept", "*/*"]],
            "client": ["127.0.0.1", 40_000],
            "http_version": "1.1",
            "files": [],
            "body": {"kind": "json", "size": 10, "json": {"a": 100.0}},
        },
        {
            "n": 2,
            "kind": "response",
            **whose,
            "virtual": 1003,
            "real": 5000.3,
            "status": 503,
            "headers": [["content-type", "application/json"]],
            "stream": False,
            "fault": ["latency", "status"],
            "body": {"kind": "text", "size": 6, "text": "oh né"},
        },
        {
            "n": 3,
            "kind": "end",
            **whose,
            "virtual": 1004,
            "real": 5000.4,
            "how": "complete",
            "records": 0,
            "sent": 6,
            "fault": ["latency", "status"],
        },
    ]


def test_a_stream_is_a_response_its_records_as_they_are_sent_and_an_end() -> None:
    journal = Journal("w")
    exchange = opened(journal, "POST", "/run_sse")
    exchange.request_done(1, 1)
    exchange.response(200, STREAM, 2, 2)
    assert [entry.kind for entry in journal.entries()] == ["request", "response"]

    exchange.record(b'data: {"type":"text","content":"hi"}\n\n', 3, 2.5)
    exchange.record(b"data:\n\n", 18, 3, heartbeat=True)
    exchange.record(b"event: heartbeat\ndata: {}\n\n", 33, 4, heartbeat=True)
    exchange.record(b": ping\n\n", 48, 5, heartbeat=True)
    exchange.record(b"data: {nonsense\n\n", 50, 6, fault="malformed")
    exchange.end("caller_left", 51, 7)

    records = [entry.as_json() for entry in journal.entries(kind="record")]
    assert [(r["number"], r["parsed"], r["data"], r["event"], r["heartbeat"], r["fault"]) for r in records] == [
        (1, True, {"type": "text", "content": "hi"}, None, False, None),
        (2, False, "", None, True, None),
        (3, True, {}, "heartbeat", True, None),
        (4, False, ": ping", None, True, None),
        (5, False, "{nonsense", None, False, "malformed"),
    ]
    assert [(r["virtual"], r["real"]) for r in records] == [(3, 2.5), (18, 3), (33, 4), (48, 5), (50, 6)]
    end = next(journal.entries(kind="end")).as_json()
    assert (end["how"], end["records"]) == ("caller_left", 5)


@pytest.mark.parametrize(
    ("record", "payload"),
    [
        (b'data: {"a":1}\n\n', (b'{"a":1}', None)),
        (b'{"a":1}', (b'{"a":1}', None)),
        (b"data:a\r\ndata: b\r\n\r\n", (b"a\nb", None)),
        (b"event: x\n\n", (b"event: x", "x")),
        (b"data: cut in the mid", (b"cut in the mid", None)),
        (b"", (b"", None)),
    ],
)
def test_the_payload_of_a_record_is_the_content_of_its_data_lines(
    record: bytes, payload: tuple[bytes, str | None]
) -> None:
    assert payload_of(record) == payload


def test_entries_are_in_the_order_in_which_messages_were_complete() -> None:
    journal = Journal("w")
    slow = opened(journal, "POST", "/slow")
    quick = opened(journal, "GET", "/quick")
    quick.request_done(2, 2)
    quick.response(200, JSON, 3, 3)
    quick.end("complete", 4, 4)
    slow.request_done(5, 5)
    slow.response(200, JSON, 6, 6)
    slow.end("reset", 7, 7)

    assert [(entry.n, entry.exchange, entry.kind) for entry in journal.entries()] == [
        (1, 2, "request"),
        (2, 2, "response"),
        (3, 2, "end"),
        (4, 1, "request"),
        (5, 1, "response"),
        (6, 1, "end"),
    ]


def test_a_request_whose_body_never_comes_is_there_at_the_end_and_says_so() -> None:
    journal = Journal("w")
    exchange = opened(journal, "POST")
    exchange.request_body(b'{"half":')
    exchange.end("caller_left", 9, 9)

    request, end = (entry.as_json() for entry in journal.entries())
    assert (request["complete"], request["body"]) == (False, {"kind": "text", "size": 8, "text": '{"half":'})
    assert end["how"] == "caller_left"


def test_a_response_before_the_end_of_its_request_comes_after_the_request() -> None:
    journal = Journal("w")
    exchange = opened(journal, "POST")
    exchange.response(200, STREAM, 1, 1)
    exchange.request_done(2, 2)
    exchange.end("complete", 3, 3)

    assert [entry.kind for entry in journal.entries()] == ["request", "response", "end"]


def test_the_first_word_about_the_end_counts_and_nothing_follows_it() -> None:
    journal = Journal("w")
    exchange = opened(journal)
    exchange.end("reset", 1, 1)
    exchange.end("complete", 2, 2)
    exchange.record(b"{}", 3, 3)
    exchange.response(200, JSON, 4, 4)
    exchange.request_done(5, 5)

    assert [entry.kind for entry in journal.entries()] == ["request", "end"]
    assert read(journal)[-1]["how"] == "reset"


def test_a_multipart_body_keeps_its_files_and_its_size() -> None:
    journal = Journal("w")
    exchange = opened(journal, "POST", headers=[(b"Content-Type", b"multipart/form-data; boundary=x")])
    exchange.request_body(b"--x\r\n" * 100)
    exchange.files = [FilePart("a b.jpg", "image/jpeg", 490)]
    exchange.request_done(1, 1)

    request = read(journal)[0]
    assert request["files"] == [{"name": "a b.jpg", "content_type": "image/jpeg", "size": 490}]
    assert request["body"] == {"kind": "multipart", "size": 500}


def test_a_binary_body_keeps_its_size_and_hash() -> None:
    journal = Journal("w", body_limit=1000)
    for body in (b"\x00\xff" * 100, b"\xff" * 5000, b"a\x1bb"):
        exchanged(journal, response_body=body)

    bodies = [entry.as_json()["body"] for entry in journal.entries(kind="response")]
    assert bodies == [
        {"kind": "binary", "size": 200, "sha256": hashlib.sha256(b"\x00\xff" * 100).hexdigest()},
        {"kind": "binary", "size": 5000, "sha256": hashlib.sha256(b"\xff" * 5000).hexdigest()},
        {"kind": "binary", "size": 3, "sha256": hashlib.sha256(b"a\x1bb").hexdigest()},
    ]


def test_a_long_body_is_cut_between_characters_and_keeps_its_true_size_and_hash() -> None:
    journal = Journal("w", body_limit=10)
    body = "长长长长长长".encode()
    exchange = opened(journal)
    for byte in body:
        exchange.request_body(bytes([byte]))
    exchange.request_done(1, 1)

    assert read(journal)[0]["body"] == {
        "kind": "text",
        "size": 18,
        "sha256": hashlib.sha256(body).hexdigest(),
        "cut": True,
        "text": "长长长",
    }


def test_json_goes_through_as_it_came() -> None:
    journal = Journal("w")
    body = b'{\r\n  "a": 1e300,\n  "a": 100000000000000000000000001,\n "u": "\\ud800"}'
    exchanged(journal, response_body=body)

    line = next(journal.lines(kind="response"))
    assert "\n" not in line
    assert '"json":{    "a": 1e300,   "a": 100000000000000000000000001,  "u": "\\ud800"}' in line


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        st.lists,
        max_leaves=10,
    )
)
def test_a_json_body_reads_as_the_value_that_was_sent(value: object) -> None:
    journal = Journal("w")
    exchanged(journal, body=json.dumps({"v": value}).encode())
    if "token" not in json.dumps(value) and "nmv" not in json.dumps(value):
        body = read(journal)[0]["body"]
        assert isinstance(body, dict)
        assert body["json"] == {"v": value}


@given(st.binary(max_size=300), st.binary(max_size=50), st.text(max_size=50), st.text(max_size=30))
def test_any_bytes_make_lines_of_valid_json(body: bytes, header: bytes, path: str, name: str) -> None:
    journal = Journal(name, body_limit=200)
    exchange = opened(journal, name, path, header, [(header, body), (b"cookie", header), (b"authorization", body)])
    exchange.session = exchange.scenario = name
    exchange.request_body(body)
    exchange.response(200, STREAM, 1, 1)
    exchange.record(body, 1, 1, fault=name)
    exchange.end("cut", 1, 1)
    journal.control(name, {path: name}, 1, 1)

    for line in journal.lines():
        assert "\n" not in line
        line.encode("utf-8")
        json.loads(line, parse_constant=pytest.fail)


def test_entries_can_be_asked_for_by_number_session_account_and_kind() -> None:
    journal = Journal("w")
    for number in range(3):
        exchange = opened(journal)
        exchange.request_done(1, 1)
        exchange.session, exchange.account = f"s{number}", f"a{number % 2}"
        exchange.end("complete", 2, 2)

    assert [entry.n for entry in journal.entries(4)] == [5, 6]
    assert [entry.n for entry in journal.entries(session="s1")] == [3, 4]
    assert [entry.n for entry in journal.entries(account="a0", kind="end")] == [2, 6]
    assert [json.loads(line)["n"] for line in journal.lines(2, account="a0")] == [5, 6]


def test_a_reader_may_read_while_the_journal_grows_and_drops() -> None:
    journal = Journal("w", max_entries=10)
    for _ in range(10):
        opened(journal).request_done(1, 1)
    numbers: list[int] = []
    for entry in journal.entries():
        numbers.append(entry.n)
        if len(numbers) <= 5:
            opened(journal).request_done(1, 1)

    assert numbers == list(range(1, 16))


def test_the_oldest_entries_go_first_and_are_counted() -> None:
    journal = Journal("w", max_entries=5)
    for _ in range(12):
        opened(journal).request_done(1, 1)

    assert [entry.n for entry in journal.entries()] == [8, 9, 10, 11, 12]
    assert (journal.first, journal.last, journal.dropped, len(journal)) == (8, 12, 7, 5)


def test_clearing_forgets_entries_and_goes_on_counting() -> None:
    journal = Journal("w")
    exchanged(journal)
    journal.clear()
    assert (len(journal), journal.bytes, journal.first) == (0, 0, 4)

    exchanged(journal)
    assert [entry.n for entry in journal.entries()] == [4, 5, 6]


HOSTILE: dict[str, bytes] = {
    "small": b"x",
    "quotes": b'"' * 60_000,
    "escapes": b"\\" * 20_000,
    "numbers": b"[" + b"1e15," * 5_000 + b"1]",
    "far characters": "😀".encode() * 10_000,
    "controls": b"\x01" * 60_000,
    "broken": b"\xff" * 60_000,
    "surrogates": b'"' + b"\\ud800" * 5_000 + b'"',
    "huge": b"y" * 300_000,
}


@pytest.mark.parametrize(
    "what",
    [pytest.param(what, marks=[pytest.mark.slow] if what in {"escapes", "surrogates"} else []) for what in HOSTILE],
)
def test_hostile_sizes_stay_within_the_bound_as_serialised(what: str) -> None:
    limit = 1_000_000
    journal = Journal("w", max_bytes=limit)
    data = HOSTILE[what]
    name = data.decode("utf-8", "replace")[:5_000]
    for _ in range(30 if len(data) > 1 else 1_000):
        exchange = opened(journal, "POST", "/" + name, data[:3_000], [(b"x", data[:5_000])] * 3 + [(b"a", b"")] * 50)
        exchange.session = exchange.account = exchange.scenario = name
        exchange.request_body(data)
        exchange.request_done(1, 1)
        exchange.faults += [name] * 5
        exchange.response(200, STREAM, 1, 1)
        exchange.record(data, 1, 1, fault=name)
        exchange.end("complete", 1, 1)
        journal.control(name, {"x": name}, 1, 1)

    serialised = sum(len(line.encode("utf-8")) + 1 for line in journal.lines())
    assert journal.bytes <= limit
    assert journal.dropped > 0
    assert limit / 8 <= serialised <= 2 * limit


def test_ten_thousand_small_entries_fit() -> None:
    journal = Journal("w")
    for _ in range(4_000):
        exchanged(journal, headers=[(b"authorization", b"Bearer " + TOKEN.encode())], response_body=b'{"code":0}')

    assert len(journal) == 10_000
    assert journal.dropped == 2_000
    assert sum(len(line) for line in journal.lines()) <= 2 * journal.bytes


# --- followers --------------------------------------------------------------------------------------------------------


def test_a_follower_is_woken_for_each_entry_and_takes_what_is_new() -> None:
    journal = Journal("w")
    exchanged(journal)
    woken: list[int] = []
    follower = journal.subscribe(lambda: woken.append(journal.last))

    exchanged(journal)
    assert woken == [4, 5, 6]
    entries, lost = follower.take(2)
    assert ([entry.n for entry in entries], lost) == ([4, 5], 0)
    entries, lost = follower.take()
    assert ([entry.n for entry in entries], lost) == ([6], 0)
    assert follower.take() == ([], 0)

    follower.close()
    follower.close()
    exchanged(journal)
    assert woken == [4, 5, 6]


def test_a_follower_can_begin_with_what_was_there_before() -> None:
    journal = Journal("w")
    exchanged(journal)

    assert [entry.n for entry in journal.subscribe(lambda: None, since=1).take()[0]] == [2, 3]


def test_a_slow_follower_loses_the_oldest_entries_and_gets_their_number() -> None:
    journal = Journal("w", max_entries=4)
    follower = journal.subscribe(lambda: None)
    for _ in range(3):
        exchanged(journal)

    entries, lost = follower.take()
    assert ([entry.n for entry in entries], lost) == ([6, 7, 8, 9], 5)
    exchanged(journal)
    journal.clear()
    assert follower.take() == ([], 3)
    assert follower.take() == ([], 0)


def test_a_follower_that_closes_another_while_woken_disturbs_no_other() -> None:
    journal = Journal("w")
    woken: list[str] = []
    second = journal.subscribe(lambda: None)
    first = journal.subscribe(second.close)
    journal.subscribe(lambda: woken.append("third"))
    exchanged(journal)

    assert woken == ["third"] * 3
    first.close()


# --- order of callers -------------------------------------------------------------------------------------------------


def test_entries_of_a_caller_do_not_depend_on_other_callers() -> None:
    alone, beside = Journal("w", seed="7"), Journal("w", seed="7")
    shuffled = random.Random(3)  # noqa: S311  # the order of a test, not a secret

    def call(journal: Journal, account: str) -> None:
        exchange = opened(journal, headers=[(b"authorization", b"Bearer nmv_usr_" + account.encode() * 12)])
        exchange.account = account
        exchange.request_done(1, 1)
        exchange.end("complete", 2, 2)

    for _ in range(10):
        call(alone, "anon_1")
        for account in shuffled.sample(["anon_1", "anon_2", "anon_3"], 3):
            call(beside, account)

    def facts(journal: Journal) -> list[dict[str, object]]:
        found = [json.loads(line) for line in journal.lines(account="anon_1")]
        return [{key: value for key, value in entry.items() if key not in {"n", "exchange"}} for entry in found]

    assert facts(alone) == facts(beside)


def test_a_stream_leaves_nothing_raw_behind() -> None:
    journal = Journal("w", seed="7")
    streamed(journal, [b'data: {"type":"text","content":"' + TOKEN.encode() + b'"}\n\n'])

    records = [entry.as_json()["data"] for entry in journal.entries(kind="record")]
    assert records == [{"type": "text", "content": journal.secrets.mark(TOKEN)}]

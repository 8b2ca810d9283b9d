"""The archive is HAR 1.2. Facts without a field in HAR have names with an underscore."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemovideo_mock.journal import FilePart, Journal, har
from tests.mock_server.journal.stage import JSON, STREAM, TOKEN, exchanged, opened, streamed

Schema = dict[str, object]

TEXT: Schema = {"type": "string"}
PAIRS: Schema = {
    "type": "array",
    "items": {"type": "object", "required": ["name", "value"], "properties": {"name": TEXT, "value": TEXT}},
}
SIZE: Schema = {"type": "integer", "minimum": -1}
TIME: Schema = {"type": "number", "minimum": -1}
SPENT: Schema = {"type": "number", "minimum": 0}


def closed(required: Schema, optional: Schema | None = None) -> Schema:
    """An object of these members. Others may only have names with an underscore."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
        "patternProperties": {"^_": {}},
        "additionalProperties": False,
    }


#: Written down from the HAR 1.2 specification (http://www.softwareishard.com/blog/har-12-spec/).
HAR_1_2: Schema = closed(
    {
        "log": closed(
            {
                "version": {"const": "1.2"},
                "creator": closed({"name": TEXT, "version": TEXT}),
                "entries": {
                    "type": "array",
                    "items": closed(
                        {
                            "startedDateTime": {
                                "type": "string",
                                "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)$",
                            },
                            "time": SPENT,
                            "request": closed(
                                {
                                    "method": TEXT,
                                    "url": {"type": "string", "pattern": "^http://[^ ]*$"},
                                    "httpVersion": TEXT,
                                    "cookies": PAIRS,
                                    "headers": PAIRS,
                                    "queryString": PAIRS,
                                    "headersSize": SIZE,
                                    "bodySize": SIZE,
                                },
                                {
                                    "postData": {
                                        **closed(
                                            {"mimeType": TEXT},
                                            {
                                                "text": TEXT,
                                                "params": {"type": "array", "items": {"required": ["name"]}},
                                            },
                                        ),
                                        "not": {"required": ["text", "params"]},
                                    }
                                },
                            ),
                            "response": closed(
                                {
                                    "status": {"type": "integer"},
                                    "statusText": TEXT,
                                    "httpVersion": TEXT,
                                    "cookies": PAIRS,
                                    "headers": PAIRS,
                                    "content": closed(
                                        {"size": {"type": "integer", "minimum": 0}, "mimeType": TEXT}, {"text": TEXT}
                                    ),
                                    "redirectURL": TEXT,
                                    "headersSize": SIZE,
                                    "bodySize": SIZE,
                                }
                            ),
                            "cache": {"type": "object"},
                            "timings": closed(
                                {"send": SPENT, "wait": SPENT, "receive": SPENT},
                                {"blocked": TIME, "dns": TIME, "connect": TIME, "ssl": TIME},
                            ),
                        }
                    ),
                },
            },
            {"pages": {"type": "array"}},
        )
    }
)


def archive(journal: Journal) -> Any:  # Any: tests index into it freely
    """The journal's archive, which is valid."""
    made = har(journal.entries(), "0.1.0")
    jsonschema.validate(made, HAR_1_2)
    return made["log"]


def test_an_exchange_becomes_an_entry_with_its_times() -> None:
    journal = Journal("shop")
    exchange = opened(journal, "POST", "/api/你好 x", b"a=1&b=%20c", [(b"host", b"127.0.0.1:80"), *JSON])
    exchange.request_body(b'{"a":1}')
    exchange.request_done(1001, 5000.010)
    exchange.faults.append("latency")
    exchange.response(402, [*JSON, (b"location", b"/y")], 1002, 5000.250)
    exchange.response_body(b'{"code":402}')
    exchange.end("complete", 1003, 5000.300)

    log = archive(journal)
    (entry,) = log["entries"]
    assert log["creator"] == {"name": "nemo-harness", "version": "0.1.0"}
    assert log["_left_out"] == 0
    assert entry["startedDateTime"] == "1970-01-01T01:23:20.000+00:00"
    assert (entry["timings"]["send"], entry["timings"]["wait"], entry["timings"]["receive"]) == (10, 240, 50)
    assert entry["time"] == 300
    assert entry["request"]["url"] == "http://127.0.0.1:80/api/%E4%BD%A0%E5%A5%BD%20x?a=1&b=%20c"
    assert entry["request"]["queryString"] == [{"name": "a", "value": "1"}, {"name": "b", "value": " c"}]
    assert entry["request"]["postData"] == {"mimeType": "application/json", "text": '{"a":1}'}
    assert (entry["request"]["bodySize"], entry["request"]["httpVersion"]) == (7, "HTTP/1.1")
    assert entry["response"]["content"] == {"size": 12, "mimeType": "application/json", "text": '{"code":402}'}
    assert (entry["response"]["status"], entry["response"]["bodySize"]) == (402, 12)
    assert entry["response"]["redirectURL"] == "/y"
    assert (entry["_world"], entry["_virtual"], entry["_faults"], entry["_end"]) == (
        "shop",
        1000,
        ["latency"],
        "complete",
    )


def test_a_stream_carries_its_records_with_their_times() -> None:
    journal = Journal("w")
    exchange = opened(journal, "POST", "/run_sse")
    exchange.request_done(1000, 5000)
    exchange.response(200, STREAM, 1000, 5000)
    for record, virtual, heartbeat in ((b'data: {"a":1}\n\n', 1005, False), (b"data:\n\n", 1020, True)):
        exchange.response_body(record)
        exchange.record(record, virtual, 5000 + virtual / 1e6, heartbeat=heartbeat)
    exchange.end("cut", 1020, 5001)

    (entry,) = archive(journal)["entries"]
    shape = {"event": None, "fault": None}
    assert entry["_stream"] == [
        {"number": 1, "data": {"a": 1}, "heartbeat": False, "real": 5000.001005, "virtual": 1005, **shape},
        {"number": 2, "data": "", "heartbeat": True, "real": 5000.00102, "virtual": 1020, **shape},
    ]
    assert entry["response"]["content"] == {"size": 22, "mimeType": "text/event-stream; charset=utf-8"}
    assert (entry["_end"], entry["time"]) == ("cut", 1000)


def test_a_request_that_was_never_answered_has_status_0() -> None:
    journal = Journal("w")
    opened(journal).end("reset", 1001, 5001)

    (entry,) = archive(journal)["entries"]
    assert (entry["response"]["status"], entry["response"]["bodySize"], entry["_end"]) == (0, -1, "reset")


def test_an_exchange_that_is_still_open_is_there() -> None:
    journal = Journal("w")
    opened(journal).request_done(1, 5000)

    (entry,) = archive(journal)["entries"]
    assert (entry["response"]["status"], entry["_end"], entry["time"]) == (0, None, 0)


def test_an_exchange_whose_request_was_dropped_is_counted() -> None:
    journal = Journal("w", max_entries=4)
    exchanged(journal)
    exchanged(journal)
    journal.control("clock", {"advance": 5}, 1, 1)

    log = archive(journal)
    assert (len(log["entries"]), log["_left_out"]) == (1, 0)
    exchanged(journal)
    log = archive(journal)
    assert (len(log["entries"]), log["_left_out"]) == (1, 0)
    opened(journal).request_done(1, 1)
    opened(journal).request_done(1, 1)
    assert archive(journal)["_left_out"] == 1


def test_uploads_and_bodies_that_are_not_text_have_name_size_and_hash() -> None:
    journal = Journal("w")
    exchange = opened(journal, "POST", headers=[(b"content-type", b"multipart/form-data; boundary=x")])
    exchange.files = [FilePart("a.jpg", "image/jpeg", 9)]
    exchange.request_body(b"--x")
    exchange.request_done(1, 1)
    exchange.response(200, [(b"content-type", b"video/mp4")], 1, 1)
    exchange.response_body(b"\x00\x01")
    exchange.end("complete", 1, 1)
    exchanged(journal, "POST", body=b"\x00")

    upload, binary = archive(journal)["entries"]
    assert upload["request"]["postData"]["params"] == [
        {"name": "", "fileName": "a.jpg", "contentType": "image/jpeg", "_size": 9}
    ]
    assert "text" not in upload["response"]["content"]
    assert len(upload["response"]["content"]["_sha256"]) == 64
    assert len(binary["request"]["postData"]["_sha256"]) == 64


@settings(max_examples=40)  # a validation takes milliseconds
@given(st.binary(max_size=100), st.binary(max_size=40), st.text(max_size=40))
def test_any_bytes_make_a_valid_archive(body: bytes, header: bytes, path: str) -> None:
    journal = Journal("w")
    exchanged(
        journal, "POST", "/" + path, header, [(b"host", header), (header, body)], body, 200, [(header, body)], body
    )
    streamed(journal, [body])

    assert len(archive(journal)["entries"]) == 2


def test_the_schema_refuses_what_is_not_har() -> None:
    journal = Journal("w")
    exchanged(journal)
    made: Any = har(journal.entries(), "0.1.0")
    made["log"]["entries"][0]["stream"] = []

    with pytest.raises(jsonschema.ValidationError, match="stream"):
        jsonschema.validate(made, HAR_1_2)


def test_no_token_is_in_an_archive() -> None:
    journal = Journal("w")
    exchanged(journal, query=b"token=" + TOKEN.encode(), headers=[(b"authorization", b"Bearer " + TOKEN.encode())])

    assert TOKEN[8:] not in str(archive(journal))

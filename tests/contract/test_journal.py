"""The format of the journal: what the fake writes is what the reader's classes say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from nemovideo_contract.journal import Body, Entry, JournalError, Kind, parse_entry, read_entries
from nemovideo_contract.journal import FilePart as FilePartForm
from nemovideo_mock.journal import FilePart, Journal

#: Members that an entry has only in some cases.
SOMETIMES = {"sha256", "cut"}
CONTROL: dict[str, Any] = {"n": 1, "kind": "control", "world": "w", "virtual": 0, "real": 0.5, "action": "reset"}
REQUEST: dict[str, Any] = {
    "n": 1,
    "kind": "request",
    "world": "w",
    "virtual": 0,
    "real": 0,
    "exchange": 1,
    "method": "GET",
    "path": "/",
    "query": "",
    "headers": [["accept", "*/*"]],
    "body": {"kind": "empty", "size": 0},
}


def written() -> dict[Kind, dict[str, Any]]:
    """One entry of each kind, as the fake writes it."""
    journal = Journal("default", body_limit=64)
    exchange = journal.open(
        "POST", "/run_sse", b"a=1", [(b"host", b"h")], ("127.0.0.1", 1), "1.1", 1.0, 2.0, joined=True
    )
    exchange.files = [FilePart("a.jpg", "image/jpeg", 9)]
    exchange.request_body(b'{"text": "' + b"x" * 99 + b'"}')
    exchange.request_done(1.5, 2.5)
    exchange.faults.append("f0")
    exchange.response(200, [(b"content-type", b"text/event-stream")], 2.0, 3.0)
    exchange.record(b'data: {"type": "heartbeat"}\n\n', 3.0, 4.0, heartbeat=True, fault="f0")
    exchange.end("complete", 4.0, 5.0)
    journal.control("reset", {"seed": 1}, 5.0, 6.0)
    return {entry["kind"]: dict(entry) for entry in read_entries(journal.lines())}


@pytest.mark.parametrize("form", get_args(Entry))
def test_the_fake_writes_every_member_of_the_format_and_no_other(form: type) -> None:
    hints = get_type_hints(form)
    (kind,) = get_args(hints["kind"])
    assert set(written()[kind]) | SOMETIMES == set(hints) | SOMETIMES


@pytest.mark.parametrize("form", [*get_args(Entry), Body, FilePartForm])
def test_the_page_on_the_control_api_names_every_member(form: type) -> None:
    page = Path(__file__).parents[2].joinpath("docs", "control.md").read_text(encoding="utf-8")
    assert [name for name in get_type_hints(form) if f"`{name}`" not in page] == []


def test_a_body_that_is_cut_is_written_with_its_size_and_hash() -> None:
    body = written()["request"]["body"]
    assert (set(body), body["kind"], body["size"], body["cut"]) == (
        {"kind", "size", "sha256", "cut", "text"},
        "text",
        111,
        True,
    )


def test_an_entry_is_read_without_the_members_that_readers_can_do_without() -> None:
    assert parse_entry(CONTROL) is CONTROL
    assert parse_entry(REQUEST) is REQUEST


@pytest.mark.parametrize(
    ("base", "change", "words"),
    [
        (CONTROL, {"n": True}, "'n' of the control entry is not of the right type"),
        (CONTROL, {"n": 1.0}, "'n' of the control entry is not of the right type"),
        (CONTROL, {"world": None}, "'world' of the control entry is not of the right type"),
        (CONTROL, {"session": 5}, "'session' of the control entry is not of the right type"),
        (REQUEST, {"headers": [["accept"]]}, "'headers' of the request entry is not of the right type"),
        (REQUEST, {"headers": [["accept", 5]]}, "'headers' of the request entry is not of the right type"),
        (REQUEST, {"body": {"kind": "cake"}}, "'body' of the request entry is not of the right type"),
        (REQUEST, {"client": ["127.0.0.1"]}, "'client' of the request entry is not of the right type"),
        (REQUEST, {"files": [{"name": "a", "content_type": "b"}]}, "'files' of the request entry is not of the right"),
        (REQUEST, {"kind": "end"}, "'how' of the end entry is missing"),
        (REQUEST, {"kind": "end", "how": "well"}, "'how' of the end entry is not of the right type"),
        (REQUEST, {"kind": []}, r"its kind is \[\]"),
    ],
)
def test_a_member_of_the_wrong_type_is_refused_by_its_name(
    base: dict[str, Any], change: dict[str, Any], words: str
) -> None:
    with pytest.raises(JournalError, match=words):
        list(read_entries([json.dumps({**base, **change})]))

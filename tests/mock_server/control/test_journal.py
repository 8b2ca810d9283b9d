"""The journal over HTTP: filter it, follow it, export it; it never contains a token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import StreamingResponse

from nemovideo_mock.control import journal
from nemovideo_mock.control.control_request import ControlRequest, note
from nemovideo_mock.runtime.world_registry import WorldRegistry
from nemovideo_mock.server import running
from tests.guards import HANG_S
from tests.mock_server.control.stage import STUB, error, fake, register, say, start


def entries(http: httpx.Client, query: str = "", world: str = "") -> list[dict[str, Any]]:
    answer = http.get(f"{world}/_mock/journal{query}")
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def events(answer: httpx.Response) -> Iterator[dict[str, str]]:
    """Return the events of a stream, field by field."""
    event: dict[str, str] = {}
    for line in answer.iter_lines():
        if not line:
            yield event
            event = {}
        else:
            name, _, value = line.partition(": ")
            event[name] = value


def test_entries_are_selected_by_number_session_account_and_kind() -> None:
    with fake() as http:
        headers = register(http)
        session_id = start(http, headers)
        say(http, headers, session_id, "hello")
        everything = entries(http)
        assert [entry["n"] for entry in everything] == list(range(1, len(everything) + 1))
        records = entries(http, f"?kind=record&session={session_id}")
        assert records
        assert {entry["session"] for entry in records} == {session_id}
        account = everything[-1]["account"]
        assert (
            entries(http, f"?account={account}&since=3&limit=2")
            == [entry for entry in everything if entry["account"] == account and entry["n"] > 3][:2]
        )
        assert entries(http, "?account=nobody") == []


def test_a_journal_longer_than_one_piece_is_sent_whole() -> None:
    with fake() as http:
        for _ in range(120):
            http.get("/nothing")
        assert [entry["n"] for entry in entries(http, "?since=10")] == list(range(11, 361))


def test_the_headers_say_what_there_is_and_how_much_had_to_go() -> None:
    with fake(replace(STUB, journal_entries=9)) as http:
        for _ in range(5):
            http.get("/nothing")
        headers = http.get("/_mock/journal").headers
        said = [headers[f"X-Nemo-Mock-Journal-{name}"] for name in ("First", "Last", "Dropped")]
        assert said == ["7", "15", "6"]
        assert [entry["n"] for entry in entries(http)] == list(range(7, 16))


@pytest.mark.anyio
async def test_a_read_ends_at_the_entry_that_was_the_newest_when_it_began(tmp_path: Path) -> None:
    world_registry = WorldRegistry(replace(STUB, directory=tmp_path))
    for number in range(300):
        note(world_registry.default, "noted", {"number": number})
    scope: dict[str, object] = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    answer = await journal.journal(ControlRequest(world_registry, world_registry.default, Request(scope), {}))
    assert isinstance(answer, StreamingResponse)
    pieces: list[str] = []
    async for piece in answer.body_iterator:
        note(world_registry.default, "noted meanwhile", {})
        pieces.append(str(piece))
    assert [len(piece.splitlines()) for piece in pieces] == [200, 100]
    world_registry.close()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("since=x", "since must be a whole number, not 'x'."),
        ("limit=-1", "limit must be a whole number, not '-1'."),
        ("kind=talk", "kind must be request or response or record or end or control, not 'talk'."),
        ("from=3", "There is no parameter 'from' here; there are since, session, account, kind, limit."),
    ],
)
def test_an_invalid_query_is_refused(query: str, words: str) -> None:
    with fake() as http:
        assert error(http.get(f"/_mock/journal?{query}"), 400) == words


def test_changes_are_noted_without_the_tokens_in_them() -> None:
    with fake() as http:
        made = http.post("/_mock/accounts", json={"user_id": "user_ada", "token": "a-secret-of-ada"}).json()
        http.post("/_mock/credits", json={"account": "user_ada", "available": 7})
        http.post("/_mock/clock/advance", json={"seconds": 5})
        noted = entries(http, "?kind=control")
        assert [entry["action"] for entry in noted] == ["accounts.add", "credits.set", "clock.advance"]
        assert noted[1]["details"] == {"account": "user_ada", "available": 7, "frozen": 0, "total": 7}
        assert made["token"] == "a-secret-of-ada"
        for path in ("journal", "journal/har", "accounts"):
            assert "a-secret-of-ada" not in http.get(f"/_mock/{path}").text
        (account,) = http.get("/_mock/accounts").json()["accounts"]
        assert account["tokens"][0]["mark"] == noted[0]["details"]["token"]


def test_a_follower_gets_entries_as_they_come() -> None:
    with fake() as http, httpx.Client(base_url=http.base_url, trust_env=False, timeout=HANG_S) as other:
        other.get("/nothing")
        with http.stream("GET", "/_mock/journal/live") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            other.get("/something")
            followed = events(answer)
            event = next(followed)
            assert json.loads(event["data"])["path"] == "/something"
            assert event["id"] == "4"
            assert [json.loads(next(followed)["data"])["kind"] for _ in range(2)] == ["response", "end"]


@pytest.mark.parametrize("how", ["query", "header", "both"])
def test_a_follower_begins_where_it_says(how: str) -> None:
    with fake() as http:
        for _ in range(2):
            http.get("/nothing")
        query = {"query": "?since=4", "header": "", "both": "?since=1"}[how]
        headers = {} if how == "query" else {"Last-Event-ID": "4"}
        with http.stream("GET", f"/_mock/journal/live{query}", headers=headers) as answer:
            followed = events(answer)
            assert [next(followed)["id"] for _ in range(2)] == ["5", "6"]


@pytest.mark.parametrize("last_id", ["9" * 5000, "x", "-1", "\u00b2"])
def test_an_unknown_event_id_is_ignored(last_id: str) -> None:
    with fake() as http:
        register(http)
        headers = {b"Last-Event-ID": last_id.encode("latin-1")}
        with http.stream("GET", "/_mock/journal/live?since=0", headers=headers) as answer:
            assert answer.status_code == 200
            assert next(events(answer))["id"] == "1"


def test_a_follower_learns_what_it_has_lost() -> None:
    with fake(replace(STUB, journal_entries=3)) as http:
        for _ in range(4):
            http.get("/nothing")
        with http.stream("GET", "/_mock/journal/live?since=2") as answer:
            followed = events(answer)
            assert next(followed) == {"event": "dropped", "data": '{"dropped":7}'}
            assert next(followed)["id"] == "10"


def test_a_follower_learns_that_a_new_journal_began() -> None:
    with fake() as http, httpx.Client(base_url=http.base_url, trust_env=False, timeout=HANG_S) as other:
        other.get("/nothing")
        with http.stream("GET", "/_mock/journal/live?since=0") as answer:
            followed = events(answer)
            assert [next(followed)["id"] for _ in range(3)] == ["1", "2", "3"]
            other.post("/_mock/reset", json={"scope": "world"})
            assert next(followed) == {"id": "0", "event": "reset", "data": "{}"}
            assert json.loads(next(followed)["data"])["action"] == "reset"


def test_a_follower_moves_no_virtual_time_and_leaves_nothing_behind() -> None:
    with running(STUB) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
        before = server.runtime().clock.now()
        with http.stream("GET", "/_mock/journal/live"):
            server.runtime().world.schedule.add(before + 5, "begin", "x", "y")
            while not server.runtime().journal._followers:
                http.get("/_mock/clock")
        while server.runtime().journal._followers:
            http.get("/_mock/clock")
        assert server.runtime().clock.now() == before
        assert server.runtime().state_replaced._wakers == {}


def test_a_follower_ends_with_the_fake() -> None:
    with httpx.Client(trust_env=False, timeout=HANG_S) as http:
        with running(STUB) as server:
            request = http.build_request("GET", f"{server.url}/_mock/journal/live")
            answer = http.send(request, stream=True)
        assert answer.read() == b""
        assert answer.is_closed


def test_a_world_that_is_deleted_ends_its_followers() -> None:
    with (
        fake() as http,
        httpx.Client(base_url=http.base_url, trust_env=False, timeout=HANG_S) as other,
        http.stream("GET", "/w/a/_mock/journal/live") as answer,
    ):
        other.delete("/_mock/worlds/a")
        assert answer.read() == b""


def test_the_journal_is_an_http_archive_too() -> None:
    with fake() as http:
        register(http)
        log = http.get("/_mock/journal/har").json()["log"]
        assert log["version"] == "1.2"
        assert [entry["request"]["method"] for entry in log["entries"]] == ["POST"]


def test_the_numbers_of_entries_continue_after_the_journal_is_cleared() -> None:
    with fake() as http:
        register(http)
        assert http.delete("/_mock/journal").json() == {"removed": 3}
        assert [(entry["n"], entry["action"]) for entry in entries(http)] == [(4, "journal.clear")]

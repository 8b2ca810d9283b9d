"""Snapshots and copies of worlds over HTTP, with their files."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from nemovideo_mock.control import snapshots
from nemovideo_mock.runtime.storage import Storage
from nemovideo_mock.server import running
from tests.guards import HANG_S
from tests.mock_server.control.stage import (
    PHOTO,
    STUB,
    advance,
    error,
    export,
    fake,
    message,
    poll,
    register,
    say,
    say_and_leave,
    start,
    state,
    upload,
)


def exported(http: httpx.Client) -> tuple[dict[str, str], str]:
    """Return a session with a finished export."""
    headers = register(http)
    session_id = start(http, headers)
    upload(http, headers, session_id)
    say(http, headers, session_id)
    export(http, headers, session_id)
    advance(http, 100)
    return headers, session_id


def download(http: httpx.Client, headers: dict[str, str], world: str = "") -> bytes:
    answer = http.get(f"{world}/api/render/proxy/render_1/download", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.content


def test_a_snapshot_with_files_brings_uploads_and_exports_along() -> None:
    with fake() as http:
        headers, _ = exported(http)
        video = download(http, headers)
        saved = http.get("/_mock/snapshot?files=true").json()
    assert saved["files"]["uploads"] == {hashlib.sha256(PHOTO).hexdigest(): base64.b64encode(PHOTO).decode("ascii")}
    assert [base64.b64decode(data) for data in saved["files"]["exports"].values()] == [video]
    with fake() as http:
        http.put("/_mock/snapshot", json=saved).raise_for_status()
        assert download(http, headers) == video
        assert http.get(f"/cdn/uploads/{hashlib.sha256(PHOTO).hexdigest()}/cat.jpg").content == PHOTO


def test_a_missing_export_is_encoded_again() -> None:
    with fake() as http:
        headers, _ = exported(http)
        size = poll(http, headers)["output"]["size"]
        saved = http.get("/_mock/snapshot").json()
    assert "files" not in saved
    with fake() as http:
        http.put("/_mock/snapshot", json=saved).raise_for_status()
        assert poll(http, headers)["status"] == "completed"
        assert len(download(http, headers)) == size == poll(http, headers)["output"]["size"]


def test_an_export_that_a_reset_has_removed_comes_back_with_the_snapshot() -> None:
    with running(STUB) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
        headers, _ = exported(http)
        video = download(http, headers)
        saved = http.get("/_mock/snapshot").json()
        http.post("/_mock/reset", json={"scope": "state"})
        http.put("/_mock/snapshot", json=saved).raise_for_status()
        assert download(http, headers) == video
        http.put("/_mock/snapshot", json=saved).raise_for_status()
        assert download(http, headers) == video


def test_exports_that_the_snapshot_does_not_know_are_removed() -> None:
    with running(STUB) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
        empty = http.get("/_mock/snapshot").json()
        exported(http)
        folder = server.world_registry.storage.root
        assert len(list((folder / "renders").iterdir())) == 1
        http.put("/_mock/snapshot", json=empty).raise_for_status()
        assert list((folder / "renders").iterdir()) == []
        assert list((folder / "incoming").iterdir()) == []


def test_encodes_for_the_state_before_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(STUB) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
        empty = http.get("/_mock/snapshot").json()
        headers, session_id = exported(http)
        go = threading.Event()
        render_worker = server.world_registry.render_worker

        def late(*_: object) -> str:
            go.wait(HANG_S)
            return "cancelled"

        monkeypatch.setattr(render_worker, "_encode", late)
        try:
            export(http, headers, session_id, "render_2")
            error(http.post("/_mock/clock/advance", json={"seconds": 200, "patience": 0.1}), 409)  # which asks for it
            assert [event.is_set() for event in render_worker._cancels.values()] == [False]
            http.put("/_mock/snapshot", json=empty).raise_for_status()
            assert [event.is_set() for event in render_worker._cancels.values()] == [True]
        finally:
            go.set()


def test_files_beyond_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "FILES_LIMIT", 1000)
    with fake() as http:
        exported(http)
        assert "a snapshot takes 1000 at most" in error(http.get("/_mock/snapshot?files=true"), 413)
        assert http.get("/_mock/snapshot").status_code == 200


def test_a_world_that_is_too_large_for_a_snapshot_is_not_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake() as http:
        exported(http)
        whole = len(http.get("/_mock/snapshot").content)
        for limit in (whole - 1, 1000):  # longer only when it is indented, and longer in any form
            monkeypatch.setattr(snapshots, "SNAPSHOT_LIMIT", limit)
            assert f"only {limit} can be restored" in error(http.get("/_mock/snapshot"), 413)
        assert "can be restored" in error(http.post("/_mock/fork", json={"to": "b"}), 413)
        monkeypatch.setattr(snapshots, "SNAPSHOT_LIMIT", whole)
        http.put("/_mock/snapshot", json=http.get("/_mock/snapshot").json()).raise_for_status()


def test_a_fork_continues_like_its_origin_and_does_not_affect_it() -> None:
    with fake() as http:
        headers, session_id = exported(http)
        http.post("/_mock/faults", json={"kind": "latency", "delay": 1, "every": 2})
        say_and_leave(http, headers, session_id, "Add a title 'Nara'")
        forked = http.post("/_mock/fork", json={"to": "b"}).json()
        assert forked["clock"]["now"] == http.get("/_mock/clock").json()["now"]
        answers: list[list[Any]] = []
        for world in ("", "/w/b"):
            seen: list[Any] = [state(http, headers, session_id, world) for _ in range(2)]
            seen.append(say(http, headers, session_id, "shorter", world))
            seen.append(start(http, headers, world))
            seen.append(http.get(f"{world}/_mock/clock").json())
            seen.append(http.get(f"{world}/_mock/faults").json())
            seen.append(download(http, headers, world))
            answers.append(seen)
        assert answers[0] == answers[1]
        http.delete("/_mock/worlds/b")
        assert download(http, headers) == answers[0][-1]


def test_a_fork_into_a_world_that_is_there_is_refused() -> None:
    with fake() as http:
        http.get("/w/b/_mock")
        for to, status in (("b", 409), ("default", 409), ("a/b", 400)):
            assert error(http.post("/_mock/fork", json={"to": to}), status)
        assert error(http.post("/_mock/fork", json={}), 400) == "to is missing."
        assert http.get("/_mock").json()["worlds"] == ["default", "b"]


def test_open_streams_of_the_state_before_end_when_another_is_restored() -> None:
    with fake() as http, httpx.Client(base_url=http.base_url, trust_env=False, timeout=HANG_S) as other:
        headers = register(http)
        session_id = start(http, headers)
        saved = http.get("/_mock/snapshot").json()
        http.post("/_mock/clock/mode", json={"mode": "real"})
        with http.stream("POST", "/run_sse", json=message(session_id, "Generate a clip"), headers=headers) as answer:
            other.put("/_mock/snapshot", json=saved).raise_for_status()
            answer.read()
        assert state(http, headers, session_id)["state"]["draft"] == {}
        (account,) = http.get("/_mock/accounts").json()["accounts"]
        assert (account["available"], account["frozen"]) == (100, 0)


def test_a_caller_that_leaves_a_stream_of_a_state_that_is_gone_harms_nothing() -> None:
    with fake() as http, httpx.Client(base_url=http.base_url, trust_env=False, timeout=HANG_S) as other:
        empty = http.get("/_mock/snapshot").json()
        http.put("/_mock/profile", json={"disconnect": "cancel"})
        headers = register(http)
        session_id = start(http, headers)
        http.post("/_mock/clock/mode", json={"mode": "real"})
        other.post("/_mock/faults", json={"kind": "latency", "on": "credits", "delay": 0.01})
        with http.stream("POST", "/run_sse", json=message(session_id, "Generate a clip"), headers=headers):
            other.put("/_mock/snapshot", json=empty).raise_for_status()
        assert register(http, "another")
        assert http.get("/_mock").json()["world"]["accounts"] == 1


BROKEN_FILES: list[tuple[object, str]] = [
    ([], "files must be an object"),
    ({"uploads": {"x": ""}}, "'files.uploads.x' is not the name of a file"),
    ({"exports": {"../../x": ""}}, "is not the name of a file"),
    ({"uploads": {"0" * 64: "!"}}, f"files.uploads.{'0' * 64} is not base64."),
    ({"uploads": {"0" * 64: "AAAA"}}, "has other bytes than its name says."),
    ({"more": {}}, "There is no field files.more"),
]


@pytest.mark.parametrize(("files", "words"), BROKEN_FILES, ids=range(len(BROKEN_FILES)))
def test_a_snapshot_with_broken_files_changes_nothing(files: object, words: str) -> None:
    with fake() as http:
        saved = http.get("/_mock/snapshot").json()
        register(http)
        assert words in error(http.put("/_mock/snapshot", json={**saved, "files": files}), 400)
        assert http.get("/_mock").json()["world"]["accounts"] == 1


def test_a_name_of_a_file_leads_nowhere_else() -> None:
    with fake() as http:
        headers, _ = exported(http)
        text = http.get("/_mock/snapshot").text
    name = json.loads(text)["state"]["renders"].popitem()[1]["render_1"]["file"]["name"]
    with running(STUB) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
        outside = server.world_registry.storage.root / "outside.mp4"
        outside.write_bytes(b"secret")
        answer = http.put("/_mock/snapshot", json=json.loads(text.replace(name, "../outside")))
        assert answer.status_code == 200
        assert download(http, headers) != b"secret"
        assert outside.read_bytes() == b"secret"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b'{"format": "HAR"}', b"\xff", b"[" * 100_000, b"NaN"])
def test_an_invalid_snapshot_changes_nothing(body: bytes) -> None:
    with fake() as http:
        register(http)
        error(http.put("/_mock/snapshot", content=body, headers={"Content-Type": "application/json"}), 400)
        assert http.get("/_mock").json()["world"]["accounts"] == 1


class Fleeting(Storage):
    """A storage whose files are removed as soon as they are found."""

    def upload(self, sha256: str) -> Path | None:
        (self.root / "uploads" / sha256).unlink()
        return self.root / "uploads" / sha256


def test_a_file_that_a_reset_removes_meanwhile_is_left_out_of_a_snapshot(tmp_path: Path) -> None:
    storage = Fleeting(tmp_path)
    (tmp_path / "uploads" / "a").write_bytes(b"a")
    storage.render("b").write_bytes(b"b")
    assert snapshots._embed_files(storage, ["a"], ["b"]) == {"uploads": {}, "exports": {"b": "Yg=="}}
    assert not snapshots._copy(storage, "c", storage.render("d"))
    assert snapshots._copy(storage, "b", storage.render("d"))
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["b.mp4", "d.mp4"]

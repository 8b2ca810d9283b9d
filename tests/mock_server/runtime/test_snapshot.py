"""A restored world continues as the original would, byte for byte; an invalid snapshot is refused."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from nemovideo_mock.runtime.snapshot import SnapshotError, read
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from tests.guards import HANG_S
from tests.mock_server.control.stage import (
    STUB,
    advance,
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

SETTINGS = Settings(quality="stub", clock="virtual")


@contextmanager
def other_process() -> Generator[str]:
    """Return the URL of a fake in another process, in which strings hash differently."""
    code = "from nemovideo_harness.cli import main; main()"
    options = ["serve", "--port", "0", "--clock", "virtual", "--quality", "stub", "--seed", "99"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *options],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONHASHSEED": "4711"},
    )
    try:
        assert process.stdout is not None
        url = re.search(r"http://\S+", process.stdout.readline())
        assert url is not None
        yield url[0]
    finally:
        process.kill()
        process.communicate()


def go_on(http: httpx.Client, headers: dict[str, str], session_id: str) -> list[bytes]:
    """Return all responses from here on: unfinished work, new ids, further messages, an export, the time."""
    seen: list[bytes] = []

    def noted(answer: httpx.Response) -> None:
        seen.append(re.sub(rb"http://127\.0\.0\.1:\d+", b"URL", answer.read()))

    path = f"/api/state/nemo_agent/me/{session_id}/latest"
    for _ in range(3):
        noted(http.get(path, headers=headers))
        noted(http.get("/api/credits/balance/simple", headers=headers))
    noted(http.get("/_mock/faults"))
    noted(http.post("/run_sse", json=message(session_id, "Add a title 'Nara' in yellow"), headers=headers))
    noted(http.post("/api/auth/anonymous-token", headers={"X-Client-Id": "another"}))
    noted(http.post("/api/tasks/me/with-session/nemo_agent", json={}, headers=headers))
    draft = http.get(path, headers=headers).json()["data"]["state"]["draft"]
    output = {"format": "mp4", "quality": "high"}
    order = {"id": "render_9", "sessionId": session_id, "draft": draft, "output": output}
    noted(http.post("/api/render/proxy/lambda", json=order, headers=headers))
    for _ in range(4):
        noted(http.get("/api/render/proxy/lambda/render_9", headers=headers))
    noted(http.get("/_mock/clock"))
    return seen


def in_the_middle_of_a_turn(http: httpx.Client, seconds: float = 4) -> tuple[dict[str, str], str]:
    headers = register(http)
    session_id = start(http, headers)
    upload(http, headers, session_id)
    say(http, headers, session_id)
    http.post(
        "/_mock/faults", json=[{"kind": "noise", "probability": 0.5}, {"kind": "latency", "delay": 1, "every": 2}]
    )
    say_and_leave(http, headers, session_id, "Make it calmer and add a title 'Kyoto'")
    advance(http, seconds)
    state(http, headers, session_id)  # a second request passes a minute, here and in the restored world
    return headers, session_id


def test_a_world_restored_in_another_process_continues_byte_for_byte() -> None:
    with running(SETTINGS) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
        headers, session_id = in_the_middle_of_a_turn(http)
        saved = http.get("/_mock/snapshot?files=true").json()
        assert [turn["state"] for turn in saved["state"]["turns"].values()] == ["done", "running"]
        here = go_on(http, headers, session_id)
    with other_process() as url, httpx.Client(base_url=url, trust_env=False, timeout=HANG_S) as http:
        assert http.put("/_mock/snapshot", json=saved).status_code == 200
        there = go_on(http, headers, session_id)
    assert b"completed" in here[-2]
    assert there == here


@pytest.mark.parametrize("seconds", [0, 3, 5.5, 60])
def test_a_restored_world_repeats_what_it_did_after_the_snapshot(seconds: float) -> None:
    with fake(SETTINGS) as http:
        headers, session_id = in_the_middle_of_a_turn(http, seconds)
        saved = http.get("/_mock/snapshot").content
        first = go_on(http, headers, session_id)
        for _ in range(2):
            answer = http.put("/_mock/snapshot", content=saved, headers={"Content-Type": "application/json"})
            assert answer.status_code == 200
            assert go_on(http, headers, session_id) == first


def test_a_snapshot_is_the_same_after_it_was_restored() -> None:
    with fake(SETTINGS) as http:
        headers, session_id = in_the_middle_of_a_turn(http)
        say(http, headers, session_id, "shorter, please")
        export(http, headers, session_id)
        advance(http, 100)
        say_and_leave(http, headers, session_id, "slower, please")
        saved = http.get("/_mock/snapshot").json()
        http.put("/_mock/snapshot", json=saved)
        assert http.get("/_mock/snapshot").json() == saved


def test_a_queued_turn_and_an_unfinished_render_are_finished_by_the_world_that_was_restored() -> None:
    with fake(STUB) as http:
        headers = register(http)
        session_id = start(http, headers)
        upload(http, headers, session_id)
        say(http, headers, session_id)
        export(http, headers, session_id)
        say_and_leave(http, headers, session_id, "Add a title 'One'")
        say_and_leave(http, headers, session_id, "Add the title 'Two' instead")
        saved = http.get("/_mock/snapshot?files=true").json()
        states = [turn["state"] for turn in saved["state"]["turns"].values()]
        assert states == ["done", "running", "queued"]
    with fake(STUB) as http:
        http.put("/_mock/snapshot", json=saved)
        advance(http, 600)
        assert poll(http, headers)["status"] == "completed"
        after = http.get("/_mock/snapshot").json()["state"]
    assert {turn["state"] for turn in after["turns"].values()} == {"done"}
    assert after["agenda"] == []


@pytest.fixture(scope="module")
def saved() -> dict[str, Any]:
    """Return a snapshot that contains every kind of object."""
    with fake(SETTINGS) as http:
        headers, session_id = in_the_middle_of_a_turn(http)
        advance(http, 100)
        export(http, headers, session_id)
        say_and_leave(http, headers, session_id, "Make it calmer")
        body = {"task_id": "x", "session_id": session_id}
        http.post("/api/auth/claim-token", json=body, headers=headers)
        data: dict[str, Any] = http.get("/_mock/snapshot").json()
        return data


Break = Callable[[dict[str, Any]], object]


def first(values: dict[str, Any]) -> Any:
    return next(iter(values.values()))


BROKEN: dict[str, Break] = {
    "another format": lambda data: data.update(format="HAR"),
    "another version": lambda data: data.update(format_version=2),
    "no seed": lambda data: data.pop("seed"),
    "no state": lambda data: data.pop("state"),
    "an unknown field": lambda data: data["state"].update(extra=1),
    "a number as a text": lambda data: first(data["state"]["accounts"]).update(available="100"),
    "a true number": lambda data: first(data["state"]["accounts"]).update(available=True),
    "negative credits": lambda data: first(data["state"]["accounts"]).update(available=-1),
    "more frozen than turns need": lambda data: first(data["state"]["accounts"]).update(frozen=7),
    "a token of nobody": lambda data: first(data["state"]["tokens"]).update(user_id="nobody"),
    "a session of nobody": lambda data: first(data["state"]["sessions"]).update(user_id="nobody"),
    "a turn without a session": lambda data: data["state"]["sessions"].clear(),
    "a running turn without a plan": lambda data: [
        turn.update(plan=None) for turn in data["state"]["turns"].values() if turn["state"] == "running"
    ],
    "an unknown state": lambda data: first(data["state"]["turns"]).update(state="sleeping"),
    "an agenda about nothing": lambda data: data["state"]["agenda"].append([1.0, 1, "beat", "no.1", ""]),
    "an agenda with another verb": lambda data: data["state"]["agenda"][0].__setitem__(2, "dance"),
    "a render of another": lambda data: first(first(data["state"]["renders"])).update(render_id="other"),
    "an endless time": lambda data: first(data["state"]["sessions"]).update(created_at=1e300),
    "a clock beyond all dates": lambda data: data["clock"].update(now=1e12),
    "a clock of another kind": lambda data: data["clock"].update(mode="slow"),
    "an unknown profile key": lambda data: data["profile"].update(mood="good"),
    "an unknown fault": lambda data: data["faults"]["faults"][0]["fault"].update(kind="plague"),
    "a speed of nought": lambda data: data.update(speed=0),
    "asked about nonsense": lambda data: data.update(asked=[["render", 3, 1.0]]),
    "asked before all time": lambda data: data.update(asked=[["render", "x", -1.0]]),
    "asked after all time": lambda data: data.update(asked=[["render", "x", 253_402_300_799.0]]),
    "a clock with less than a token's life to spare": lambda data: data["clock"].update(
        now=253_402_300_800.0 - 604_800
    ),
    "a brief that is a list": lambda data: first(data["state"]["sessions"]).update(brief=[]),
    "a brief without its total": lambda data: first(data["state"]["sessions"])["brief"].pop("total"),
    "a brief with text for a number": lambda data: first(data["state"]["sessions"])["brief"].update(closing="x"),
    "a brief of an unknown size": lambda data: first(data["state"]["sessions"])["brief"].update(aspect="3:2"),
    "a brief of endless length": lambda data: first(data["state"]["sessions"])["brief"].update(total=10**15),
    "a brief about another upload": lambda data: first(data["state"]["sessions"])["brief"]["shots"][0].update(media=9),
    "a brief that has seen too much": lambda data: first(data["state"]["sessions"])["brief"].update(seen=2**63),
    "a shot that is nothing": lambda data: first(data["state"]["sessions"])["brief"].update(shots=[None]),
    "an earlier brief that is a number": lambda data: first(data["state"]["sessions"])["brief"].update(before=[7]),
    "an earlier brief without shots": lambda data: first(data["state"]["sessions"])["brief"].update(before=[{}]),
    "a planned brief without its look": lambda data: [
        turn["plan"]["beats"][0].update(change={"brief": {"shots": []}, "draft": None, "generated": []})
        for turn in data["state"]["turns"].values()
        if turn["state"] == "running"
    ],
    "a broken draft": lambda data: first(data["state"]["sessions"])["draft"].update(t="none"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_snapshot_is_refused_with_one_sentence(saved: dict[str, Any], how: str) -> None:
    broken = copy.deepcopy(saved)
    BROKEN[how](broken)
    assert broken != saved
    with pytest.raises(SnapshotError) as caught:
        read(broken)
    sentence = str(caught.value)
    assert sentence.startswith("This snapshot can't be restored: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("data", [None, 3, "snapshot", [], {}, {"format": "nemovideo-mock-world"}])
def test_data_that_is_not_a_snapshot_is_refused(data: object) -> None:
    with pytest.raises(SnapshotError):
        read(data)


def test_a_snapshot_has_the_keys_of_older_snapshots(saved: dict[str, Any]) -> None:
    plans = [turn["plan"] for turn in saved["state"]["turns"].values() if turn["plan"]]
    assert {tuple(plan) for plan in plans} == {("work", "beats", "duration")}
    assert "brief" in first(saved["state"]["sessions"])


def test_reading_leaves_what_was_read_as_it_is(saved: dict[str, Any]) -> None:
    before = json.dumps(saved)
    read(saved)
    assert json.dumps(saved) == before


def test_a_world_at_the_end_of_time_answers_every_call() -> None:
    with fake(SETTINGS) as http:
        saved = http.get("/_mock/snapshot").json()
        saved["clock"]["now"] = 253_402_300_800.0 - 8 * 86_400
        assert http.put("/_mock/snapshot", json=saved).status_code == 200
        headers = {"Authorization": f"Bearer {http.post('/_mock/accounts', json={}).json()['token']}"}
        assert http.post("/_mock/faults", json={"kind": "latency", "on": "state", "delay": 86_400}).status_code == 200
        session_id = start(http, headers)
        for _ in range(9):
            assert state(http, headers, session_id)["session_id"] == session_id
        assert http.get("/_mock/clock").json()["iso"] == "9999-12-31T23:59:59.000Z"
        assert http.get("/_mock/worlds").status_code == 200
        assert "can't be copied" in http.post("/_mock/fork", json={"to": "a"}).json()["error"]
        assert http.post("/api/auth/anonymous-token", headers={"X-Client-Id": "later"}).json()["code"] == 0


def test_a_world_whose_seed_is_beyond_all_counts_is_not_copied() -> None:
    with fake(replace(SETTINGS, seed=10**25)) as http:
        answer = http.post("/_mock/fork", json={"to": "a"})
        assert (answer.status_code, list(answer.json())) == (409, ["error"])
        assert len(http.get("/_mock/worlds").json()["worlds"]) == 1

"""The clock over HTTP: move it, wait for it, change its kind; no call hangs because the clock is held."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager

import httpx
import pytest

from nemovideo_harness.inprocess import connect
from nemovideo_mock.clock import VIRTUAL_EPOCH
from nemovideo_mock.runtime.render_worker import RenderWorker
from nemovideo_mock.server import RunningServer, running
from nemovideo_mock.settings import Settings
from nemovideo_mock.world import Render, RenderFile
from tests.guards import HANG_S
from tests.mock_server.control.stage import (
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
    upload,
)


def now(http: httpx.Client, world: str = "") -> float:
    time: float = http.get(f"{world}/_mock/clock").json()["now"]
    return time


@contextmanager
def held(server: RunningServer, at: float) -> Generator[None]:
    """Hold the clock of the fake at a time while the block runs."""
    release = server.runtime().clock.hold(at)
    try:
        yield
    finally:
        release()


def test_the_clock_says_what_time_it_is_in_which_way() -> None:
    with fake() as http:
        assert http.get("/_mock/clock").json() == {
            "mode": "virtual",
            "now": VIRTUAL_EPOCH,
            "iso": "2026-01-05T09:00:00.000Z",
            "speed": 1.0,
        }


def test_advancing_lets_everything_happen_that_is_due() -> None:
    with fake() as http:
        headers = register(http)
        session_id = start(http, headers)
        upload(http, headers, session_id)
        say_and_leave(http, headers, session_id)
        began = now(http)
        answer = http.post("/_mock/clock/advance", json={"seconds": 60}).json()
        assert answer["now"] == now(http) == began + 60
        turns = http.get("/_mock/snapshot").json()["state"]["turns"]
        assert [turn["state"] for turn in turns.values()] == ["done"]


def test_a_token_expires_when_a_week_has_been_skipped() -> None:
    with fake() as http:
        headers = register(http)
        advance(http, 7 * 86_400)
        assert http.get("/api/credits/balance/simple", headers=headers).json()["code"] == 1001


def test_each_world_has_a_clock_of_its_own() -> None:
    with fake() as http:
        advance(http, 100, "/w/a")
        assert now(http, "/w/a") == VIRTUAL_EPOCH + 100
        assert now(http, "/w/b") == now(http) == VIRTUAL_EPOCH


def test_waiting_moves_a_virtual_clock_by_so_much() -> None:
    with fake() as http:
        assert http.post("/_mock/clock/wait", json={"seconds": 90}).json()["now"] == VIRTUAL_EPOCH + 90
        assert http.post("/_mock/clock/wait", json={"until": VIRTUAL_EPOCH + 95}).json()["now"] == VIRTUAL_EPOCH + 95
        assert http.post("/_mock/clock/wait", json={"until": VIRTUAL_EPOCH}).json()["now"] == VIRTUAL_EPOCH + 95


def test_a_waiting_caller_sees_earlier_events_and_no_later_ones() -> None:
    with fake() as http:
        headers = register(http)
        session_id = start(http, headers)
        upload(http, headers, session_id)
        say(http, headers, session_id)
        export(http, headers, session_id)
        http.post("/_mock/clock/wait", json={"seconds": 15})
        assert poll(http, headers)["status"] == "processing"
        http.post("/_mock/clock/wait", json={"seconds": 80})
        assert poll(http, headers)["status"] == "completed"


def test_a_wait_whose_caller_leaves_does_not_move_the_clock() -> None:
    with running(STUB) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
        with held(server, VIRTUAL_EPOCH + 1):
            with pytest.raises(httpx.ReadTimeout):
                http.post("/_mock/clock/wait", json={"seconds": 500}, timeout=0.2)
            while server.runtime().state_replaced._wakers:  # until the fake has noticed
                http.get("/_mock/clock")
        assert now(http) <= VIRTUAL_EPOCH + 1


@pytest.mark.parametrize("call", ["advance", "wait"])
def test_a_wait_for_a_held_clock_ends_with_a_sentence(call: str) -> None:
    with running(STUB) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
        advance(http, 10)
        with held(server, VIRTUAL_EPOCH + 10):
            sentence = error(http.post(f"/_mock/clock/{call}", json={"seconds": 60, "patience": 0.1}), 409)
        assert sentence.startswith(
            "The clock is held at 2026-01-05T09:00:10.000Z: a request is being received or handled"
        )


def test_a_request_that_holds_the_clock_is_named() -> None:
    with running(STUB) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
        begun = threading.Event()
        go = threading.Event()

        def drip_request() -> Generator[bytes]:
            yield b"{"
            begun.set()
            go.wait()
            yield b"}"

        headers = register(http)

        def drip() -> None:
            httpx.post(
                f"{server.url}/api/auth/claim-token",
                content=drip_request(),
                headers=headers,
                trust_env=False,
                timeout=HANG_S,
            )

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            begun.wait()
            while not server.runtime().serving:  # until its head has arrived
                http.get("/_mock/clock")
            sentence = error(http.post("/_mock/clock/advance", json={"seconds": 60, "patience": 0.1}), 409)
        finally:
            go.set()
            thread.join()
        assert ": 'POST /api/auth/claim-token' is being received or handled. It continues" in sentence
        while server.runtime().serving:  # it is removed as soon as the fake has noticed the end of its response
            http.get("/_mock/clock")


def test_an_encode_that_an_advance_waits_for_is_named_and_is_over_in_time_when_it_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running(STUB) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
        headers = register(http)
        session_id = start(http, headers)
        upload(http, headers, session_id)
        say(http, headers, session_id)
        go = threading.Event()
        encode = RenderWorker._encode

        def late(worker: RenderWorker, job: Render, cancel: threading.Event, world: str) -> RenderFile | str:
            go.wait(HANG_S)
            return encode(worker, job, cancel, world)

        monkeypatch.setattr(RenderWorker, "_encode", late)
        try:
            export(http, headers, session_id, "render_slow")
            before = now(http)
            sentence = error(http.post("/_mock/clock/advance", json={"seconds": 200, "patience": 0.1}), 409)
            assert ": the encode of render_slow is under way. It continues" in sentence
            assert now(http) == before + 200
        finally:
            go.set()
        advance(http, 0)
        assert poll(http, headers, "render_slow")["status"] == "completed"
        assert now(http) == before + 200


def test_a_client_that_takes_part_in_the_clock_may_move_it_too() -> None:
    with running(STUB) as server, connect(server) as client:
        http = client._http
        assert http is not None
        http.post(f"{server.url}/_mock/clock/advance", json={"seconds": 60}, timeout=None).raise_for_status()
        http.post(f"{server.url}/_mock/clock/wait", json={"seconds": 60}, timeout=None).raise_for_status()
        assert client.clock.now() == VIRTUAL_EPOCH + 120


def test_a_participant_continues_after_its_world_was_reset() -> None:
    with running(STUB) as server, connect(server) as client:
        http = client._http
        assert http is not None
        http.post(f"{server.url}/_mock/clock/advance", json={"seconds": 6000}, timeout=None).raise_for_status()
        http.post(f"{server.url}/_mock/reset", json={"scope": "world"}, timeout=None).raise_for_status()
        assert client.clock.now() == VIRTUAL_EPOCH
        client.clock.sleep(5)
        assert client.clock.now() == VIRTUAL_EPOCH + 5


def test_the_mode_changes_and_the_time_continues() -> None:
    with fake() as http:
        advance(http, 1000)
        answer = http.post("/_mock/clock/mode", json={"mode": "real"}).json()
        assert answer["mode"] == "real"
        assert VIRTUAL_EPOCH + 1000 <= answer["now"] < VIRTUAL_EPOCH + 1100
        advance(http, 500)
        answer = http.post("/_mock/clock/mode", json={"mode": "virtual"}).json()
        assert VIRTUAL_EPOCH + 1500 <= answer["now"] < VIRTUAL_EPOCH + 1600
        assert now(http) == answer["now"]


def test_the_speed_divides_what_work_takes() -> None:
    took: list[float] = []
    for speed in (1, 10):
        with fake() as http:
            assert http.post("/_mock/clock/mode", json={"speed": speed}).json()["speed"] == speed
            headers = register(http)
            session_id = start(http, headers)
            upload(http, headers, session_id)
            say(http, headers, session_id)
            took.append(now(http) - VIRTUAL_EPOCH)
    assert took[1] == pytest.approx(took[0] / 10)


def test_a_wait_ends_with_a_sentence_when_the_world_is_reset() -> None:
    with running(Settings(quality="stub", clock="real")) as server:
        answers: list[httpx.Response] = []
        with httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
            thread = threading.Thread(
                target=lambda: answers.append(http.post("/_mock/clock/wait", json={"seconds": 3600}))
            )
            thread.start()
            with httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as other:
                while thread.is_alive():
                    other.post("/_mock/reset", json={"scope": "world"})
                    thread.join(0.02)
    assert error(answers[0], 409) == "The world was reset while you waited."


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("advance", {}, "seconds is missing."),
        ("advance", {"seconds": -1}, "seconds must be a number from 0 to 31622400, not -1."),
        ("advance", {"seconds": "60"}, "seconds must be a number"),
        ("advance", {"seconds": True}, "seconds must be a number"),
        ("advance", {"seconds": 1e9}, "seconds must be a number from 0 to 31622400"),
        ("advance", {"second": 1}, "There is no field second: did you mean seconds?"),
        ("wait", {}, "Say how long"),
        ("wait", {"seconds": 1, "until": 2}, "Say how long"),
        ("wait", {"until": 2e10}, "A wait is no longer than a year"),
        ("mode", {"mode": "fast"}, "mode must be real or virtual, not 'fast'."),
        ("mode", {}, "mode is missing."),
        ("mode", {"speed": 0}, "speed must be a number from 0.001 to 10000, not 0."),
    ],
)
def test_an_invalid_clock_request_is_refused(path: str, body: dict[str, object], words: str) -> None:
    with fake() as http:
        assert error(http.post(f"/_mock/clock/{path}", json=body), 400).startswith(words)
        assert now(http) == VIRTUAL_EPOCH


def test_the_clock_stops_before_dates_run_out() -> None:
    with fake() as http:
        saved = http.get("/_mock/snapshot").json()
        saved["clock"]["now"] = 253_402_300_800.0 - 8 * 86_400
        http.put("/_mock/snapshot", json=saved)
        assert "year 9999" in error(http.post("/_mock/clock/advance", json={"seconds": 3 * 86_400}), 400)
        register(http)


def test_a_stream_that_is_open_shows_what_an_advance_lets_happen() -> None:
    with fake(Settings(quality="stub", clock="real")) as http:
        headers = register(http)
        session_id = start(http, headers)
        upload(http, headers, session_id)
        with http.stream("POST", "/run_sse", json=message(session_id), headers=headers) as answer:
            with httpx.Client(base_url=http.base_url, trust_env=False, timeout=HANG_S) as other:
                advance(other, 100)
            assert b"text" in answer.read()

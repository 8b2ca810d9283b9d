"""The parameters of faults of single requests, each over a real socket."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Generator
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest

from nemovideo_mock.server import RunningServer, running
from nemovideo_mock.world import TurnState
from tests.guards import HANG_S
from tests.integration.skill import REEL, message
from tests.integration.stage import VIRTUAL, Stage


@pytest.fixture(scope="module")
def server() -> Generator[RunningServer]:
    with running(VIRTUAL) as server:
        yield server


@pytest.fixture
def stage(server: RunningServer, request: pytest.FixtureRequest) -> Generator[Stage]:
    with Stage(server, request.node.name) as stage:
        yield stage


def said(stage: Stage, session_id: str) -> bytes:
    """Return the body of a first message."""
    return json.dumps(message(session_id, REEL)).encode()


# --- status and code --------------------------------------------------------------------------------------------------


def test_a_status_is_an_envelope_where_no_body_is_given(stage: Stage) -> None:
    stage.order("status", on="credits", status=429, retry_after=30)
    answer = stage.skill.credits()

    assert answer.status_code == 429
    assert answer.json() == {"code": 429, "message": "Too many requests.", "data": None}
    assert answer.headers["retry-after"] == "30"


def test_a_status_takes_a_code_and_a_message_of_its_own(stage: Stage) -> None:
    stage.order("status", on="credits", status=401, code=1010, message="token has been revoked")
    answer = stage.skill.credits()

    assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (
        401,
        1010,
        "token has been revoked",
    )
    assert "retry-after" not in answer.headers


def test_a_body_of_ones_own_has_the_content_type_that_goes_with_it(stage: Stage) -> None:
    stage.order("status", on="credits", status=504, body="timed out", content_type="text/plain")
    answer = stage.skill.credits()

    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (504, "timed out", "text/plain")


@pytest.mark.parametrize("kind", ["status", "not_json"])
@pytest.mark.parametrize("handled", [True, False])
def test_an_answer_may_be_replaced_with_the_work_done_or_not(stage: Stage, kind: str, *, handled: bool) -> None:
    session_id = stage.skill.begin()
    fault = stage.order(kind, on="run_sse", handled=handled)

    heard = stage.skill.say(session_id)
    stage.clock.sleep(600)

    assert heard.status == (503 if kind == "status" else 200)
    assert len(stage.session(session_id).turns) == handled
    assert bool(stage.skill.draft(session_id)) is handled
    assert stage.charged() == (50 if handled else 0)
    assert stage.end("run_sse") == ("complete", (fault.name,))


def test_the_records_of_a_turn_without_a_caller_are_dropped_when_it_ends(stage: Stage) -> None:
    session_id = stage.skill.begin()
    stage.order("status", on="run_sse", handled=True)
    stage.skill.say(session_id)
    stage.clock.sleep(600)

    turn = stage.turn(session_id)
    assert turn.state is TurnState.DONE
    assert (turn.sent, turn.plan) == ([], None)


def test_a_lost_response_cancels_the_turn_if_a_disconnect_does(stage: Stage) -> None:
    stage.runtime.profile = stage.runtime.profile.replace({"disconnect": "cancel"})
    sessions = [stage.skill.begin() for _ in range(2)]
    stage.order("status", on="run_sse", handled=True, session=sessions[0])
    stage.order("reset", on="run_sse", session=sessions[1])
    for session_id in sessions:
        stage.skill.say(session_id)
    stage.clock.sleep(600)

    assert [stage.turn(session_id).state for session_id in sessions] == [TurnState.CANCELLED] * 2
    assert stage.charged() == 0


def test_a_refusal_has_the_http_status_of_the_profile(stage: Stage) -> None:
    stage.order("code", on="credits", code=1002)
    stage.order("code", on="state", code=1234, message="something new")
    plain = [stage.skill.credits(), stage.skill.state("1")]
    stage.runtime.profile = stage.runtime.profile.replace({"errors": "http"})
    fitting = [stage.skill.credits(), stage.skill.state("1")]

    assert [answer.status_code for answer in plain] == [200, 200]
    assert [answer.status_code for answer in fitting] == [404, 400]
    assert [answer.json()["code"] for answer in fitting] == [1002, 1234]
    assert plain[1].json()["message"] == "something new"


def test_two_faults_for_one_endpoint_fire_in_the_order_in_which_they_were_ordered(stage: Stage) -> None:
    stage.order("status", on="credits", first=1)
    stage.order("code", on="credits", code=1001, first=1)

    answers = [stage.skill.credits() for _ in range(3)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(503, 503), (200, 1001), (200, 0)]


# --- resets -----------------------------------------------------------------------------------------------------------


def test_a_reset_during_the_headers_leaves_half_of_them(stage: Stage) -> None:
    fault = stage.order("reset", on="credits", when="during")

    came, error = stage.raw("GET", "/api/credits/balance/simple")

    assert isinstance(error, ConnectionResetError)
    assert came.startswith(b"HTTP/1.1 200")
    assert b"\r\n\r\n" not in came
    assert stage.end() == ("reset", (fault.name,))
    assert stage.responses() == [(200, (fault.name,))]


def test_a_reset_after_the_headers_leaves_them_whole_and_nothing_more(stage: Stage) -> None:
    fault = stage.order("reset", on="credits", when="after")

    came, error = stage.raw("GET", "/api/credits/balance/simple")

    head, blank, body = came.partition(b"\r\n\r\n")
    assert isinstance(error, ConnectionResetError)
    assert (head.splitlines()[0], blank, body) == (b"HTTP/1.1 200 OK", b"\r\n\r\n", b"")
    assert b"content-length: " in head
    assert stage.end() == ("reset", (fault.name,))


def test_a_reset_after_the_headers_of_a_stream_shows_that_it_began(stage: Stage) -> None:
    session_id = stage.skill.begin()
    stage.order("reset", on="run_sse", when="after")

    heard = stage.skill.say(session_id)

    assert (heard.status, heard.body) == (200, b"")
    assert heard.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert isinstance(heard.error, httpx.ReadError)
    assert len(stage.session(session_id).turns) == 1


@pytest.mark.parametrize("when", ["before", "during", "after"])
@pytest.mark.parametrize("handled", [True, False])
def test_a_reset_says_nothing_about_whether_the_work_is_done(stage: Stage, when: str, *, handled: bool) -> None:
    fault = stage.order("reset", on="create_session", when=when, handled=handled)

    _, error = stage.raw("POST", "/api/tasks/me/with-session/nemo_agent", b"{}")

    assert isinstance(error, ConnectionResetError)
    assert len(stage.runtime.world.state.sessions) == handled
    assert stage.end() == ("reset", (fault.name,))


def test_a_connection_that_was_reset_harms_no_other(stage: Stage) -> None:
    stage.order("reset", on="credits", first=1)

    with pytest.raises(httpx.ReadError):
        stage.skill.credits()
    assert stage.skill.credits().json()["code"] == 0


# --- slow and short ---------------------------------------------------------------------------------------------------


def test_latency_without_jitter_is_exact_and_comes_before_the_work(stage: Stage) -> None:
    stage.order("latency", on="create_session", delay=4.5)
    begun = stage.clock.now()
    session_id = stage.skill.create().json()["data"]["session_id"]

    assert stage.session(session_id).created_at == begun + 4.5


def test_latencies_add_up(stage: Stage) -> None:
    stage.order("latency", on="credits", delay=2)
    stage.order("latency", on="*", delay=3)
    begun = stage.clock.now()
    stage.skill.credits()

    assert stage.clock.now() == begun + 5


def test_a_caller_runs_out_of_patience_before_a_late_answer(stage: Stage) -> None:
    fault = stage.order("latency", on="credits", delay=60)
    begun = stage.clock.now()

    with stage.participant(timeout=10) as skill, pytest.raises(httpx.ReadTimeout):
        skill.credits()

    assert stage.clock.now() == begun + 10
    stage.clock.sleep(60)
    assert stage.end() == ("caller_left", (fault.name,))


def test_a_slow_body_of_json_takes_its_time_too(stage: Stage) -> None:
    session_id = stage.skill.begin()
    stage.order("slow_body", on="run_sse", seconds_per_mb=1000)
    body = said(stage, session_id)
    begun = stage.clock.now()

    stage.raw("POST", "/run_sse", body)

    assert stage.turn(session_id).accepted_at == pytest.approx(begun + len(body) / 1e6 * 1000)


def test_a_slow_answer_of_json_is_the_same_json(stage: Stage) -> None:
    stage.order("slow_answer", on="credits", bytes=1, pause=0.5)
    begun = stage.clock.now()
    answer = stage.skill.credits()

    assert answer.json()["data"]["total"] == 25_000
    assert stage.clock.now() - begun == (len(answer.content) - 1) * 0.5


@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_some_of_a_truncated_body_is_always_missing(stage: Stage, share: float) -> None:
    whole = stage.skill.credits().content
    fault = stage.order("truncated_body", on="credits", share=share)

    came, error = stage.raw("GET", "/api/credits/balance/simple")

    assert error is None
    assert came.partition(b"\r\n\r\n")[2] == whole[: int(len(whole) * share)]
    assert stage.end() == ("cut", (fault.name,))


def test_a_client_notices_that_a_body_is_truncated(stage: Stage) -> None:
    stage.order("truncated_body", on="credits", first=1)

    with pytest.raises(httpx.RemoteProtocolError):
        stage.skill.credits()
    assert stage.skill.credits().json()["code"] == 0


def test_a_page_instead_of_json_may_be_any(stage: Stage) -> None:
    stage.order("not_json", on="credits", body="<p>Log in to the hotel's network.</p>")

    assert stage.skill.credits().text == "<p>Log in to the hotel's network.</p>"


# --- who asks ---------------------------------------------------------------------------------------------------------


def test_a_session_is_known_by_its_path_its_body_and_its_render(stage: Stage) -> None:
    session_id, other = stage.skill.make()[0], stage.skill.begin()
    fault = stage.order("status", on="*", session=session_id)
    draft = stage.session(session_id).draft
    assert draft is not None

    assert stage.skill.state(session_id).status_code == 503
    assert stage.skill.upload(session_id).status_code == 503
    assert stage.skill.say(session_id).status == 503
    assert stage.skill.submit(session_id, dict(draft)).status_code == 503
    assert stage.skill.state(other).status_code == 200
    stage.on_loop(lambda: stage.runtime.faults.remove(fault.name))

    assert stage.skill.submit(session_id, dict(draft)).status_code == 200
    url = stage.skill.finish()["output"]["url"]
    stage.order("status", on="*", session=session_id)
    assert stage.skill.poll().status_code == 503
    assert stage.skill.download().status_code == 503
    assert stage.skill.http.get(url).status_code == 503


def test_a_request_for_an_anonymous_token_counts_for_the_account_of_its_client(stage: Stage) -> None:
    def ask(client_id: str) -> httpx.Response:
        return stage.skill.http.post("/api/auth/anonymous-token", headers={"X-Client-Id": client_id})

    user_id = ask("one").json()["data"]["user_id"]
    ask("two")
    stage.order("status", on="anonymous_token", account=user_id)

    assert [ask(client_id).status_code for client_id in ("one", "two", "three")] == [503, 429, 200]


def test_a_fault_applies_to_invalid_requests_too(stage: Stage) -> None:
    stage.order("status", on="run_sse")

    bad = stage.skill.http.post("/run_sse", content=b"no json")
    stranger = httpx.post(f"{stage.url}/run_sse", json={}, trust_env=False, timeout=HANG_S)

    assert [bad.status_code, stranger.status_code] == [503, 503]


def test_an_invalid_request_without_a_fault_gets_its_own_error(stage: Stage) -> None:
    stage.order("status", on="credits")

    answer = stage.skill.http.post("/run_sse", content=b"no json")

    assert (answer.status_code, answer.json()["message"]) == (400, "The body is not JSON.")


def test_work_that_is_refused_uses_up_no_fault_of_work(stage: Stage) -> None:
    turn_fails = stage.order("turn_fails", first=1)
    render_fails = stage.order("render_fails", first=1)
    with stage.caller("no_credits") as skill:
        session_id = skill.begin()
        assert json.loads(skill.say(session_id).body)["code"] == 2001
        assert skill.say(session_id, "").status == 400
        assert skill.submit(session_id, {}).status_code == 400
    assert (stage.counts(turn_fails), stage.counts(render_fails)) == ((0, 0), (0, 0))

    session_id = stage.skill.begin()
    assert stage.skill.say(session_id).events[-1]["type"] == "error"
    stage.skill.say(session_id)
    assert stage.skill.export(session_id).status_code == 200
    assert stage.skill.finish()["status"] == "failed"
    assert (stage.counts(turn_fails), stage.counts(render_fails)) == ((2, 1), (1, 1))


# --- waits that faults order ------------------------------------------------------------------------------------------


def test_a_caller_that_leaves_a_slow_answer_ends_it(stage: Stage) -> None:
    stage.order("slow_answer", on="credits", bytes=1, pause=1000)
    with pytest.raises(httpx.ReadTimeout), stage.participant(timeout=5) as skill:
        skill.credits()

    assert stage.end("balance/simple")[0] == "caller_left"


@pytest.mark.parametrize(
    ("fault", "heard"),
    [
        ({"kind": "latency", "on": "credits", "delay": 1000}, b"503"),
        ({"kind": "slow_answer", "on": "credits", "bytes": 1, "pause": 1000}, b"200"),
    ],
)
def test_a_stop_during_a_wait_is_not_an_error(
    fault: dict[str, object], heard: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with running(replace(VIRTUAL, clock="real")) as server:
        server.runtime().faults.add(fault, server.runtime().clock.now())
        host, port = server.url.removeprefix("http://").split(":")
        sock = socket.create_connection((host, int(port)), HANG_S)
        sock.sendall(b"GET /api/credits/balance/simple HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while not server.runtime().faults.list(0.0)[0].fired:
            pass  # the request is on its way
    with sock, suppress(ConnectionResetError):
        answer = sock.recv(65536)
        assert answer.split(b" ", 2)[1] == heard
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]

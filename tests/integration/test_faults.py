"""Each kind of fault over a real socket: what the caller meets, what the world did, what is journaled and counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from itertools import pairwise
from typing import Final, TypeVar

import httpx
import pytest

from nemovideo_mock.faults import KINDS
from nemovideo_mock.faults.stream_records import GATEWAY_TEXT
from nemovideo_mock.server import RunningServer, running
from nemovideo_mock.world import TurnState

from .skill import PHOTO, REEL, SCENE, Heard, message
from .stage import VIRTUAL, Stage

Test = TypeVar("Test", bound=Callable[..., None])

#: The kinds that a test below shows.
SHOWN: Final[set[str]] = set()
#: Seconds within which a stream gives up on a caller of its own time: then it would have given up itself.
LIMIT_S: Final = 900.0


def shows(kind: str) -> Callable[[Test], Test]:
    """Say of which kind a test is."""
    SHOWN.add(kind)
    return lambda test: test


@pytest.fixture(scope="module")
def server() -> Generator[RunningServer]:
    with running(VIRTUAL) as server:
        yield server


@pytest.fixture
def stage(server: RunningServer, request: pytest.FixtureRequest) -> Generator[Stage]:
    with Stage(server, request.node.name) as stage:
        yield stage


def is_done(stage: Stage, session_id: str) -> bool:
    """Whether the first turn of a session did its work, once there was time for it."""
    stage.clock.sleep(600)
    return stage.turn(session_id).state is TurnState.DONE and bool(stage.skill.draft(session_id))


def ended_cleanly(heard: Heard) -> bool:
    """Whether an answer came to its end as HTTP has it, between two records."""
    return heard.error is None and not heard.rest


def test_every_kind_is_shown_by_a_test() -> None:
    assert set(KINDS) == SHOWN


# --- faults of single requests ----------------------------------------------------------------------------------------


@shows("status")
def test_a_status_answers_with_a_gateways_page_as_often_as_ordered_and_then_all_is_well(stage: Stage) -> None:
    session_id = stage.skill.begin()
    fault = stage.order("status", on="state", status=502, body="<h1>Bad Gateway</h1>", first=2)

    answers = [stage.skill.state(session_id) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [502, 502, 200]
    assert answers[0].text == "<h1>Bad Gateway</h1>"
    assert answers[0].headers["content-type"] == "text/html; charset=utf-8"
    assert stage.responses("latest") == [(502, (fault.name,)), (502, (fault.name,)), (200, ())]
    assert stage.counts(fault) == (3, 2)


@shows("code")
def test_a_code_refuses_a_message_before_anything_begins(stage: Stage) -> None:
    session_id = stage.skill.begin()
    fault = stage.order("code", on="run_sse", code=2001)

    heard = stage.skill.say(session_id)

    assert (heard.status, json.loads(heard.body)["code"]) == (200, 2001)
    assert stage.session(session_id).turns == []
    assert stage.charged() == 0
    assert stage.end() == ("complete", (fault.name,))
    assert stage.counts(fault) == (1, 1)


@shows("latency")
def test_latency_is_time_on_the_clock_with_its_jitter_drawn_each_time(stage: Stage) -> None:
    fault = stage.order("latency", on="credits", delay=20, jitter=5)
    times = [stage.clock.now()]
    for _ in range(4):
        assert stage.skill.credits().json()["code"] == 0
        times.append(stage.clock.now())

    waits = [after - before for before, after in pairwise(times)]
    assert all(20 <= wait <= 25 for wait in waits)
    assert len(set(waits)) == len(waits)
    assert stage.end() == ("complete", (fault.name,))
    assert stage.counts(fault) == (4, 4)


@shows("reset")
def test_a_reset_loses_the_answer_and_not_the_work(stage: Stage) -> None:
    session_id = stage.skill.begin()
    fault = stage.order("reset", on="run_sse", when="before", first=1)

    came, error = stage.raw("POST", "/run_sse", json.dumps(message(session_id, REEL)).encode())

    assert came == b""
    assert isinstance(error, ConnectionResetError)
    assert stage.end() == ("reset", (fault.name,))
    assert is_done(stage, session_id)
    assert stage.charged() == 50
    assert stage.counts(fault) == (1, 1)


@shows("slow_body")
def test_a_slow_body_takes_an_upload_its_time_by_the_megabyte(stage: Stage) -> None:
    session_id: str = stage.skill.create().json()["data"]["session_id"]
    fault = stage.order("slow_body", on="upload", seconds_per_mb=30)
    begun = stage.clock.now()

    answer = stage.skill.upload(session_id)

    least = len(PHOTO) / 1e6 * 30
    assert answer.json()["code"] == 0
    assert least <= stage.clock.now() - begun < least * 1.1
    assert len(stage.session(session_id).media) == 1
    assert stage.end() == ("complete", (fault.name,))
    assert stage.counts(fault) == (1, 1)


@shows("slow_answer")
def test_a_slow_answer_comes_whole_in_pieces_with_pauses_between(stage: Stage) -> None:
    session_id = stage.skill.make()[0]
    stage.skill.export(session_id)
    url = stage.skill.finish()["output"]["url"]
    whole = stage.skill.http.get(url).content
    fault = stage.order("slow_answer", on="output", bytes=1000, pause=1)
    begun = stage.clock.now()

    answer = stage.skill.http.get(url)

    assert answer.content == whole
    assert stage.clock.now() - begun == pytest.approx(-(-len(whole) // 1000) - 1)
    assert stage.end() == ("complete", (fault.name,))
    assert stage.counts(fault) == (1, 1)


@shows("truncated_body")
def test_a_truncated_body_ends_before_its_length_is_reached(stage: Stage) -> None:
    session_id = stage.skill.make()[0]
    stage.skill.export(session_id)
    url = stage.skill.finish()["output"]["url"]
    whole = stage.skill.http.get(url).content
    fault = stage.order("truncated_body", on="output", share=0.9, first=1)

    came, error = stage.raw("GET", httpx.URL(url).path.removeprefix(httpx.URL(stage.url).path))

    head, _, body = came.partition(b"\r\n\r\n")
    assert error is None
    assert f"content-length: {len(whole)}".encode() in head.lower()
    assert body == whole[: int(len(whole) * 0.9)]
    assert stage.end() == ("cut", (fault.name,))
    assert stage.skill.http.get(url).content == whole
    assert stage.counts(fault) == (2, 1)


@shows("not_json")
def test_an_answer_that_is_no_json_is_a_page_with_status_200(stage: Stage) -> None:
    fault = stage.order("not_json", on="credits")

    answer = stage.skill.credits()

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "<title>" in answer.text
    assert stage.end() == ("complete", (fault.name,))
    assert stage.counts(fault) == (1, 1)


# --- faults of streams ------------------------------------------------------------------------------------------------


@shows("cut")
def test_a_cut_ends_the_stream_and_the_work_goes_on(stage: Stage) -> None:
    plain = stage.rehearse()
    session_id = stage.skill.begin()
    fault = stage.order("cut", records=2)

    heard = stage.skill.say(session_id)

    assert heard.records == plain.records[:2]
    assert ended_cleanly(heard)
    assert stage.turn(session_id).state is TurnState.RUNNING
    assert stage.skill.balance() == (24_950, 50)
    assert stage.end("run_sse") == ("cut", (fault.name,))
    assert is_done(stage, session_id)
    assert stage.skill.balance() == (24_950, 0)
    assert stage.counts(fault) == (1, 1)


@shows("stall")
def test_a_stall_is_silence_in_which_a_caller_runs_out_of_patience(stage: Stage) -> None:
    plain = stage.rehearse()
    session_id = stage.skill.begin()
    fault = stage.order("stall", records=1)

    with stage.participant(timeout=300) as skill:
        begun = stage.clock.now()
        heard = skill.say(session_id)

    assert heard.records == plain.records[:1]
    assert isinstance(heard.error, httpx.ReadTimeout)
    assert 300 <= stage.clock.now() - begun < 310
    assert stage.turn(session_id).state is TurnState.DONE
    assert stage.end() == ("caller_left", (fault.name,))
    assert stage.counts(fault) == (1, 1)


@shows("heartbeats_only")
def test_a_stream_of_heartbeats_only_hides_work_that_is_long_done(stage: Stage) -> None:
    plain = stage.rehearse()
    session_id = stage.skill.begin()
    fault = stage.order("heartbeats_only", records=1)
    begun = stage.clock.now()

    heard = stage.skill.say(session_id)

    assert heard.records[0] == plain.records[0]
    assert heard.heartbeats == len(heard.records) - 1 > 50
    assert stage.clock.now() - begun == LIMIT_S
    assert is_done(stage, session_id)
    assert stage.end("run_sse") == ("cut", (fault.name,))
    assert all(record.heartbeat for record in stage.records()[1:])
    assert stage.counts(fault) == (1, 1)


@shows("drip")
def test_a_drip_is_the_same_stream_in_small_pieces_and_whole_records_in_the_journal(stage: Stage) -> None:
    plain = stage.rehearse()
    session_id = stage.skill.begin()
    fault = stage.order("drip", bytes=7, pause=0.05)
    begun = stage.clock.now()

    pieces: list[bytes] = []
    with stage.skill.http.stream("POST", "/run_sse", json=message(session_id, REEL)) as answer:
        pieces += answer.iter_raw()

    assert b"".join(pieces) == plain.body
    assert max(map(len, pieces)) == 7
    assert stage.clock.now() > begun
    assert [b"data: " + (record.data.data or b"") for record in stage.records()] == plain.records
    assert {record.fault for record in stage.records()} == {fault.name}
    assert stage.end() == ("complete", (fault.name,))
    assert stage.counts(fault) == (1, 1)


@shows("duplicate")
def test_a_duplicate_sends_each_record_twice_and_charges_once(stage: Stage) -> None:
    plain = stage.rehearse()
    session_id = stage.skill.begin()
    fault = stage.order("duplicate", record="each")

    heard = stage.skill.say(session_id)

    assert heard.records == [record for record in plain.records for _ in range(2)]
    assert ended_cleanly(heard)
    assert stage.charged() == 50
    assert [record.fault for record in stage.records()] == [None, fault.name] * len(plain.records)
    assert stage.end() == ("complete", (fault.name,))
    assert stage.counts(fault) == (1, 1)


@shows("reorder")
def test_a_reorder_lets_two_records_change_places(stage: Stage) -> None:
    plain = stage.rehearse()
    session_id = stage.skill.begin()
    fault = stage.order("reorder", record=2)

    heard = stage.skill.say(session_id)

    first, second, third, *rest = plain.said
    assert heard.said == [first, third, second, *rest]
    assert is_done(stage, session_id)
    assert [record.fault for record in stage.records() if not record.heartbeat][:3] == [None, None, fault.name]
    assert stage.end("run_sse") == ("complete", (fault.name,))
    assert stage.counts(fault) == (1, 1)


@shows("malformed")
def test_a_malformed_record_is_followed_by_whole_ones(stage: Stage) -> None:
    plain = stage.rehearse()
    session_id = stage.skill.begin()
    fault = stage.order("malformed", record=2, form="bare_text")

    heard = stage.skill.say(session_id)

    assert heard.records == [plain.records[0], b"data: " + GATEWAY_TEXT, *plain.records[2:]]
    assert is_done(stage, session_id)
    assert [record.fault for record in stage.records()][:3] == [None, fault.name, None]
    assert stage.end("run_sse") == ("complete", (fault.name,))
    assert stage.counts(fault) == (1, 1)


@shows("crlf")
def test_crlf_ends_every_line_otherwise_and_says_the_same(stage: Stage) -> None:
    plain = stage.rehearse()
    session_id = stage.skill.begin()
    fault = stage.order("crlf", ends="crlf")

    heard = stage.skill.say(session_id)

    assert heard.body == plain.body.replace(b"\n", b"\r\n")
    assert [b"data: " + (record.data.data or b"") for record in stage.records()] == plain.records
    assert is_done(stage, session_id)
    assert stage.end("run_sse") == ("complete", (fault.name,))
    assert stage.counts(fault) == (1, 1)


@shows("unknown_event")
def test_an_unknown_event_comes_before_a_record_that_is_whole(stage: Stage) -> None:
    plain = stage.rehearse()
    session_id = stage.skill.begin()
    fault = stage.order("unknown_event", record=1, type="progress")

    heard = stage.skill.say(session_id)

    assert heard.events[0]["type"] == "progress"
    assert heard.records[1:] == plain.records
    assert [record.fault for record in stage.records()][:2] == [fault.name, None]
    assert stage.end() == ("complete", (fault.name,))
    assert stage.counts(fault) == (1, 1)


@shows("oversized")
def test_an_oversized_record_has_as_many_bytes_as_ordered(stage: Stage) -> None:
    plain = stage.rehearse()
    session_id = stage.skill.begin()
    fault = stage.order("oversized", record=2, bytes=4_194_304)

    heard = stage.skill.say(session_id)

    assert len(heard.records[1]) + 2 == 4_194_304
    assert json.loads(heard.records[1].removeprefix(b"data: "))["type"] == "padding"
    assert [heard.records[0], *heard.records[2:]] == plain.records
    assert stage.records()[1].data.cut
    assert stage.end() == ("complete", (fault.name,))
    assert stage.counts(fault) == (1, 1)


@shows("stream_error")
def test_a_stream_error_ends_the_stream_and_the_work_goes_on(stage: Stage) -> None:
    plain = stage.rehearse()
    session_id = stage.skill.begin()
    fault = stage.order("stream_error", records=2, code=500, message="Internal error")

    heard = stage.skill.say(session_id)

    assert heard.records[:2] == plain.records[:2]
    assert heard.events[2:] == [{"type": "error", "code": 500, "message": "Internal error"}]
    assert ended_cleanly(heard)
    assert stage.turn(session_id).state is TurnState.RUNNING
    assert stage.end() == ("cut", (fault.name,))
    assert is_done(stage, session_id)
    assert stage.charged() == 50
    assert stage.counts(fault) == (1, 1)


@shows("no_heartbeats")
def test_without_heartbeats_a_silence_is_a_silence(stage: Stage) -> None:
    stage.order("turn_stuck", records=1)
    plain = stage.skill.make()[1]
    session_id = stage.skill.begin()
    fault = stage.order("no_heartbeats")

    heard = stage.skill.say(session_id)

    assert plain.heartbeats > 50
    assert (len(heard.records), heard.heartbeats) == (1, 0)
    assert stage.end()[0] == "cut"
    assert fault.name in stage.end()[1]
    assert stage.counts(fault) == (1, 1)


# --- faults of the service's own work ---------------------------------------------------------------------------------


@shows("turn_stuck")
def test_a_turn_that_is_stuck_never_ends_and_keeps_its_price_frozen(stage: Stage) -> None:
    plain = stage.rehearse()
    session_id = stage.skill.begin()
    fault = stage.order("turn_stuck", records=2)

    heard = stage.skill.say(session_id)

    assert heard.records[:2] == plain.records[:2]
    assert heard.heartbeats == len(heard.records) - 2 > 50
    stage.clock.sleep(86_400)
    assert stage.turn(session_id).state is TurnState.RUNNING
    assert stage.skill.draft(session_id) == {}
    assert stage.skill.balance() == (24_950, 50)
    assert stage.end("run_sse") == ("cut", (fault.name,))
    assert stage.counts(fault) == (1, 1)


def test_a_turn_that_is_stuck_from_the_beginning_says_nothing_ever(stage: Stage) -> None:
    session_id = stage.skill.begin()
    stage.order("turn_stuck", records=0)

    heard = stage.skill.say(session_id)
    stage.clock.sleep(86_400)

    assert (heard.said, heard.heartbeats > 50) == ([], True)
    assert stage.turn(session_id).state is TurnState.RUNNING


@shows("turn_fails")
def test_a_turn_that_fails_says_so_and_costs_nothing(stage: Stage) -> None:
    plain = stage.rehearse()
    session_id = stage.skill.begin()
    fault = stage.order("turn_fails", records=1, first=1)

    heard = stage.skill.say(session_id)

    assert heard.records[:1] == plain.records[:1]
    assert heard.events[1:] == [{"type": "error", "code": 500, "message": "The agent failed."}]
    assert stage.turn(session_id).state is TurnState.FAILED
    assert stage.skill.draft(session_id) == {}
    assert stage.skill.balance() == (25_000, 0)
    assert stage.end("run_sse") == ("complete", (fault.name,))
    assert stage.skill.say(session_id).events[-1]["type"] == "text"
    assert stage.skill.balance() == (24_950, 0)
    assert stage.counts(fault) == (2, 1)


@shows("silent")
def test_a_silent_turn_does_what_it_was_asked_without_a_word(stage: Stage) -> None:
    session_id, first = stage.skill.make()
    before = stage.skill.draft(session_id)
    fault = stage.order("silent", match="title")

    heard = stage.skill.say(session_id, "Change the title to 'Osaka'")

    assert first.words
    assert [event["type"] for event in heard.events] == ["tool_call", "tool_result"]
    assert stage.skill.draft(session_id) != before
    assert stage.end("run_sse") == ("complete", (fault.name,))
    assert stage.counts(fault) == (1, 1)


@shows("noise")
def test_noise_follows_an_answer_that_was_normal(stage: Stage) -> None:
    plain = stage.rehearse()
    session_id = stage.skill.begin()
    fault = stage.order("noise")

    heard = stage.skill.say(session_id)

    assert heard.records[:-1] == plain.records
    assert heard.events[-1] == {"type": "text", "content": "I encountered a temporary issue"}
    assert is_done(stage, session_id)
    assert stage.charged() == 50
    assert stage.end("run_sse") == ("complete", (fault.name,))
    assert stage.counts(fault) == (1, 1)


@shows("credits_run_out")
def test_credits_that_run_out_end_the_turn_with_2001_and_are_spent(stage: Stage) -> None:
    plain = stage.rehearse()
    session_id = stage.skill.begin()
    fault = stage.order("credits_run_out", records=2)

    heard = stage.skill.say(session_id)

    assert heard.records[:2] == plain.records[:2]
    assert [(event["type"], event["code"]) for event in heard.events[2:]] == [("error", 2001)]
    assert stage.turn(session_id).state is TurnState.FAILED
    assert stage.skill.draft(session_id) == {}
    assert stage.skill.balance() == (24_950, 0)
    assert stage.end("run_sse") == ("complete", (fault.name,))
    assert stage.counts(fault) == (1, 1)


@shows("session_lost")
def test_a_session_that_is_lost_stays_lost_and_another_is_not(stage: Stage) -> None:
    session_id, other = stage.skill.begin(), stage.skill.begin()
    fault = stage.order("session_lost", on="state", session=session_id, after=1, first=1)

    codes = [stage.skill.state(session_id).json()["code"] for _ in range(3)]

    assert codes == [0, 1002, 1002]
    assert json.loads(stage.skill.say(session_id).body)["code"] == 1002
    assert stage.skill.state(other).json()["code"] == 0
    assert stage.responses(f"{session_id}/latest") == [(200, ()), (200, (fault.name,)), (200, ())]
    assert stage.counts(fault) == (3, 1)


@shows("token_expires")
def test_a_token_that_expires_is_refused_from_then_on(stage: Stage) -> None:
    session_id = stage.skill.begin()
    fault = stage.order("token_expires", on="credits", after=1, first=1)

    codes = [stage.skill.credits().json()["code"] for _ in range(3)]

    assert codes == [0, 1001, 1001]
    assert stage.skill.state(session_id).json()["code"] == 1001
    assert stage.responses("simple") == [(200, ()), (200, (fault.name,)), (200, ())]
    assert stage.counts(fault) == (3, 1)


@shows("render_fails")
def test_a_render_that_fails_says_why_and_the_next_works(stage: Stage) -> None:
    session_id = stage.skill.make()[0]
    fault = stage.order("render_fails", error="invalid draft", first=1)

    assert stage.skill.export(session_id).json()["status"] == "pending"
    failed = stage.skill.finish()

    assert (failed["status"], failed["error"]) == ("failed", "invalid draft")
    assert stage.skill.download().status_code == 404
    stage.skill.export(session_id, "render_2")
    assert stage.skill.finish("render_2")["status"] == "completed"
    assert (stage.responses("lambda")[0][1], stage.counts(fault)) == ((fault.name,), (2, 1))


@shows("render_stuck")
def test_a_render_that_is_stuck_stays_where_it_is(stage: Stage) -> None:
    session_id = stage.skill.make()[0]
    fault = stage.order("render_stuck", progress=90)

    stage.skill.export(session_id)
    last = stage.skill.finish(polls=20)
    stage.clock.sleep(86_400)

    assert (last["status"], last["progress"]) == ("processing", 90)
    assert stage.skill.poll().json() == last
    assert (stage.responses("lambda")[0][1], stage.counts(fault)) == ((fault.name,), (1, 1))


@shows("render_lost")
def test_a_render_that_is_lost_was_accepted_and_is_known_to_nobody(stage: Stage) -> None:
    session_id = stage.skill.make()[0]
    fault = stage.order("render_lost", code=404)

    accepted = stage.skill.export(session_id)

    assert (accepted.status_code, accepted.json()["status"]) == (200, "pending")
    assert (stage.skill.poll().status_code, stage.skill.poll().json()["code"]) == (404, 404)
    assert stage.skill.download().status_code == 404
    assert (stage.responses("lambda")[0][1], stage.counts(fault)) == ((fault.name,), (1, 1))


@shows("render_slow")
def test_a_slow_render_takes_so_many_times_as_long(stage: Stage) -> None:
    def seconds() -> float:
        with stage.participant() as skill:
            session_id = skill.make()[0]
            skill.export(session_id)
            begun = stage.clock.now()
            while skill.poll().json()["status"] != "completed":
                stage.clock.sleep(1)
            return stage.clock.now() - begun

    plain = seconds()
    stage.begin_anew()
    fault = stage.order("render_slow", factor=12)
    slow = seconds()

    assert 30 <= plain <= 91
    assert slow == pytest.approx(plain * 12, abs=12)
    assert stage.counts(fault) == (1, 1)


# --- whom, how often, how long ----------------------------------------------------------------------------------------


def test_after_every_and_first_choose_among_the_requests(stage: Stage) -> None:
    fault = stage.order("status", on="credits", after=2, every=3, first=2)

    statuses = [stage.skill.credits().status_code for _ in range(14)]

    assert [number for number, status in enumerate(statuses, 1) if status == 503] == [5, 8]
    assert stage.counts(fault) == (14, 2)


def test_per_session_each_session_meets_it_as_often(stage: Stage) -> None:
    sessions = [stage.skill.begin() for _ in range(3)]
    fault = stage.order("status", on="state", first=1, per="session")

    rounds = [[stage.skill.state(session_id).status_code for session_id in sessions] for _ in range(2)]

    assert rounds == [[503] * 3, [200] * 3]
    assert stage.counts(fault) == (6, 3)


def test_a_fault_of_one_account_spares_the_others(stage: Stage) -> None:
    fault = stage.order("status", on="credits", account="anon_test_fresh")

    with stage.caller("fresh") as fresh:
        statuses = [stage.skill.credits().status_code, fresh.credits().status_code]

    assert statuses == [200, 503]
    assert stage.counts(fault) == (1, 1)


def test_a_fault_of_matching_messages_spares_the_others(stage: Stage) -> None:
    session_id = stage.skill.begin()
    fault = stage.order("code", match="SUNRISE", code=429, on="run_sse")

    heard = [stage.skill.say(session_id, text) for text in (REEL, SCENE)]

    assert [each.headers["content-type"].split(";")[0] for each in heard] == ["text/event-stream", "application/json"]
    assert (heard[1].status, stage.counts(fault)) == (429, (1, 1))


def test_the_life_of_a_fault_ends_on_the_clock(stage: Stage) -> None:
    fault = stage.order("status", on="credits", seconds=60)

    statuses = [stage.skill.credits().status_code]
    stage.clock.sleep(59)
    statuses.append(stage.skill.credits().status_code)
    stage.clock.sleep(1)
    statuses.append(stage.skill.credits().status_code)

    assert statuses == [503, 503, 200]
    assert stage.counts(fault) == (2, 2)


def test_a_fault_with_a_probability_fires_on_a_share_and_on_the_same_share_again(stage: Stage) -> None:
    def struck() -> list[int]:
        return [number for number in range(60) if stage.skill.credits().status_code == 503]

    fault = stage.order("status", on="credits", probability=0.3, name="often")
    first = struck()
    assert 8 <= len(first) <= 28
    assert stage.counts(fault) == (60, len(first))

    stage.begin_anew()
    stage.order("status", on="credits", probability=0.3, name="often")
    with stage.caller("fresh") as fresh:
        assert fresh.credits().status_code in {200, 503}  # what somebody else does changes no draw
        assert struck() == first


def test_faults_of_several_layers_strike_one_request_together(stage: Stage) -> None:
    plain = stage.rehearse()
    session_id = stage.skill.begin()
    faults = [stage.order("latency", on="run_sse", delay=7), stage.order("noise"), stage.order("duplicate", record=1)]
    begun = stage.clock.now()

    heard = stage.skill.say(session_id)

    assert heard.records[:-1] == [plain.records[0], *plain.records]
    assert heard.events[-1]["content"] == "I encountered a temporary issue"
    assert stage.turn(session_id).accepted_at == begun + 7
    assert set(stage.end()[1]) == {fault.name for fault in faults}


def test_a_fault_in_one_world_is_none_in_another(stage: Stage, server: RunningServer) -> None:
    stage.order("status", on="credits")
    with Stage(server, "another") as other:
        assert (stage.skill.credits().status_code, other.skill.credits().status_code) == (503, 200)

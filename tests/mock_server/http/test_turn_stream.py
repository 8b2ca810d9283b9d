"""The parameters of faults of streams, and the ends of streams, each over a real socket."""

from __future__ import annotations

import json
from collections.abc import Generator

import httpx
import pytest

from nemovideo_mock.faults.stream_records import GATEWAY_TEXT
from nemovideo_mock.server import RunningServer, running
from nemovideo_mock.world import TurnState
from tests.integration.skill import REEL, Heard, message
from tests.integration.stage import VIRTUAL, Stage

#: The begin of a stream in this dialect.
ADK = {"events": "adk-2", "heartbeat": "none"}


@pytest.fixture(scope="module")
def server() -> Generator[RunningServer]:
    with running(VIRTUAL) as server:
        yield server


@pytest.fixture
def stage(server: RunningServer, request: pytest.FixtureRequest) -> Generator[Stage]:
    with Stage(server, request.node.name) as stage:
        yield stage


def heard(stage: Stage, *specs: dict[str, object]) -> Heard:
    """Return the response to a first message with these faults."""
    session_id = stage.skill.begin()
    for spec in specs:
        stage.order(str(spec["kind"]), **{name: value for name, value in spec.items() if name != "kind"})
    return stage.skill.say(session_id)


def journaled(stage: Stage) -> list[bytes]:
    """Return the records of a stream in the journal."""
    return [b"data: " + (record.data.data or b"") if record.data.size else b"data:" for record in stage.records()]


# --- cuts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["close", "abort"])
@pytest.mark.parametrize("mid_record", [False, True])
def test_a_cut_is_an_end_or_a_break_between_records_or_inside_one(stage: Stage, how: str, *, mid_record: bool) -> None:
    plain = stage.rehearse()
    answer = heard(stage, {"kind": "cut", "records": 1, "mid_record": mid_record, "how": how})

    assert answer.records == plain.records[:1]
    assert plain.records[1].startswith(answer.rest)
    assert bool(answer.rest) is mid_record
    assert isinstance(answer.error, httpx.ReadError) is (how == "abort")
    assert stage.end("run_sse")[0] == ("cut" if how == "close" else "reset")
    assert [record.fault for record in stage.records()] == ([None, "cut-1"] if mid_record else [None])


def test_a_broken_connection_is_a_reset_on_the_wire(stage: Stage) -> None:
    session_id = stage.skill.begin()
    stage.order("cut", records=1, how="abort")

    came, error = stage.raw("POST", "/run_sse", json.dumps(message(session_id, REEL)).encode())

    assert isinstance(error, ConnectionResetError)
    assert came.count(b"\n\n") == 1
    assert not came.endswith(b"0\r\n\r\n")


def test_a_cut_before_any_record_is_an_empty_stream(stage: Stage) -> None:
    answer = heard(stage, {"kind": "cut", "records": 0})

    assert (answer.status, answer.body, answer.error) == (200, b"", None)
    assert stage.end("run_sse")[0] == "cut"


def test_a_cut_comes_with_its_record_and_not_with_the_next(stage: Stage) -> None:
    session_id = stage.skill.begin()
    stage.order("cut", records=1)
    stage.skill.say(session_id)

    turn = stage.turn(session_id)
    assert turn.plan is not None
    assert stage.clock.now() == turn.started_at + turn.plan.steps[0].at


def test_signs_of_life_count_as_records_only_where_it_is_said(stage: Stage) -> None:
    plain = stage.rehearse()
    place = next(number for number, record in enumerate(plain.records) if record not in plain.said)
    answer = heard(stage, {"kind": "cut", "records": place + 1, "count_heartbeats": True})

    assert answer.records == plain.records[: place + 1]
    assert answer.heartbeats == 1


def test_a_cut_cancels_where_leaving_cancels(stage: Stage) -> None:
    stage.runtime.profile = stage.runtime.profile.replace({"disconnect": "cancel"})
    session_id = stage.skill.begin()
    stage.order("cut", records=1)
    stage.skill.say(session_id)

    assert stage.turn(session_id).state is TurnState.CANCELLED
    assert stage.charged() == 0


# --- silences ---------------------------------------------------------------------------------------------------------


def test_a_stall_of_some_seconds_ends_and_everything_follows(stage: Stage) -> None:
    plain = stage.rehearse()
    begun = stage.clock.now()
    answer = heard(stage, {"kind": "stall", "records": 1, "pause": 120})

    assert answer.said == plain.said
    assert answer.heartbeats == 0
    assert 120 < stage.clock.now() - begun < 160
    assert stage.end("run_sse")[0] == "complete"


def test_a_stall_for_ever_ends_for_a_caller_of_its_own_time_when_it_would_have_given_up(stage: Stage) -> None:
    plain = stage.rehearse()
    begun = stage.clock.now()
    answer = heard(stage, {"kind": "stall", "records": 1})

    assert answer.records == plain.records[:1]
    assert stage.clock.now() == begun + 900
    assert stage.end("run_sse")[0] == "cut"


def test_a_stall_ends_when_the_world_is_reset(stage: Stage, server: RunningServer) -> None:
    session_id = stage.skill.begin()
    stage.order("stall", records=1)
    with (
        stage.participant(timeout=3600) as skill,
        skill.http.stream("POST", "/run_sse", json=message(session_id, REEL)) as answer,
    ):
        pieces = answer.iter_raw()
        assert next(pieces).startswith(b"data: ")
        runtime = stage.runtime
        stage.on_loop(lambda: runtime.reset(0, runtime.profile))
        assert list(pieces) == []


def test_heartbeats_only_from_the_beginning_hides_every_record(stage: Stage) -> None:
    answer = heard(stage, {"kind": "heartbeats_only", "records": 0})

    assert answer.said == []
    assert answer.heartbeats == 59  # every 15 s, and the end at 900


def test_without_heartbeats_a_turn_says_what_it_says(stage: Stage) -> None:
    plain = stage.rehearse()
    answer = heard(stage, {"kind": "no_heartbeats"})

    assert plain.heartbeats
    assert answer.records == plain.said


# --- records ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["truncated_json", "bare_text", "no_data_prefix", "invalid_utf8"])
def test_a_record_can_be_broken_in_four_ways(stage: Stage, form: str) -> None:
    plain = stage.rehearse()
    answer = heard(stage, {"kind": "malformed", "record": 2, "form": form})
    broken = answer.said[1]

    assert [answer.said[0], *answer.said[2:]] == [plain.said[0], *plain.said[2:]]
    if form == "truncated_json":
        assert plain.said[1].startswith(broken)
        with pytest.raises(json.JSONDecodeError):
            json.loads(broken.removeprefix(b"data: "))
    elif form == "bare_text":
        assert broken == b"data: " + GATEWAY_TEXT
    elif form == "no_data_prefix":
        assert b"data: " + broken == plain.said[1]
    else:
        assert json.loads(broken.removeprefix(b"data: ").decode("utf-8", "replace"))["type"] == "tool_call"
        with pytest.raises(UnicodeDecodeError):
            broken.decode("utf-8")
    assert stage.end("run_sse") == ("complete", ("malformed-1",))


def test_each_record_can_be_broken(stage: Stage) -> None:
    plain = stage.rehearse()
    answer = heard(stage, {"kind": "malformed", "record": "each", "form": "bare_text"})

    assert answer.said == [b"data: " + GATEWAY_TEXT] * len(plain.said)


@pytest.mark.parametrize("ends", ["crlf", "cr", "mix"])
def test_lines_end_in_every_legal_way_and_the_journal_reads_them_all(stage: Stage, ends: str) -> None:
    plain = stage.rehearse()
    answer = heard(stage, {"kind": "crlf", "ends": ends}, {"kind": "drip", "bytes": 1, "pause": 0.001})

    assert b"\r" in answer.body
    assert answer.body.replace(b"\r\n", b"\n").replace(b"\r", b"\n") == plain.body
    assert journaled(stage) == plain.records


def test_a_duplicate_or_an_unknown_event_may_concern_one_record(stage: Stage) -> None:
    plain = stage.rehearse()
    answer = heard(
        stage, {"kind": "duplicate", "record": 2}, {"kind": "unknown_event", "record": 3, "type": "thinking"}
    )

    first, second, *rest = plain.said
    assert answer.said[:3] == [first, second, second]
    assert json.loads(answer.said[3].removeprefix(b"data: "))["type"] == "thinking"
    assert answer.said[4:] == rest


def test_a_stream_error_has_its_own_code_and_words(stage: Stage) -> None:
    answer = heard(stage, {"kind": "stream_error", "records": 0, "code": 1001, "message": "The token has expired."})

    assert answer.events == [{"type": "error", "code": 1001, "message": "The token has expired."}]


def test_a_stream_error_comes_at_once_and_not_with_the_next_record(stage: Stage) -> None:
    begun = stage.clock.now()
    heard(stage, {"kind": "stream_error", "records": 0})

    assert stage.clock.now() == begun


# --- the kit's dialects -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("events", ["adk-2", "adk-1"])
def test_records_that_faults_add_have_the_form_of_the_dialect(stage: Stage, events: str) -> None:
    stage.runtime.profile = stage.runtime.profile.replace({"events": events, "heartbeat": "none"})
    answer = heard(stage, {"kind": "unknown_event", "record": 1}, {"kind": "stream_error", "records": 3})

    made, real, *_, failed = answer.events
    assert made["content"]["parts"] == [{"progress": {"percent": 40}}]
    assert (made["author"], made["id"]) == (real["author"], real["id"])
    assert "I encountered a temporary issue" in json.dumps(failed)


def test_the_kits_streams_are_cut_broken_and_doubled_like_the_others(stage: Stage) -> None:
    def play(*specs: dict[str, object]) -> Heard:
        stage.runtime.profile = stage.runtime.profile.replace(ADK)
        answer = heard(stage, *specs)
        stage.begin_anew()
        return answer

    plain = play()
    assert play({"kind": "duplicate", "record": "each"}).records == [each for each in plain.records for _ in range(2)]
    assert play({"kind": "cut", "records": 2}).records == plain.records[:2]
    assert play({"kind": "reorder", "record": 1}).records[:2] == plain.records[1::-1]
    assert play({"kind": "crlf"}).body == plain.body.replace(b"\n", b"\r\n")


# --- how streams end --------------------------------------------------------------------------------------------------


def test_a_caller_that_leaves_is_journaled_and_the_turn_continues(stage: Stage) -> None:
    session_id = stage.skill.begin()
    with (
        stage.participant() as skill,
        skill.http.stream("POST", "/run_sse", json=message(session_id, REEL)) as answer,
    ):
        next(answer.iter_raw())
    stage.clock.sleep(600)

    assert stage.end("run_sse") == ("caller_left", ())
    turn = stage.turn(session_id)
    assert (turn.state, turn.sent, turn.plan) == (TurnState.DONE, [], None)


def test_a_stream_limit_cuts_what_isnt_over(stage: Stage) -> None:
    stage.runtime.profile = stage.runtime.profile.replace({"stream_limit": 5})
    session_id = stage.skill.begin()
    begun = stage.clock.now()
    answer = stage.skill.say(session_id)

    assert answer.error is None
    assert stage.clock.now() == begun + 5
    assert stage.end("run_sse") == ("cut", ())
    assert stage.turn(session_id).state is TurnState.RUNNING


def test_a_stream_ends_as_stopped_when_its_world_is_reset(stage: Stage) -> None:
    session_id = stage.skill.begin()
    runtime = stage.runtime
    with (
        stage.participant() as skill,
        skill.http.stream("POST", "/run_sse", json=message(session_id, REEL)) as answer,
    ):
        pieces = answer.iter_raw()
        next(pieces)
        exchanges = runtime.journal
        stage.on_loop(lambda: runtime.reset(0, runtime.profile))
        assert list(pieces) == []
    stage.entries()

    assert [entry.as_json()["how"] for entry in stage.on_loop(lambda: list(exchanges.entries(kind="end")))][
        -1
    ] == "stopped"

"""What becomes of a day's work with the client when things go wrong: one photo, one message, one export.

Every test token, every kind of fault and every named profile, with both clients, on the virtual clock. Whatever
happens, the message is taken once at most.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from nemovideo_client import InsufficientCredits, NemoError, RenderUnfinished, Session, TurnOutcome, TurnResult
from nemovideo_contract.profiles import PROFILES
from nemovideo_mock.faults import KINDS
from nemovideo_mock.journal import RequestEntry, ResponseEntry
from nemovideo_mock.runtime.scenario_tokens import TOKEN_SCENARIOS, token_of
from nemovideo_mock.server import RunningServer, running
from nemovideo_mock.settings import Settings

from .callers import Caller, Heard, calling
from .stage import VIRTUAL, Stage

PHOTO: Final = min((Path(__file__).parents[2] / "scripts/photos").glob("*.jpg"))
MESSAGE: Final = "Turn this photo into a 5 second reel with the title 'Kyoto'"
TWINS: Final = ("sync", "async")


@dataclass(frozen=True)
class Day:
    """How a day went: what raised, by its name; how the turn ended; what was told."""

    upload: str = "ok"
    say: str = "answered"
    export: str = "ok"
    #: Whether the ending tells changes; None where it tells nothing of the kind.
    changed: bool | None = None
    #: How often the caller was told that the work goes on.
    notices: int = 0
    submits: int = 1


BEGUN: Final = Day(submits=0)
#: A day without a session.
NO_SESSION: Final = "no session"
NOTHING: Final = "NothingToExport"


def refused(error: str, export: str = NOTHING) -> Day:
    return Day(say=f"refused {error}", export=export, submits=0)


def seen(kind: str, error: str, notices: int = 0) -> Day:
    """A turn whose stream was lost in some way and whose work was found."""
    return Day(say=f"{kind} {error}", changed=True, notices=notices)


def in_vain(kind: str, error: str, notices: int = 0) -> Day:
    """A turn of which nothing came."""
    return Day(say=f"{kind} {error}", changed=False, export=NOTHING, notices=notices, submits=0)


FINE: Final = Day()
SILENT: Final = Day(say="silent", changed=True)
LOST_UPLOAD: Final = Day(say="none", export=NOTHING, submits=0)

TOKENS: Final[dict[str, Day | str]] = {
    "funded": FINE,
    "fresh": FINE,
    "no_credits": refused("InsufficientCredits"),
    "no_credits_in_stream": refused("InsufficientCredits"),
    "registered": FINE,
    "registered_no_credits": refused("InsufficientCredits"),
    "expired": f"{NO_SESSION}: TokenInvalid",
    "expires_midway": refused("TokenInvalid", "TokenInvalid"),
    "read_only": f"{NO_SESSION}: MissingScope",
    "no_upload": Day("MissingScope", "none", NOTHING, submits=0),
    "no_render": Day(export="MissingScope"),
    "plan_blocked": Day(export="ExportBlocked"),
    "rate_limited": Day(submits=2),
    "unavailable": FINE,
    "silent": SILENT,
    "talkative": FINE,
    "noise": FINE,
    "two_stage": FINE,
    "long_turns": FINE,
    "turn_fails": in_vain("truncated", "ServiceFailed", 0),
    "turn_stuck": in_vain("stalled", "TimedOut", 7),
    "runs_out": in_vain("truncated", "InsufficientCredits"),
    "session_lost": Day(export="SessionNotFound", submits=0),
    "busy": FINE,
    "cut": seen("truncated", "UnexpectedAnswer"),
    "cut_mid_record": seen("truncated", "ConnectionLost"),
    "stall": seen("stalled", "TimedOut", 3),
    "heartbeats_only": seen("stalled", "TimedOut", 5),
    "malformed": FINE,
    "unknown_event": FINE,
    "drip": FINE,
    "adk": FINE,
    "render_fails": Day(export="RenderFailed", submits=2),
    "render_fails_once": Day(submits=2),
    "render_stuck": Day(export="RenderUnfinished"),
    "render_lost": Day(submits=2),
    "render_slow": Day(export="RenderUnfinished"),
    "wrapped": FINE,
    "output_fails": FINE,
    "reset": seen("truncated", "ConnectionLost"),
    "slow": FINE,
    "upload_slow": FINE,
    "upload_too_large": Day("FileTooLarge", "none", NOTHING, submits=0),
    "upload_unsupported": Day("UnsupportedFile", "none", NOTHING, submits=0),
}

FAULTS: Final[list[tuple[dict[str, object], Day | str]]] = [
    ({"kind": "status", "on": "run_sse", "status": 503}, in_vain("truncated", "ServiceFailed")),
    ({"kind": "status", "on": "run_sse", "status": 502, "handled": True}, seen("truncated", "ServiceFailed")),
    ({"kind": "status", "on": "run_sse", "status": 504}, in_vain("truncated", "ServiceFailed", 2)),
    ({"kind": "status", "on": "state", "status": 503, "first": 2}, FINE),
    ({"kind": "status", "on": "submit_render", "status": 500, "handled": True, "first": 1}, Day(submits=2)),
    ({"kind": "status", "on": "render_status", "status": 502, "body": "<h1>Bad</h1>", "first": 3}, FINE),
    ({"kind": "status", "on": "*", "status": 429, "retry_after": 3600}, f"{NO_SESSION}: RateLimited"),
    ({"kind": "status", "on": "run_sse", "status": 429, "retry_after": 5, "first": 1}, FINE),
    ({"kind": "status", "on": "output", "status": 503, "first": 1}, FINE),
    ({"kind": "status", "on": "output", "status": 403}, FINE),
    ({"kind": "code", "on": "run_sse", "code": 1002}, refused("SessionNotFound")),
    ({"kind": "code", "on": "run_sse", "code": 9999}, in_vain("truncated", "UnknownApiError")),
    ({"kind": "code", "on": "upload", "code": 4001}, Day("UnsupportedFile", "none", NOTHING, submits=0)),
    ({"kind": "code", "on": "submit_render", "code": 402}, Day(export="ExportBlocked")),
    ({"kind": "latency", "on": "*", "delay": 50}, Day(notices=1)),
    ({"kind": "latency", "on": "run_sse", "delay": 200}, Day(notices=1)),
    ({"kind": "latency", "on": "run_sse", "delay": 2000}, in_vain("stalled", "TimedOut", 5)),
    ({"kind": "latency", "on": "state", "delay": 200}, refused("TimedOut", "TimedOut")),
    ({"kind": "reset", "on": "run_sse", "first": 1}, seen("truncated", "ConnectionLost")),
    ({"kind": "reset", "on": "run_sse", "when": "during"}, seen("truncated", "ConnectionLost")),
    ({"kind": "reset", "on": "run_sse", "when": "after"}, seen("truncated", "ConnectionLost")),
    ({"kind": "reset", "on": "run_sse", "handled": False}, in_vain("truncated", "ConnectionLost", 2)),
    ({"kind": "reset", "on": "create_session"}, f"{NO_SESSION}: ConnectionLost"),
    ({"kind": "reset", "on": "upload"}, Day("ConnectionLost", "none", NOTHING, submits=0)),
    ({"kind": "reset", "on": "state", "first": 2}, FINE),
    ({"kind": "reset", "on": "submit_render", "first": 1}, Day(submits=2)),
    ({"kind": "reset", "on": "output"}, FINE),
    ({"kind": "slow_body"}, FINE),
    ({"kind": "slow_answer"}, FINE),
    ({"kind": "truncated_body", "on": "output"}, FINE),
    ({"kind": "truncated_body", "on": "download_render"}, FINE),
    ({"kind": "truncated_body", "on": ["output", "download_render"], "share": 0}, Day(export="DownloadFailed")),
    ({"kind": "truncated_body", "on": "state", "first": 1}, FINE),
    ({"kind": "not_json", "on": "state"}, refused("UnexpectedAnswer", "UnexpectedAnswer")),
    ({"kind": "not_json", "on": "run_sse", "handled": True}, seen("truncated", "UnexpectedAnswer")),
    ({"kind": "not_json", "on": "output"}, FINE),
    ({"kind": "cut", "records": 0}, seen("truncated", "UnexpectedAnswer")),
    ({"kind": "cut", "records": 1}, seen("truncated", "UnexpectedAnswer")),
    ({"kind": "cut", "records": 2}, seen("truncated", "UnexpectedAnswer")),
    ({"kind": "cut", "records": 2, "mid_record": True}, seen("truncated", "UnexpectedAnswer")),
    ({"kind": "cut", "records": 1, "how": "abort"}, seen("truncated", "ConnectionLost")),
    ({"kind": "stall"}, seen("stalled", "TimedOut", 3)),
    ({"kind": "stall", "pause": 200}, Day(notices=1)),
    ({"kind": "heartbeats_only"}, seen("stalled", "TimedOut", 5)),
    ({"kind": "drip"}, FINE),
    ({"kind": "drip", "bytes": 1, "pause": 5}, seen("timed_out", "TimedOut", 7)),
    ({"kind": "duplicate", "record": "each"}, FINE),
    ({"kind": "reorder"}, FINE),
    ({"kind": "malformed", "record": "each", "form": "truncated_json"}, SILENT),
    ({"kind": "malformed", "record": "each", "form": "bare_text"}, SILENT),
    ({"kind": "malformed", "record": "each", "form": "no_data_prefix"}, SILENT),
    ({"kind": "malformed", "record": "each", "form": "invalid_utf8"}, FINE),
    ({"kind": "crlf", "ends": "mix"}, FINE),
    ({"kind": "unknown_event", "record": "each"}, FINE),
    ({"kind": "oversized", "bytes": 4_194_304}, FINE),
    ({"kind": "oversized", "bytes": 20_000_000}, seen("truncated", "UnexpectedAnswer")),
    ({"kind": "stream_error", "records": 0}, seen("truncated", "ServiceFailed")),
    ({"kind": "stream_error", "records": 2}, seen("truncated", "ServiceFailed")),
    ({"kind": "stream_error", "records": 0, "code": 9999}, seen("truncated", "UnknownApiError")),
    ({"kind": "stream_error", "records": 0, "code": 1002}, seen("truncated", "SessionNotFound")),
    ({"kind": "stream_error", "records": 0, "code": 429}, seen("truncated", "RateLimited")),
    ({"kind": "stream_error", "records": 1, "code": 9999}, seen("truncated", "UnknownApiError")),
    ({"kind": "stream_error", "records": 1, "code": 1002}, seen("truncated", "SessionNotFound")),
    ({"kind": "status", "on": "run_sse", "status": 500, "handled": True}, seen("truncated", "ServiceFailed")),
    ({"kind": "status", "on": "run_sse", "status": 524, "handled": True}, seen("truncated", "ServiceFailed")),
    ({"kind": "status", "on": "run_sse", "status": 408, "handled": True}, seen("truncated", "ServiceFailed")),
    ({"kind": "no_heartbeats"}, FINE),
    ({"kind": "turn_stuck"}, in_vain("stalled", "TimedOut", 7)),
    ({"kind": "turn_fails"}, in_vain("truncated", "ServiceFailed", 0)),
    ({"kind": "silent"}, SILENT),
    ({"kind": "noise"}, FINE),
    ({"kind": "credits_run_out"}, in_vain("truncated", "InsufficientCredits")),
    ({"kind": "session_lost", "on": "run_sse"}, refused("SessionNotFound", "SessionNotFound")),
    ({"kind": "session_lost", "on": "submit_render"}, Day(export="SessionNotFound")),
    ({"kind": "token_expires", "on": "run_sse"}, refused("TokenInvalid", "TokenInvalid")),
    ({"kind": "render_fails"}, Day(export="RenderFailed", submits=2)),
    ({"kind": "render_fails", "first": 1}, Day(submits=2)),
    ({"kind": "render_stuck"}, Day(export="RenderUnfinished")),
    ({"kind": "render_lost", "first": 1}, Day(submits=2)),
    ({"kind": "render_lost", "code": 1002}, Day(export="RenderFailed", submits=2)),
    ({"kind": "render_slow"}, Day(export="RenderUnfinished")),
]


@pytest.fixture(scope="module", params=TWINS)
def twin(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture(scope="module")
def server(twin: str) -> Generator[RunningServer]:
    del twin  # a server for each, so that both meet worlds of the same names and draws
    with running(VIRTUAL) as server:
        yield server


def named(error: NemoError | None) -> str:
    return type(error).__name__


def how(heard: Heard) -> tuple[str, TurnResult]:
    assert heard.ending is not None
    error = heard.refusal or heard.ending.error
    assert (heard.refusal is not None) == (heard.ending.kind is TurnOutcome.REFUSED)
    return f"{heard.ending.kind} {named(error)}" if error else heard.ending.kind.value, heard.ending


def live(caller: Caller, stage: Stage, folder: Path) -> Day | str:
    """One day; checks on the way that nothing was paid for twice."""
    try:
        session = caller.session()
    except NemoError as error:
        return f"{NO_SESSION}: {named(error)}"
    upload, say, export, changed, notices = "ok", "none", "ok", None, 0
    try:
        caller.upload(session, PHOTO)
    except NemoError as error:
        upload = named(error)
    else:
        heard = caller.say(session, MESSAGE)
        say, ending = how(heard)
        changed, notices = None if ending.changes is None else bool(ending.changes), len(heard.beats)
        assert [round(beat, 2) % 120 for beat in heard.beats] == [0] * notices
        assert str(ending)
    try:
        exported = caller.export(session, folder / "out.mp4")
        assert exported.size == exported.path.stat().st_size
    except NemoError as error:
        export = named(error)
    assert [path.name for path in folder.iterdir()] == (["out.mp4"] if export == "ok" else [])
    assert_taken_once(stage, session)
    return Day(upload, say, export, changed, notices, len(times(stage, "/lambda")))


def assert_taken_once(stage: Stage, session: Session) -> None:
    """The message was carried out once at most; what was answered 429 was turned away."""
    stage.clock.sleep(3000)  # what a caller left unanswered comes to its end
    statuses = [status for status, _ in stage.responses("/run_sse")]
    assert len(times(stage, "/run_sse")) - statuses.count(429) <= 1
    assert len(stage.runtime.world.state.sessions[session.session_id].turns) <= 1


def times(stage: Stage, ending: str) -> list[float]:
    """When requests came whose paths end so, by the world's clock."""
    return [
        entry.virtual for entry in stage.entries() if isinstance(entry, RequestEntry) and entry.path.endswith(ending)
    ]


@pytest.mark.parametrize(("scenario", "expected"), TOKENS.items(), ids=TOKENS)
def test_a_test_token_ends_as_a_good_skill_wants(
    twin: str, server: RunningServer, scenario: str, expected: Day | str, tmp_path: Path
) -> None:
    with Stage(server, scenario) as stage, calling(twin, server, stage._name, token=token_of(scenario)) as caller:
        assert live(caller, stage, tmp_path) == expected


@pytest.mark.parametrize(("number", "fault", "expected"), [(n, *each) for n, each in enumerate(FAULTS)])
def test_a_fault_ends_as_a_good_skill_wants(
    twin: str, server: RunningServer, number: int, fault: dict[str, str], expected: Day | str, tmp_path: Path
) -> None:
    with Stage(server, f"fault {number}") as stage:
        stage.order(**fault)
        with calling(twin, server, stage._name, token=token_of("funded")) as caller:
            assert live(caller, stage, tmp_path) == expected


@pytest.mark.parametrize("profile", PROFILES)
def test_a_day_goes_well_on_every_named_profile(twin: str, profile: str, tmp_path: Path) -> None:
    with (
        running(Settings(quality="stub", clock="virtual", profile=PROFILES[profile])) as server,
        Stage(server, profile) as stage,
        calling(twin, server, stage._name) as caller,
    ):
        day = live(caller, stage, tmp_path)
    assert day in (FINE, SILENT)


def test_every_token_and_every_kind_of_fault_has_its_day() -> None:
    assert set(TOKENS) == set(TOKEN_SCENARIOS)
    assert {fault["kind"] for fault, _ in FAULTS} == set(KINDS)


# --- waits, as documented ---------------------------------------------------------------------------------------------


def gaps(moments: list[float]) -> list[float]:
    return [round(after - before, 2) for before, after in pairwise(moments)]


def test_a_lost_stream_is_looked_after_at_30_s_and_then_each_minute_five_times_at_most(
    twin: str, server: RunningServer
) -> None:
    with Stage(server, "waits") as stage:
        stage.order("turn_stuck", records=0)
        with calling(twin, server, stage._name, token=token_of("funded")) as caller:
            session = caller.session()
            caller.upload(session, PHOTO)
            heard = caller.say(session, MESSAGE)
        (sent,), reads = times(stage, "/run_sse"), times(stage, "/latest")
        assert gaps([sent, *reads[1:]]) == [630, 60, 60, 60, 60]
        assert heard.ending is not None
        assert heard.ending.seconds == pytest.approx(870)
        assert heard.beats == pytest.approx([120, 240, 360, 480, 600, 720, 840])


def test_a_stream_of_silence_outlasts_no_limit(twin: str, server: RunningServer) -> None:
    with Stage(server, "silence") as stage:
        stage.order("stall", records=0)
        with calling(twin, server, stage._name, token=token_of("funded")) as caller:
            session = caller.session()
            caller.upload(session, PHOTO)
            heard = caller.say(session, MESSAGE)
        (sent,), reads = times(stage, "/run_sse"), times(stage, "/latest")
        assert gaps([sent, *reads[1:]]) == [330 + 30]
        assert heard.beats == pytest.approx([120, 240, 360])


def test_a_render_is_polled_each_30_s_and_ten_times_at_most(twin: str, server: RunningServer, tmp_path: Path) -> None:
    with Stage(server, "polls") as stage:
        stage.order("render_stuck")
        with calling(twin, server, stage._name, token=token_of("funded")) as caller:
            session = caller.session()
            caller.upload(session, PHOTO)
            caller.say(session, MESSAGE)
            with pytest.raises(RenderUnfinished) as caught:
                caller.export(session, tmp_path / "out.mp4")
        (submitted,), polls = times(stage, "/lambda"), times(stage, caught.value.render_id)
        assert gaps([submitted, *polls]) == [30] * 10


def test_an_unavailable_service_is_retried_after_1_2_and_4_s_and_not_again(twin: str, server: RunningServer) -> None:
    with Stage(server, "backoff") as stage:
        stage.order("status", on="credits")
        with (
            calling(twin, server, stage._name, token=token_of("funded")) as caller,
            pytest.raises(NemoError, match="failed"),
        ):
            caller.credits()
        assert gaps(times(stage, "/simple")) == [1, 2, 4]


def test_a_429_without_a_header_is_waited_out_for_30_s_once(twin: str, server: RunningServer) -> None:
    with Stage(server, "rate") as stage:
        stage.order("status", on="credits", status=429)
        with (
            calling(twin, server, stage._name, token=token_of("funded")) as caller,
            pytest.raises(NemoError, match="Too many requests"),
        ):
            caller.credits()
        assert gaps(times(stage, "/simple")) == [30]


def test_one_deadline_spans_all_tries_of_a_call(twin: str, server: RunningServer) -> None:
    with Stage(server, "deadline") as stage:
        stage.order("latency", on="credits", delay=500)
        began = stage.clock.now()
        with (
            calling(twin, server, stage._name, token=token_of("funded")) as caller,
            pytest.raises(NemoError, match="silent"),
        ):
            caller.credits()
        assert stage.clock.now() - began == pytest.approx(180, abs=0.01)
        stage.clock.sleep(3000)
        assert len(times(stage, "/simple")) == 3


def test_an_answer_that_drips_outlasts_no_deadline(twin: str, server: RunningServer) -> None:
    with Stage(server, "drips") as stage:
        stage.order("slow_answer", on="credits", bytes=1, pause=50)
        began = stage.clock.now()
        with (
            calling(twin, server, stage._name, token=token_of("funded")) as caller,
            pytest.raises(NemoError, match="silent"),
        ):
            caller.credits()
        assert stage.clock.now() - began == pytest.approx(180, abs=0.01)


# --- what the caller is told ------------------------------------------------------------------------------------------


def test_an_error_about_credits_says_how_to_keep_the_project_even_with_a_given_token(
    twin: str, server: RunningServer
) -> None:
    with (
        Stage(server, "bind") as stage,
        calling(twin, server, stage._name, token=token_of("no_credits")) as caller,
    ):
        session = caller.session()
        caller.upload(session, PHOTO)
        heard = caller.say(session, MESSAGE)
        assert isinstance(heard.refusal, InsufficientCredits)
        assert f"register?bind={session.user_id}" in str(heard.refusal)


def test_a_broken_download_is_gone_on_with_and_not_begun_again(
    twin: str, server: RunningServer, tmp_path: Path
) -> None:
    with Stage(server, "resumed") as stage:
        stage.order("truncated_body", on="output", first=2)
        with calling(twin, server, stage._name, token=token_of("funded")) as caller:
            session = caller.session()
            caller.upload(session, PHOTO)
            caller.say(session, MESSAGE)
            caller.export(session, tmp_path / "out.mp4")
        exchanges = [
            entry.exchange
            for entry in stage.entries()
            if isinstance(entry, RequestEntry) and entry.path.endswith("/output.mp4")
        ]
        answers = {entry.exchange: entry.status for entry in stage.entries() if isinstance(entry, ResponseEntry)}
        assert [answers[exchange] for exchange in exchanges] == [200, 206, 206]

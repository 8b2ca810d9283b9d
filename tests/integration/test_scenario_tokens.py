"""Each test token, shown by a caller that knows nothing of it: one that finds it in NEMO_TOKEN and does its work."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from typing import Final, TypeVar

import httpx
import pytest

from nemovideo_mock.runtime.scenario_tokens import TOKEN_SCENARIOS
from nemovideo_mock.server import RunningServer, running
from nemovideo_mock.settings import Settings

from .skill import PHOTO, SCENE, Skill
from .stage import Stage

Test = TypeVar("Test", bound=Callable[..., None])

#: The tokens that a test below shows.
SHOWN: Final[set[str]] = set()
EDIT: Final = "Change the title to 'Osaka'"


def shows(token: str) -> pytest.MarkDecorator:
    """Say of which token a test is; its caller, `skill`, is given that one."""
    SHOWN.add(token)
    return pytest.mark.parametrize("token", [token], ids=[token])


@pytest.fixture(scope="module")
def server() -> Generator[RunningServer]:
    with running(Settings(quality="stub", clock="virtual")) as server:
        yield server


@pytest.fixture
def stage(server: RunningServer, request: pytest.FixtureRequest) -> Generator[Stage]:
    with Stage(server, request.node.name) as stage:
        yield stage


@pytest.fixture
def skill(stage: Stage, token: str) -> Generator[Skill]:
    with stage.caller(token) as skill:
        yield skill


def empty(skill: Skill) -> str:
    """A new session's id, with nothing in it."""
    session_id: str = skill.create().json()["data"]["session_id"]
    return session_id


def code(answer: httpx.Response) -> tuple[int, int]:
    """The HTTP status and the envelope's code."""
    return answer.status_code, answer.json()["code"]


def test_every_token_is_shown_by_a_test() -> None:
    assert set(TOKEN_SCENARIOS) == SHOWN


def test_a_token_that_isnt_in_the_table_is_no_token(stage: Stage) -> None:
    with stage.caller("nonesuch") as skill:
        assert code(skill.credits()) == (200, 1001)


def test_each_token_has_an_account_of_its_own_in_each_world(stage: Stage, server: RunningServer) -> None:
    with stage.caller("fresh") as one, Stage(server, "another") as elsewhere, elsewhere.caller("fresh") as two:
        one.make()
        assert (one.balance(), two.balance()) == ((50, 0), (100, 0))
        assert stage.skill.balance() == (25_000, 0)


def test_the_journal_says_which_scenario_a_request_met(stage: Stage) -> None:
    with stage.caller("cut") as skill:
        skill.make()
    assert {entry.scenario for entry in stage.entries()} == {"cut"}
    assert stage.end("run_sse") == ("cut", ("test_cut",))


# --- accounts ---------------------------------------------------------------------------------------------------------


@shows("funded")
def test_the_funded_work_as_often_as_they_like(skill: Skill) -> None:
    for _ in range(3):
        session_id, heard = skill.make()
        assert heard.words
        assert skill.export(session_id, session_id).json()["status"] == "pending"
        assert skill.finish(session_id)["status"] == "completed"
    assert skill.balance() == (25_000 - 150, 0)


@shows("fresh")
def test_a_fresh_account_pays_for_one_clip_from_words_and_not_for_another(skill: Skill) -> None:
    assert skill.balance() == (100, 0)
    assert skill.say(empty(skill), SCENE).events[-1]["type"] == "text"
    assert skill.balance() == (0, 0)
    assert json.loads(skill.say(empty(skill), SCENE).body)["code"] == 2001


@shows("no_credits")
def test_without_credits_work_is_refused_and_talk_is_not(skill: Skill) -> None:
    session_id = skill.begin()

    refused, answered = skill.say(session_id), skill.say(session_id, "What can you do?")

    assert (refused.status, json.loads(refused.body)["code"]) == (200, 2001)
    assert "Register" in json.loads(refused.body)["message"]
    assert answered.words
    assert skill.balance() == (0, 0)


@shows("no_credits_in_stream")
def test_2001_can_be_the_only_record_of_a_stream(skill: Skill) -> None:
    heard = skill.say(skill.begin())

    assert heard.headers["content-type"].startswith("text/event-stream")
    assert [(event["type"], event["code"]) for event in heard.events] == [("error", 2001)]


@shows("registered")
def test_the_registered_have_more_credits_and_every_scope(skill: Skill) -> None:
    session_id = skill.make()[0]

    assert skill.state(session_id).json()["data"]["user_id"].startswith("user_")
    assert skill.export(session_id).json()["status"] == "pending"
    assert skill.balance() == (1050, 0)


@shows("registered_no_credits")
def test_the_registered_are_told_to_top_up(skill: Skill) -> None:
    refused = json.loads(skill.say(skill.begin()).body)

    assert refused["code"] == 2001
    assert "Top up" in refused["message"]


@shows("expired")
def test_an_expired_token_is_refused_everywhere(skill: Skill) -> None:
    answers = [
        skill.create(),
        skill.upload("1"),
        skill.state("1"),
        skill.credits(),
        skill.submit("1", {}),
        skill.poll(),
    ]

    assert {code(answer) for answer in answers} == {(200, 1001)}
    assert json.loads(skill.say("1").body)["code"] == 1001


@shows("expires_midway")
def test_a_token_can_expire_in_the_middle_of_the_work(skill: Skill) -> None:
    session_id, heard = skill.make()

    assert heard.words
    assert code(skill.state(session_id)) == code(skill.credits()) == (200, 1001)


@shows("read_only")
def test_a_read_only_token_is_refused_everything_else(skill: Skill) -> None:
    assert skill.balance() == (1100, 0)
    assert code(skill.create()) == code(skill.upload("1")) == code(skill.submit("1", {})) == (403, 403)
    assert skill.say("1").status == 403


@shows("no_upload")
def test_a_token_without_the_upload_scope_can_describe_a_video(skill: Skill) -> None:
    session_id = empty(skill)

    assert code(skill.upload(session_id)) == (403, 403)
    skill.say(session_id, SCENE)
    assert skill.draft(session_id)


@shows("no_render")
def test_a_token_without_the_render_scope_can_do_everything_else(skill: Skill) -> None:
    session_id = skill.make()[0]

    assert skill.draft(session_id)
    assert code(skill.export(session_id)) == (403, 403)


@shows("plan_blocked")
def test_a_plan_that_forbids_exports_says_so_to_headers_that_are_right(skill: Skill) -> None:
    session_id = skill.make()[0]
    answer = skill.export(session_id)

    assert code(answer) == (402, 402)
    assert "plan" in answer.json()["message"]


@shows("rate_limited")
def test_every_second_call_is_one_too_many(skill: Skill) -> None:
    assert [skill.credits().status_code for _ in range(6)] == [200, 429] * 3


@shows("unavailable")
def test_reads_fail_twice_and_then_work(skill: Skill) -> None:
    session_id = skill.make()[0]

    assert [skill.credits().status_code for _ in range(3)] == [503, 503, 200]
    assert [skill.state(session_id).status_code for _ in range(3)] == [503, 503, 200]
    assert skill.export(session_id).status_code == 200
    assert [skill.poll().status_code for _ in range(3)] == [503, 503, 200]


# --- turns ------------------------------------------------------------------------------------------------------------


@shows("silent")
def test_work_is_done_without_a_word_and_talk_has_words(skill: Skill) -> None:
    session_id, heard = skill.make()
    made = skill.draft(session_id)
    edited = skill.say(session_id, EDIT)

    assert [event["type"] for event in (*heard.events, *edited.events) if event["type"] == "text"] == []
    assert made
    assert skill.draft(session_id) != made
    assert skill.say(session_id, "What can you do?").words


@shows("talkative")
def test_of_many_edits_none_is_silent(skill: Skill) -> None:
    session_id = skill.make()[0]
    assert all(skill.say(session_id, f"Change the title to 'Take {number}'").words for number in range(12))


@shows("noise")
def test_every_good_answer_ends_in_trouble_that_there_isnt(skill: Skill) -> None:
    session_id, heard = skill.make()

    assert heard.events[-1]["content"] == "I encountered a temporary issue"
    assert heard.events[-2]["type"] == "text"
    assert skill.draft(session_id)


@shows("two_stage")
def test_a_clip_gets_music_and_a_title_that_nobody_asked_for(skill: Skill, stage: Stage) -> None:
    def tracks(caller: Skill) -> set[int]:
        session_id = empty(caller)
        caller.say(session_id, SCENE)
        return {track["tt"] for track in caller.draft(session_id)["t"]}

    assert tracks(stage.skill) == {0}
    assert tracks(skill) == {0, 1, 7}


@shows("long_turns")
def test_a_clip_from_words_takes_minutes(skill: Skill, stage: Stage) -> None:
    begun = stage.clock.now()
    heard = skill.say(empty(skill), SCENE)

    assert 100 <= stage.clock.now() - begun <= 300
    assert heard.heartbeats > 5


@shows("turn_fails")
def test_the_first_message_fails_for_nothing_and_the_second_works(skill: Skill) -> None:
    session_id, heard = skill.make()

    assert heard.events[-1]["type"] == "error"
    assert skill.draft(session_id) == {}
    assert skill.balance() == (25_000, 0)
    assert skill.say(session_id).events[-1]["type"] != "error"
    assert skill.draft(session_id)


@shows("turn_stuck")
def test_the_first_message_never_ends_and_no_state_helps(skill: Skill) -> None:
    session_id, heard = skill.make()

    assert heard.heartbeats > 50
    assert [skill.draft(session_id) for _ in range(5)] == [{}] * 5
    assert skill.balance() == (24_950, 50)


@shows("runs_out")
def test_credits_run_out_in_the_middle_and_are_gone(skill: Skill) -> None:
    assert skill.balance() == (50, 0)
    session_id, heard = skill.make()

    assert (heard.events[-1]["type"], heard.events[-1]["code"]) == ("error", 2001)
    assert len(heard.events) > 1
    assert skill.draft(session_id) == {}
    assert skill.balance() == (0, 0)
    assert json.loads(skill.say(session_id).body)["code"] == 2001


@shows("session_lost")
def test_a_session_is_lost_after_its_state_was_read_and_a_new_one_works(skill: Skill) -> None:
    session_id = skill.make()[0]

    assert [code(skill.state(session_id))[1] for _ in range(3)] == [0, 1002, 1002]
    assert json.loads(skill.say(session_id).body)["code"] == 1002
    assert skill.make()[1].status == 200


@shows("busy")
def test_a_message_during_another_is_refused(skill: Skill, stage: Stage) -> None:
    session_id = skill.begin()
    stage.order("cut", records=1, first=1)
    skill.say(session_id)

    second = skill.say(session_id)

    assert (second.status, json.loads(second.body)["code"]) == (409, 409)
    assert skill.balance() == (24_950, 50)


# --- streams ----------------------------------------------------------------------------------------------------------


@shows("cut")
def test_a_stream_ends_early_and_the_state_has_the_work_in_the_end(skill: Skill, stage: Stage) -> None:
    session_id, heard = skill.make()

    assert (len(heard.records), heard.rest, heard.error) == (2, b"", None)
    drafts = [skill.draft(session_id) for _ in range(3)]
    assert drafts[0] == {}
    assert drafts[-1]
    assert skill.balance() == (24_950, 0)
    skill.say(session_id, EDIT)
    assert stage.end("run_sse") == ("complete", ())


@shows("cut_mid_record")
def test_a_stream_breaks_off_inside_a_record(skill: Skill) -> None:
    session_id, heard = skill.make()

    assert len(heard.records) == 1
    assert heard.rest.startswith(b"data: {")
    assert isinstance(heard.error, httpx.ReadError)
    assert [bool(skill.draft(session_id)) for _ in range(3)][-1]


@shows("stall")
def test_a_stream_falls_silent_and_the_work_is_done(skill: Skill, stage: Stage) -> None:
    with stage.participant("stall", timeout=120) as patient:
        session_id, heard = patient.make()

    assert (len(heard.records), heard.heartbeats) == (1, 0)
    assert isinstance(heard.error, httpx.ReadTimeout)
    assert skill.draft(session_id)


@shows("heartbeats_only")
def test_a_stream_lives_and_says_nothing_while_the_work_is_done(skill: Skill) -> None:
    session_id, heard = skill.make()

    assert (len(heard.said), heard.heartbeats > 50) == (1, True)
    assert skill.draft(session_id)
    assert skill.say(session_id, EDIT).heartbeats < 5


@shows("malformed")
def test_the_second_record_of_every_stream_is_no_json(skill: Skill) -> None:
    session_id, heard = skill.make()

    for answer in (heard, skill.say(session_id, EDIT)):
        with pytest.raises(json.JSONDecodeError):
            json.loads(answer.said[1].removeprefix(b"data: "))
        assert json.loads(answer.said[0].removeprefix(b"data: "))
    assert skill.draft(session_id)


@shows("unknown_event")
def test_every_record_follows_one_of_an_unknown_type(skill: Skill) -> None:
    heard = skill.make()[1]

    assert {event["type"] for event in heard.events[0::2]} == {"progress"}
    assert "progress" not in {event["type"] for event in heard.events[1::2]}


@shows("drip")
def test_records_come_in_pieces_and_are_whole_together(skill: Skill, stage: Stage) -> None:
    session_id, heard = skill.make()

    assert heard.words
    assert {record.fault for record in stage.records()} == {"test_drip"}
    assert skill.draft(session_id)


@shows("adk")
def test_the_kits_events_are_spoken(skill: Skill) -> None:
    heard = skill.make()[1]
    parts = [part for event in heard.events for part in event["content"]["parts"]]

    assert {"text", "functionCall", "functionResponse"} >= {name for part in parts for name in part}
    assert {event["author"] for event in heard.events} == {"nemo_agent"}


# --- exports ----------------------------------------------------------------------------------------------------------


def exported(skill: Skill, render_id: str = "render_1") -> str:
    """What becomes of an export of some work."""
    session_id = skill.make()[0]
    assert skill.export(session_id, render_id).json()["status"] == "pending"
    status: str = skill.finish(render_id)["status"]
    return status


@shows("render_fails")
def test_every_render_fails(skill: Skill) -> None:
    assert [exported(skill, render_id) for render_id in ("one", "two")] == ["failed", "failed"]


@shows("render_fails_once")
def test_a_render_fails_and_the_next_works(skill: Skill) -> None:
    assert [exported(skill, render_id) for render_id in ("one", "two", "three")] == ["failed", "completed", "completed"]


@shows("render_stuck")
def test_a_render_never_ends(skill: Skill) -> None:
    assert exported(skill) == "processing"


@shows("render_lost")
def test_a_render_that_was_accepted_is_unknown_and_the_next_is_not(skill: Skill) -> None:
    session_id = skill.make()[0]

    assert skill.export(session_id, "one").json()["status"] == "pending"
    assert code(skill.poll("one")) == (404, 404)
    assert exported(skill, "two") == "completed"


@shows("render_slow")
def test_a_render_outlasts_ten_polls_of_thirty_seconds(skill: Skill, stage: Stage) -> None:
    session_id = skill.make()[0]
    skill.export(session_id)
    begun = stage.clock.now()

    assert skill.finish(polls=10)["status"] == "processing"
    assert skill.finish(polls=40)["status"] == "completed"
    assert 360 <= stage.clock.now() - begun <= 1110


@shows("wrapped")
def test_a_render_is_answered_inside_data(skill: Skill) -> None:
    session_id = skill.make()[0]
    submitted = skill.export(session_id).json()
    finished = skill.finish()

    assert submitted["data"] == {"id": "render_1", "status": "pending", "progress": 5}
    assert skill.http.get(finished["data"]["outputUrl"]).content[4:8] == b"ftyp"


@shows("output_fails")
def test_the_link_is_dead_and_the_download_works(skill: Skill) -> None:
    session_id = skill.make()[0]
    skill.export(session_id)
    url = skill.finish()["output"]["url"]

    assert skill.http.get(url).status_code == 404
    assert skill.download().content[4:8] == b"ftyp"


# --- connections ------------------------------------------------------------------------------------------------------


@shows("reset")
def test_an_answer_is_lost_and_asking_again_would_be_charged(skill: Skill) -> None:
    session_id, heard = skill.make()

    assert (heard.status, heard.body) == (0, b"")
    assert isinstance(heard.error, httpx.ReadError)
    assert [bool(skill.draft(session_id)) for _ in range(3)] == [False, True, True]
    assert skill.balance() == (24_950, 0)


@shows("slow")
def test_every_call_takes_five_seconds_longer(skill: Skill, stage: Stage) -> None:
    begun = stage.clock.now()
    skill.begin()
    skill.credits()

    assert stage.clock.now() == begun + 15


@shows("upload_slow")
def test_an_upload_takes_its_time(skill: Skill, stage: Stage) -> None:
    session_id = empty(skill)
    begun = stage.clock.now()

    assert skill.upload(session_id).json()["code"] == 0
    assert stage.clock.now() - begun >= len(PHOTO) / 1e6 * 60


@shows("upload_too_large")
def test_every_upload_is_too_large(skill: Skill) -> None:
    session_id = empty(skill)

    assert code(skill.upload(session_id)) == (200, 4002)
    assert skill.state(session_id).json()["data"]["state"]["video_infos"] == []


@shows("upload_unsupported")
def test_every_upload_is_of_a_type_that_isnt_taken(skill: Skill) -> None:
    session_id = empty(skill)

    assert code(skill.upload(session_id)) == (200, 4001)
    assert skill.say(session_id, SCENE).events[-1]["type"] == "text"

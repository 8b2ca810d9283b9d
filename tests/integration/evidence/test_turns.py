"""What a message is answered with, when, and what becomes of it without its caller."""

from __future__ import annotations

import json
import re

import pytest

from nemovideo_mock.agent.settings import AgentSettings
from nemovideo_mock.runtime.scenario_tokens import token_of
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.server import RunningServer
from tests.integration.evidence.caller import REEL, SCENE, Caller, Json, kinds, message, playing, words

APOLOGY = "I encountered a temporary issue"


# --- turns: what is sent ----------------------------------------------------------------------------------------------


def test_records_have_exactly_the_documented_keys_and_the_stream_ends_without_a_word_about_it(caller: Caller) -> None:
    raw = caller.post(caller.start()["session_id"], REEL, Accept="text/event-stream").text
    assert not re.search(r"^(?:event|id|retry):", raw, re.MULTILINE)
    spoken = [json.loads(line[5:]) for line in raw.split("\n") if line[5:].strip()]
    records = [record for record in spoken if record["type"] != "heartbeat"]
    keys = {"text": {"content"}, "tool_call": {"name", "args"}, "tool_result": {"name", "result"}}
    assert all(set(record) == {"type"} | keys[record["type"]] for record in records)
    assert {record["name"] for record in records if "name" in record} == {"edit_multitrack"}
    assert records[-1]["type"] == "text"


def test_words_alone_call_the_tool_that_generates(funded: Caller) -> None:
    records = funded.say(funded.start()["session_id"], "Hello")
    assert kinds(records) == ["text"] * len(records)
    session_id = funded.create().json()["data"]["session_id"]
    names = [record["name"] for record in funded.say(session_id, SCENE) if "name" in record]
    assert names == ["generate_video_with_seedance"] * 2
    assert len(funded.made(session_id)["generated_media"]) == 1


@pytest.mark.parametrize(
    ("form", "beats"),
    [
        ("typed", ['data: {"type":"heartbeat"}']),
        ("empty", ["data:"]),
        ("event", ["event: heartbeat\ndata: {}"]),
        ("comment", [": heartbeat"]),
        ("mixed", ['data: {"type":"heartbeat"}', "data:"]),
        ("none", []),
    ],
)
def test_a_long_turn_shows_signs_of_life_in_the_profiles_form(form: str, beats: list[str]) -> None:
    with playing(heartbeat=form, durations="vendor") as server, Caller(server) as caller:
        session_id = caller.create().json()["data"]["session_id"]
        raw = caller.post(session_id, SCENE).text
    found = [record for record in raw.split("\n\n") if "heartbeat" in record or record == "data:"]
    assert found[: len(beats)] == beats
    assert set(found) == set(beats)


def test_a_text_stands_under_the_key_that_the_profile_names() -> None:
    with playing(text_key="text") as server, Caller(server) as caller:
        (record, *_) = caller.say(caller.start()["session_id"], "Hello")
        assert set(record) == {"type", "text"}


def test_a_message_needs_no_user_and_may_have_a_role(caller: Caller) -> None:
    session_id = caller.start()["session_id"]
    body = message(session_id, "Hello")
    body["new_message"]["role"] = "user"
    answer = caller.http.post("/run_sse", json=body)
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"


# --- turns: habits of the agent ---------------------------------------------------------------------------------------


def test_three_edits_of_ten_are_silent() -> None:
    agent_settings = AgentSettings()
    drawn = [Chance(str(seed)).of("5529798706024415232", 2).fraction("silent") for seed in range(20_000)]
    silent = sum(agent_settings.closes_silently("edit", needed=False, draw=draw) for draw in drawn)
    assert 0.29 < silent / len(drawn) < 0.31
    assert not any(agent_settings.closes_silently(kind, needed=False, draw=0.0) for kind in ("assemble", "generate"))


def test_a_silent_edit_closes_after_its_tool_events_and_shows_in_the_state() -> None:
    with playing() as server, Caller(server) as caller:
        session_id = caller.start()["session_id"]
        assert words(caller.say(session_id, REEL))
        answers: list[set[str]] = []
        for number in range(30):
            answers.append(set(kinds(caller.say(session_id, f"Change the title to 'Osaka {number}'"))))
            assert caller.made(session_id)["draft"]["m"]["title"] == f"Osaka {number}"
    assert {"tool_call", "tool_result"} in answers
    assert {"tool_call", "tool_result", "text"} in answers


def test_a_good_answer_may_be_followed_by_the_documented_noise(server: RunningServer) -> None:
    with Caller(server, token_of("noise")) as caller:
        session_id = caller.start()["session_id"]
        records = caller.say(session_id, REEL)
        assert records[-1] == {"type": "text", "content": APOLOGY}
        assert words(records[:-1])
        assert caller.made(session_id)["draft"]["d"] == 5000


def test_some_streams_end_in_noise_where_the_profile_has_it() -> None:
    with playing(trailing_noise=True) as server, Caller(server) as caller:
        session_id = caller.start()["session_id"]
        last = [caller.say(session_id, "What can you do?")[-1]["content"] for _ in range(30)]
    assert 0 < last.count(APOLOGY) < len(last)


def test_a_raw_clip_is_in_the_state_before_music_title_and_effects_are_added_unasked() -> None:
    with playing("vendor-1.9", trailing_noise=False) as server, Caller(server) as caller:
        session_id = caller.create().json()["data"]["session_id"]
        told: list[Json] = []
        tracks: list[set[int]] = []
        with caller.stream(session_id, SCENE) as records:
            for record in records:
                if record["type"] == "heartbeat":
                    continue
                told.append(record)
                if record["type"] == "tool_result":
                    tracks.append({track["tt"] for track in caller.made(session_id)["draft"]["t"]})
        assert caller.credits() == (0, 0, 0)
    assert tracks[:3] == [{0}, {0, 1}, {0, 1, 7}]
    raw = kinds(told).index("tool_result")
    assert told[raw]["name"] == "generate_video_with_seedance"
    assert (told[raw + 1]["type"], told[-1]["type"]) == ("text", "text")


@pytest.mark.parametrize(
    ("message_text", "told"),
    [(REEL, r"\b[Cc]lick|\b[Oo]pen|\bdrag"), ("把这张照片做成5秒的竖屏短片，标题“京都”", "点击|打开|拖拽")],
)
def test_the_agent_speaks_of_buttons_and_panels_in_the_callers_language(message_text: str, told: str) -> None:
    for gui_talk in (True, False):
        with playing(gui_talk=gui_talk) as server, Caller(server) as caller:
            said = words(caller.say(caller.start()["session_id"], message_text))
        assert bool(re.search(told, said)) is gui_talk
        assert bool(re.search("[\u4e00-\u9fff]", said)) is ("标题" in message_text)


def test_a_message_without_a_language_is_answered_in_the_sessions_language(caller: Caller) -> None:
    said = {
        language: words(caller.say(caller.start(language=language)["session_id"], "?"))
        for language in ("en", "zh-CN", "zh")
    }
    assert [bool(re.search("[\u4e00-\u9fff]", text)) for text in said.values()] == [False, True, True]


@pytest.mark.parametrize(
    ("durations", "work", "spans"),
    [
        ("seed", REEL, [(20, 40), (10, 30), (5, 15)]),
        ("vendor", REEL, [(10, 30), (10, 30), (5, 15)]),
        ("vendor", SCENE, [(100, 300), (10, 30), (5, 15)]),
    ],
)
def test_work_edits_and_words_take_the_documented_times(
    durations: str, work: str, spans: list[tuple[float, float]]
) -> None:
    with playing(durations=durations) as server, Caller(server, token_of("funded")) as caller:
        session_id = caller.create().json()["data"]["session_id"]
        if work == REEL:
            caller.upload(session_id)
        taken = [caller.timed(session_id, text) for text in (work, "Change the title to 'Osaka'", "Hello")]
    assert all(low <= seconds <= high for seconds, (low, high) in zip(taken, spans, strict=True)), taken


# --- turns: sent twice, left, broken off ------------------------------------------------------------------------------


def test_a_message_that_is_sent_again_is_queued_done_twice_and_charged_twice(funded: Caller) -> None:
    session_id = funded.create().json()["data"]["session_id"]
    with funded.stream(session_id, SCENE) as first:
        next(first)
        with funded.stream(session_id, SCENE) as again:
            assert funded.credits() == (24_800, 200, 25_000)
            assert "tool_result" in kinds(list(first))
            assert funded.credits() == (24_800, 100, 24_900)
            middle = funded.clock.now()
            assert "tool_result" in kinds(list(again))
            assert funded.clock.now() - middle >= 20
    assert funded.credits() == (24_800, 0, 24_800)
    assert len(funded.made(session_id)["generated_media"]) == 2


def test_a_message_to_a_busy_session_is_refused_and_costs_nothing_where_the_profile_says_so() -> None:
    with playing(busy="refuse") as server, Caller(server) as caller:
        session_id = caller.start()["session_id"]
        with caller.stream(session_id, REEL) as records:
            next(records)
            answer = caller.post(session_id, REEL)
            assert (answer.status_code, answer.json()["code"]) == (409, 409)
            assert caller.credits() == (50, 50, 100)
            list(records)
        assert caller.post(session_id, "Hello").status_code == 200


def test_messages_run_side_by_side_where_the_profile_says_so() -> None:
    with playing(busy="concurrent") as server, Caller(server, token_of("funded")) as caller:
        session_id = caller.create().json()["data"]["session_id"]
        with caller.stream(session_id, SCENE) as first:
            next(first)
            caller.say(session_id, "Hello")
            assert "tool_result" in kinds(list(first))


def test_a_caller_that_disconnects_finds_the_work_in_the_state(caller: Caller) -> None:
    session_id = caller.start()["session_id"]
    with caller.stream(session_id, REEL) as records:
        next(records)
    assert caller.made(session_id)["draft"] == {}
    caller.clock.sleep(60)
    assert caller.made(session_id)["draft"]["m"]["title"] == "Kyoto"
    assert caller.credits() == (50, 0, 50)


def test_a_disconnect_cancels_the_work_if_the_profile_says_so() -> None:
    with playing(disconnect="cancel") as server, Caller(server) as caller:
        session_id = caller.start()["session_id"]
        with caller.stream(session_id, REEL) as records:
            next(records)
            assert caller.credits() == (50, 50, 100)
        caller.clock.sleep(60)
        assert caller.made(session_id)["draft"] == {}
        assert caller.credits() == (100, 0, 100)


def test_a_stream_is_not_resumed_by_an_event_id_which_is_only_another_message(funded: Caller) -> None:
    session_id = funded.create().json()["data"]["session_id"]
    funded.post(session_id, SCENE)
    funded.http.headers["Last-Event-ID"] = "3"
    assert "tool_result" in kinds(funded.say(session_id, SCENE))
    assert funded.credits() == (24_800, 0, 24_800)


def test_a_turn_that_is_stuck_is_heartbeats_until_the_profiles_limit() -> None:
    with playing(stream_limit=600, heartbeat="typed") as server, Caller(server, token_of("turn_stuck")) as caller:
        session_id = caller.start()["session_id"]
        begun = caller.clock.now()
        with caller.stream(session_id, REEL) as records:
            told = kinds(list(records))
        assert caller.clock.now() - begun == 600
        assert told.count("heartbeat") >= 600 // 15 - 2
        assert caller.made(session_id)["draft"] == {}


def test_a_stream_has_no_limit_of_its_own_without_the_profiles(server: RunningServer) -> None:
    with Caller(server, token_of("turn_stuck")) as caller:
        session_id = caller.start()["session_id"]
        with caller.stream(session_id, REEL) as records:
            beats = 0
            while beats < 20 * 60 // 15:
                beats += next(records)["type"] == "heartbeat"

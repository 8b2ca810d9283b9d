"""What the service's documents say of it, fact by fact, seen over a real socket by a caller with plain HTTP.

Each test is a fact of the documents that the fake plays by default or under a key of the profile. What it doesn't play
stands in `docs/omissions.md`.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from itertools import pairwise

import httpx
import pytest

from nemovideo_contract.wire import FORMATS
from nemovideo_mock.agent.manner import Manner
from nemovideo_mock.ids import Chance
from nemovideo_mock.scenarios import token_of
from nemovideo_mock.server import Running
from tests.integration.caller import (
    ATTRIBUTION,
    PHOTO,
    REEL,
    RENDER,
    SCENE,
    Caller,
    fetch,
    kinds,
    message,
    playing,
    words,
)

DAY = 24 * 60 * 60.0
WEEK = 7 * DAY
APOLOGY = "I encountered a temporary issue"


@pytest.fixture
def server() -> Generator[Running]:
    with playing(silent="never") as server:
        yield server


@pytest.fixture
def caller(server: Running) -> Generator[Caller]:
    with Caller(server) as caller:
        yield caller


@pytest.fixture
def funded(server: Running) -> Generator[Caller]:
    with Caller(server, token_of("funded")) as caller:
        yield caller


# --- headers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ["clawhub", "cursor", "unknown", "github", "terminal", "claude_code"])
def test_an_export_takes_any_platform_that_is_named(caller: Caller, platform: str) -> None:
    caller.http.headers["X-Skill-Platform"] = platform
    session_id = caller.start()["session_id"]
    caller.say(session_id, REEL)
    assert caller.order(session_id, caller.made(session_id)["draft"]).status_code == 200


def test_without_attribution_everything_works_but_export(server: Running) -> None:
    with Caller(server, attribution={}) as caller:
        session_id = caller.start()["session_id"]
        assert kinds(caller.say(session_id, REEL))[-1] == "text"
        assert caller.credits() == (50, 0, 50)
        answer = caller.order(session_id, caller.made(session_id)["draft"])
        assert (answer.status_code, answer.json()["code"]) == (402, 402)


def test_where_attribution_is_wanted_everywhere_only_the_token_is_had_without(server: Running) -> None:
    with playing(attribution="everywhere") as server, Caller(server, attribution={}) as caller:
        assert caller.create().json()["code"] == 1001
        assert caller.order("1", {}).status_code == 402
        caller.http.headers.update(ATTRIBUTION)
        assert caller.create().json()["code"] == 0


# --- anonymous tokens -------------------------------------------------------------------------------------------------


def test_a_token_works_for_seven_days_and_is_1001_from_then_on(caller: Caller) -> None:
    caller.clock.sleep(WEEK - 1)
    assert caller.credits() == (100, 0, 100)
    caller.clock.sleep(1)
    answer = caller.http.get("/api/credits/balance/simple")
    assert (answer.status_code, answer.json()["code"]) == (200, 1001)


def test_a_token_that_never_expires_names_no_end() -> None:
    with playing(token_expiry="never") as server, Caller(server) as caller:
        assert "expires_at" not in caller.ask_token("another").json()["data"]
        caller.clock.sleep(100 * WEEK)
        assert caller.credits() == (100, 0, 100)


def test_a_second_token_for_one_client_is_429_until_a_week_has_passed(caller: Caller) -> None:
    caller.clock.sleep(WEEK - 1)
    refused = caller.ask_token("test")
    assert (refused.status_code, refused.json()["code"], refused.json()["data"]) == (429, 429, None)
    assert "Retry-After" not in refused.headers
    caller.clock.sleep(1)
    assert caller.ask_token("test").status_code == 200


def test_the_same_client_id_finds_its_user_again_after_expiry_with_all_that_it_had(caller: Caller) -> None:
    ids = caller.start()
    caller.say(ids["session_id"], REEL)
    caller.clock.sleep(WEEK)
    renewed = caller.ask_token("test").json()["data"]
    assert (renewed["user_id"], renewed["credits"]) == (ids["user_id"], 50)
    assert renewed["token"] != caller.token
    caller.http.headers["Authorization"] = f"Bearer {renewed['token']}"
    assert caller.made(ids["session_id"])["draft"]["d"] == 5000


def test_under_fresh_reissue_the_same_client_id_is_somebody_new() -> None:
    with playing(reissue="fresh") as server, Caller(server) as caller:
        ids = caller.start()
        caller.say(ids["session_id"], REEL)
        caller.clock.sleep(WEEK)
        renewed = caller.ask_token("test").json()["data"]
        assert renewed["user_id"] != ids["user_id"]
        assert renewed["credits"] == 100
        caller.http.headers["Authorization"] = f"Bearer {renewed['token']}"
        assert caller.state(ids["session_id"])["code"] == 1002


def test_an_eleventh_token_for_one_address_is_429_and_another_address_gets_one(caller: Caller) -> None:
    statuses = [caller.ask_token(f"client {number}").status_code for number in range(10)]
    assert statuses == [200] * 9 + [429]
    assert caller.ask_token("client 10", "203.0.113.9").status_code == 200
    caller.clock.sleep(WEEK)
    assert caller.ask_token("client 11").status_code == 200


def test_under_the_oldest_rule_an_address_gets_five_tokens_an_hour_whoever_asks() -> None:
    with playing(token_limit="hour") as server, Caller(server) as caller:
        assert [caller.ask_token("test").status_code for _ in range(5)] == [200] * 4 + [429]
        caller.clock.sleep(3600)
        assert caller.ask_token("test").status_code == 200


def test_without_a_limit_one_client_gets_as_many_tokens_as_it_asks_for() -> None:
    with playing(token_limit="none") as server, Caller(server) as caller:
        assert {caller.ask_token("test").status_code for _ in range(20)} == {200}


def test_a_429_says_when_to_come_back_only_where_the_profile_has_it() -> None:
    with playing(retry_after=30) as server, Caller(server) as caller:
        assert caller.ask_token("test").headers["Retry-After"] == "30"


def test_where_the_client_id_is_optional_each_call_without_one_is_a_new_account() -> None:
    with playing(client_id="optional") as server, Caller(server) as caller:
        users = {caller.ask_token(None).json()["data"]["user_id"] for _ in range(3)}
        assert len(users) == 3


@pytest.mark.parametrize(
    ("client_id", "status"),
    [
        ("0b9e0a52-3f3c-4a57-9d0b-0a4e2a3c7d11", 200),
        ("client-1773423613-20817", 200),
        ("x" * 64, 200),
        ("x" * 65, 400),
        ("", 400),
    ],
)
def test_a_client_id_is_any_text_of_up_to_64_characters(caller: Caller, client_id: str, status: int) -> None:
    assert caller.ask_token(client_id).status_code == status


def test_a_user_id_is_anon_and_sixteen_characters(caller: Caller) -> None:
    assert re.fullmatch(r"anon_[0-9a-f]{16}", caller.ask_token("another").json()["data"]["user_id"])


# --- claim tokens -----------------------------------------------------------------------------------------------------


def test_a_claim_token_lasts_a_week_is_given_again_and_opens_no_call(caller: Caller) -> None:
    ids = caller.start()
    claim = {"task_id": ids["task_id"], "session_id": ids["session_id"]}
    first, second = (caller.http.post("/api/auth/claim-token", json=claim).json()["data"] for _ in range(2))
    assert first == second
    assert (first["claim_token"][:4], first["expires_in"]) == ("clm_", 604_800)
    caller.http.headers["Authorization"] = f"Bearer {first['claim_token']}"
    for answer in (caller.http.get("/api/credits/balance/simple"), caller.create(), caller.post("1", SCENE)):
        assert answer.json()["code"] == 1001


# --- sessions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [{"task_name": "x"}, {"language": "en"}, {"language": "zh-CN"}, {"language": "<lang>"}])
def test_a_session_takes_any_language_and_any_name_or_none(caller: Caller, body: dict[str, str]) -> None:
    data = caller.create(**body).json()["data"]
    assert re.fullmatch(r"[1-9]\d{18}", data["session_id"])
    assert re.fullmatch(r"task_\w+", data["task_id"])


def test_each_call_makes_another_session(caller: Caller) -> None:
    made = [caller.create().json()["data"] for _ in range(3)]
    assert len({each["session_id"] for each in made}) == len({each["task_id"] for each in made}) == 3


def test_the_id_to_register_with_stands_in_the_session_and_in_its_state(caller: Caller) -> None:
    ids = caller.start()
    data = caller.state(ids["session_id"])["data"]
    assert ids["user_id"].startswith("anon_")
    assert {name: data[name] for name in ids} == ids
    assert data["task_name"] == "project"


def test_me_and_the_real_id_lead_to_the_same_session_in_every_call(caller: Caller) -> None:
    ids = caller.start()
    session_id, user = ids["session_id"], ids["user_id"]
    for name, code in (("me", 0), (user, 0), ("anon_0000000000000000", 1002)):
        files = {"files": ("cat.jpg", PHOTO)}
        assert caller.http.post(f"/api/upload-video/nemo_agent/{name}/{session_id}", files=files).json()["code"] == code
        assert caller.http.get(f"/api/state/nemo_agent/{name}/{session_id}/latest").json()["code"] == code
        answer = caller.http.post("/run_sse", json={**message(session_id, "Hello"), "user_id": name})
        assert answer.headers["content-type"].startswith("text/event-stream") is (code == 0)


def test_a_session_that_nobody_asks_for_is_gone_after_the_profiles_time() -> None:
    with playing(session_idle=3600) as server, Caller(server) as caller:
        session_id = caller.start()["session_id"]
        caller.clock.sleep(3599)
        assert caller.state(session_id)["code"] == 0
        caller.clock.sleep(3600)
        assert caller.state(session_id)["code"] == 1002
        assert caller.post(session_id, REEL).json()["code"] == 1002


# --- turns: what is sent ----------------------------------------------------------------------------------------------


def test_records_have_exactly_the_documented_keys_and_the_stream_ends_without_a_word_about_it(caller: Caller) -> None:
    session_id = caller.start()["session_id"]
    raw = caller.post(session_id, REEL, Accept="text/event-stream").text
    assert not re.search(r"^(?:event|id|retry):", raw, re.MULTILINE)
    session_id = caller.start()["session_id"]
    records = caller.say(session_id, REEL)
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
    found = [record for record in raw.split("\n\n") if record and "heartbeat" in record or record == "data:"]
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
    manner = Manner()
    drawn = [Chance(str(seed)).of("5529798706024415232", 2).fraction("silent") for seed in range(20_000)]
    silent = sum(manner.closes_silently("edit", needed=False, draw=draw) for draw in drawn)
    assert 0.29 < silent / len(drawn) < 0.31
    assert not any(manner.closes_silently(kind, needed=False, draw=0.0) for kind in ("assemble", "generate"))


def test_a_silent_edit_closes_after_its_tool_events_and_shows_in_the_state() -> None:
    with playing() as server, Caller(server) as caller:
        session_id = caller.start()["session_id"]
        assert words(caller.say(session_id, REEL))
        for number in range(40):
            records = caller.say(session_id, f"Change the title to 'Osaka {number}'")
            assert caller.made(session_id)["draft"]["m"]["title"] == f"Osaka {number}"
            if "text" not in kinds(records):
                break
    assert set(kinds(records)) == {"tool_call", "tool_result"}


def test_a_good_answer_may_be_followed_by_the_documented_noise(server: Running) -> None:
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
        drafts = []
        told = []
        with caller.stream(session_id, SCENE) as records:
            for record in records:
                told.append(record)
                if record["type"] == "tool_result":
                    drafts.append(caller.made(session_id)["draft"])
        assert [{track["tt"] for track in draft["t"]} for draft in drafts][:3] == [{0}, {0, 1}, {0, 1, 7}]
        assert caller.credits() == (0, 0, 0)
    results = [record for record in told if record["type"] != "heartbeat"]
    raw = kinds(results).index("tool_result")
    assert results[raw]["name"] == "generate_video_with_seedance"
    assert results[raw + 1]["type"] == "text"
    assert results[-1]["type"] == "text"


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


def test_what_has_no_language_of_its_own_is_answered_in_the_sessions(caller: Caller) -> None:
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


# --- turns: sent twice, left, broken off -------------------------------------------------------------------------------


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


def test_whoever_hangs_up_loses_the_stream_and_finds_the_work_in_the_state(caller: Caller) -> None:
    session_id = caller.start()["session_id"]
    with caller.stream(session_id, REEL) as records:
        next(records)
    assert caller.made(session_id)["draft"] == {}
    caller.clock.sleep(60)
    assert caller.made(session_id)["draft"]["m"]["title"] == "Kyoto"
    assert caller.credits() == (50, 0, 50)


def test_whoever_hangs_up_cancels_the_work_where_the_profile_says_so() -> None:
    with playing(disconnect="cancel") as server, Caller(server, token_of("turn_stuck")) as caller:
        session_id = caller.start()["session_id"]
        with caller.stream(session_id, REEL) as records:
            next(records)
            assert caller.credits() == (24_950, 50, 25_000)
        caller.clock.sleep(60)
        assert caller.made(session_id)["draft"] == {}
        assert caller.credits() == (25_000, 0, 25_000)


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


def test_a_stream_has_no_limit_of_its_own_without_the_profiles(server: Running) -> None:
    with Caller(server, token_of("turn_stuck")) as caller:
        session_id = caller.start()["session_id"]
        with caller.stream(session_id, REEL) as records:
            beats = 0
            while beats < 20 * 60 // 15:
                beats += next(records)["type"] == "heartbeat"


# --- uploads ----------------------------------------------------------------------------------------------------------


def test_every_documented_format_is_taken_by_url_and_told_by_its_kind(caller: Caller) -> None:
    session_id = caller.start()["session_id"]
    table = [(ending, kind.value) for kind, endings in FORMATS.items() for ending in endings]
    assert len(table) == 13
    urls = [f"https://example.com/files/a.{ending}" for ending, _ in [*table, ("jpeg", "image"), ("PNG", "image")]]
    files = caller.upload_urls(session_id, *urls).json()["data"]["files"]
    assert [file["file_type"] for file in files] == [kind for _, kind in table] + ["image", "image"]
    assert len(caller.made(session_id)["video_infos"]) == 1 + len(files)


@pytest.mark.parametrize("ending", ["heic", "tiff", "txt", "docx", "pdf", "json", "svg", "flac", "exe"])
def test_no_other_format_is_taken(caller: Caller, ending: str) -> None:
    session_id = caller.start()["session_id"]
    assert caller.upload_urls(session_id, f"https://example.com/a.{ending}").json()["code"] == 4001
    assert caller.upload(session_id, f"a.{ending}").json()["code"] == 4001
    assert len(caller.made(session_id)["video_infos"]) == 1


def test_an_uploaded_video_is_measured_in_seconds_where_a_draft_counts_milliseconds(caller: Caller) -> None:
    session_id = caller.ordered()
    output = caller.finish()[0]["output"]
    video = fetch(output["url"]).content
    (file,) = caller.upload(session_id, "reel.mp4", video).json()["data"]["files"]
    assert (file["file_type"], file["duration"], file["width"], file["height"]) == ("video", 5.0, 1080, 1920)
    assert caller.made(session_id)["draft"]["d"] == 5000


@pytest.mark.parametrize(("profile", "megabytes"), [("seeds", 200), ("reference-4.4", 200)])
def test_the_size_limit_is_the_seeds_unless_it_is_chosen(profile: str, megabytes: int) -> None:
    with playing(profile) as server, Caller(server) as caller:
        service = server.service
        (account,) = service.world.state.accounts.values()
        assert service.size_limit(account) == megabytes * 1_000_000
        assert caller.credits() == (100, 0, 100)


def test_a_file_over_the_profiles_limit_is_4002() -> None:
    with playing(size_limit_mb=1) as server, Caller(server) as caller:
        session_id = caller.start()["session_id"]
        padding = b"\0" * (1_000_000 - len(PHOTO))
        assert caller.upload(session_id, "cat.jpg", PHOTO + padding).json()["code"] == 0
        assert caller.upload(session_id, "cat.jpg", PHOTO + padding + b"\0").json()["code"] == 4002


def test_uploading_the_same_file_again_is_safe(caller: Caller) -> None:
    session_id = caller.start()["session_id"]
    again = caller.upload(session_id).json()
    assert again["data"]["session_state_applied"] is True
    first, second = caller.made(session_id)["video_infos"]
    assert first == second


# --- state ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("empty_draft", "expected"), [("object", {"draft": {}}), ("null", {"draft": None}), ("absent", {})])
def test_before_anything_is_made_the_draft_is_what_the_profile_says(empty_draft: str, expected: object) -> None:
    with playing(empty_draft=empty_draft) as server, Caller(server) as caller:
        state = caller.made(caller.start()["session_id"])
        assert {name: value for name, value in state.items() if name == "draft"} == expected


def test_a_draft_has_the_documented_short_keys(caller: Caller) -> None:
    session_id = caller.start()["session_id"]
    caller.say(session_id, REEL)
    state = caller.made(session_id)
    draft = state["draft"]
    assert set(state) == {"video_infos", "draft", "canvas_config", "video_analyses", "generated_media"}
    assert {track["tt"] for track in draft["t"]} == {0, 1, 7}
    assert all(track["sg"] for track in draft["t"])
    assert (draft["d"], draft["m"]["title"], draft["m"]["width"], draft["m"]["height"]) == (5000, "Kyoto", 1080, 1920)


# --- exports ----------------------------------------------------------------------------------------------------------


def test_an_export_answers_at_the_top_level_with_exactly_the_documented_keys(caller: Caller) -> None:
    caller.ordered()
    assert caller.poll() == {"taskId": "render_1", "id": "render_1", "status": "pending", "progress": 5}
    done, _ = caller.finish()
    assert set(done) == {"taskId", "id", "status", "progress", "output"}
    assert set(done["output"]) == {"url", "duration", "size", "stub"}
    assert (done["status"], done["progress"], done["output"]["duration"]) == ("completed", 100, 5.0)


def test_a_wrapped_export_answers_inside_data_with_exactly_the_documented_keys() -> None:
    with playing(render="wrapped") as server, Caller(server) as caller:
        session_id = caller.ordered()
        submitted = caller.order(session_id, caller.made(session_id)["draft"], "render_2").json()
        assert submitted == {"success": True, "data": {"id": "render_2", "status": "pending", "progress": 5}}
        done, _ = caller.finish()
    data = done["data"]
    assert set(done) == {"success", "data"}
    assert set(data) == {"id", "status", "progress", "outputUrl", "createdAt", "completedAt"}
    assert isinstance(data["createdAt"], int)
    assert 30_000 <= data["completedAt"] - data["createdAt"] <= 90_000


@pytest.mark.parametrize(("durations", "low", "high"), [("seed", 30, 90), ("vendor", 27, 34)])
def test_an_export_takes_the_documented_time_and_its_progress_only_grows(
    durations: str, low: float, high: float
) -> None:
    with playing(durations=durations) as server, Caller(server) as caller:
        caller.ordered()
        begun = caller.clock.now()
        seen = [caller.poll()]
        while seen[-1]["status"] != "completed":
            caller.clock.sleep(1)
            seen.append(caller.poll())
        assert low <= caller.clock.now() - begun <= high + 1
    assert list(dict.fromkeys(each["status"] for each in seen)) == ["pending", "processing", "completed"]
    percents = [each["progress"] for each in seen]
    assert (percents[0], percents[-1]) == (5, 100)
    assert all(isinstance(percent, int) for percent in percents)
    assert all(before <= after for before, after in pairwise(percents))


def test_an_export_is_free_and_its_output_is_optional_and_may_ask_for_more(caller: Caller) -> None:
    session_id = caller.ordered()
    before = caller.credits()
    draft = caller.made(session_id)["draft"]
    outputs = [
        {"format": "mp4", "quality": "high", "resolution": "1080p"},
        {"format": "mp4", "codec": "h264", "crf": 23, "fps": 30},
    ]
    for number, output in enumerate(outputs, start=2):
        assert caller.order(session_id, draft, f"render_{number}", output=output).status_code == 200
        assert caller.finish(f"render_{number}")[0]["status"] == "completed"
    assert caller.credits() == before


def test_a_render_id_that_is_used_again_is_the_same_job_where_the_profile_says_so() -> None:
    with playing(duplicate_render="existing") as server, Caller(server) as caller:
        session_id = caller.ordered()
        done, _ = caller.finish()
        assert caller.order(session_id, caller.made(session_id)["draft"]).json() == done


def test_two_accounts_may_choose_the_same_render_id(server: Running, caller: Caller) -> None:
    caller.ordered()
    with Caller(server, client_id="other") as other:
        assert other.http.get(f"{RENDER}/render_1").status_code == 404
        other.ordered()
        mine, theirs = caller.finish()[0], other.finish()[0]
        assert mine["output"]["url"] != theirs["output"]["url"]


@pytest.mark.parametrize(("orphan", "status"), [("account", 200), ("token", 404)])
def test_a_new_token_finds_the_exports_of_the_last_unless_they_belong_to_that(orphan: str, status: int) -> None:
    with playing(orphan=orphan) as server, Caller(server) as caller:
        caller.ordered()
        caller.finish()
        caller.clock.sleep(WEEK)
        token = caller.ask_token("test").json()["data"]["token"]
        caller.http.headers["Authorization"] = f"Bearer {token}"
        assert caller.http.get(f"{RENDER}/render_1").status_code == status
        assert caller.download().status_code == status


def test_an_output_needs_no_token_and_may_have_an_end_behind_which_the_download_still_works() -> None:
    with playing(output_ttl=int(DAY)) as server, Caller(server) as caller:
        caller.ordered()
        url = caller.finish()[0]["output"]["url"]
        caller.clock.sleep(DAY - 60)
        video = fetch(url)
        assert (video.status_code, video.headers["content-type"]) == (200, "video/mp4")
        caller.clock.sleep(60)
        assert fetch(url).status_code == 403
        assert caller.download().content == video.content


def test_an_output_that_fails_can_be_had_by_the_download_call(server: Running) -> None:
    with Caller(server, token_of("output_fails")) as caller:
        caller.ordered()
        assert caller.download().status_code == 404
        output = caller.finish()[0]["output"]
        assert fetch(output["url"]).status_code == 403
        assert len(caller.download().content) == output["size"]
        caller.http.headers["Authorization"] = ""
        assert caller.download().json()["code"] == 1001


def test_exports_of_one_session_wait_for_each_other_where_the_profile_says_so() -> None:
    for queue, statuses in (("session", ("completed", "pending")), ("parallel", ("completed", "completed"))):
        with playing(render_queue=queue) as server, Caller(server) as caller:
            session_id = caller.ordered()
            caller.order(session_id, caller.made(session_id)["draft"], "render_2")
            caller.clock.sleep(90) if queue == "parallel" else caller.finish("render_1")
            assert (caller.poll("render_1")["status"], caller.poll("render_2")["status"]) == statuses
            assert caller.finish("render_2")[0]["status"] == "completed"


def test_an_export_that_fails_says_why_and_a_new_id_works(server: Running) -> None:
    with Caller(server, token_of("render_fails_once")) as caller:
        session_id = caller.ordered()
        failed, _ = caller.finish()
        assert failed["status"] == "failed"
        assert failed["error"]
        assert "output" not in failed
        caller.order(session_id, caller.made(session_id)["draft"], "render_2")
        assert caller.finish("render_2")[0]["status"] == "completed"


def test_a_blocked_plan_is_402_whatever_the_headers_and_however_many_credits(server: Running) -> None:
    with Caller(server, token_of("plan_blocked")) as caller:
        session_id = caller.start()["session_id"]
        caller.say(session_id, REEL)
        answer = caller.order(session_id, caller.made(session_id)["draft"])
        assert (answer.status_code, answer.json()["code"]) == (402, 402)
        assert caller.credits()[0] > 1000


# --- credits ----------------------------------------------------------------------------------------------------------


def test_a_price_is_frozen_while_work_runs_and_spent_when_it_is_done(caller: Caller) -> None:
    session_id = caller.start()["session_id"]
    assert caller.credits() == (100, 0, 100)
    with caller.stream(session_id, REEL) as records:
        for _ in records:
            assert caller.credits() in {(50, 50, 100), (50, 0, 50)}
    assert caller.credits() == (50, 0, 50)
    caller.say(session_id, "Change the title to 'Osaka'")
    caller.say(session_id, "Hello")
    assert caller.credits() == (50, 0, 50)


@pytest.mark.parametrize(("scenario", "left"), [("turn_fails", 25_000), ("runs_out", 0)])
def test_work_that_fails_is_not_paid_unless_the_credits_ran_out_over_it(
    server: Running, scenario: str, left: int
) -> None:
    with Caller(server, token_of(scenario)) as caller:
        session_id = caller.start()["session_id"]
        (*_, last) = caller.say(session_id, REEL)
        assert last["type"] == "error"
        assert (last["code"] == 2001) is (scenario == "runs_out")
        assert caller.credits() == (left, 0, left)


def test_no_request_of_a_long_conversation_loses_or_makes_a_credit(server: Running) -> None:
    with Caller(server) as caller:
        seen = [caller.credits()]
        first, second, third = (caller.start()["session_id"] for _ in range(3))
        seen.append(caller.credits())
        for session_id, text in ((first, REEL), (first, "Add music"), (second, REEL), (second, "Hello")):
            with caller.stream(session_id, text) as records:
                seen += [caller.credits() for _ in records]
            seen.append(caller.credits())
        assert caller.post(third, REEL).json()["code"] == 2001
        assert caller.made(third)["draft"] == {}
        seen.append(caller.credits())
    assert all(available >= 0 and frozen >= 0 for available, frozen, _ in seen)
    assert all(available + frozen == total for available, frozen, total in seen)
    totals = [total for _, _, total in seen]
    assert sorted(set(totals), reverse=True) == list(dict.fromkeys(totals)) == [100, 50, 0]


def test_an_operation_costs_one_to_three_credits_where_operations_are_paid() -> None:
    with playing(pricing="operation") as server, Caller(server) as caller:
        session_id = caller.start()["session_id"]
        calls = kinds(caller.say(session_id, REEL)).count("tool_call")
        available, frozen, total = caller.credits()
    assert (frozen, available) == (0, total)
    assert calls <= 100 - total <= 3 * calls


@pytest.mark.parametrize("turn_errors", ["json", "in_stream"])
def test_too_few_credits_are_an_answer_or_a_record_as_the_profile_says(turn_errors: str) -> None:
    with playing(turn_errors=turn_errors) as server, Caller(server, token_of("no_credits")) as caller:
        session_id = caller.start()["session_id"]
        answer = caller.post(session_id, REEL)
        if turn_errors == "json":
            assert answer.json()["code"] == 2001
        else:
            (record,) = caller.say(session_id, REEL)
            assert (record["type"], record["code"]) == ("error", 2001)
            assert answer.headers["content-type"].startswith("text/event-stream")
        assert kinds(caller.say(session_id, "Hello")) != ["error"]
        assert caller.made(session_id)["draft"] == {}


# --- errors and scopes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("errors", "statuses"), [("envelope", [200] * 5), ("http", [401, 404, 402, 415, 413])])
def test_codes_come_with_the_status_that_the_profile_gives_them(errors: str, statuses: list[int]) -> None:
    with (
        playing(errors=errors, size_limit_mb=1) as server,
        Caller(server, token_of("no_credits")) as caller,
        Caller(server, "nmv_usr_wrong") as stranger,
    ):
        session_id = caller.start()["session_id"]
        answers = [
            stranger.create(),
            caller.post("5529798706024415232", REEL),
            caller.post(session_id, REEL),
            caller.upload(session_id, "a.txt"),
            caller.upload(session_id, "a.jpg", PHOTO + b"\0" * 1_000_000),
        ]
    assert [answer.json()["code"] for answer in answers] == [1001, 1002, 2001, 4001, 4002]
    assert [answer.status_code for answer in answers] == statuses


def scoped(caller: Caller) -> list[httpx.Response]:
    """One call of each scope but read: write, upload, render."""
    return [caller.create(), caller.upload("1"), caller.order("1", {"t": []})]


@pytest.mark.parametrize(
    ("scenario", "refused"),
    [
        ("read_only", [True, True, True]),
        ("no_upload", [False, True, False]),
        ("no_render", [False, False, True]),
        ("registered", [False, False, False]),
        ("fresh", [False, False, False]),
    ],
)
def test_a_token_without_a_scope_is_403_for_its_calls_and_an_anonymous_one_may_export(
    server: Running, scenario: str, refused: list[bool]
) -> None:
    with Caller(server, token_of(scenario)) as caller:
        answers = scoped(caller)
        assert [(answer.status_code, answer.json()["code"]) == (403, 403) for answer in answers] == refused
        assert [answer.status_code == 403 for answer in answers] == refused
        assert caller.credits()[1] == 0

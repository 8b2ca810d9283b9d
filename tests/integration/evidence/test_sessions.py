"""Sessions, what is uploaded into them, and what their state shows."""

from __future__ import annotations

import re

import pytest

from nemovideo_contract.wire import FORMATS
from tests.integration.evidence.caller import PHOTO, REEL, Caller, fetch, message, playing

# --- sessions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [{"task_name": "x"}, {"language": "en"}, {"language": "zh-CN"}, {"language": "<lang>"}]
)
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


@pytest.mark.parametrize(
    ("empty_draft", "expected"), [("object", {"draft": {}}), ("null", {"draft": None}), ("absent", {})]
)
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

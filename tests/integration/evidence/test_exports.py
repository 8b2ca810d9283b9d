"""Exports: their forms, times, ends and owners."""

from __future__ import annotations

from itertools import pairwise

import pytest

from nemovideo_mock.runtime.scenario_tokens import token_of
from nemovideo_mock.server import RunningServer
from tests.integration.evidence.caller import DAY, REEL, RENDER, WEEK, Caller, fetch, playing


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
    ids = ["render_1773423613616", "render_0b9e0a52-3f3c-4a57-9d0b-0a4e2a3c7d11"]
    for render_id, output in zip(ids, outputs, strict=True):
        assert caller.order(session_id, draft, render_id, output=output).status_code == 200
        assert caller.finish(render_id)[0]["status"] == "completed"
    assert caller.credits() == before


def test_a_render_id_that_is_used_again_is_the_same_job_where_the_profile_says_so() -> None:
    with playing(duplicate_render="existing") as server, Caller(server) as caller:
        session_id = caller.ordered()
        done, _ = caller.finish()
        assert caller.order(session_id, caller.made(session_id)["draft"]).json() == done


def test_two_accounts_may_choose_the_same_render_id(server: RunningServer, caller: Caller) -> None:
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


def test_an_output_that_fails_can_be_had_by_the_download_call(server: RunningServer) -> None:
    with Caller(server, token_of("output_fails")) as caller:
        caller.ordered()
        assert caller.download().status_code == 404
        output = caller.finish()[0]["output"]
        assert fetch(output["url"]).status_code == 404
        assert len(caller.download().content) == output["size"]
        caller.http.headers["Authorization"] = ""
        assert caller.download().json()["code"] == 1001


@pytest.mark.parametrize(("queue", "waits"), [("session", True), ("parallel", False)])
def test_exports_of_one_session_wait_for_each_other_where_the_profile_says_so(queue: str, *, waits: bool) -> None:
    with playing(render_queue=queue) as server, Caller(server) as caller:
        session_id = caller.ordered()
        caller.order(session_id, caller.made(session_id)["draft"], "render_2")
        caller.finish("render_1")
        assert (caller.poll("render_2")["status"] == "pending") is waits
        assert caller.finish("render_2")[0]["status"] == "completed"


def test_an_export_that_fails_says_why_and_a_new_id_works(server: RunningServer) -> None:
    with Caller(server, token_of("render_fails_once")) as caller:
        session_id = caller.ordered()
        failed, _ = caller.finish()
        assert failed["status"] == "failed"
        assert failed["error"]
        assert "output" not in failed
        caller.order(session_id, caller.made(session_id)["draft"], "render_2")
        assert caller.finish("render_2")[0]["status"] == "completed"


def test_a_blocked_plan_is_402_whatever_the_headers_and_however_many_credits(server: RunningServer) -> None:
    with Caller(server, token_of("plan_blocked")) as caller:
        session_id = caller.start()["session_id"]
        caller.say(session_id, REEL)
        answer = caller.order(session_id, caller.made(session_id)["draft"])
        assert (answer.status_code, answer.json()["code"]) == (402, 402)
        assert caller.credits()[0] > 1000

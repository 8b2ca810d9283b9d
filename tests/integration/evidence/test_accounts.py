"""How a caller gets in: attribution, anonymous tokens, claim tokens, scopes."""

from __future__ import annotations

import re

import httpx
import pytest

from nemovideo_mock.runtime.scenario_tokens import token_of
from nemovideo_mock.server import RunningServer
from tests.integration.evidence.caller import ATTRIBUTION, PHOTO, REEL, SCENE, WEEK, Caller, kinds, playing

# --- headers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ["clawhub", "cursor", "unknown", "github", "terminal", "claude_code"])
def test_an_export_takes_any_platform_that_is_named(caller: Caller, platform: str) -> None:
    caller.http.headers["X-Skill-Platform"] = platform
    session_id = caller.start()["session_id"]
    caller.say(session_id, REEL)
    assert caller.order(session_id, caller.made(session_id)["draft"]).status_code == 200


def test_without_attribution_everything_works_but_export(server: RunningServer) -> None:
    with Caller(server, attribution={}) as caller:
        session_id = caller.start()["session_id"]
        assert kinds(caller.say(session_id, REEL))[-1] == "text"
        assert caller.credits() == (50, 0, 50)
        answer = caller.order(session_id, caller.made(session_id)["draft"])
        assert (answer.status_code, answer.json()["code"]) == (402, 402)


def test_with_attribution_required_everywhere_only_the_token_call_works_without_it() -> None:
    with playing(attribution="everywhere") as server, Caller(server, attribution={}) as caller:
        assert caller.create().json()["code"] == 1001
        assert caller.order("1", {}).status_code == 402
        caller.http.headers.update(ATTRIBUTION)
        assert caller.create().json()["code"] == 0


def test_without_attribution_in_the_profile_an_export_needs_none() -> None:
    with playing(attribution="none") as server, Caller(server, attribution={}) as caller:
        session_id = caller.start()["session_id"]
        caller.say(session_id, REEL)
        assert caller.order(session_id, caller.made(session_id)["draft"]).status_code == 200


def test_with_attribution_only_for_accounts_without_credits_others_need_none() -> None:
    with playing(attribution="exhausted") as server:
        for credits, registered, status in ((50, False, 402), (51, False, 200), (50, True, 200)):
            token = f"nmv_usr_{credits}{registered}"
            account = server.runtime().world.tokens.add_account(
                token, token, 0.0, credits=credits, registered=registered
            )
            with Caller(server, token, attribution={}) as caller:
                session_id = caller.start()["session_id"]
                caller.say(session_id, REEL)
                assert account.available == credits - 50
                assert caller.order(session_id, caller.made(session_id)["draft"]).status_code == status


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


def test_with_an_optional_client_id_each_token_call_without_one_creates_an_account() -> None:
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
    server: RunningServer, scenario: str, refused: list[bool]
) -> None:
    with Caller(server, token_of(scenario)) as caller:
        answers = scoped(caller)
        assert [(answer.status_code, answer.json()["code"]) == (403, 403) for answer in answers] == refused
        assert caller.credits()[1] == 0

"""Accounts, tokens and credits over HTTP."""

from __future__ import annotations

import pytest

from nemovideo_mock.runtime.scenario_tokens import TOKEN_SCENARIOS
from tests.mock_server.control.stage import error, fake, register, say, start


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_an_account_that_is_made_can_be_used_with_the_token_of_the_answer() -> None:
    with fake() as http:
        made = http.post("/_mock/accounts", json={"registered": True, "credits": 700}).json()
        assert made["user_id"].startswith("user_")
        balance = http.get("/api/credits/balance/simple", headers=bearer(made["token"])).json()["data"]
        assert balance == {"available": 700, "frozen": 0, "total": 700}


def test_without_a_word_it_is_an_anonymous_account_like_any_other() -> None:
    with fake() as http:
        made = http.post("/_mock/accounts", json={}).json()
        assert made["user_id"].startswith("anon_")
        assert (made["available"], made["scopes"], made["expires_at"]) == (100, ["read", "write", "upload"], None)
        assert made["token"].startswith("nmv_usr_")
        assert len(made["token"]) == 51


def test_accounts_without_a_given_name_repeat_and_differ() -> None:
    seen: list[list[str]] = []
    for _ in range(2):
        with fake() as http:
            seen.append([http.post("/_mock/accounts", json={}).json()["token"] for _ in range(3)])
    assert seen[0] == seen[1]
    assert len(set(seen[0])) == 3


def test_an_account_may_meet_another_profile_and_lack_a_plan() -> None:
    with fake() as http:
        wishes = {"user_id": "user_ada", "registered": True, "plan_blocked": True, "profile": {"empty_draft": "null"}}
        token = http.post("/_mock/accounts", json=wishes).json()["token"]
        session_id = start(http, bearer(token))
        state = http.get(f"/api/state/nemo_agent/me/{session_id}/latest", headers=bearer(token)).json()["data"]["state"]
        assert state["draft"] is None
        (account,) = http.get("/_mock/accounts").json()["accounts"]
        assert account["plan_blocked"]
        assert account["profile"] == {"empty_draft": "null"}


def test_a_token_expires_at_its_given_time() -> None:
    with fake() as http:
        token = http.post("/_mock/accounts", json={"expires_in": 60}).json()["token"]
        codes = [http.get("/api/credits/balance/simple", headers=bearer(token)).json()["code"]]
        http.post("/_mock/clock/advance", json={"seconds": 60})
        codes.append(http.get("/api/credits/balance/simple", headers=bearer(token)).json()["code"])
        assert codes == [0, 1001]


def test_an_account_that_is_there_gets_another_token_and_nothing_else() -> None:
    with fake() as http:
        first = http.post("/_mock/accounts", json={"user_id": "user_ada", "credits": 5}).json()
        second = http.post("/_mock/accounts", json={"user_id": "user_ada", "scopes": ["read"]}).json()
        assert first["token"] != second["token"]
        assert second["available"] == 5
        sentence = error(http.post("/_mock/accounts", json={"user_id": "user_ada", "credits": 9}), 409)
        assert sentence == "The account user_ada exists already, so credits can't be set."
        assert http.get("/_mock/credits?account=user_ada").json()["available"] == 5


def test_a_token_that_is_taken_is_refused() -> None:
    with fake() as http:
        http.post("/_mock/accounts", json={"token": "nmv_usr_mine"})
        assert "The token is taken" in error(http.post("/_mock/accounts", json={"token": "nmv_usr_mine"}), 409)
        assert len(http.get("/_mock/accounts").json()["accounts"]) == 1


def test_no_token_is_shown_twice() -> None:
    with fake() as http:
        token = http.post("/_mock/accounts", json={}).json()["token"]
        register(http)
        shown = http.get("/_mock/accounts").text + http.get("/_mock").text + http.get("/_mock/journal").text
        assert token not in shown
        assert token[8:30] not in shown


def test_setting_credits_leaves_frozen_ones_to_the_work_that_needs_them() -> None:
    with fake() as http:
        headers = register(http)
        session_id = start(http, headers)
        http.post("/_mock/faults", json={"kind": "turn_stuck"})
        http.post("/_mock/clock/mode", json={"mode": "real"})
        body = {
            "app_name": "nemo_agent",
            "session_id": session_id,
            "new_message": {"parts": [{"text": "Generate a clip of the sea"}]},
        }
        with http.stream("POST", "/run_sse", json=body, headers=headers):
            pass
        (account,) = http.get("/_mock/accounts").json()["accounts"]
        assert (account["available"], account["frozen"]) == (0, 100)
        answer = http.post("/_mock/credits", json={"account": account["user_id"], "available": 30}).json()
        assert answer == {"account": account["user_id"], "available": 30, "frozen": 100, "total": 130}
        assert http.get("/api/credits/balance/simple", headers=headers).json()["data"]["total"] == 130


def test_an_account_without_credits_is_refused_work() -> None:
    with fake() as http:
        headers = register(http)
        session_id = start(http, headers)
        (account,) = http.get("/_mock/accounts").json()["accounts"]
        http.post("/_mock/credits", json={"account": account["user_id"], "available": 0})
        assert b'"code":2001' in say(http, headers, session_id, "Generate a clip of the sea")


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"available": 3}, 400, "account is missing"),
        ({"account": "user_ada"}, 400, "available is missing."),
        ({"account": "user_ada", "available": 3}, 404, "There is no account 'user_ada' in this world."),
        ({"account": ["x"], "available": 3}, 404, "There is no account"),
        ({"account": "user_ada", "available": 1.5}, 400, "available must be a whole number"),
        ({"account": "user_ada", "available": -1}, 400, "available must be a whole number from 0"),
        ({"account": "user_ada", "available": 1, "frozen": 0}, 400, "There is no field frozen"),
    ],
)
def test_credits_that_cannot_be_are_refused(body: dict[str, object], status: int, words: str) -> None:
    with fake() as http:
        assert error(http.post("/_mock/credits", json=body), status).startswith(words)


def test_the_table_of_test_tokens_has_all_of_them() -> None:
    with fake() as http:
        tokens = http.get("/_mock/tokens").json()["tokens"]
        assert [each["token"] for each in tokens] == [f"nmv_usr_test_{name}" for name in TOKEN_SCENARIOS]
        assert http.get("/api/credits/balance/simple", headers=bearer(tokens[0]["token"])).json()["code"] == 0

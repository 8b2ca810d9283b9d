"""What work costs, and that no credit is lost or made."""

from __future__ import annotations

import pytest

from nemovideo_mock.runtime.scenario_tokens import token_of
from nemovideo_mock.server import RunningServer
from tests.integration.evidence.caller import REEL, Caller, kinds, playing


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
    server: RunningServer, scenario: str, left: int
) -> None:
    with Caller(server, token_of(scenario)) as caller:
        session_id = caller.start()["session_id"]
        (*_, last) = caller.say(session_id, REEL)
        assert last["type"] == "error"
        assert (last["code"] == 2001) is (scenario == "runs_out")
        assert caller.credits() == (left, 0, left)


def test_no_request_of_a_long_conversation_loses_or_makes_a_credit(server: RunningServer) -> None:
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

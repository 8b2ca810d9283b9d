"""A run spends no more than it was told to; the fake, with its prices, stands in for a service that charges."""

from __future__ import annotations

import pytest

from nemovideo_contract.profiles import PROFILES, Profile
from nemovideo_contract.requirements import Cost, Expense
from nemovideo_contract.suite.bench import REEL, worst_of
from nemovideo_contract.suite.exchange import Call
from nemovideo_contract.suite.findings import Ceiling, Forbidden, redacted
from nemovideo_contract.suite.marking import Marked, checks, marked
from nemovideo_contract.suite.probing import probe
from nemovideo_contract.suite.rails import PACE_S, Rails
from nemovideo_contract.targets import Target
from tests.contract.suite.stage import benched, named

TOKEN = "nmv_usr_test_funded"
WORK = frozenset({Expense.SESSION, Expense.UPLOAD, Expense.CREDITS, Expense.RENDER})


def charging(credits: int | None) -> Target:
    """A service that charges, as far as the suite knows."""
    return Target("stand-in", "", token=TOKEN, spends=Cost(WORK, credits) if credits is not None else Cost())


def at(target: Target, url: str) -> Target:
    return Target(target.name, url, token=target.token, spends=target.spends)


def test_without_a_ceiling_only_calls_that_make_nothing_are_sent() -> None:
    with benched(Profile(), target=lambda url: at(charging(None), url)) as bench:
        for check in checks():
            bench.run(check)
        assert len(bench.checked) > 10
        sent = {call.operation for call in bench.trail if not call.vain}
        assert sent <= {"credits", "render_status", ""}
        account = bench.owner().credits()
        assert account.number("data", "total") == 25_000
        assert bench.rails.spent == 0
        assert bench.rails.calls["anonymous_token"] <= bench.rails.calls.total() / 2


def test_a_run_stops_at_its_ceiling_and_stays_stopped() -> None:
    with benched(Profile(), target=lambda url: at(charging(100), url)) as bench:
        stopped = 0
        for check in checks():
            try:
                bench.run(check)
            except Ceiling:
                stopped += 1
        assert stopped > 3
        spent = 25_000 - bench.owner().credits().number("data", "total")
        assert 0 < spent <= 100
        assert bench.rails.before == 25_000


def test_no_check_that_runs_into_a_rate_limit_or_asks_for_tokens_is_run_where_somebody_pays() -> None:
    with benched(Profile(), target=lambda url: at(charging(10_000), url)) as bench:
        for check in checks():
            found = marked(check)
            assert found is not None
            if worst_of(found).spends & {Expense.LIMIT, Expense.TOKEN}:
                assert isinstance(bench.ways(found), str)
            else:
                bench.run(check)
        assert len(bench.checked) > 100
        assert not bench.doubts


def test_a_call_that_a_check_did_not_plan_is_not_sent() -> None:
    with benched(Profile(), target=lambda url: at(charging(500), url)) as bench:
        free = Marked(("credits-read",))
        ways = bench.ways(free)
        assert not isinstance(ways, str)
        bench.begin(free, ways[0])
        with pytest.raises(Forbidden, match="not in the plan"):
            bench.caller.new_session()
        with pytest.raises(Forbidden):
            bench.caller.say("1", REEL)
        assert bench.rails.calls == {}


def test_calls_are_a_second_apart_where_somebody_pays() -> None:
    waits: list[float] = []
    rails = Rails(Cost(), sleep=waits.append)
    for _ in range(3):
        rails.permit(Call("credits", "GET", "/", {}), lambda: 0)
    assert waits == [PACE_S, PACE_S]
    near = Rails(None, sleep=waits.append)
    near.permit(Call("credits", "GET", "/", {}), lambda: 0)
    near.permit(Call("credits", "GET", "/", {}), lambda: 0)
    assert len(waits) == 2


def test_an_assumed_fact_that_production_contradicts_warns_and_does_not_fail() -> None:
    played = Profile(turn_errors="in_stream")
    with benched(played, Profile(), target=lambda url: at(charging(None), url)) as bench:
        bench.run(named("a_message_to_a_session_that_nobody_made_is_refused"))
        assert [each.requirement.id for each in bench.doubts] == ["turn-session-json"]


def test_secrets_are_in_no_finding() -> None:
    secret = "nmv_usr_" + "A" * 43
    call = Call("credits", "GET", "/api/credits/balance/simple", {}, secret)
    assert "A" * 10 not in call.curl() + repr(call)
    assert '"Authorization: Bearer $NEMO_TOKEN"' in call.curl()
    assert redacted(f"{secret} clm_abc {TOKEN}") == f"*** *** {TOKEN}"


@pytest.mark.parametrize("name", PROFILES)
def test_the_profile_is_found_out_by_asking(name: str) -> None:
    with benched(PROFILES[name], Profile()) as bench:
        found = probe(bench, None)
        assert found.name == name
        assert {key: getattr(PROFILES[name], key) for key in found.seen} == found.seen
        wrong = probe(bench, "adk" if name != "adk" else "seeds")
        assert "events" in wrong.contradictions

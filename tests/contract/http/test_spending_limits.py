"""A run spends no more than the user allowed; here the fake, with its prices, plays a service that charges."""

from __future__ import annotations

import pytest

from nemovideo_contract.http.errors import CallNotAllowed, SpendingLimitReached, redact_text
from nemovideo_contract.http.exchange import Answer, Call
from nemovideo_contract.http.spending_limits import PACE_S, SpendingLimits
from nemovideo_contract.openapi import possible_operations
from nemovideo_contract.profiles import PROFILES, Profile
from nemovideo_contract.requirements import REQUIREMENTS, Cost, Expense
from nemovideo_contract.suite.check_runner import run_check
from nemovideo_contract.suite.checks import checks
from nemovideo_contract.suite.marks import CheckMarks, find_marks
from nemovideo_contract.suite.messages import REEL
from nemovideo_contract.suite.profile_detection import detect_profile
from nemovideo_contract.targets import Target
from tests.contract.suite.stage import context_on_fake, named

TOKEN = "nmv_usr_test_funded"
WORK = frozenset({Expense.SESSION, Expense.UPLOAD, Expense.CREDITS, Expense.RENDER})


def charging(credits: int | None) -> Target:
    """A service that charges, as far as the suite knows."""
    return Target("stand-in", "", token=TOKEN, spends=Cost(WORK, credits) if credits is not None else Cost())


def at(target: Target, url: str) -> Target:
    return Target(target.name, url, token=target.token, spends=target.spends)


def test_without_a_ceiling_only_calls_that_make_nothing_are_sent() -> None:
    with context_on_fake(Profile(), target=lambda url: at(charging(None), url)) as context:
        outcomes = [run_check(context, check).verdict for check in checks()]
        assert set(outcomes) == {"passed", "skipped"}
        assert len(context.checked) >= 8
        account = context.owner().credits()
        assert account.number("data", "total") == 25_000
        assert context.spending.spent == 0
        assert context.spending.calls["anonymous_token"] == 0


def test_a_run_stops_at_its_ceiling_and_stays_stopped() -> None:
    with context_on_fake(Profile(), target=lambda url: at(charging(100), url)) as context:
        words = [run_check(context, check).words for check in checks()]
        assert sum("The run may spend 100" in each for each in words) > 3
        spent = 25_000 - context.owner().credits().number("data", "total")
        assert 0 < spent <= 100
        assert context.spending.before == 25_000


def test_no_check_that_runs_into_a_rate_limit_or_asks_for_tokens_is_run_where_somebody_pays() -> None:
    with context_on_fake(Profile(), target=lambda url: at(charging(10_000), url)) as context:
        for check in checks():
            found = find_marks(check)
            assert found is not None
            if found.worst_cost.spends & {Expense.LIMIT, Expense.TOKEN}:
                assert isinstance(context.approaches(found), str)
            else:
                outcome = run_check(context, check)
                assert outcome.verdict != "failed", outcome.words
                assert "not in the plan" not in outcome.words
        assert len(context.checked) > 100
        assert not context.server.doubts


def test_a_call_that_a_check_did_not_plan_is_not_sent() -> None:
    with context_on_fake(Profile(), target=lambda url: at(charging(500), url)) as context:
        free = CheckMarks(("credits-read",))
        ways = context.approaches(free)
        assert not isinstance(ways, str)
        context.begin(free, ways[0])
        with pytest.raises(CallNotAllowed, match="not in the plan"):
            context.caller.new_session()
        with pytest.raises(CallNotAllowed):
            context.caller.say("1", REEL)
        assert context.spending.calls == {}


def test_calls_are_a_second_apart_where_somebody_pays() -> None:
    waits: list[float] = []
    spending = SpendingLimits(Cost(), sleep=waits.append)
    for _ in range(3):
        spending.permit(Call("credits", "GET", "/", {}), lambda: 0)
    assert waits == [PACE_S, PACE_S]
    near = SpendingLimits(None, sleep=waits.append)
    near.permit(Call("credits", "GET", "/", {}), lambda: 0)
    near.permit(Call("credits", "GET", "/", {}), lambda: 0)
    assert len(waits) == 2


def test_an_assumed_fact_that_production_contradicts_warns_and_does_not_fail() -> None:
    played = Profile(turn_errors="in_stream")
    with context_on_fake(played, Profile(), target=lambda url: at(charging(10), url)) as context:
        context.run(named("a_message_to_an_unknown_session_is_refused"))
        assert [each.requirement.id for each in context.server.doubts] == ["turn-session-json"]


def test_secrets_are_in_no_finding() -> None:
    secret = "nmv_usr_" + "A" * 43
    call = Call("credits", "GET", "/api/credits/balance/simple", {}, secret)
    assert "A" * 10 not in call.curl() + repr(call)
    assert '"Authorization: Bearer $NEMO_TOKEN"' in call.curl()
    assert redact_text(f"{secret} clm_abc {TOKEN}") == f"nmv_usr_*** clm_*** {TOKEN}"


def test_a_token_of_any_shape_is_in_no_finding() -> None:
    own = "sk-live.4f+x/y="
    echo = Answer(Call("credits", "GET", "/x", {}, own), 401, {"content-type": f"text/{own}"}, f"no {own}!".encode(), 0)
    assert "4f" not in echo.describe()
    assert echo.describe().endswith("no ***!")
    late = Answer(echo.call, 401, {"content-type": "text/plain"}, b"x" * 595 + b" " + own.encode(), 0.0)
    assert "sk-live" not in late.describe()
    with context_on_fake(Profile(), target=lambda url: Target("own", url, token=own, spends=None)) as context:
        context.owner()
        found = context.server.finding(REQUIREMENTS["credits-read"], f"not {own}", f"a {own}")
    assert own not in str(found)
    assert "came:     a ***" in str(found)


@pytest.mark.parametrize("name", PROFILES)
def test_the_profile_is_found_out_by_asking(name: str) -> None:
    with context_on_fake(PROFILES[name], Profile()) as context:
        found = detect_profile(context, None)
        assert found.name == name
        assert {key: getattr(PROFILES[name], key) for key in found.seen} == found.seen
        wrong = detect_profile(context, "adk" if name != "adk" else "seeds")
        assert "events" in wrong.contradictions


# --- what a server that charges is not trusted with -----------------------------------------------------------------


def limits_of(spends: Cost) -> SpendingLimits:
    return SpendingLimits(spends, token=TOKEN, sleep=lambda _: None, worst=Cost(WORK, 50))


PATHS = {
    "create_session": "/api/tasks/me/with-session/nemo_agent",
    "upload": "/api/upload-video/nemo_agent/me/1",
    "run_sse": "/run_sse",
    "submit_render": "/api/render/proxy/lambda",
    "anonymous_token": "/api/auth/anonymous-token",
}


def call(operation: str, token: str | None = TOKEN, *, expect_refusal: bool = False) -> Call:
    return Call(operation, "POST", PATHS[operation], {}, token, expect_refusal=expect_refusal)


@pytest.mark.parametrize("operation", ["create_session", "upload", "run_sse", "submit_render"])
def test_a_call_with_the_token_that_can_only_be_refused_needs_leave_all_the_same(operation: str) -> None:
    with pytest.raises(CallNotAllowed, match="which this run may not spend"):
        limits_of(Cost()).permit(call(operation, expect_refusal=True), lambda: 100)
    for token in (None, "nmv_usr_" + "x" * 43):
        limits_of(Cost()).permit(call(operation, token, expect_refusal=True), lambda: 100)
    limits_of(Cost(WORK, 5)).permit(call(operation, expect_refusal=True), lambda: 100)


@pytest.mark.parametrize("expect_refusal", [True, False])
def test_no_token_is_asked_for_without_leave_however_oddly(*, expect_refusal: bool) -> None:
    with pytest.raises(CallNotAllowed, match="an anonymous token"):
        limits_of(Cost(WORK, 500)).permit(call("anonymous_token", None, expect_refusal=expect_refusal), lambda: 100)


def test_reserved_credits_count_as_spent() -> None:
    spending = limits_of(Cost(WORK, 100))
    available = iter([1000, 950, 900])
    spending.permit(call("run_sse"), lambda: next(available))
    spending.permit(call("run_sse"), lambda: next(available))
    with pytest.raises(SpendingLimitReached, match=r"may cost 50 credits\. The run may spend 100, and has spent 100"):
        spending.permit(call("run_sse"), lambda: next(available))
    with pytest.raises(SpendingLimitReached):
        spending.permit(call("run_sse"), lambda: 1000)
    assert spending.calls == {"run_sse": 2}


def test_a_message_in_vain_is_paid_for_as_talk_is() -> None:
    spending = limits_of(Cost(WORK, 4))
    with pytest.raises(SpendingLimitReached, match=r"may cost 5 credits\. The run may spend 4, and has spent 0"):
        spending.permit(call("run_sse", expect_refusal=True), lambda: 1000)


def test_a_server_that_says_it_is_asked_too_often_is_left_alone() -> None:
    spending = limits_of(Cost(WORK, 100))
    spending.heard(Answer(Call("credits", "GET", "/api/credits", {}), 429, {}, b"", 0.0))
    with pytest.raises(CallNotAllowed, match="GET /api/credits was answered with 429"):
        spending.permit(Call("credits", "GET", "/", {}), lambda: 100)
    near = SpendingLimits(None)
    near.heard(Answer(Call("credits", "GET", "/api/credits", {}), 429, {}, b"", 0.0))
    near.permit(Call("credits", "GET", "/", {}), lambda: 100)


def test_after_a_token_too_many_no_other_is_asked_for_and_the_rest_goes_on() -> None:
    spending = limits_of(Cost(WORK | {Expense.TOKEN}, 100))
    spending.worst = Cost(frozenset({Expense.TOKEN}))
    spending.permit(call("anonymous_token", None), lambda: 100)
    spending.heard(Answer(call("anonymous_token", None), 429, {}, b"", 0.0))
    with pytest.raises(CallNotAllowed, match="an anonymous token"):
        spending.permit(call("anonymous_token", None), lambda: 100)
    spending.permit(Call("credits", "GET", "/", {}), lambda: 100)


def test_credits_are_known_to_be_gone_only_by_the_balance() -> None:
    spending = SpendingLimits(Cost())
    assert spending.spent == 0
    spending.note(100)
    spending.note(130)
    assert (spending.before, spending.last, spending.spent) == (100, 130, 0)


@pytest.mark.parametrize("path", ["/run_sse", "/run%5Fsse", "/run_sse?x=1", "/r%75n_sse#state"])
def test_a_message_is_paid_for_whatever_its_caller_takes_it_for(path: str) -> None:
    for operation in ("", "state", "credits"):
        with pytest.raises(CallNotAllowed, match="a message, which this run may not spend"):
            limits_of(Cost()).permit(Call(operation, "POST", path, {}, TOKEN), lambda: 100)


@pytest.mark.parametrize("path", ["/run_sse/", "/RUN_SSE", "/api/../run_sse", "/run%255Fsse", "/x", ""])
def test_a_call_that_no_document_knows_is_not_sent_where_somebody_pays(path: str) -> None:
    for method in ("POST", "PUT", "DELETE"):
        with pytest.raises(CallNotAllowed, match="is not a documented call"):
            limits_of(Cost(WORK, 500)).permit(Call("state", method, path, {}, TOKEN), lambda: 1000)
    limits_of(Cost()).permit(Call("", "GET", path, {}, TOKEN), lambda: 1000)
    SpendingLimits(None).permit(Call("", "POST", path, {}, TOKEN), lambda: 1000)


def test_an_encoded_slash_may_be_part_of_a_name_or_a_slash() -> None:
    submit = "/api/render/proxy%2Flambda"
    assert possible_operations("POST", submit) == {"submit_render"}
    assert possible_operations("POST", "/api/render/proxy/lambda/a%2Fb/cancel") == {"cancel_render"}
    assert possible_operations("GET", "/api/render/proxy/lambda/a%2Fb") == {"render_status"}
    assert possible_operations("GET", submit) == frozenset()


def test_credits_that_come_in_meanwhile_hide_nothing_that_goes() -> None:
    spending = limits_of(Cost(WORK, 60))
    spending.permit(call("run_sse"), lambda: 1000)
    with pytest.raises(SpendingLimitReached, match="The run may spend 60, and has spent 50"):
        spending.permit(call("run_sse"), lambda: 1950)
    assert (spending.spent, spending.topped_up) == (50, True)
    seen = limits_of(Cost(WORK, 150))
    readings = iter((1000, 950, 1400))
    for _ in range(3):
        seen.permit(call("run_sse"), lambda: next(readings))
    assert seen.spent == 100


def test_a_message_whose_price_was_not_read_yet_is_known_to_be_unread() -> None:
    spending = limits_of(Cost(WORK, 60))
    spending.permit(call("run_sse"), lambda: 1000)
    assert (spending.spent, spending.unread) == (0, 50)
    spending.note(950)
    assert (spending.spent, spending.unread) == (50, 0)


def test_credits_that_are_reserved_for_running_work_are_not_available() -> None:
    with context_on_fake(Profile()) as context:
        caller = context.owner()
        session_id = caller.new_session()
        caller.upload(session_id)
        before = context.server.available()
        with caller.open_upload(caller.new_session()), caller.open_stream(session_id, REEL):
            during = context.server.available()
        assert (before, during) == (25_000, 24_950)

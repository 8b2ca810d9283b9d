"""What is too slow is in doubt, with the wait that ran out; what the service's own clock shows is contradicted."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import replace

import pytest

from nemovideo_contract.http.driver import FAR, NEAR, Driver
from nemovideo_contract.http.errors import InDoubt
from nemovideo_contract.http.exchange import Answer, Call
from nemovideo_contract.http.spending_limits import SpendingLimits
from nemovideo_contract.profiles import Profile
from nemovideo_contract.suite import waiting
from nemovideo_contract.suite.check_runner import run_check
from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.first_look import pace
from nemovideo_contract.suite.marks import requirement
from nemovideo_contract.suite.messages import REEL, new_render_id
from nemovideo_contract.suite.profile_detection import detect_profile
from nemovideo_contract.suite.waiting import SIGN_S, can_wait, clock_jumps, wait_until
from nemovideo_contract.targets import fake
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from tests.contract.suite.defects.catalogue import DEFECTS
from tests.contract.suite.defects.matrix import staged
from tests.contract.suite.stage import context_on_fake, named


@pytest.fixture
def context() -> Generator[Context]:
    with context_on_fake(Profile()) as context:
        context.caller = context.owner()
        yield context


@pytest.fixture
def slow(context: Context) -> Context:
    """A context whose account has exports that never end."""
    context.caller = context.account("render_stuck")
    return context


def export_without_end(context: Context) -> str:
    made = context.caller.made
    render_id = new_render_id()
    context.caller.submit(made.session_id, made.draft, id=render_id)
    return render_id


def test_an_export_without_end_is_one_where_the_services_own_clock_shows_that_its_time_is_over(slow: Context) -> None:
    polls = slow.caller.poll_to_end(export_without_end(slow))
    assert polls[-1].text("status") == "processing"


@pytest.mark.parametrize("pace", ["unhurried", "hurried"])
def test_an_export_that_is_under_way_where_time_goes_by_as_here_is_in_doubt(slow: Context, pace: str) -> None:
    setattr(slow.server, pace, True)
    with pytest.raises(InDoubt) as found:
        slow.caller.poll_to_end(export_without_end(slow))
    assert re.match(r"the end of an export did not come within \d+ s; last seen: HTTP 200 ", found.value.words)
    assert '"status":"processing"' in found.value.words


def test_an_export_that_the_server_is_at_work_on_is_in_doubt_whatever_its_clock_shows(
    slow: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clock_jumps(slow.server, 300)
    monkeypatch.setattr(waiting, "PROMPT_S", 0.0)  # every answer is one that was worked on
    with pytest.raises(InDoubt, match="the end of an export"):
        slow.caller.poll_to_end(export_without_end(slow))


def test_the_time_that_answers_take_counts_as_waited(context: Context) -> None:
    calls: list[int] = []

    def over() -> bool:
        answer = context.caller.credits()
        calls.append(1)
        answer.seconds += 50.0  # so long it would have taken
        return False

    context.server.unhurried = True
    with pytest.raises(InDoubt, match="it did not come within 100 s"):
        wait_until(context.server, over, 30, 10, "it")
    assert len(calls) == 2


def test_work_that_is_over_and_has_brought_nothing_about_is_no_matter_of_time(context: Context) -> None:
    context.server.unhurried = True
    state = context.caller.wait_for_work(context.caller.new_session(), lambda _: False)
    assert state.code == 0


@pytest.mark.parametrize(
    ("patience", "spared"), [(replace(NEAR, stream=0.0), ""), (replace(FAR, stream=900.0), "spared")]
)
def test_a_stream_is_late_where_less_was_waited_than_the_documents_say(
    context: Context,
    patience: object,
    spared: str,
) -> None:
    assert isinstance(patience, type(NEAR))
    context.driver.patience = patience
    caller = context.caller
    session_id = caller.new_session()
    caller.upload(session_id)
    if spared:
        assert not caller.say(session_id, REEL).late
        return
    with pytest.raises(InDoubt) as found:
        caller.say(session_id, REEL)
    assert found.value.words.startswith(
        "POST /run_sse took too long: it has not ended after 0 s; last seen: HTTP 200 text/event-stream"
    )


def test_an_answer_that_is_late_is_in_doubt_and_one_that_broke_off_is_not(context: Context) -> None:
    call = Call("credits", "GET", "/x", {})
    late = Answer(call, 0, {}, b"", 30.0, broken="nothing came in time (ReadTimeout)", late=True)
    with pytest.raises(InDoubt, match=r"^GET /x took too long: nothing came in time \(ReadTimeout\)$"):
        context.server.check_whole(late)
    with pytest.raises(AssertionError, match="a whole answer"):
        context.server.check_whole(replace(late, late=False))


@requirement("credits-frozen", "credits-read")
def looks_too_late(context: Context) -> None:
    first, later = context.caller.credits(), context.caller.credits()
    context.must("credits-read", first.code == 0, "a balance")
    context.doubt_if_missed("credits-frozen", None, "it may have been over", first, later)
    context.must("credits-frozen", None, "something frozen", "nothing")


def test_a_passing_state_is_in_doubt_on_a_server_that_works_faster_than_the_documents(
    context: Context,
) -> None:
    assert run_check(context, looks_too_late).verdict == "failed"
    context.server.hurried = True
    outcome = run_check(context, looks_too_late)
    assert (outcome.verdict, outcome.unsure) == ("doubted", ("credits-frozen",))
    assert outcome.words == "it may have been over, as the target works faster than the documents say"


def test_an_export_that_has_gone_on_at_its_first_answer_is_in_doubt_on_a_server_that_works_faster() -> None:
    goes_forward = named("an_export_goes_forward_to_its_end")
    with staged(DEFECTS["render-begins"]) as stage:
        spending = SpendingLimits(None, sleep=lambda _: None)
        context = Context(stage.defect.target(stage.server.url), stage.driver, spending, stage.defect.profile)
        found = run_check(context, goes_forward)
        assert (found.verdict, found.rule) == ("failed", "render-begins")
        context.server.hurried = True
        found = run_check(context, goes_forward)
    assert (found.verdict, found.unsure) == ("doubted", ("render-begins",))


def test_the_heartbeats_that_a_check_waits_for_come_within_the_patience_for_a_stream() -> None:
    with context_on_fake(Profile()) as context:
        assert run_check(context, named("a_stuck_turn_sends_only_heartbeats")).verdict == "passed"
        heard = max(len(answer.signs) for answer in context.server.came)
    assert heard * SIGN_S < NEAR.stream


def test_what_shows_only_meanwhile_is_in_doubt_if_the_services_time_went_on_in_between(context: Context) -> None:
    @requirement("credits-frozen")
    def looks_after_a_turn(context: Context) -> None:
        begun = context.caller.credits()
        context.caller.reel()
        context.doubt_if_missed("credits-frozen", None, "it may have been over", begun, context.caller.credits())

    outcome = run_check(context, looks_after_a_turn)
    assert (outcome.verdict, outcome.unsure) == ("doubted", ("credits-frozen",))
    assert re.fullmatch(r"it may have been over, as \d\d s of the service's time passed in between", outcome.words)


def test_a_limit_that_is_longer_than_a_run_waits_is_in_doubt_where_time_goes_by_as_here() -> None:
    with context_on_fake(Profile(stream_limit=600)) as context:
        check = named("a_stuck_turn_sends_only_heartbeats")
        assert run_check(context, check).verdict == "passed"
        context.server.unhurried = True
        outcome = run_check(context, check)
        assert (outcome.verdict, outcome.unsure) == ("doubted", ("turn-stream-limit",))
        assert outcome.words == "The server ends such a stream after 600 s, and a run waits for 120 s here"
        assert can_wait(context.server, 60)
        with pytest.raises(InDoubt, match="It shows after 3600 s"):
            can_wait(context.server, 3600)


def test_exports_that_a_check_leaves_under_way_are_given_up_after_it(context: Context) -> None:
    @requirement("render-submit")
    def leaves_one(context: Context) -> None:
        context.must("render-submit", export_without_end(context), "an export")

    outcome = run_check(context, leaves_one)
    assert (outcome.verdict, outcome.calls["submit_render"], "cancel_render" in outcome.calls) == ("passed", 1, False)
    assert context.server.leftovers.under_way == {}
    assert context.spending.calls["cancel_render"] == 1


@pytest.mark.parametrize(
    ("seconds", "told", "took", "found"),
    [
        (0.2, 30.0, 0.2, (False, False)),  # a virtual clock
        (12.0, 30.0, 9.0, (False, False)),  # the same on a busy machine
        (0.03, 0.02, 0.03, (False, True)),  # a thousand times as fast as documented
        (3.0, 2.9, 3.0, (True, True)),  # ten times
        (30.0, None, 30.0, (True, False)),  # as documented
        (0.2, None, 0.2, (False, False)),  # nothing is known
    ],
)
def test_the_pace_of_a_target_is_told_by_its_own_clock_too(
    seconds: float, told: float | None, took: float, found: tuple[bool, bool]
) -> None:
    assert pace(seconds, told, took) == found


@pytest.mark.parametrize(("speed", "found"), [(1.0, (False, False)), (1000.0, (False, True))])
def test_the_records_of_the_kit_tell_how_fast_a_fake_works(speed: float, found: tuple[bool, bool]) -> None:
    settings = Settings(quality="stub", clock="virtual", speed=speed)
    with running(settings) as server, Driver(server.url) as driver:
        context = Context(fake(server.url), driver, SpendingLimits(None), Profile())
        detect_profile(context, None)
        assert (context.server.unhurried, context.server.hurried) == found

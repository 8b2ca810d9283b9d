"""Every check has an outcome, whatever it raises; several checks run at once if each has its own context."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import ExitStack

import httpx
import pytest

from nemovideo_contract.http.driver import Driver
from nemovideo_contract.http.errors import SpendingLimitReached, Unreachable
from nemovideo_contract.http.spending_limits import SpendingLimits
from nemovideo_contract.profiles import Profile
from nemovideo_contract.suite import test_properties
from nemovideo_contract.suite.check_runner import CheckOutcome, WorkerPool, run_check, sum_calls
from nemovideo_contract.suite.checks import checks
from nemovideo_contract.suite.context import Check, Context
from nemovideo_contract.suite.marks import requirement
from nemovideo_contract.suite.test_properties import ENGINE, draws_examples
from nemovideo_contract.suite.worlds import Worlds
from nemovideo_contract.targets import fake
from tests.contract.suite.stage import context_on_fake, named
from tests.guards import HANG_S


@requirement("credits-read")
def passes(context: Context) -> None:
    context.must("credits-read", context.caller.credits().code == 0, "a balance")


@requirement("credits-read")
def differs(context: Context) -> None:
    context.must("credits-read", context.caller.credits().code == 5, "code 5", "another")


@requirement("credits-read")
def stumbles(context: Context) -> None:
    context.caller.credits()
    raise KeyError("nmv_usr_" + "S" * 43)


@requirement("credits-read")
def fails_by_itself(context: Context) -> None:
    context.caller.credits()
    raise SystemError("AST constructor recursion depth mismatch (before=18, after=12)")


@requirement("credits-read")
def is_too_dear(context: Context) -> None:
    raise SpendingLimitReached(f"too dear for {context.target.name}")


@requirement("credits-read")
def finds_nobody(context: Context) -> None:
    raise Unreachable(f"{context.target.base_url} is gone")


@requirement("credits-read", "credits-sum")
def runs_out_of_patience(context: Context) -> None:
    raise context.server.doubt(f"waited for {context.target.name}", ("credits-sum",))


@requirement("token-endless")
def holds_elsewhere(context: Context) -> None:
    raise NotImplementedError


@pytest.fixture
def context() -> Generator[Context]:
    with context_on_fake(Profile()) as context:
        yield context


@pytest.mark.parametrize(
    ("check", "verdict", "words"),
    [
        (passes, "passed", ""),
        (differs, "failed", "expected: code 5"),
        (is_too_dear, "skipped", "too dear for mock"),
        (finds_nobody, "gone", "is gone"),
        (runs_out_of_patience, "doubted", "waited for mock"),
        (fails_by_itself, "doubted", "The suite itself failed, which says nothing about the server"),
        (holds_elsewhere, "skipped", "It holds only with token_expiry=never"),
    ],
)
def test_each_end_of_a_check_is_an_outcome(context: Context, check: Check, verdict: str, words: str) -> None:
    outcome = run_check(context, check)
    assert outcome.verdict == verdict
    assert words in outcome.words


def test_one_check_at_a_time_uses_hypothesis_and_no_check_holds_it_while_it_waits_for_the_server(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside: list[str] = []
    met = threading.Barrier(3, timeout=HANG_S)

    def drawing(name: str) -> Check:
        @requirement("credits-read")
        @draws_examples
        def check(context: Context) -> None:
            inside.append(name)
            assert ENGINE.locked()
            assert inside == [name]
            inside.remove(name)
            context.caller.credits()
            assert ENGINE.locked()
            context.spending.sleep(0)
            context.must("credits-read", not inside, "no other check at work")

        check.__name__ = name
        return check

    def send(self: httpx.Client, request: httpx.Request, *, stream: bool) -> httpx.Response:
        met.wait()  # three calls wait for the server at once
        return usual(self, request, stream=stream)

    usual = httpx.Client.send
    with ExitStack() as stack:
        contexts: list[Context] = []
        for _ in range(3):
            url = Worlds(context.driver.base_url).make()
            assert url is not None
            contexts.append(Context(fake(url), stack.enter_context(Driver(url)), SpendingLimits(None), Profile()))
        monkeypatch.setattr(httpx.Client, "send", send)
        checks = [drawing(name) for name in ("one", "two", "three")]
        worker_pool = WorkerPool(contexts, checks)
        assert [worker_pool.outcome(each).words for each in checks] == [""] * 3


def test_every_check_that_uses_hypothesis_takes_its_turn() -> None:
    drawing = [each for each in checks() if each.__module__ == test_properties.__name__]
    assert drawing
    assert all(hasattr(each, "__wrapped__") for each in drawing)


def test_a_check_that_stumbles_says_where_and_how_to_repeat_it_without_secrets_or_traceback(context: Context) -> None:
    outcome = run_check(context, stumbles)
    assert outcome.verdict == "failed"
    assert outcome.words.startswith("The check can't read the answer: KeyError: 'nmv_usr_***' (at ")
    assert "repeat:  curl -sS" in outcome.words
    assert "Traceback" not in outcome.words
    assert (outcome.calls, outcome.rule) == ({"credits": 1}, None)
    assert run_check(context, differs).rule == "credits-read"


def test_several_benches_make_as_many_checks_at_once_and_each_outcome_is_its_checks(context: Context) -> None:
    met = threading.Barrier(3, timeout=HANG_S)

    def meeting(name: str) -> Check:
        @requirement("credits-read")
        def check(context: Context) -> None:
            met.wait()
            context.must("credits-read", context.caller.credits().code == 0, "a balance")

        check.__name__ = name
        return check

    checks = [meeting("one"), meeting("two"), meeting("three")]
    with ExitStack() as stack:
        contexts: list[Context] = []
        worlds = Worlds(context.driver.base_url)
        for _ in range(3):
            url = worlds.make()
            assert url is not None
            driver = stack.enter_context(Driver(url))
            contexts.append(Context(fake(url), driver, SpendingLimits(None), Profile()))
        worker_pool = WorkerPool(contexts, checks)
        assert [worker_pool.outcome(each) for each in reversed(checks)] == [
            CheckOutcome("passed", calls={"credits": 1})
        ] * 3
        assert sum_calls(contexts) == {"credits": 3}


def test_a_crew_that_is_stopped_begins_no_other_check(context: Context) -> None:
    begun, go_on = threading.Event(), threading.Event()

    @requirement("credits-read")
    def first(context: Context) -> None:
        del context
        begun.set()
        assert go_on.wait(HANG_S)

    worker_pool = WorkerPool([context], [first, named("a_balance_is_three_whole_numbers_and_does_not_change")])
    assert begun.wait(HANG_S)
    worker_pool.stop()
    go_on.set()
    assert worker_pool.outcome(first).verdict == "passed"
    left = worker_pool.outcome(named("a_balance_is_three_whole_numbers_and_does_not_change"))
    assert (left.verdict, left.words) == ("skipped", "The run ended before it.")


def test_a_world_of_ones_own_is_another_each_time_and_only_where_there_are_worlds(context: Context) -> None:
    worlds = Worlds(context.driver.base_url)
    one, two = worlds.make(), worlds.make()
    assert one is not None
    assert two is not None
    assert one != two
    lost = Worlds(f"{context.driver.base_url}/nowhere")
    assert lost.make() is None
    assert lost.names == []

"""What comes of a check is an outcome, whatever it is; several checks are made at once where each has a bench."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import ExitStack

import pytest

from nemovideo_contract.http.driver import Driver
from nemovideo_contract.http.errors import Ceiling, Unreachable
from nemovideo_contract.http.spending_limits import Rails
from nemovideo_contract.profiles import Profile
from nemovideo_contract.suite.context import Bench
from nemovideo_contract.suite.marks import Check, requirement
from nemovideo_contract.suite.outcomes import Crew, Outcome, attempt, summed
from nemovideo_contract.suite.worlds import Worlds
from nemovideo_contract.targets import fake
from tests.contract.suite.stage import benched, named
from tests.guards import HANG_S


@requirement("credits-read")
def passes(bench: Bench) -> None:
    bench.must("credits-read", bench.caller.credits().code == 0, "a balance")


@requirement("credits-read")
def differs(bench: Bench) -> None:
    bench.must("credits-read", bench.caller.credits().code == 5, "code 5", "another")


@requirement("credits-read")
def stumbles(bench: Bench) -> None:
    bench.caller.credits()
    raise KeyError("nmv_usr_" + "S" * 43)


@requirement("credits-read")
def is_too_dear(bench: Bench) -> None:
    raise Ceiling(f"too dear for {bench.target.name}")


@requirement("credits-read")
def finds_nobody(bench: Bench) -> None:
    raise Unreachable(f"{bench.target.base_url} is gone")


@requirement("credits-read", "credits-sum")
def runs_out_of_patience(bench: Bench) -> None:
    raise bench.doubt(f"waited for {bench.target.name}", ("credits-sum",))


@requirement("token-endless")
def holds_elsewhere(bench: Bench) -> None:
    raise NotImplementedError


@pytest.fixture
def bench() -> Generator[Bench]:
    with benched(Profile()) as bench:
        yield bench


@pytest.mark.parametrize(
    ("check", "verdict", "words"),
    [
        (passes, "passed", ""),
        (differs, "failed", "expected: code 5"),
        (is_too_dear, "skipped", "too dear for mock"),
        (finds_nobody, "gone", "is gone"),
        (runs_out_of_patience, "doubted", "waited for mock"),
        (holds_elsewhere, "skipped", "It holds where token_expiry=never"),
    ],
)
def test_each_end_of_a_check_is_an_outcome(bench: Bench, check: Check, verdict: str, words: str) -> None:
    outcome = attempt(bench, check)
    assert outcome.verdict == verdict
    assert words in outcome.words


def test_a_check_that_stumbles_says_where_and_how_to_repeat_it_without_secrets_or_traceback(bench: Bench) -> None:
    outcome = attempt(bench, stumbles)
    assert outcome.verdict == "failed"
    assert outcome.words.startswith("The check can't make sense of what came: KeyError: '***' (at ")
    assert "repeat:  curl -sS" in outcome.words
    assert "Traceback" not in outcome.words
    assert (outcome.calls, outcome.rule) == ({"credits": 1}, None)
    assert attempt(bench, differs).rule == "credits-read"


def test_several_benches_make_as_many_checks_at_once_and_each_outcome_is_its_checks(bench: Bench) -> None:
    met = threading.Barrier(3, timeout=HANG_S)

    def meeting(name: str) -> Check:
        @requirement("credits-read")
        def check(bench: Bench) -> None:
            met.wait()
            bench.must("credits-read", bench.caller.credits().code == 0, "a balance")

        check.__name__ = name
        return check

    checks = [meeting("one"), meeting("two"), meeting("three")]
    with ExitStack() as stack:
        benches: list[Bench] = []
        worlds = Worlds(bench.driver.base_url)
        for _ in range(3):
            url = worlds.make()
            assert url is not None
            driver = stack.enter_context(Driver(url))
            benches.append(Bench(fake(url), driver, Rails(None), Profile()))
        crew = Crew(benches, checks)
        assert [crew.outcome(each) for each in reversed(checks)] == [Outcome("passed", calls={"credits": 1})] * 3
        assert summed(benches) == {"credits": 3}


def test_a_crew_that_is_stopped_begins_no_other_check(bench: Bench) -> None:
    begun, go_on = threading.Event(), threading.Event()

    @requirement("credits-read")
    def first(bench: Bench) -> None:
        del bench
        begun.set()
        assert go_on.wait(HANG_S)

    crew = Crew([bench], [first, named("a_balance_is_three_whole_numbers_and_stands_still")])
    assert begun.wait(HANG_S)
    crew.stop()
    go_on.set()
    assert crew.outcome(first).verdict == "passed"
    left = crew.outcome(named("a_balance_is_three_whole_numbers_and_stands_still"))
    assert (left.verdict, left.words) == ("skipped", "The run ended before it.")


def test_a_world_of_ones_own_is_another_each_time_and_only_where_there_are_worlds(bench: Bench) -> None:
    worlds = Worlds(bench.driver.base_url)
    one, two = worlds.make(), worlds.make()
    assert one is not None
    assert two is not None
    assert one != two
    lost = Worlds(f"{bench.driver.base_url}/nowhere")
    assert lost.make() is None
    assert lost.names == []

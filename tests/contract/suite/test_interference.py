"""What stands between the suite and the service is named once, and no requirement is contradicted because of it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

from nemovideo_contract import machine
from nemovideo_contract.http.driver import Driver
from nemovideo_contract.http.exchange import Answer, Call
from nemovideo_contract.http.spending_limits import SpendingLimits
from nemovideo_contract.profiles import Profile
from nemovideo_contract.suite import first_look
from nemovideo_contract.suite.check_runner import CheckOutcome, run_check
from nemovideo_contract.suite.checks import checks
from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.first_look import runs_as_here
from nemovideo_contract.suite.marks import requirement
from nemovideo_contract.suite.messages import ATTRIBUTION
from nemovideo_contract.suite.profile_detection import NotTheService, detect_profile
from nemovideo_contract.targets import fake
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from tests.contract.suite.proxies import (
    Manner,
    Reply,
    breaks_once,
    buffers,
    compresses,
    doubles,
    fails_once,
    proxy,
    removes,
    rewrites,
)
from tests.contract.suite.stage import context_on_fake, named

CALL = Call("credits", "GET", "/api/credits/balance/simple", {})


@contextmanager
def looking_through(manner: Manner, settings: Settings | None = None) -> Generator[Context]:
    """Yield a context that has taken its first look at a fake through a proxy."""
    with (
        running(settings or Settings(quality="stub", clock="virtual")) as server,
        proxy(server.url, manner) as url,
        Driver(url) as driver,
    ):
        context = Context(fake(url), driver, SpendingLimits(None, sleep=lambda _: None), Profile())
        context.use_profile(detect_profile(context, None).profile)
        yield context


def outcomes(context: Context, *names: str) -> dict[str, CheckOutcome]:
    """Run checks and return their outcomes."""
    return {name: run_check(context, named(name)) for name in names}


def verdicts(context: Context, *names: str) -> list[str]:
    """Run checks and return their verdicts."""
    return [each.verdict for each in outcomes(context, *names).values()]


FROZEN = "the_price_of_work_is_frozen_and_then_spent"
TOKEN = "an_anonymous_token_is_as_the_documents_show_it"
EXPORT = "an_export_costs_nothing"
UNATTRIBUTED = "a_malformed_message_is_refused"
WEEK = "one_token_too_many_in_a_week_is_429"


def words_of(context: Context) -> list[str]:
    """Return what the first look found, in words."""
    return [each.words for each in context.server.interferences]


@pytest.mark.parametrize("manner", [Manner(), Manner(idle_s=5.0)], ids=["plain", "idle-closing"])
def test_a_proxy_that_changes_nothing_is_not_named(manner: Manner) -> None:
    with looking_through(manner) as context:
        assert words_of(context) == []
        assert verdicts(context, FROZEN) == ["passed"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_proxy_that_compresses_is_named_and_its_answers_are_read(encoding: str) -> None:
    with looking_through(compresses(encoding)) as context:
        assert words_of(context) == [f"It compresses answers (Content-Encoding: {encoding}); the suite decodes them."]
        assert verdicts(context, TOKEN, FROZEN) == ["passed"] * 2


def test_an_encoding_that_is_unknown_is_named_where_the_answer_can_not_be_read() -> None:
    compressing = compresses("gzip")

    def reply(reply: Reply) -> None:
        compressing.reply(reply)
        reply.replace_header("Content-Encoding", "x-own")

    with pytest.raises(NotTheService, match=r"is compressed \(x-own\), which this run can't read"):
        look_through(Manner(reply=reply))


def test_a_proxy_that_buffers_streams_is_named_and_what_shows_during_a_turn_is_in_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(first_look, "HEADERS_S", 0.1)  # no headers come before the upload ends, however long it waits
    with looking_through(buffers()) as context:
        assert [each.kind for each in context.server.interferences] == ["streams held back"]
        found = outcomes(context, FROZEN, "a_turn_whose_caller_leaves_is_handled_as_the_profile_says")
        assert {each.verdict for each in found.values()} == {"doubted"}
        assert found[FROZEN].words.startswith("It buffers streams: ")


@pytest.mark.parametrize(
    ("headed", "seconds", "found"),
    [
        (1.68, 1.7, True),
        (1.08, 1.66, False),  # a server that sends the headers with the first record
        (0.0, 30.0, False),
        (0.2, 0.2, False),  # too short to show it
    ],
)
def test_a_stream_in_real_time_that_comes_at_its_end_was_held_back(
    *, headed: float, seconds: float, found: bool
) -> None:
    assert first_look.arrives_at_once(Answer(CALL, 200, {}, b"", seconds, headed=headed)) == found


def test_a_proxy_that_holds_uploads_back_is_named() -> None:
    with looking_through(Manner(holds_uploads=True)) as context:
        assert [each.kind for each in context.server.interferences] == ["uploads held back"]
        assert verdicts(context, FROZEN) == ["doubted"]


def test_a_proxy_that_strips_the_attribution_headers_is_named_and_no_export_is_contradicted() -> None:
    with looking_through(removes(*ATTRIBUTION)) as context:
        (words,) = words_of(context)
        assert words.startswith("The attribution headers do not arrive: an export with X-Skill-Source")
        found = run_check(context, named(EXPORT))
        assert found.verdict == "doubted"
        assert found.words.startswith(f"Something between may have caused this finding. {words}\n")


def test_a_proxy_that_strips_the_client_id_is_named_and_no_rule_of_tokens_is_contradicted() -> None:
    with looking_through(removes("X-Client-Id")) as context:
        assert words_of(context) == [
            "The header X-Client-Id does not arrive: a request for a token with it is refused as one without it."
        ]
        assert verdicts(context, TOKEN, WEEK) == ["doubted"] * 2


def test_a_response_header_that_comes_twice_is_named_and_read_once() -> None:
    with looking_through(doubles("Content-Type")) as context:
        assert words_of(context) == ["The response header Content-Type comes 2 times; the suite reads it once."]
        assert verdicts(context, TOKEN, FROZEN) == ["passed"] * 2


@requirement("credits-read")
def expects_another_type(context: Context) -> None:
    answer = context.caller.credits()
    context.must("credits-read", answer.media == "text/plain", "another type", answer)


def test_a_response_header_with_two_values_is_named_and_leaves_what_it_changes_in_doubt() -> None:
    with looking_through(doubles("Content-Type", "text/plain")) as context:
        (words,) = words_of(context)
        header = "The response header Content-Type comes 2 times with different values"
        assert words == f"{header}; the suite reads the first."
        assert verdicts(context, TOKEN, FROZEN) == ["passed"] * 2
        assert run_check(context, expects_another_type).verdict == "doubted"


def test_a_proxy_that_rewrites_statuses_is_named_and_no_refusal_is_contradicted() -> None:
    with looking_through(rewrites(lambda status: 200 if status >= 400 else status)) as context:
        (words,) = words_of(context)
        assert words.startswith("It rewrites HTTP statuses: an answer with code 40")
        names = [each.__name__.removeprefix("test_") for each in checks() if "_400" in each.__name__][:3]
        assert names
        assert "failed" not in verdicts(context, *names)


@pytest.mark.parametrize("manner", [fails_once, breaks_once])
@pytest.mark.parametrize("at", [1, 9, pytest.param(4, marks=pytest.mark.slow)])
def test_one_failure_in_between_ends_neither_the_first_look_nor_a_check(
    manner: Callable[[int], Manner], at: int
) -> None:
    with looking_through(manner(at)) as context:
        assert words_of(context) == []


def test_a_gateway_that_fails_from_some_call_on_is_named_as_what_answers() -> None:
    with pytest.raises(NotTheService, match="Something in front of the service answers"):
        look_through(Manner(refuses=lambda number: number > 3))


@requirement("credits-read")
def reads_the_balance(context: Context) -> None:
    context.must("credits-read", context.caller.credits().code == 0, "a balance")


@pytest.mark.parametrize("manner", [fails_once, breaks_once])
def test_a_check_that_is_interrupted_once_runs_again(manner: Callable[[int], Manner]) -> None:
    with looking_through(Manner()) as context:
        assert run_check(context, reads_the_balance).verdict == "passed"
        with proxy(context.driver.base_url, manner(1)) as url, Driver(url) as driver:
            context.server.driver = driver
            assert run_check(context, reads_the_balance).verdict == "passed"
            assert context.server.interruptions == 1


def test_a_check_that_a_gateway_interrupts_each_time_is_in_doubt() -> None:
    with (
        looking_through(Manner()) as context,
        proxy(context.driver.base_url, Manner(refuses=lambda _: True)) as url,
        Driver(url) as driver,
    ):
        context.server.driver = driver
        found = run_check(context, reads_the_balance)
    assert found.verdict == "doubted"
    assert found.words.startswith("GET /api/credits/balance/simple was interrupted: HTTP 502 text/html")
    assert found.words.endswith(" in 3 runs of the check")


def test_a_service_that_breaks_the_same_answer_each_time_is_contradicted() -> None:
    with (
        looking_through(Manner()) as context,
        proxy(context.driver.base_url, Manner(breaks=lambda _: True)) as url,
        Driver(url) as driver,
    ):
        context.server.driver = driver
        found = run_check(context, reads_the_balance)
    assert (found.verdict, found.rule) == ("failed", "credits-read")


def test_a_proxy_that_removes_the_token_is_the_likely_cause_of_a_target_that_can_not_be_used() -> None:
    with pytest.raises(NotTheService, match="Does something between remove the header Authorization"):
        look_through(removes("Authorization"))


def look_through(manner: Manner) -> None:
    """Look at a fake through a proxy, which ends the run."""
    with looking_through(manner):
        raise AssertionError


def test_a_server_that_needs_a_client_id_is_not_blamed_for_its_rules_of_client_ids() -> None:
    nameless = "a_token_without_a_client_id_gets_a_new_account"
    with context_on_fake(Profile(), Profile(client_id="optional")) as context:
        found = outcomes(context, nameless, TOKEN)
    assert (found[nameless].verdict, found[nameless].rule) == ("failed", "token-client-id-optional")
    assert found[TOKEN].verdict == "passed"


# --- the clock --------------------------------------------------------------------------------------------------------


class DelayedStopwatch:
    """A stopwatch for a caller that takes some seconds more for each step."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._steps, self._usual = seconds, 0, machine.stopwatch

    def __call__(self) -> float:
        self._steps += 1
        return self._usual() + self._steps * self._seconds


@pytest.mark.parametrize("control", [None, "secret"])
@pytest.mark.parametrize("profile", ["typed", pytest.param("adk-2", marks=pytest.mark.slow)])
def test_a_slow_caller_finds_the_same_pace(monkeypatch: pytest.MonkeyPatch, control: str | None, profile: str) -> None:
    settings = Settings(
        quality="stub", clock="virtual", control_token=control, profile=Profile().replace({"events": profile})
    )
    found: list[tuple[bool, bool]] = []
    for seconds in (0.0, 0.4, 2.0):
        with monkeypatch.context() as patch:
            patch.setattr(machine, "stopwatch", DelayedStopwatch(seconds))
            with looking_through(Manner(), settings) as context:
                found.append((context.server.unhurried, context.server.hurried))
    assert found == [(False, False)] * 3


@pytest.mark.parametrize(
    ("dates", "waits", "found"),
    [
        ((0, 30), (0.2,), False),  # a virtual clock jumps
        ((0, 0), (20.0,), False),  # a virtual clock stands while this machine is busy
        ((0, 20), (20.0,), True),
        ((0, 21, 30), (20.0, 9.0), True),
        ((0, 20, 20), (20.0, 9.0), False),
        ((None, 20), (20.0,), None),
    ],
)
def test_the_dates_of_answers_show_whether_a_clock_runs_as_here(
    dates: tuple[int | None, ...], waits: tuple[float, ...], found: object
) -> None:
    answers: list[Answer] = []
    began = 0.0
    for date, wait in zip(dates, (*waits, 0.0), strict=True):
        headers = {} if date is None else {"date": f"Mon, 05 Jan 2026 09:00:{date:02} GMT"}
        answers.append(Answer(CALL, 200, headers, b"", 0.1, began=began, headed=0.1))
        began += wait
    assert runs_as_here(answers) is found


@pytest.mark.parametrize(("speed", "found"), [(0.5, (False, True)), (1.0, (False, False)), (2.0, (True, False))])
def test_the_speed_that_a_fake_says_decides_whether_its_times_are_the_documents(
    speed: float, found: tuple[bool, bool]
) -> None:
    with looking_through(Manner(), Settings(quality="stub", clock="virtual", speed=speed)) as context:
        assert (context.server.hurried, context.server.slowed) == found
        assert context.server.works_as_documented == (speed == 1.0)

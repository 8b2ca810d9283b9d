"""The suite's verdicts are the same on any date, in any time zone, and under any locale."""

from __future__ import annotations

import locale
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import pytest
import time_machine

from nemovideo_contract.http.driver import Driver
from nemovideo_contract.http.errors import RequirementFailure
from nemovideo_contract.http.spending_limits import SpendingLimits
from nemovideo_contract.profiles import PROFILES
from nemovideo_contract.requirements import AREAS
from nemovideo_contract.suite.checks import checks
from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.marks import find_marks
from nemovideo_contract.suite.verdicts import verdicts
from nemovideo_contract.targets import fake
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from tests.contract.suite.defects.catalogue import DEFECTS
from tests.contract.suite.defects.matrix import staged
from tests.contract.suite.defects.tools import sets
from tests.contract.suite.defects.wrong import Asked, Plant, Told
from tests.contract.suite.stage import context_on_fake, named

#: Dates of the machine; the fake's virtual time begins at 2026-01-05, whatever they are.
DATES: Final = {
    "a day later": datetime(2026, 1, 6, 9, tzinfo=UTC),
    "a year later": datetime(2027, 6, 1, tzinfo=UTC),
    "a leap day": datetime(2028, 2, 29, 23, 59, 58, tzinfo=UTC),
    "ten years later": datetime(2036, 1, 5, 9, tzinfo=UTC),
}
#: POSIX's own form, which needs no table of zones; its sign is the other way round. The last has summer time.
ZONES: Final = ["half-5:45", "CET-1CEST,M3.5.0,M10.5.0/3"]
#: Locales that write dates and numbers otherwise, of which a machine may have some.
LOCALES: Final = ["de_DE.UTF-8", "fr_FR.UTF-8", "zh_CN.UTF-8", "ja_JP.UTF-8", "tr_TR.UTF-8", "ar_SA.UTF-8"]
#: Keys that give an end to more than `seeds` does.
ENDING: Final = PROFILES["seeds"].replace({"session_idle": 7200, "output_ttl": 3600})
#: What is about times and dates, beside all about tokens.
TIMED: Final = {
    "session-idle", "render-file-ends", "render-flat-output", "render-wrapped-times", "render-time-seed",
    "turn-duration-max", "turn-still-working", "turn-stream-limit", "turn-time-seed",
    *(each.id for each in AREAS["auth"]),
}  # fmt: skip
#: The check that finds how long a token is said to last.
EXPIRY: Final = named("an_anonymous_token_is_as_the_documents_show_it")


@pytest.fixture
def in_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """The machine's time zone is the parameter's."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def in_locale() -> Generator[None]:
    """The process writes dates and numbers as another country does; skips where the machine knows none."""
    before = locale.setlocale(locale.LC_ALL)
    for name in LOCALES:
        with suppress(locale.Error):
            locale.setlocale(locale.LC_ALL, name)
            break
    else:
        pytest.skip(f"this machine has none of the locales {', '.join(LOCALES)}")
    yield
    locale.setlocale(locale.LC_ALL, before)


@contextmanager
def planted_in_tokens(plant: Plant) -> Generator[Context]:
    """Yield a context on a fake whose token answer has another fault; the form of answers is not checked."""
    defect = replace(DEFECTS["token-expiry"], plant=plant)
    with staged(defect) as stage:
        spending = SpendingLimits(None, sleep=lambda _: None)
        context = Context(defect.target(stage.server.url), stage.driver, spending, defect.profile)
        context.server.checks_form = False
        yield context


def dated(date: str | None) -> Plant:
    """The answer that gives a token has this `Date`, or none."""

    def tell(_: Asked, told: Told) -> None:
        del told.headers["date"]
        if date is not None:
            told.headers["date"] = date

    return Plant(tells={"anonymous_token": tell})


def assert_agreed() -> None:
    """Every check that is about times or tokens agrees with the fake, and leaves nothing in doubt."""
    with context_on_fake(ENDING) as context:
        for check in checks():
            found = find_marks(check)
            assert found is not None
            if TIMED.intersection(found.ids):
                context.run(check)
    assert context.server.doubts == []
    assert "token-expiry" in context.checked


def assert_found() -> None:
    """A token that is said to last for a day too long is found."""
    with staged(DEFECTS["token-expiry"]) as stage:
        found = stage.finding(EXPIRY, plain=True)
    assert found is not None
    assert found.requirement.id == "token-expiry"


@pytest.mark.parametrize("date", DATES)
def test_the_machines_date_changes_no_verdict(date: str) -> None:
    with time_machine.travel(DATES[date], tick=True):
        assert_agreed()
        assert_found()


@pytest.mark.parametrize("in_zone", ZONES, indirect=True)
def test_the_machines_time_zone_changes_no_verdict(in_zone: None) -> None:
    assert time.localtime().tm_gmtoff != 0
    assert_agreed()
    assert_found()


def test_the_machines_locale_changes_no_verdict(in_locale: None) -> None:
    assert_agreed()
    assert_found()


@pytest.mark.parametrize("date", DATES)
def test_a_fake_on_the_real_clock_agrees_on_every_date(date: str) -> None:
    settings = Settings(quality="stub", profile=PROFILES["seeds"])
    with time_machine.travel(DATES[date], tick=True), running(settings) as server, Driver(server.url) as driver:
        context = Context(fake(server.url, PROFILES["seeds"]), driver, SpendingLimits(None), PROFILES["seeds"])
        context.run(EXPIRY)
    assert context.server.doubts == []
    assert "token-expiry" in context.checked


@pytest.mark.parametrize("date", [None, "yesterday", "Mon, 99 Jan 2026 09:00:00 GMT"])
def test_the_end_of_a_token_is_in_doubt_where_the_server_does_not_say_its_date(date: str | None) -> None:
    with planted_in_tokens(dated(date)) as context:
        context.run(EXPIRY)
        doubts = [each.requirement.id for each in context.server.doubts]
        found = verdicts(context.target, context.profile, [], context.checked, doubts)
    assert found.doubted == ("token-expiry",)
    assert "token-expiry" not in {*found.agreed, *found.contradicted}
    assert "Date" in context.server.doubts[0].expected


@pytest.mark.parametrize("stated", ["2026-01-12T09:00:00", "2026-01-12T17:00:00+08:00", "next week"])
def test_the_end_of_a_token_in_another_form_is_contradicted(stated: str) -> None:
    with (
        planted_in_tokens(sets("data.expires_at", stated, "anonymous_token")) as context,
        pytest.raises(RequirementFailure, match="token-expiry"),
    ):
        context.run(EXPIRY)

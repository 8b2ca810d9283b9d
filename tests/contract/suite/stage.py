"""A context of the suite on a fake, without pytest."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

from nemovideo_contract.http.driver import Driver
from nemovideo_contract.http.spending_limits import SpendingLimits
from nemovideo_contract.profiles import Profile
from nemovideo_contract.suite.checks import checks
from nemovideo_contract.suite.context import Check, Context
from nemovideo_contract.targets import Target, fake
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings


@contextmanager
def context_on_fake(
    played: Profile,
    expected: Profile | None = None,
    faults: tuple[Mapping[str, object], ...] = (),
    target: Callable[[str], Target] | None = None,
) -> Generator[Context]:
    """Yield a context on a fake that plays one profile, with faults; the suite may expect another profile."""
    expected = expected or played
    with running(Settings(quality="stub", clock="virtual", profile=played)) as server:
        for fault in faults:
            server.runtime().faults.add(dict(fault), server.runtime().clock.now())
        found = fake(server.url, expected) if target is None else target(server.url)
        with Driver(server.url) as driver:
            # No waiting in real time: asking again is what makes a virtual clock go on.
            yield Context(found, driver, SpendingLimits(found.spends, sleep=lambda _: None), expected)


def named(name: str) -> Check:
    """Return a check of the suite by its name without the prefix."""
    return next(each for each in checks() if each.__name__ == f"test_{name}")

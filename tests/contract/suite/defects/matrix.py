"""Runs checks of the suite on planted defects. Each check has its own world, so no check affects another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

from nemovideo_contract.http.driver import Driver
from nemovideo_contract.http.errors import RequirementFailure
from nemovideo_contract.http.spending_limits import SpendingLimits
from nemovideo_contract.requirements import REQUIREMENTS, Requirement
from nemovideo_contract.suite.checks import checks
from nemovideo_contract.suite.context import Check, Context
from nemovideo_contract.suite.marks import find_marks
from nemovideo_mock.server import RunningServer
from nemovideo_mock.settings import Settings
from tests.contract.suite.defects.catalogue import Defect
from tests.contract.suite.defects.wrong import planted

#: Checks that send hundreds of megabytes: they run on the defects of what they look at, and on no other.
BIG: Final = {
    "test_more_than_200_megabytes_are_4002",
    "test_more_than_500_megabytes_are_4002_and_200_and_a_byte_are_taken",
}
#: Examples that a property draws here.
EXAMPLES: Final = 3


@dataclass(slots=True)
class Stage:
    """A fake with a defect, on which checks run one by one."""

    defect: Defect
    server: RunningServer
    driver: Driver
    worlds: Counter[str] = field(default_factory=Counter[str])

    def finding(self, check: Check, *, plain: bool = False, examples: int = EXAMPLES) -> RequirementFailure | None:
        """Return what a check finds, or None; a check that can't run here finds nothing."""
        name = check.__name__
        self.worlds[name] += 1
        # A world's name seeds its random choices, so the name must not depend on the other checks.
        url = self.server.url_of(f"check-{crc32(name.encode()):08x}-{self.worlds[name]}")
        self.driver.base_url = url  # one set of connections serves all worlds
        spending = SpendingLimits(None, sleep=lambda _: None)
        context = Context(self.defect.target(url), self.driver, spending, self.defect.profile, examples=examples)
        context.server.checks_form = not plain  # the check finds the defect by its own words, or not at all
        try:
            context.run(check)
        except RequirementFailure as difference:
            return difference
        except Exception as error:
            error.add_note(f"{check.__name__} breaks on the defect of {self.defect.rule}; it has to say what is wrong.")
            raise
        return None


@contextmanager
def staged(defect: Defect) -> Generator[Stage]:
    """Yield a fake with a defect in it."""
    settings = Settings(quality="stub", clock="virtual", profile=defect.played)
    with planted(settings, defect.plant) as server, Driver(server.url) as driver:
        yield Stage(defect, server, driver)


def own(rule: str) -> list[Check]:
    """Return the checks that name a requirement."""
    return [each for each in checks() if (found := find_marks(each)) is not None and rule in found.ids]


def runs_on(check: Check, defect: Defect) -> bool:
    """Return whether a check is run on a defect."""
    found = find_marks(check)
    return check.__name__ not in BIG or (found is not None and defect.rule in found.ids)


def named_by(defect: Defect) -> str | None:
    """Return the check that finds a defect and names its requirement without help of the specification."""
    with staged(defect) as stage:
        for check in own(defect.rule):
            found = stage.finding(check, plain=True)
            if found is not None and found.requirement.id == defect.rule:
                return check.__name__
    return None


def finders(defect: Defect, among: Iterable[Check] | None = None) -> list[str]:
    """Return the checks that fail on a defect."""
    with staged(defect) as stage:
        tried = [each for each in (checks() if among is None else among) if runs_on(each, defect)]
        return sorted(each.__name__ for each in tried if stage.finding(each) is not None)


def plantable() -> dict[str, Requirement]:
    """Return the requirements that a service can meet or break."""
    return {name: each for name, each in REQUIREMENTS.items() if each.exempt is None}

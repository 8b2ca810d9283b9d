"""Every planted defect, by the requirement that it breaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from nemovideo_contract.profiles import PROFILES, Profile
from nemovideo_contract.requirements import REQUIREMENTS
from nemovideo_contract.targets import Target, approach, fake
from tests.contract.suite.defects import access, content, talk, work
from tests.contract.suite.defects.wrong import Plant
from tests.contract.suite.test_on_the_fake import RUNS

#: Requirements for which nothing is planted, each with its reason.
UNPLANTED: Final[Mapping[str, str]] = {
    "turn-duration-max": "A turn that is too long takes fifteen minutes of real time, or has to be called a short one.",
}


@dataclass(frozen=True, slots=True)
class Defect:
    """A fake that breaks one requirement, on which the suite expects the profile of that name."""

    rule: str
    plant: Plant
    expected: str

    @property
    def profile(self) -> Profile:
        """What the suite expects."""
        return RUNS[self.expected]

    @property
    def played(self) -> Profile:
        """What the fake plays."""
        return self.profile.replace(self.plant.plays)

    def target(self, url: str) -> Target:
        """The fake as the suite is pointed at it."""
        return fake(url, self.profile)


def expected_by(rule: str) -> str:
    """The first of the profiles that the suite runs on in which a requirement can be looked at.

    Raises:
        LookupError: there is none.
    """
    requirement = REQUIREMENTS[rule]
    names = (*PROFILES, *RUNS)
    for name in names:
        if requirement.holds(RUNS[name]):
            return name
    for name in names:  # with the token of an account that meets another profile
        if not isinstance(approach(requirement, fake("http://127.0.0.1", RUNS[name]), RUNS[name]), str):
            return name
    raise LookupError(f"No run looks at {rule}.")


_PLANTS: Final = {
    **access.SERVICE,
    **access.AUTH,
    **access.ATTRIBUTED,
    **content.SESSIONS,
    **content.UPLOADS,
    **content.STATES,
    **talk.TURNS,
    **talk.STREAMS,
    **work.CREDITS,
    **work.RENDERS,
}
#: The defects by the requirement that each breaks.
DEFECTS: Final[Mapping[str, Defect]] = {rule: Defect(rule, plant, expected_by(rule)) for rule, plant in _PLANTS.items()}

"""What the service promises: one requirement for each behaviour that a caller can see.

`AREAS` has the requirements by area, `REQUIREMENTS` by id. If the documents disagree, there is one requirement for each
side, under a condition on the profile. `Requirement.holds` says on which side a profile is. The suite names the
requirements that its checks cover, and `PARITY.md` is generated from both.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from nemovideo_contract.profiles import Profile
from nemovideo_contract.requirements import (
    attribution,
    auth,
    credits,
    renders,
    service,
    sessions,
    states,
    streams,
    turns,
    uploads,
)
from nemovideo_contract.requirements.requirement import (
    ASSUMED,
    DOCUMENTED,
    FAMILIES,
    FREE,
    Cost,
    Expense,
    Requirement,
    Source,
    Standing,
    to_observed,
)

__all__ = [
    "AREAS",
    "ASSUMED",
    "DOCUMENTED",
    "FAMILIES",
    "FREE",
    "REQUIREMENTS",
    "Cost",
    "Expense",
    "Requirement",
    "Source",
    "Standing",
    "applicable",
    "area_of",
    "read_areas",
    "to_observed",
]

#: The requirements by area, in the order in which a caller meets them.
AREAS: Final[Mapping[str, tuple[Requirement, ...]]] = MappingProxyType(
    {
        "service": service.REQUIREMENTS,
        "auth": auth.REQUIREMENTS,
        "attribution": attribution.REQUIREMENTS,
        "session": sessions.REQUIREMENTS,
        "upload": uploads.REQUIREMENTS,
        "state": states.REQUIREMENTS,
        "turn": turns.REQUIREMENTS,
        "stream": streams.REQUIREMENTS,
        "credits": credits.REQUIREMENTS,
        "render": renders.REQUIREMENTS,
    }
)

#: Every requirement by its id.
REQUIREMENTS: Final[Mapping[str, Requirement]] = MappingProxyType(
    {each.id: each for area in AREAS.values() for each in area}
)


def read_areas(said: str) -> frozenset[str]:
    """Return the areas in a list with commas, also in the plural that the output of a run has, such as `streams`.

    A name that is not an area stays as it is.
    """
    names = (each.strip() for each in said.split(",") if each.strip())
    return frozenset(each.removesuffix("s") if each not in AREAS and each[:-1] in AREAS else each for each in names)


def area_of(requirement: Requirement) -> str:
    """Return the area of a requirement.

    Raises:
        KeyError: it is not in `REQUIREMENTS`.
    """
    return _AREA_OF[requirement.id]


def applicable(profile: Profile) -> tuple[Requirement, ...]:
    """Return the requirements that a server with this profile must meet."""
    return tuple(each for each in REQUIREMENTS.values() if each.holds(profile))


_AREA_OF: Final = {each.id: name for name, area in AREAS.items() for each in area}

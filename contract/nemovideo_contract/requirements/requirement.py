"""A requirement: one behaviour that a caller can see, with its sources.

A requirement has its sources (`sources`), how sure it is (`standing`), the profiles in which it holds (`profiles`), the
most that one check of it spends on a service that charges (`cost`), and the scenario token that a check needs
(`needs`). If no test can check it, `exempt` has the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Literal

from nemovideo_contract.openapi import holds
from nemovideo_contract.profiles import Profile

#: Where facts come from: families of documents, standards, measurements, and our own choices.
FAMILIES: Final = {
    "F0": "the vendor's first skill document, March 2026, in Chinese, with JSON responses",
    "F1": "the vendor's skill document 4.4 and its API reference, withdrawn after minutes",
    "F2": "the vendor's skill document from 4.5 on (later versions restart at 1.0 and go to 1.9), and published copies",
    "F3": "published skills of the long form; their commands are the vendor's",
    "F4": "published skills of the compact form",
    "F5": "published skills of the short form, the most common one; it includes the two seeds",
    "F6": "published skills that name only paths and little more",
    "F8": "the vendor's later tools, which call another server",
    "client": "a published client's code",
    "kit": "the Agent Development Kit, measured on 2.13.0 and 1.39.1",
    "standard": "the standard of HTTP, of JSON or of event streams",
    "ours": "our own choice: no document says it",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A source: a key of `FAMILIES` and the place in it; for our own choices, the reason."""

    family: str
    place: str

    def __str__(self) -> str:
        return f"{self.family}, {self.place}"


def parse_sources(*places: str) -> tuple[Source, ...]:
    """Parse sources such as `F2 1.9 §3.2`: first the family, then the place.

    Raises:
        ValueError: the family is unknown, or the place is missing.
    """
    found: list[Source] = []
    for each in places:
        family, _, place = each.partition(" ")
        if family not in FAMILIES or not place:
            raise ValueError(f"{each!r} is not a source. Begin with one of {', '.join(FAMILIES)}, then name the place.")
        found.append(Source(family, place))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Standing:
    """How sure a fact is. `on` is the day on which production was last seen to behave so, or None."""

    word: Literal["documented", "assumed", "observed"]
    on: date | None = None

    def __str__(self) -> str:
        return self.word if self.on is None else f"{self.word} on {self.on.isoformat()}"


#: A document says so.
DOCUMENTED: Final = Standing("documented")
#: No document says so, or only in passing. A target that differs gets a warning and does not fail.
ASSUMED: Final = Standing("assumed")


def to_observed(day: date) -> Standing:
    """Return the standing of a fact that was observed on production on this day."""
    return Standing("observed", day)


class Expense(StrEnum):
    """What a check may use up on a service that charges."""

    #: A new anonymous token; a client gets one in seven days.
    TOKEN = "token"  # noqa: S105 -- the word, not a secret
    #: A project that stays in the account.
    SESSION = "session"
    #: A file on the service's disk.
    UPLOAD = "upload"
    #: A message to the agent, whatever it costs.
    CREDITS = "credits"
    #: An encode on the service's machines.
    RENDER = "render"
    #: A rate limit, which blocks all callers at this address for days: never on production.
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Cost:
    """The most that one check spends, beyond the token that it gets; `credits` is a number of credits.

    The cost includes what checks share. A suite that checks many requirements in one session spends less than their
    sum.
    """

    spends: frozenset[Expense] = frozenset()
    credits: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.spends | other.spends, self.credits + other.credits)

    def __str__(self) -> str:
        words = [each.value for each in Expense if each in self.spends and each is not Expense.CREDITS]
        if Expense.CREDITS in self.spends:
            words.append(f"up to {self.credits} credits")
        return ", ".join(words) or "nothing"

    def within(self, allowance: Cost) -> bool:
        """Return whether an allowance covers all of this cost."""
        return self.spends <= allowance.spends and self.credits <= allowance.credits


#: A read, or a call that is refused before it creates anything.
FREE: Final = Cost()
TOKEN: Final = Cost(frozenset({Expense.TOKEN}))
#: More tokens than the service gives.
LIMIT: Final = Cost(frozenset({Expense.TOKEN, Expense.LIMIT}))
SESSION: Final = Cost(frozenset({Expense.SESSION}))
UPLOAD: Final = Cost(frozenset({Expense.SESSION, Expense.UPLOAD}))
#: A message that asks for no work: free by the vendor's prices, up to 5 credits by a published skill's.
TALK: Final = Cost(frozenset({Expense.SESSION, Expense.CREDITS}), 5)
#: Work on uploads in one session, for any number of messages (F1, credit costs).
EDIT: Final = Cost(frozenset({Expense.SESSION, Expense.UPLOAD, Expense.CREDITS}), 50)
#: A clip from words, and its second stage at the price of editing (F1, credit costs).
CLIP: Final = Cost(frozenset({Expense.SESSION, Expense.CREDITS}), 150)
#: A draft and one export of it.
EXPORT: Final = EDIT + Cost(frozenset({Expense.RENDER}))


@dataclass(frozen=True, slots=True)
class Requirement:
    """One behaviour of the service that a caller can see.

    `id` never changes; it is lower case with hyphens. `behaviour` is one sentence in the present tense. `profiles` has
    conditions as in the specification (`key=value`, `key=one|another`, `key>0`). The requirement holds in a profile
    that fulfils all of them; without conditions, in every profile. `needs` is the name of the scenario token that a
    check needs. `exempt` is the reason why no test checks it.
    """

    id: str
    behaviour: str
    sources: tuple[Source, ...]
    standing: Standing = DOCUMENTED
    profiles: tuple[str, ...] = ()
    cost: Cost = FREE
    needs: str | None = None
    exempt: str | None = None

    def holds(self, profile: Profile) -> bool:
        """Return whether a server with this profile must behave so.

        Raises:
            ProfileError: a condition names a key or a value that doesn't exist.
        """
        return all(holds(condition, profile) for condition in self.profiles)

    @property
    def source(self) -> str:
        """The sources, in words."""
        return "; ".join(map(str, self.sources))

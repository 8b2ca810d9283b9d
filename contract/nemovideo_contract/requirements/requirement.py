"""What a requirement is: one behaviour that a caller can see, and all that is known of it.

A requirement says who says so (`sources`), how well it is known (`standing`), in which profiles it holds (`profiles`),
what one check of it spends on a service that charges (`cost`), and which scenario token a check needs (`needs`). What
no test can check says why (`exempt`).
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
    """Who says so: a key of `FAMILIES`, and the place in it; for our own choices the reason."""

    family: str
    place: str

    def __str__(self) -> str:
        return f"{self.family}, {self.place}"


def parse_sources(*places: str) -> tuple[Source, ...]:
    """Sources from words such as `F2 1.9 §3.2`: the family first, then the place.

    Raises:
        ValueError: there is no such family, or no place is given.
    """
    found: list[Source] = []
    for each in places:
        family, _, place = each.partition(" ")
        if family not in FAMILIES or not place:
            raise ValueError(f"{each!r} is no source: begin with one of {', '.join(FAMILIES)}, then name the place.")
        found.append(Source(family, place))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Standing:
    """How well a fact is known; `on` is the day on which production was last seen to behave so, if it was."""

    word: Literal["documented", "assumed", "observed"]
    on: date | None = None

    def __str__(self) -> str:
        return self.word if self.on is None else f"{self.word} on {self.on.isoformat()}"


#: A document says so.
DOCUMENTED: Final = Standing("documented")
#: No document says so, or only by the way: a target that differs earns a warning and no failure.
ASSUMED: Final = Standing("assumed")


def to_observed(day: date) -> Standing:
    """Production was seen to behave so on that day."""
    return Standing("observed", day)


class Expense(StrEnum):
    """What a check may use up on a service that somebody pays for."""

    #: An anonymous token of its own; a client gets one in seven days.
    TOKEN = "token"  # noqa: S105 -- the word, not a secret
    #: A project that stays in the account.
    SESSION = "session"
    #: A file on the service's disk.
    UPLOAD = "upload"
    #: A message to the agent, whatever it comes to.
    CREDITS = "credits"
    #: An encode on the service's machines.
    RENDER = "render"
    #: A rate limit, which locks everybody at this address out for days: never on production.
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one check spends at worst beyond the one token that it is given; `credits` counts credits.

    Nothing shared is left out: a suite that checks many requirements in one session spends less than their sum.
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
        """Whether an allowance covers all of it."""
        return self.spends <= allowance.spends and self.credits <= allowance.credits


#: A read, or a call that is refused before anything is made.
FREE: Final = Cost()
TOKEN: Final = Cost(frozenset({Expense.TOKEN}))
#: More tokens than the service gives.
LIMIT: Final = Cost(frozenset({Expense.TOKEN, Expense.LIMIT}))
SESSION: Final = Cost(frozenset({Expense.SESSION}))
UPLOAD: Final = Cost(frozenset({Expense.SESSION, Expense.UPLOAD}))
#: Words that ask for no work: nothing by the vendor's prices, up to 5 by a published skill's.
TALK: Final = Cost(frozenset({Expense.SESSION, Expense.CREDITS}), 5)
#: Work on uploads in one session, however many messages (F1, credit costs).
EDIT: Final = Cost(frozenset({Expense.SESSION, Expense.UPLOAD, Expense.CREDITS}), 50)
#: A clip from words, and the second stage as if it were charged as editing (F1, credit costs).
CLIP: Final = Cost(frozenset({Expense.SESSION, Expense.CREDITS}), 150)
#: A draft and one export of it.
EXPORT: Final = EDIT + Cost(frozenset({Expense.RENDER}))


@dataclass(frozen=True, slots=True)
class Requirement:
    """One behaviour of the service that a caller can see.

    `id` is its name for ever, in lower case with hyphens; `behaviour` is one sentence in the present tense. `profiles`
    are conditions as in the specification (`key=value`, `key=one|another`, `key>0`), all of which must be true of a
    profile for the requirement to hold there; without any it holds in every profile. `needs` is the name of the
    scenario token that a check needs, `exempt` the reason why no test checks it.
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
        """Whether a target that speaks this profile must behave so.

        Raises:
            ProfileError: a condition names a key or a value that doesn't exist.
        """
        return all(holds(condition, profile) for condition in self.profiles)

    @property
    def source(self) -> str:
        """Who says so, in words."""
        return "; ".join(map(str, self.sources))

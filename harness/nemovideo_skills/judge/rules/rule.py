"""What a rule of conduct is, and what it says of each occasion on which it applied."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from nemovideo_contract.requirements.requirement import Source
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.transcripts import TranscriptLine

#: What breaking it costs: the user loses work, money or a secret; the result suffers; it is bad manners.
Severity = Literal["error", "warning", "note"]
#: Whether the traffic alone proves it, or another explanation is thinkable.
Certainty = Literal["provable", "likely"]


@dataclass(frozen=True, slots=True)
class Kept:
    """The rule applied to this exchange, and was kept."""

    at: Exchange


@dataclass(frozen=True, slots=True)
class Broken:
    """The rule was broken by this exchange (or by what did not follow it).

    `what` is one sentence that says what happened. `proof` has the exchanges that show it, in order. Where the breach
    rests on something that was *not* found, `since` and `until` are the numbers of the journal's entries between which
    it was looked for; `until` is None where it was looked for to the end. `line` is the line of the transcript that
    breaks it, where one does; `at` is then the last call before it.
    """

    at: Exchange
    what: str
    proof: tuple[Exchange, ...] = ()
    since: int | None = None
    until: int | None = -1
    line: TranscriptLine | None = None


@dataclass(frozen=True, slots=True)
class Unsure:
    """The rule applied to this exchange, and the journal does not show what became of it."""

    at: Exchange
    why: str


Observation = Kept | Broken | Unsure


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of conduct.

    `sentence` says what a caller does that keeps it. `cost` says what breaking it costs the user, `fix` what to write
    into the skill. `sources` are the documents and places that ask for it. `occasions` finds each time that it applied.
    """

    id: str
    sentence: str
    severity: Severity
    certainty: Certainty
    sources: tuple[Source, ...]
    cost: str
    fix: str
    occasions: Callable[[History], Iterator[Observation]]


# What somebody forgot to fill in.


_PLACEHOLDER: Final = re.compile(
    r"[<>{}$]|^\s*$|^\.{3}$|^(?:your|my)[-_ ]|^(?:skill[-_ ]?(?:name|version|source|platform)|placeholder|changeme|todo"
    r"|x{3,}|n/?a|none|null|undefined)$",
    re.IGNORECASE,
)


def is_placeholder(value: str) -> bool:
    """Whether a value stands for another: `<name>`, `${NAME}`, `your-skill`, nothing at all."""
    return _PLACEHOLDER.search(value) is not None


# Whether a program repeats a call of itself, or its user may have asked for it again.


#: Seconds in which nobody reads an answer and asks again.
AT_ONCE_S: Final = 5.0


def by_itself(history: History, earlier: Exchange, later: Exchange) -> bool:
    """Whether nobody can have asked in between; on a virtual clock, talk takes no time."""
    return not history.virtual and history.between(earlier, later) < AT_ONCE_S

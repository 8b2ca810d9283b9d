"""The model of a rule of conduct, and its result on each occasion to which it applies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from nemovideo_contract.requirements.requirement import Source
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.transcripts import TranscriptLine

#: What a violation costs. `error`: the user loses work, money or a secret. `warning`: the result is worse. `note`: it
#: is only bad style.
Severity = Literal["error", "warning", "note"]
#: Whether the traffic proves the violation, or another explanation is possible.
Certainty = Literal["provable", "likely"]


@dataclass(frozen=True, slots=True)
class Kept:
    """The rule applied to this exchange and was kept."""

    at: Exchange


@dataclass(frozen=True, slots=True)
class Broken:
    """The rule was broken by this exchange, or by the missing calls after it.

    `what` is one sentence about the event. `proof` has the exchanges that show it, in order. If the violation depends
    on a call that is *missing*, `since` and `until` are the entry numbers between which it was expected, and `until` is
    None if it was expected up to the end. Without `since`, `until` has no meaning. `line` is the transcript line that
    breaks the rule, if there is one; `at` is then the last call before it.
    """

    at: Exchange
    what: str
    proof: tuple[Exchange, ...] = ()
    since: int | None = None
    until: int | None = -1
    line: TranscriptLine | None = None


@dataclass(frozen=True, slots=True)
class Unsure:
    """The rule applied to this exchange, but the journal does not show the result."""

    at: Exchange
    why: str


Observation = Kept | Broken | Unsure


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of conduct.

    `sentence` says what a correct caller does. `cost` says what a violation costs the user, and `fix` what to write
    into the skill. `sources` are the documents that ask for it. `occasions` finds each occasion to which the rule
    applies.
    """

    id: str
    sentence: str
    severity: Severity
    certainty: Certainty
    sources: tuple[Source, ...]
    cost: str
    fix: str
    occasions: Callable[[History], Iterator[Observation]]

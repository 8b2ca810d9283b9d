"""What a rule is: data, and a pure function from a document to what it finds there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from nemovideo_contract.reports import Level, RuleFacts
from nemovideo_contract.requirements import REQUIREMENTS
from nemovideo_skills.lint.document import Document

#: Which documents a rule looks at: any, skills of any kind, all about the API, or skills that tell how to send a
#: message.
Subject = Literal["any", "skill", "api", "turns"]

AGENT_SKILLS: Final = "Agent Skills specification (agentskills.io), front matter"


@dataclass(frozen=True, slots=True)
class Hit:
    """What a rule found: where, one sentence, and what is its own of advice, level and source."""

    offset: int
    message: str
    advice: str = ""
    level: Level | None = None
    source: str = ""


Look = Callable[[Document], Iterable[Hit]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its id for ever, its usual level, what it holds against a document, who says so, and how it looks.

    `advice` is what to write instead, where a finding has no better one.
    """

    id: str
    level: Level
    sentence: str
    source: str
    advice: str
    subject: Subject
    look: Look

    @property
    def facts(self) -> RuleFacts:
        """The rule as a report tells of it."""
        return RuleFacts(self.id, self.level, self.sentence, self.source)


def format_source(requirement: str) -> str:
    """A requirement's id with who says so.

    Raises:
        KeyError: there is no such requirement.
    """
    return f"{requirement} ({REQUIREMENTS[requirement].source})"


def rule(
    name: str, level: Level, sentence: str, source: str, advice: str = "", *, subject: Subject = "api"
) -> Callable[[Look], Rule]:
    """Make a rule of a function."""

    def made(look: Look) -> Rule:
        return Rule(name, level, sentence, source, advice, subject, look)

    return made

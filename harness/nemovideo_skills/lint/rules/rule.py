"""The model of a rule: data, and a pure function that finds its violations in a document."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from nemovideo_contract.reports import Level, RuleFacts
from nemovideo_contract.requirements import REQUIREMENTS
from nemovideo_skills.lint.document import Document

#: The documents that a rule checks: any, skills, documents about the API, or skills that describe how to send a
#: message.
Subject = Literal["any", "skill", "api", "turns"]

AGENT_SKILLS: Final = "Agent Skills specification (agentskills.io), front matter"


@dataclass(frozen=True, slots=True)
class Hit:
    """A match of a rule: its offset, one sentence, and its advice, level and source if they differ from the rule's."""

    offset: int
    message: str
    advice: str = ""
    level: Level | None = None
    source: str = ""


Look = Callable[[Document], Iterable[Hit]]


@dataclass(frozen=True, slots=True)
class Rule(RuleFacts):
    """One rule: the facts that a report shows, and the function that finds violations in the documents it checks.

    `advice` says what to write instead, unless a finding has its own advice.
    """

    advice: str
    subject: Subject
    look: Look


def format_source(requirement: str) -> str:
    """Return a requirement's id with its sources.

    Raises:
        KeyError: the requirement does not exist.
    """
    return f"{requirement} ({REQUIREMENTS[requirement].source})"


def rule(
    name: str, level: Level, sentence: str, source: str, advice: str = "", *, subject: Subject = "api"
) -> Callable[[Look], Rule]:
    """Return a decorator that makes a rule of a function."""

    def made(look: Look) -> Rule:
        return Rule(name, level, sentence, source, advice, subject, look)

    return made

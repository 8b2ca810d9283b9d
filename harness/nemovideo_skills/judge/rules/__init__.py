"""The rules of conduct, by family."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from nemovideo_skills.judge.rules import (
    attribution,
    bodies,
    exports,
    limits,
    messages,
    paths,
    polls,
    recovery,
    refusals,
    renders,
    routing,
    secrets,
    sessions,
    setup,
    transcript,
    turns,
    uploads,
)
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule, Unsure

__all__ = ["FAMILIES", "RULES", "Broken", "Kept", "Observation", "Rule", "Unsure"]

#: The rules by family, in the order in which a caller meets them.
FAMILIES: Final[Mapping[str, tuple[Rule, ...]]] = MappingProxyType(
    {
        "set-up": setup.RULES,
        "attribution": attribution.RULES,
        "sessions": sessions.RULES,
        "uploads": uploads.RULES,
        "messages": messages.RULES,
        "routing": routing.RULES,
        "turns": turns.RULES,
        "recovery": recovery.RULES,
        "exports": exports.RULES,
        "renders": renders.RULES,
        "polls": polls.RULES,
        "bodies": bodies.RULES,
        "refusals": refusals.RULES,
        "limits": limits.RULES,
        "secrets": secrets.RULES,
        "paths": paths.RULES,
        "transcript": transcript.RULES,
    }
)
#: Every rule by its id.
RULES: Final[Mapping[str, Rule]] = MappingProxyType({each.id: each for family in FAMILIES.values() for each in family})

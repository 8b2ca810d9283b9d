"""The rules of conduct, by family, and the selection of some by name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from nemovideo_skills.judge.rules import (
    attribution,
    bodies,
    exports,
    messages,
    paths,
    polls,
    rate_limits,
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

__all__ = [
    "FAMILIES",
    "RULES",
    "Broken",
    "Kept",
    "NoRuleError",
    "Observation",
    "Rule",
    "Unsure",
    "choose_rules",
    "resolve_names",
]

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
        "limits": rate_limits.RULES,
        "secrets": secrets.RULES,
        "paths": paths.RULES,
        "transcript": transcript.RULES,
    }
)
#: Every rule by its id.
RULES: Final[Mapping[str, Rule]] = MappingProxyType({each.id: each for family in FAMILIES.values() for each in family})


class NoRuleError(ValueError):
    """An unknown rule or family, or an empty selection; the message is a sentence."""


def choose_rules(names: Iterable[str] = (), ignored: Iterable[str] = ()) -> tuple[Rule, ...]:
    """Return the rules with these names, or all rules if no name is given, without the ignored ones.

    Raises:
        NoRuleError: a name is unknown, or no rule is left.
    """
    wanted, unwanted = resolve_names(names) or set(RULES), resolve_names(ignored)
    found = tuple(rule for name, rule in RULES.items() if name in wanted - unwanted)
    if not found:
        raise NoRuleError("No rule is left.")
    return found


def resolve_names(names: Iterable[str]) -> set[str]:
    """Return the IDs of the rules that these names of rules and families select.

    Raises:
        NoRuleError: a name is unknown.
    """
    found: set[str] = set()
    for name in names:
        if name in RULES:
            found.add(name)
        elif name in FAMILIES:
            found |= {each.id for each in FAMILIES[name]}
        else:
            known = [*RULES, *FAMILIES]
            close = [each for each in known if name in each] or difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]}?" if close else "`nemo-harness judge --rules` lists them."
            raise NoRuleError(f"There is no rule {name!r}: {hint}")
    return found

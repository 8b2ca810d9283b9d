"""Select rules by the name of a rule or of a family of rules."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from nemovideo_skills.judge.rules import FAMILIES, RULES, Rule


class NoRuleError(ValueError):
    """An unknown rule or family, or an empty selection; the message is a sentence."""


def choose(names: Iterable[str] = (), ignored: Iterable[str] = ()) -> tuple[Rule, ...]:
    """Return the rules with these names, or all rules if no name is given, without the ignored ones.

    Raises:
        NoRuleError: a name is unknown, or no rule is left.
    """
    wanted, unwanted = _ids(names) or set(RULES), _ids(ignored)
    found = tuple(rule for name, rule in RULES.items() if name in wanted - unwanted)
    if not found:
        raise NoRuleError("No rule is left.")
    return found


def _ids(names: Iterable[str]) -> set[str]:
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

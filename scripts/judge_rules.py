"""The page that lists the rules of conduct, each with who says so, what breaking it costs, and how to keep it."""

from __future__ import annotations

from nemovideo_contract.requirements.requirement import FAMILIES as DOCUMENTS
from nemovideo_skills.judge.rules import FAMILIES, RULES, Rule


def rules_part() -> str:
    """All that `docs/rules.md` has from the code."""
    named = {source.family for rule in RULES.values() for source in rule.sources}
    documents = [f"| {name} | {meaning} |" for name, meaning in DOCUMENTS.items() if name in named]
    provable = sum(rule.certainty == "provable" for rule in RULES.values())
    return "\n".join(
        [
            f"{len(RULES)} rules; {provable} are provable, {len(RULES) - provable} likely.",
            "",
            "| document | |",
            "|---|---|",
            *documents,
            "",
            *(f"- [{family}](#{family}): {len(rules)}" for family, rules in FAMILIES.items()),
            "",
            *("\n".join([f"## {family}", "", *map(_section, rules)]) for family, rules in FAMILIES.items()),
        ]
    )


def _section(rule: Rule) -> str:
    sources = "; ".join(f"{source.family} {source.place}" for source in rule.sources)
    return "\n".join(
        [
            f"### `{rule.id}`",
            "",
            _plain(rule.sentence),
            "",
            f"- {rule.severity}, {rule.certainty}",
            f"- If broken: {_plain(rule.cost)}",
            f"- Fix: {_plain(rule.fix)}",
            f"- Source: {_plain(sources)}",
            "",
        ]
    )


def _plain(words: str) -> str:
    """Return the words with Markdown's special characters escaped."""
    return words.replace("\\", "\\\\").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_").replace("[", "\\[")

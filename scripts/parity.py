"""The page that holds requirements, tests and production side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from nemovideo_contract.requirements import AREAS, FAMILIES, REQUIREMENTS, Requirement
from nemovideo_contract.requirements.agreed_file import last_agreed

HEAD = ("id", "behaviour", "certainty", "source", "only in profiles with", "tests", "production last agreed")


def tests_by_requirement() -> dict[str, list[str]]:
    """The names of the tests that check each requirement; empty where the suite, or what it needs, is not installed."""
    try:
        from nemovideo_contract.suite.checks import checks
        from nemovideo_contract.suite.marks import find_marks

        found: dict[str, list[str]] = {}
        for check in checks():
            mark = find_marks(check)
            for requirement in () if mark is None else mark.ids:
                found.setdefault(requirement, []).append(f"{check.__module__.rpartition('.')[2]}::{check.__name__}")
    except ImportError:
        return {}
    return {requirement: sorted(set(names)) for requirement, names in found.items()}


def parity_part() -> str:
    """All that `PARITY.md` has from the code."""
    return page(tests_by_requirement(), last_agreed())


def page(tests: Mapping[str, list[str]], agreed: Mapping[str, date]) -> str:
    """The counts, then a table an area."""
    families = [f"| {name} | {meaning} |\n" for name, meaning in FAMILIES.items()]
    head = _line(HEAD) + _line(("---",) * len(HEAD))
    sections = [
        f"## {area}\n\n{head}{''.join(_row(each, tests, agreed) for each in listed)}" for area, listed in AREAS.items()
    ]
    return "\n".join([_counts(tests, agreed), "| | |\n|---|---|\n" + "".join(families), *sections])


def _counts(tests: Mapping[str, list[str]], agreed: Mapping[str, date]) -> str:
    standings = Counter(each.standing.word for each in REQUIREMENTS.values())
    words = ", ".join(f"{count} {word}" for word, count in sorted(standings.items()))
    exempt = sum(each.exempt is not None for each in REQUIREMENTS.values())
    tested, seen = len(tests.keys() & REQUIREMENTS.keys()), len(agreed.keys() & REQUIREMENTS.keys())
    return (
        f"{len(REQUIREMENTS)} requirements: {words}. {tested} have a test; {exempt} have none, and the table says why."
        f" Production has agreed with {seen}.\n"
    )


def _row(requirement: Requirement, tests: Mapping[str, list[str]], agreed: Mapping[str, date]) -> str:
    named = "<br>".join(f"`{name}`" for name in tests.get(requirement.id, []))
    day = agreed.get(requirement.id)
    return _line(
        (
            f"`{requirement.id}`",
            requirement.behaviour,
            str(requirement.standing),
            requirement.source,
            "<br>".join(f"`{condition}`" for condition in requirement.profiles).replace("|", "\\|"),
            named if requirement.exempt is None else f"none: {requirement.exempt}",
            "never" if day is None else day.isoformat(),
        )
    )


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |\n"

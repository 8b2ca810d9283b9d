"""Exports: what is submitted, how it is asked about, and how the file is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nemovideo_contract.requirements.requirement import said
from nemovideo_harness.conduct.calls import Call
from nemovideo_harness.conduct.history import History
from nemovideo_harness.conduct.rules.rule import Broken, Kept, Occasion, Rule


def fresh_render_id(history: History) -> Iterator[Occasion]:
    """Each submission that names an id."""
    used: dict[str, int] = {}
    for place, each in enumerate(submissions := history.of(Call.SUBMIT)):
        if each.submitted is None:
            continue
        if each.submitted in used:
            first = submissions[used[each.submitted]]
            yield Broken(each, f"The render id {each.submitted} was used a second time.", (first, each))
        else:
            used[each.submitted] = place
            yield Kept(each)


RULES: Final = (
    Rule(
        "fresh-render-id",
        "Each submission has a render id that was not used before.",
        "error",
        "provable",
        said("F1 render", "F2 1.9 §3.5"),
        "The submission is refused, or answered with the old video.",
        "Make the id anew for each submission: render_$(date +%s), or a UUID.",
        fresh_render_id,
    ),
)

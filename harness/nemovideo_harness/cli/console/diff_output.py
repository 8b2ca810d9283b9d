"""The output of `diff`: a table for people, or the fields of `--json`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Final

from rich import box
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nemovideo_contract.profiles import KEYS
from nemovideo_harness.cli.console.output import safe_console

if TYPE_CHECKING:
    from nemovideo_contract.recording import Comparison, Difference, Recording

NOT_COVERED: Final = "no requirement covers this"
#: The width of the column with the name of the difference, in characters.
NAME_WIDTH: Final = 26


def comparison_fields(found: Comparison, names: tuple[str, str], second: Recording) -> dict[str, object]:
    """Return the fields of `--json`."""
    return {
        "first": names[0],
        "second": names[1],
        "steps": found.compared,
        "differences": [
            {
                "step": each.step,
                "operation": each.operation,
                "what": each.subject,
                "first": each.first,
                "second": each.second,
                "first_message": each.quotes[0],
                "second_message": each.quotes[1],
                "requirements": list(each.requirements),
                "profile_key": each.key,
                "by_chance": each.by_chance,
            }
            for each in found.differences
        ],
        "profile_keys": {key: found.values(key) for key in found.keys},
        "only_first": list(found.only_first),
        "only_second": list(found.only_second),
        "left_out": {each.name: each.reason for each in second.skipped},
    }


def print_comparison(found: Comparison, names: tuple[str, str], second: Recording) -> None:
    """Print the differences by step, a summary, and the profile keys that explain the differences."""
    console = safe_console(sys.stdout)
    head = Text.assemble(
        (names[0], "bold"), " → ", (names[1], "bold"), f": {_with_plural(found.compared, 'step')} compared"
    )
    console.print(head, soft_wrap=True)
    for listed in (found.sure, found.chance):
        if listed is found.chance and listed:
            console.print()
            console.print(Text("These may differ in every run:", "italic"))
        for step, group in groupby(listed, key=lambda each: each.step):
            console.print()
            console.print(Text(step, "bold"))
            console.print(_rows(list(group)))
    console.print()
    for line in _summary(found):
        console.print(Text(line), soft_wrap=True)
    if found.keys:
        console.print(_keys(found))
    for line in _describe_left_out(found, second):
        console.print(Text(line), soft_wrap=True)


def _rows(listed: list[Difference]) -> RenderableType:
    """Return the differences of one step: the name, both values, and the requirements that they concern."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=NAME_WIDTH, overflow="fold")
    table.add_column(overflow="fold")
    for each in listed:
        rules = Text(", ".join(each.requirements), "dim") if each.requirements else Text(NOT_COVERED, "yellow")
        quoted = [f"{name} says: {said}\n" for name, said in zip(("first", "second"), each.quotes, strict=True) if said]
        change = Text.assemble((each.first, "red"), " → ", (each.second, "green"), "\n", *quoted, rules)
        table.add_row(Text(each.subject), change)
    return Padding(table, (0, 0, 0, 2))


def _keys(found: Comparison) -> Table:
    """Return a table with the profile keys that explain the differences, and the meaning of each key."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for title in ("profile key", "change", "what it decides"):
        table.add_column(title, overflow="fold")
    for key in found.keys:
        values = found.values(key)
        change = "" if values is None else f"{values[0]} → {values[1]}"
        table.add_row(Text(key, "bold"), Text(change), Text(KEYS[key].meaning))
    return table


def _summary(found: Comparison) -> Iterator[str]:
    if not found.differences:
        yield "No difference that a caller can see."
        return
    if found.sure:
        chance = f", and {len(found.chance)} that may differ in every run" if found.chance else ""
        yield f"{_with_plural(len(found.sure), 'difference')}{chance}."
    else:
        yield f"No difference that counts: only values that may differ in every run ({len(found.chance)})."
    rest = len(found.unexplained)
    if rest and found.keys:
        yield f"No profile key explains {rest} of them; these keys explain the others:"
    elif rest:
        yield f"No profile key explains {'it' if rest == 1 else 'them'}."
    else:
        yield "All of them are documented variations; docs/profiles.md explains each key:"


def _describe_left_out(found: Comparison, second: Recording) -> Iterator[str]:
    skipped = {each.name: each.reason for each in second.skipped}
    for name, reason in skipped.items():
        yield f"Left out {name}: {reason}"
    missing = [each for each in found.only_first if each not in skipped]
    if missing:
        yield f"Only in the first: {', '.join(missing)}."
    if found.only_second:
        yield f"Only in the second: {', '.join(found.only_second)}."


def _with_plural(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"

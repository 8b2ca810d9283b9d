"""Prints which checks find which planted defect; `--check` runs the suite on all of them and compares, exactly.

`--write` keeps what was found, and `--only RULE,…` leaves the others as they are.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from rich.console import Console
from rich.table import Table

from tests.contract.suite.defects.catalogue import DEFECTS, UNPLANTED
from tests.contract.suite.defects.found import Found, read, write
from tests.contract.suite.defects.matrix import finders, named_by


def examined(rule: str) -> tuple[str, Found]:
    """What the whole suite finds of one defect."""
    defect = DEFECTS[rule]
    return rule, Found(defect.expected, named_by(defect), tuple(finders(defect)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; return 1 if the checks found something else than declared, or a defect was not found."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract.suite.defects", description=__doc__)
    parser.add_argument("--check", action="store_true", help="run the whole suite on every defect, and compare")
    parser.add_argument("--write", action="store_true", help="run it, and keep what was found")
    parser.add_argument("--only", metavar="RULES", default="", help="these requirements alone")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once; 0 is this one")
    chosen = parser.parse_args(arguments)
    only = [each for each in chosen.only.split(",") if each] or list(DEFECTS)
    if unknown := [each for each in only if each not in DEFECTS]:
        parser.error(f"nothing is planted for {', '.join(unknown)}")
    console, declared = Console(), read()
    found = dict(declared)
    if chosen.check or chosen.write:
        for rule, what in _examined(only, chosen.jobs):
            found[rule] = what
            if what != declared.get(rule):
                console.print(_difference(rule, what, declared.get(rule)))
            if chosen.write:
                write({each: found[each] for each in DEFECTS if each in found})
    differs = not chosen.write and any(found[rule] != declared.get(rule) for rule in only if rule in found)
    return max(_told(console, {rule: found[rule] for rule in only if rule in found}), int(differs))


def _examined(rules: Sequence[str], jobs: int) -> Iterator[tuple[str, Found]]:
    if jobs == 0:
        yield from map(examined, rules)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(examined, rules)


def _difference(rule: str, now: Found, was: Found | None) -> str:
    before, after = set(was.finders if was else ()), set(now.finders)
    words = [f"no longer by {each}" for each in sorted(before - after)]
    words += [f"now by {each}" for each in sorted(after - before)]
    return f"{rule} is found {', '.join(words) or f'as {now.named_by} names it, in {now.expected}'}"


def _told(console: Console, found: dict[str, Found]) -> int:
    table = Table("requirement", "profile", "found by its own", "and by", box=None)
    for rule, what in found.items():
        table.add_row(rule, what.expected, _plain(what.named_by), str(len(what.finders) - 1))
    console.print(table)
    killed = sum(what.is_found for what in found.values())
    named = sum(what.named_by is not None for what in found.values())
    rate = 100 * killed / max(1, len(found))
    console.print(f"{killed} of {len(found)} planted defects are found: {rate:.1f} %; {named} by their own words.")
    for rule, reason in UNPLANTED.items():
        console.print(f"Nothing is planted for {rule}: {reason}")
    return int(killed < len(found))


def _plain(check: str | None) -> str:
    return "[red]nobody[/red]" if check is None else check.removeprefix("test_").replace("_", " ")


if __name__ == "__main__":
    sys.exit(main())

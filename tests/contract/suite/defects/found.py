"""What is declared of the defects: `found.json`, in which each has the checks that fail by it, exactly these."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TypedDict, cast

from nemovideo_contract.requirements import REQUIREMENTS
from nemovideo_contract.suite.checks import checks
from nemovideo_contract.suite.marks import find_marks

FILE: Final = Path(__file__).with_name("found.json")


@dataclass(frozen=True, slots=True)
class Found:
    """What is found of one defect where the profile `expected` is expected.

    `named_by` is the check that calls it by its requirement without the specification's help, `finders` are all checks
    that fail by it.
    """

    expected: str
    named_by: str | None
    finders: tuple[str, ...]

    @property
    def is_found(self) -> bool:
        """Whether its own check is among those that fail."""
        return self.named_by is not None and self.named_by in self.finders


class _Entry(TypedDict):
    expected: str
    named_by: str | None
    finders: list[str]


def read() -> dict[str, Found]:
    """What is declared, by requirement; empty where nothing is yet."""
    if not FILE.exists():
        return {}
    entries = cast("dict[str, _Entry]", json.loads(FILE.read_text(encoding="utf-8")))
    return {
        rule: Found(entry["expected"], entry["named_by"], tuple(entry["finders"])) for rule, entry in entries.items()
    }


def write(found: Mapping[str, Found]) -> None:
    """Declare what was found."""
    text = json.dumps({rule: asdict(each) for rule, each in found.items()}, indent=1)
    FILE.write_text(text + "\n", encoding="utf-8")


def names(check: str) -> tuple[str, ...]:
    """The requirements that a check names.

    Raises:
        LookupError: there is no such check.
    """
    for each in checks():
        if each.__name__ == check and (found := find_marks(each)) is not None:
            return tuple(rule for rule in found.ids if rule in REQUIREMENTS)
    raise LookupError(f"There is no check {check}.")

"""The file `found.json`: for each defect exactly the checks that fail on it."""

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
    """What the suite finds of one defect if it expects the profile `expected`.

    `named_by` is the check that names the broken requirement without help of the specification. `finders` are all
    checks that fail.
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
    """Return the declared findings by requirement; empty if the file is missing."""
    if not FILE.exists():
        return {}
    entries = cast("dict[str, _Entry]", json.loads(FILE.read_text(encoding="utf-8")))
    return {
        rule: Found(entry["expected"], entry["named_by"], tuple(entry["finders"])) for rule, entry in entries.items()
    }


def write(found: Mapping[str, Found]) -> None:
    """Write the findings to the file."""
    text = json.dumps({rule: asdict(each) for rule, each in found.items()}, indent=1)
    FILE.write_text(text + "\n", encoding="utf-8")


def names(check: str) -> tuple[str, ...]:
    """Return the requirements that a check names.

    Raises:
        LookupError: the check is unknown.
    """
    for each in checks():
        if each.__name__ == check and (found := find_marks(each)) is not None:
            return tuple(rule for rule in found.ids if rule in REQUIREMENTS)
    raise LookupError(f"There is no check {check}.")

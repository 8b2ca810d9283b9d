"""What work costs, in credits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tariff:
    """About 100 a clip and 50 a session of edits (vendor reference 4.4), or 1 to 3 an operation (published skills)."""

    generate: int = 100
    assemble: int = 50
    operation: tuple[int, int] = (1, 3)

"""The rules for skill documents: data, each with a pure function."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from nemovideo_skills.lint.rules import (
    bodies,
    claims,
    errors,
    formats,
    front_matter,
    headers,
    missing_instructions,
    numbers,
    responses,
    unreadable_text,
    urls,
)
from nemovideo_skills.lint.rules.rule import Hit, Rule, Subject

__all__ = ["AREAS", "RULES", "Hit", "Rule", "Subject"]

#: The rules by area, in the order in which a reader meets them in a document.
AREAS: Final[Mapping[str, tuple[Rule, ...]]] = MappingProxyType(
    {
        "Front matter": front_matter.RULES,
        "Addresses": urls.RULES,
        "Headers and tokens": headers.RULES,
        "Bodies": bodies.RULES,
        "Numbers": numbers.RULES,
        "Answers": responses.RULES,
        "Formats": formats.RULES,
        "Claims": claims.RULES,
        "Unreadable text": unreadable_text.RULES,
        "Codes": errors.RULES,
        "Recovery": missing_instructions.RULES,
    }
)

#: Every rule by its id.
RULES: Final[Mapping[str, Rule]] = MappingProxyType({each.id: each for area in AREAS.values() for each in area})

"""Checks the records of one recorded turn against the schema and the order of their dialect.

It is separate from `grammar` because it needs jsonschema, and `grammar` needs only the standard library.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final, cast

from jsonschema import Draft202012Validator, ValidationError, exceptions

from nemovideo_contract.events.grammar import OrderViolation, check
from nemovideo_contract.openapi import JsonObject, records

#: The requirement that a record breaks if it doesn't fit the schema of its dialect.
SCHEMA_RULES: Final = {"typed": "stream-typed", "adk-2": "stream-adk-2", "adk-1": "stream-adk-1"}


def examine(recorded: Iterable[JsonObject], dialect: str, *, closed: bool = True) -> list[OrderViolation]:
    """Return what is wrong with the form or the order of the records, in the order of the records.

    A stream that was cut short is not `closed`. Unknown types and keys are allowed, as a recording may show a
    service that has more than its documents.

    Raises:
        ValueError: the dialect is unknown.
    """
    listed = list(recorded)
    ordered = check(listed, dialect, closed=closed)
    shaped: list[OrderViolation] = []
    for index, record in enumerate(listed):
        worst = _worst(_validator(dialect), record)
        if worst is not None:
            shaped.append(OrderViolation(index, SCHEMA_RULES[dialect], f"{worst.json_path}: {worst.message}"))
    return sorted([*shaped, *ordered], key=lambda violation: violation.index)


def _worst(validator: Draft202012Validator, record: JsonObject) -> ValidationError | None:
    """Return the error that says most, or None."""
    errors = validator.iter_errors(record)  # pyright: ignore[reportUnknownMemberType] -- its stubs
    found = exceptions.best_match(errors)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] -- same
    return cast("ValidationError | None", found)


@cache
def _validator(dialect: str) -> Draft202012Validator:
    return Draft202012Validator(records(dialect))

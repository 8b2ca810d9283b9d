"""Any combination of profile keys works: every pair of values of any two keys is played in some conversation.

The combinations are a covering array, made by a greedy rule: each begins with a pair that is still missing and takes
for every other key the value that brings the most missing pairs.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import Final

import pytest

from nemovideo_contract.profiles import KEYS, Profile, choices
from tests.integration.conversation import conversing

#: Values for the keys that take any whole number: none, one that makes a difference, and where it matters a large one.
NUMBERS: Final[dict[str, tuple[str, ...]]] = {
    "output_ttl": ("0", "86400"),
    "size_limit_mb": ("200", "1"),
    "stream_limit": ("0", "7", "900"),
    "session_idle": ("0", "3600"),
    "retry_after": ("0", "30"),
}
VALUES: Final[dict[str, tuple[str, ...]]] = {key: choices(key) or NUMBERS[key] for key in KEYS}

Row = dict[str, str]
#: Two keys in their order, each with a value.
Pair = tuple[tuple[str, str], tuple[str, str]]


def pairs_of(row: Mapping[str, str]) -> set[Pair]:
    """Every pair of values in a combination."""
    return set(itertools.combinations(sorted(row.items()), 2))


def all_pairs(values: Mapping[str, Sequence[str]]) -> set[Pair]:
    """Every pair of values of any two keys."""
    return {
        ((one, this), (other, that))
        for one, other in itertools.combinations(sorted(values), 2)
        for this, that in itertools.product(values[one], values[other])
    }


def covering_array(values: Mapping[str, Sequence[str]]) -> list[Row]:
    """Combinations of all keys in which every pair occurs; the same each time."""
    missing = all_pairs(values)
    rows: list[Row] = []
    while missing:
        row: Row = dict(min(missing))
        for key in sorted(values, key=lambda key: -len(values[key])):
            if key not in row:
                row[key] = max(values[key], key=lambda value: _gain(row, key, value, missing))
        rows.append(row)
        missing -= pairs_of(row)
    return rows


def _gain(row: Row, key: str, value: str, missing: set[Pair]) -> int:
    """How many missing pairs a value brings to a combination."""
    return sum(tuple(sorted([(key, value), item])) in missing for item in row.items())


ROWS: Final = covering_array(VALUES)
#: One combination in so many is played in a quick run.
QUICK: Final = 4


def test_every_pair_of_values_of_any_two_keys_is_in_some_combination() -> None:
    assert set().union(*(pairs_of(row) for row in ROWS)) == all_pairs(VALUES)
    assert all(list(VALUES) == sorted(row, key=list(VALUES).index) for row in ROWS)
    # No array can be shorter than the product of the two longest lists of values.
    *_, second, first = sorted(map(len, VALUES.values()))
    shortest = first * second
    assert shortest <= len(ROWS) <= 2 * shortest


def test_every_key_takes_part() -> None:
    assert [field.name for field in dataclasses.fields(Profile)] == list(VALUES)
    assert all(len(set(values)) > 1 for values in VALUES.values())


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=f"{number:02}", marks=[pytest.mark.slow] if number % QUICK else [])
        for number, row in enumerate(ROWS)
    ],
)
def test_every_answer_fits_the_specification_in_any_combination(row: Row) -> None:
    with conversing(Profile().replace(row)) as conversation:
        conversation.play()

"""A draw is a hash of its name: draws share nothing and never run out."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_mock.seeded_random import Chance

names = st.lists(st.one_of(st.text(max_size=8), st.integers()), max_size=4)


@given(st.text(max_size=5), names)
def test_the_same_path_draws_the_same_and_another_seed_another(seed: str, path: list[object]) -> None:
    assert Chance(seed).digest(*path) == Chance(seed).digest(*path)
    assert Chance(seed).digest(*path) != Chance(seed + "x").digest(*path)


@given(names, names)
def test_a_narrower_source_draws_what_the_whole_path_draws(first: list[object], second: list[object]) -> None:
    assert Chance("0").of(*first).digest(*second) == Chance("0").digest(*first, *second) or not (first and second)


def test_draws_repeat_in_another_process() -> None:
    code = "from nemovideo_mock.seeded_random import Chance; print(Chance('0').url_safe('token', 'é', 3))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert (
        other.stdout.strip() == Chance("0").url_safe("token", "é", 3) == "YIOFDNIyVQGwd2sKdx1a8wbsek9FqLCkTwyWrUv7OG8"
    )


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), names)
def test_a_number_between_two_lies_between_them(low: float, width: float, path: list[object]) -> None:
    drawn = Chance("0").between(low, low + width, *path)
    assert low - 0.001 <= drawn <= low + width + 0.001


def test_random_ids_have_their_documented_forms() -> None:
    chance = Chance("0")
    for number in range(200):
        assert re.fullmatch(r"[1-9][0-9]{18}", chance.digits(19, number))
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", chance.url_safe(number))
        assert re.fullmatch(r"[0-9a-f]{16}", chance.hex(16, number))
        assert 0 <= chance.fraction(number) < 1


@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_an_event_happens_about_as_often_as_its_probability(probability: float) -> None:
    happened = sum(Chance("0").happens(probability, number) for number in range(4000))
    assert happened / 4000 == pytest.approx(probability, abs=0.03)

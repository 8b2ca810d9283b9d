"""Requirements and checks, in both directions."""

from __future__ import annotations

import pytest

from nemovideo_contract.requirements import REQUIREMENTS
from nemovideo_contract.suite.checks import checks
from nemovideo_contract.suite.marks import UNTESTED, find_marks, requirement
from nemovideo_contract.suite.run import load_call_plan

CHECKED = {each for check in checks() if (found := find_marks(check)) is not None for each in found.ids}
EXEMPT = {name for name, each in REQUIREMENTS.items() if each.exempt is not None}


def test_every_requirement_has_a_check_or_a_reason_why_not() -> None:
    assert REQUIREMENTS.keys() - CHECKED - EXEMPT - UNTESTED.keys() == set()


def test_no_reason_is_stale() -> None:
    assert UNTESTED.keys() <= REQUIREMENTS.keys()
    assert not CHECKED & (UNTESTED.keys() | EXEMPT)


def test_at_most_one_requirement_in_twenty_has_only_a_reason() -> None:
    assert len(EXEMPT | UNTESTED.keys()) <= len(REQUIREMENTS) / 20


def test_a_check_cannot_name_what_is_no_requirement() -> None:
    with pytest.raises(ValueError, match="no-such-rule"):
        requirement("code-0", "no-such-rule")
    with pytest.raises(ValueError, match="once"):
        requirement("code-0", "code-0")


def test_check_names_are_told_apart_and_have_their_calls_in_the_plan() -> None:
    names = [each.__name__ for each in checks()]
    assert len(names) == len(set(names))
    assert load_call_plan().keys() == set(names)

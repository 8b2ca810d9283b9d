"""Every requirement has a planted defect, its own check finds it by name, and what else fails is declared."""

from __future__ import annotations

from zlib import crc32

import pytest

from nemovideo_contract.requirements import AREAS
from nemovideo_contract.suite.checks import checks
from tests.contract.suite.defects.__main__ import main
from tests.contract.suite.defects.catalogue import DEFECTS, UNPLANTED, Defect
from tests.contract.suite.defects.found import names, read
from tests.contract.suite.defects.matrix import plantable, runs_on, staged
from tests.contract.suite.stage import named

DECLARED = read()
CHECKS = {each.__name__: each for each in checks()}
#: One defect in so many is tried here on checks that have nothing to do with it.
SAMPLED = 12
#: A quick run tries so many defects of each area.
SOME = 3
#: So many of them.
TRIED = 3
PLANTED = {area: [each.id for each in listed if each.id in DEFECTS] for area, listed in AREAS.items()}


def drawn(text: str, count: int) -> int:
    """A number below a count that is the same in every run."""
    return crc32(text.encode()) % count


def test_every_requirement_is_broken_by_a_defect_or_has_a_reason_why_none_can() -> None:
    assert plantable().keys() == DEFECTS.keys() | UNPLANTED.keys()
    assert not DEFECTS.keys() & UNPLANTED.keys()
    assert all(reason.endswith(".") for reason in UNPLANTED.values())


def test_each_planted_defect_declares_its_failing_checks_and_its_own_check_is_one_of_them() -> None:
    assert list(DECLARED) == list(DEFECTS)
    for rule, found in DECLARED.items():
        assert found.is_found, f"{rule} is found by {found.named_by}"
        assert found.named_by is not None
        assert rule in names(found.named_by)
        assert found.expected == DEFECTS[rule].expected
        assert set(found.finders) <= CHECKS.keys(), f"{rule}: {set(found.finders) - CHECKS.keys()} is no check"
        assert list(found.finders) == sorted(set(found.finders))


def test_no_check_agrees_with_every_defect() -> None:
    found = {check for each in DECLARED.values() for check in each.finders}
    assert CHECKS.keys() - found == set()


@pytest.mark.slow
@pytest.mark.parametrize("area", PLANTED)
def test_its_own_check_finds_each_defect_by_name_without_the_specifications_help(area: str) -> None:
    found_by_name(PLANTED[area])


@pytest.mark.parametrize("area", PLANTED)
def test_its_own_check_finds_some_defects_of_an_area_by_name(area: str) -> None:
    found_by_name(sorted(PLANTED[area], key=lambda rule: drawn(rule, 1 << 30))[:SOME])


def found_by_name(rules: list[str]) -> None:
    """Each defect is found by the check that is declared, and called by its requirement."""
    for rule in rules:
        check = DECLARED[rule].named_by
        assert check is not None
        with staged(DEFECTS[rule]) as stage:
            found = stage.finding(CHECKS[check], plain=True)
        assert found is not None, f"{check} finds nothing wrong where {rule} is broken"
        assert found.requirement.id == rule


SAMPLE = [rule for rule in DEFECTS if drawn(rule, SAMPLED) == 0]


@pytest.mark.slow
@pytest.mark.parametrize("rule", SAMPLE)
def test_other_checks_fail_by_a_defect_where_that_is_declared_and_nowhere_else(rule: str) -> None:
    defect, declared = DEFECTS[rule], DECLARED[rule].finders
    order = sorted(
        (each for each in CHECKS if runs_on(CHECKS[each], defect)), key=lambda each: drawn(rule + each, 1 << 30)
    )
    tried = {*order[:TRIED], *[each for each in order if each in declared][:1]}
    with staged(defect) as stage:
        failed = {each for each in tried if stage.finding(CHECKS[each]) is not None}
    assert failed == tried & set(declared)


def test_a_defect_that_nobody_finds_would_be_seen() -> None:
    with staged(DEFECTS["credits-export"]) as stage:
        assert stage.finding(named("an_export_costs_nothing")) is not None
        assert stage.finding(named("a_token_from_elsewhere_is_taken_as_it_is")) is None


def test_the_table_tells_the_rate_and_the_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert f"{len(DEFECTS)} of {len(DEFECTS)} planted defects are found: 100.0 %" in told
    assert all(rule in told for rule in UNPLANTED)


def test_an_exact_run_notices_a_declaration_that_is_wrong(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def finders(defect: Defect) -> list[str]:
        return [f"test_of_another_name_than_{defect.rule}"]

    monkeypatch.setattr("tests.contract.suite.defects.__main__.finders", finders)
    assert main(["--check", "--only", "code-404", "--jobs", "0"]) == 1
    assert "test_of_another_name" in capsys.readouterr().out
    assert read() == DECLARED

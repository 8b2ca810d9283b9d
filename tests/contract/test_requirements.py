"""The requirements: complete, each with its source, each to be met in some profile and checked in some way."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from nemovideo_contract import draft, wire
from nemovideo_contract.profiles import KEYS, PROFILES, Profile, ProfileError, choices
from nemovideo_contract.requirements import (
    AREAS,
    ASSUMED,
    DOCUMENTED,
    FREE,
    REQUIREMENTS,
    Cost,
    Expense,
    Requirement,
    Source,
    applicable,
    area_of,
    to_observed,
)
from nemovideo_contract.requirements.agreed_file import last_agreed, read, to_json
from nemovideo_contract.requirements.requirement import parse_sources
from nemovideo_contract.targets import Approach, approach, fake
from tests.guards import HANG_S

TOP = Path(__file__).parents[2]
MARK = re.compile(r"#: ([a-z][a-z0-9]*(?:-[a-z0-9]+)+)(?:;|$)", re.MULTILINE)
#: Families that describe this very API.
DOCUMENTS = {"F0", "F1", "F2", "F3", "F4", "F5", "F6", "F8"}


def meeting(requirement: Requirement) -> Profile:
    """The default profile, changed until the requirement's conditions are true of it."""
    changes: dict[str, object] = {}
    for condition in requirement.profiles:
        key, sign, values = re.split(r"([=>])", condition, maxsplit=1)
        if not requirement_holds(condition, Profile()):
            changes[key] = int(values) + 1 if sign == ">" else values.partition("|")[0]
    return Profile().replace(changes)


def requirement_holds(condition: str, profile: Profile) -> bool:
    """Whether one condition is true of a profile."""
    return Requirement("an-id", "A sentence.", parse_sources("ours a test"), profiles=(condition,)).holds(profile)


# --- the whole list ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", [wire, draft])
def test_each_name_of_the_vocabulary_belongs_to_a_requirement(module: object) -> None:
    marked = set(MARK.findall(Path(str(vars(module)["__file__"])).read_text(encoding="utf-8")))
    assert marked
    assert marked - set(REQUIREMENTS) == set()


def test_no_two_requirements_share_an_id_and_no_two_a_behaviour() -> None:
    listed = [each for area in AREAS.values() for each in area]
    assert len({each.id for each in listed}) == len(listed) == len(REQUIREMENTS)
    assert len({(each.behaviour, each.profiles) for each in listed}) == len(listed)
    assert all(each in AREAS[area_of(each)] for each in listed)


def test_at_most_one_in_twenty_has_a_reason_in_place_of_a_test() -> None:
    assert sum(each.exempt is not None for each in REQUIREMENTS.values()) <= len(REQUIREMENTS) / 20


@pytest.mark.parametrize("key", KEYS)
def test_each_value_of_each_profile_key_makes_a_difference_to_some_requirement(key: str) -> None:
    numbers = {"size_limit_mb": ("200", "500")}
    values = choices(key) or numbers.get(key, ("0", "60"))
    met = {
        value: {each.id for each in REQUIREMENTS.values() if each.holds(meeting(each).replace({key: value}))}
        for value in values
    }
    assert len(set(map(frozenset, met.values()))) == len(values), f"two values of {key} are required the same"


@pytest.mark.parametrize("key", [key for key in KEYS if choices(key)])
def test_each_side_of_a_conflict_is_a_requirement_of_its_own(key: str) -> None:
    named = [
        each for each in REQUIREMENTS.values() if any(re.match(f"{key}=", condition) for condition in each.profiles)
    ]
    for value in choices(key):
        assert any(each.holds(meeting(each).replace({key: value})) for each in named), f"{key}={value}"


def test_a_profile_is_held_to_its_side_of_a_conflict_alone() -> None:
    seeds, withdrawn = ({each.id for each in applicable(PROFILES[name])} for name in ("seeds", "reference-4.4"))
    assert {"render-flat", "code-400", "attribution-source"} <= seeds - withdrawn
    assert {"render-wrapped", "token-client-id-optional", "attribution-none"} <= withdrawn - seeds


# --- each of them -----------------------------------------------------------------------------------------------------


def test_a_requirement_is_one_sentence_with_an_id_that_is_spelled_as_the_vocabularys() -> None:
    for each in REQUIREMENTS.values():
        assert MARK.fullmatch(f"#: {each.id}"), each.id
        assert re.fullmatch(r"\S.{10,118}\.", each.behaviour), each.id
        assert ". " not in each.behaviour, each.id


def test_a_requirement_has_a_source_and_is_documented_only_where_a_document_says_it() -> None:
    unsourced = {each.id for each in REQUIREMENTS.values() if not each.sources}
    undocumented = {
        each.id
        for each in REQUIREMENTS.values()
        if each.standing == DOCUMENTED and not DOCUMENTS & {source.family for source in each.sources}
    }
    assert (unsourced, undocumented) == (set(), set())


def test_a_requirement_holds_in_some_profile_and_can_be_checked_there_on_a_fake() -> None:
    for each in REQUIREMENTS.values():
        profile = meeting(each)
        assert each.holds(profile), each.id
        if each.exempt is None:
            found = approach(each, fake("http://127.0.0.1:8787", profile), profile)
            assert isinstance(found, Approach), f"{each.id}: {found}"
            assert found.scenario == each.needs, each.id


def test_a_requirement_that_no_test_checks_asks_for_nothing() -> None:
    exempt = [each for each in REQUIREMENTS.values() if each.exempt is not None]
    assert exempt
    assert all((each.cost, each.needs, each.profiles) == (FREE, None, ()) for each in exempt)


def test_a_requirement_that_spends_credits_says_how_many_and_in_which_session() -> None:
    for each in REQUIREMENTS.values():
        spends = each.cost.spends
        assert (Expense.CREDITS in spends) == (each.cost.credits > 0), each.id
        assert Expense.CREDITS not in spends or Expense.SESSION in spends, each.id
        assert Expense.RENDER not in spends or Expense.CREDITS in spends, each.id


# --- the parts of a requirement ---------------------------------------------------------------------------------------


def test_sources_are_read_from_words_and_written_back() -> None:
    sources = parse_sources("F2 1.9 §3.2", "ours the answer")
    assert sources == (Source("F2", "1.9 §3.2"), Source("ours", "the answer"))
    assert Requirement("an-id", "A sentence.", sources).source == "F2, 1.9 §3.2; ours, the answer"


@pytest.mark.parametrize("words", ["F9 1.0", "F2", "F2 ", "somebody said so", ""])
def test_a_source_of_no_family_or_without_a_place_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="is not a source"):
        parse_sources(words)


def test_costs_add_up_and_an_allowance_must_cover_every_kind_and_all_credits() -> None:
    edit = Cost(frozenset({Expense.SESSION, Expense.CREDITS}), 50)
    both = edit + Cost(frozenset({Expense.UPLOAD}))
    assert both == Cost(frozenset({Expense.SESSION, Expense.CREDITS, Expense.UPLOAD}), 50)
    assert str(both) == "session, upload, up to 50 credits"
    assert str(FREE) == "nothing"
    assert FREE.within(FREE)
    assert edit.within(both)
    assert not both.within(edit)
    assert not edit.within(dataclasses.replace(both, credits=49))


def test_a_standing_is_told_with_its_day() -> None:
    assert [str(standing) for standing in (DOCUMENTED, ASSUMED, to_observed(date(2026, 3, 19)))] == [
        "documented",
        "assumed",
        "observed on 2026-03-19",
    ]


def test_a_condition_on_no_key_is_refused() -> None:
    with pytest.raises(ProfileError):
        requirement_holds("colour=red", Profile())
    with pytest.raises(ProfileError):
        requirement_holds("render=round", Profile())


# --- what production agreed with, and the page ------------------------------------------------------------------------


def test_the_record_of_production_names_requirements_and_reads_as_it_was_written() -> None:
    assert set(last_agreed()) <= set(REQUIREMENTS)
    days = {"token-format": date(2026, 3, 19), "code-0": date(2026, 3, 20)}
    assert read(to_json(days)) == days
    assert to_json(days).index("code-0") < to_json(days).index("token-format")


@pytest.mark.parametrize("text", ["[]", '{"code-0": "yesterday"}', "code-0"])
def test_a_record_of_another_form_is_refused(text: str) -> None:
    with pytest.raises((TypeError, ValueError)):
        read(text)


def test_the_page_has_a_row_for_each_requirement() -> None:
    shown = rows((TOP / "PARITY.md").read_text(encoding="utf-8"))
    assert [row[0] for row in shown] == list(REQUIREMENTS)
    assert [row[1] for row in shown] == [each.behaviour for each in REQUIREMENTS.values()]


@pytest.mark.slow
def test_a_page_that_disagrees_with_the_requirements_is_noticed_and_written_anew(tmp_path: Path) -> None:
    paper = tmp_path / "PARITY.md"
    paper.write_text(
        (TOP / "PARITY.md").read_text(encoding="utf-8").replace("| never |", "| today |"), encoding="utf-8"
    )
    assert docs("--check", paper) == 1
    assert docs(paper) == 0
    assert docs("--check", paper) == 0
    agreed = last_agreed()
    assert [row[6] for row in rows(paper.read_text(encoding="utf-8"))] == [
        agreed[each].isoformat() if each in agreed else "never" for each in REQUIREMENTS
    ]


def rows(page: str) -> list[list[str]]:
    """The cells of each requirement's row."""
    found = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    assert {len(row) for row in found} == {7}
    return [[row[0].strip("`"), *row[1:]] for row in found]


def docs(*arguments: str | Path) -> int:
    """Return the exit code of the script that writes the documents."""
    command = [sys.executable, TOP / "scripts/docs.py", *arguments]
    return subprocess.run(command, capture_output=True, timeout=HANG_S, check=False).returncode

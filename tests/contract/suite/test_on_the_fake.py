"""The fake keeps every requirement of every named profile, and each check looks at what it names.

A quick run has all checks on two profiles, and on each other profile the checks of what neither of those two has.
"""

from __future__ import annotations

import pytest

from nemovideo_contract.http.errors import RequirementFailure
from nemovideo_contract.profiles import PROFILES, Profile
from nemovideo_contract.requirements import REQUIREMENTS
from nemovideo_contract.suite.checks import checks
from nemovideo_contract.suite.context import Check
from nemovideo_contract.suite.marks import UNTESTED, find_marks
from nemovideo_contract.suite.run import load_call_plan
from nemovideo_contract.targets import approach, fake
from tests.contract.suite.stage import context_on_fake

#: The other sides of what the named sets have one side of.
OTHERS = {
    "typed": PROFILES["seeds"].replace(
        {
            "text_key": "text", "heartbeat": "event", "turn_errors": "in_stream", "duplicate_render": "existing",
            "render_queue": "session", "token_limit": "none", "token_expiry": "never", "attribution": "exhausted",
            "silent": "always", "pricing": "operation", "empty_draft": "null", "busy": "refuse", "reissue": "fresh",
        }
    ),
    "kit": PROFILES["adk"].replace(
        {
            "events": "adk-1", "heartbeat": "comment", "silent": "never", "empty_draft": "absent", "gui_talk": False,
            "retry_after": 30,
        }
    ),
    "orphans": PROFILES["seeds"].replace(
        {
            "orphan": "token", "token_limit": "none", "silent": "generation", "session_idle": 7200, "output_ttl": 3600,
            "size_limit_mb": 500,
        }
    ),
}  # fmt: skip
RUNS = {**PROFILES, **OTHERS}
#: Hundreds of megabytes take seconds; one run sends them.
BIG = {
    "test_more_than_200_megabytes_are_4002": "seeds",
    "test_more_than_500_megabytes_are_4002_and_200_and_a_byte_are_taken": "orphans",
}


#: The profiles on which a quick run makes all checks.
WHOLE = ("seeds",)


def own(name: str) -> list[Check]:
    """The checks of a requirement that this profile has and neither of those has."""
    profile, others = RUNS[name], [RUNS[each] for each in WHOLE]

    def is_own(check: Check) -> bool:
        found = find_marks(check)
        assert found is not None
        return any(
            rule.holds(profile) and not any(rule.holds(other) for other in others) for rule in found.requirements
        )

    return [each for each in checks() if is_own(each) and each.__name__ not in BIG]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in RUNS if name not in WHOLE])
def test_it_agrees_and_every_check_looks_at_what_it_names_on_every_profile(name: str) -> None:
    agrees(name, [each for each in checks() if BIG.get(each.__name__, name) == name])


@pytest.mark.slow
def test_it_agrees_about_files_of_hundreds_of_megabytes() -> None:
    agrees("seeds", [each for each in checks() if BIG.get(each.__name__) == "seeds"])


@pytest.mark.parametrize("name", WHOLE)
def test_it_agrees_and_every_check_looks_at_what_it_names(name: str) -> None:
    agrees(name, [each for each in checks() if each.__name__ not in BIG])


@pytest.mark.parametrize("name", [name for name in RUNS if name not in WHOLE and own(name)])
def test_it_agrees_with_each_other_profile_about_what_is_its_own(name: str) -> None:
    agrees(name, own(name))


def agrees(name: str, tried: list[Check]) -> None:
    """A run of these checks finds no difference, and looks at whatever they name."""
    assert tried
    assert BIG.keys() <= {each.__name__ for each in checks()}
    profile = RUNS[name]
    differences: list[RequirementFailure] = []
    due: dict[str, str] = {}
    with context_on_fake(profile) as context:
        for check in tried:
            found = find_marks(check)
            assert found is not None
            before = context.spending.calls.copy()
            ways = context.approaches(found)
            try:
                context.run(check)
            except RequirementFailure as difference:
                differences.append(difference)
            if not isinstance(ways, str):
                due |= {
                    rule.id: check.__name__
                    for rule in found.requirements
                    for way in ways
                    if rule.holds(way.profile) and rule.needs in {None, way.scenario}
                }
            if name in PROFILES:
                strange = (context.spending.calls - before).keys() - load_call_plan()[check.__name__].keys()
                assert not strange, f"{check.__name__} calls {strange}, which its plan doesn't say"
    checked = context.checked
    assert not differences, "\n".join(map(str, differences))
    assert not {rule: check for rule, check in due.items() if rule not in checked}


def test_every_requirement_holds_in_one_of_these_runs() -> None:
    targets = [fake("http://127.0.0.1", profile) for profile in RUNS.values()]
    unseen = {
        name
        for name, each in REQUIREMENTS.items()
        if name not in UNTESTED
        and each.exempt is None
        and all(isinstance(approach(each, target, target.profile or Profile()), str) for target in targets)
    }
    assert unseen == set()

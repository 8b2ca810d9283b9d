"""The fake keeps every requirement of every named profile, and each check looks at what it names."""

from __future__ import annotations

import pytest

from nemovideo_contract.profiles import PROFILES, Profile
from nemovideo_contract.requirements import REQUIREMENTS
from nemovideo_contract.suite.findings import Difference
from nemovideo_contract.suite.marking import UNTESTED, checks, marked
from nemovideo_contract.suite.plan import recorded
from nemovideo_contract.targets import approach, fake
from tests.contract.suite.stage import benched

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


@pytest.mark.parametrize("name", RUNS)
def test_it_agrees_and_every_check_looks_at_what_it_names(name: str) -> None:
    profile = RUNS[name]
    differences: list[Difference] = []
    due: dict[str, str] = {}
    with benched(profile) as bench:
        for check in checks():
            found = marked(check)
            assert found is not None
            if BIG.get(check.__name__, name) != name:
                continue
            before = bench.rails.calls.copy()
            ways = bench.ways(found)
            try:
                bench.run(check)
            except Difference as difference:
                differences.append(difference)
            if not isinstance(ways, str):
                due |= {
                    rule.id: check.__name__
                    for rule in found.requirements
                    for way in ways
                    if rule.holds(way.profile) and rule.needs in {None, way.scenario}
                }
            if name in PROFILES:
                strange = (bench.rails.calls - before).keys() - recorded()[check.__name__].keys()
                assert not strange, f"{check.__name__} calls {strange}, which its plan doesn't say"
    checked = bench.checked
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

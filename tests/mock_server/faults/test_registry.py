"""Counts, chance, lifetimes and the order decide which faults of a world fire."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_mock.faults import FaultError, Faults, Latency, Requester
from nemovideo_mock.faults.registry import MOST_FAULTS
from nemovideo_mock.seeded_random import Chance

ANNA = Requester("anna", "1")
BERT = Requester("bert", "2")

#: A valid saved fault.
SAVED: Mapping[str, object] = {
    "fault": {"kind": "cut", "name": "b"},
    "added_at": 0,
    "matched": 1,
    "fired": 1,
    "shares": [],
    "places": [],
}


def registry(*specs: Mapping[str, object], seed: str = "0", now: float = 0.0) -> Faults:
    faults = Faults(Chance(seed))
    for spec in specs:
        faults.add(spec, now)
    return faults


def draw_names(faults: Faults, who: Requester = ANNA, now: float = 0.0) -> list[str]:
    return [fault.name for fault in faults.draw("request", "state", who, now)]


def pattern(faults: Faults, who: Sequence[Requester]) -> str:
    return "".join("x" if draw_names(faults, one) else "." for one in who)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({}, "xxxxxxxx"),
        ({"first": 2}, "xx......"),
        ({"after": 3}, "...xxxxx"),
        ({"every": 3}, "..x..x.."),
        ({"after": 2, "every": 2}, "...x.x.x"),
        ({"after": 2, "every": 2, "first": 2}, "...x.x.."),
        ({"probability": 0}, "........"),
    ],
)
def test_a_fault_fires_as_often_as_it_says(when: Mapping[str, object], expected: str) -> None:
    assert pattern(registry({"kind": "status", **when}), [ANNA] * 8) == expected


@pytest.mark.parametrize(
    ("per", "expected"),
    [("world", "x......."), ("account", "x.x....."), ("session", "x.xx....")],
)
def test_counts_are_kept_per_world_account_or_session(per: str, expected: str) -> None:
    callers = [ANNA, ANNA, BERT, Requester("anna", "3"), BERT, ANNA, Requester("anna", "3"), BERT]
    faults = registry({"kind": "status", "first": 1, "per": per})
    assert pattern(faults, callers) == expected
    assert (faults.list(0)[0].matched, faults.list(0)[0].fired) == (8, expected.count("x"))


def test_requests_that_a_fault_does_not_concern_are_not_counted() -> None:
    faults = registry({"kind": "status", "on": "state", "account": "anna", "every": 2})

    assert not faults.draw("request", "credits", ANNA, 0)
    assert not faults.draw("world", "state", ANNA, 0)
    assert pattern(faults, [BERT, ANNA, BERT, ANNA]) == "...x"
    assert (faults.list(0)[0].matched, faults.list(0)[0].fired) == (2, 1)


def test_two_faults_in_one_slot_fire_one_after_the_other() -> None:
    faults = registry(
        {"name": "gateway", "kind": "status", "first": 1},
        {"name": "slow", "kind": "latency"},
        {"name": "gone", "kind": "reset", "first": 1},
        {"name": "page", "kind": "not_json"},
    )
    assert [draw_names(faults) for _ in range(3)] == [["gateway", "slow"], ["slow", "gone"], ["slow", "page"]]
    assert [(standing.matched, standing.fired) for standing in faults.list(0)] == [(3, 1), (3, 3), (3, 1), (3, 1)]


def test_a_fault_stops_after_its_seconds_and_stays_listed() -> None:
    faults = registry({"kind": "status", "seconds": 10}, now=100)

    assert draw_names(faults, now=109.5)
    assert not draw_names(faults, now=110)
    late = faults.list(115)[0]
    assert (late.matched, late.fired, late.active, late.remaining, late.seconds_left) == (1, 1, False, 0, 0)
    assert faults.list(104)[0].seconds_left == 6


def test_a_status_says_how_often_a_fault_can_still_fire() -> None:
    faults = registry(
        {"kind": "status", "on": "state", "first": 2},
        {"kind": "latency"},
        {"kind": "slow_answer", "on": "state", "first": 1, "per": "account"},
    )
    draw_names(faults)
    assert [(one.remaining, one.active) for one in faults.list(0)] == [(1, True), (None, True), (None, True)]
    draw_names(faults)
    assert [(one.remaining, one.active) for one in faults.list(0)] == [(0, False), (None, True), (None, True)]
    assert (
        faults.list(0)[0].as_json().items()
        >= {
            "name": "status-1",
            "kind": "status",
            "matched": 2,
            "fired": 2,
            "active": False,
            "remaining": 0,
            "seconds_left": None,
        }.items()
    )


def test_names_are_made_of_kind_and_number_and_never_made_twice() -> None:
    faults = registry({"kind": "cut"}, {"kind": "cut", "name": "cut-2"}, {"kind": "cut"}, {"kind": "drip"})
    assert [one.fault.name for one in faults.list(0)] == ["cut-1", "cut-2", "cut-3", "drip-1"]

    faults.remove("cut-3")
    assert faults.add({"kind": "cut"}, 0).name == "cut-4"


def test_a_name_added_again_takes_the_last_place_and_new_counts() -> None:
    faults = registry({"name": "a", "kind": "status", "first": 1}, {"name": "b", "kind": "latency"})
    assert draw_names(faults) == ["a", "b"]

    faults.add({"name": "a", "kind": "status", "first": 1}, 0)

    assert len(faults) == 2
    assert draw_names(faults) == ["b", "a"]


def test_faults_are_removed_by_name_by_account_or_all() -> None:
    faults = registry({"kind": "cut", "account": "anna"}, {"kind": "cut", "account": "bert"}, {"kind": "drip"})

    with pytest.raises(FaultError, match=r"^There is no fault 'cut_1': did you mean cut-1\?$"):
        faults.remove("cut_1")
    assert faults.remove("cut-1").scope.account == "anna"
    assert faults.clear("bert") == 1
    assert [one.fault.name for one in faults.list(0)] == ["drip-1"]
    assert faults.clear() == 1
    assert faults.draw("stream", "run_sse", ANNA, 0) == ()
    with pytest.raises(FaultError, match=r"^There is no fault 'drip-1': there are none\.$"):
        faults.remove("drip-1")


def test_an_invalid_fault_changes_nothing() -> None:
    faults = registry({"name": "a", "kind": "status"})
    with pytest.raises(FaultError):
        faults.add({"name": "a", "kind": "status", "status": 200}, 0)
    assert draw_names(faults) == ["a"]


def test_a_world_holds_so_many_faults_and_replacing_one_is_always_possible() -> None:
    faults = registry(*({"kind": "cut"} for _ in range(MOST_FAULTS)))

    with pytest.raises(FaultError, match=rf"^There are {MOST_FAULTS} faults already: remove some first\.$"):
        faults.add({"kind": "cut"}, 0)
    faults.add({"kind": "drip", "name": "cut-7"}, 0)
    assert len(faults) == MOST_FAULTS
    restored = registry()
    restored.restore(faults.as_json())
    assert len(restored) == MOST_FAULTS


def test_jitter_is_drawn_for_each_request_and_lies_within_its_bounds() -> None:
    faults = registry({"kind": "latency", "delay": 2, "jitter": 3})

    effects = [fault.effect for _ in range(50) for fault in faults.draw("request", "state", ANNA, 0)]
    delays = [effect.delay for effect in effects if isinstance(effect, Latency) and effect.jitter == 0]

    assert len(delays) == 50
    assert len(set(delays)) > 40
    assert all(2 <= delay <= 5 for delay in delays)
    assert min(delays) < 3
    assert max(delays) > 4


def test_a_fault_with_a_probability_fires_about_that_often() -> None:
    faults = registry({"kind": "status", "probability": 0.3})
    assert pattern(faults, [ANNA] * 2000).count("x") / 2000 == pytest.approx(0.3, abs=0.04)


def test_another_seed_or_name_draws_differently() -> None:
    def drawn(name: str, seed: str) -> str:
        return pattern(registry({"name": name, "kind": "status", "probability": 0.5}, seed=seed), [ANNA] * 64)

    assert drawn("a", "0") == drawn("a", "0")
    assert len({drawn("a", "0"), drawn("b", "0"), drawn("a", "1")}) == 3


callers = st.sampled_from([BERT, Requester("bert", "3"), Requester(), Requester("carl", "1"), Requester("anna", "9")])
specs = st.fixed_dictionaries(
    {"kind": st.sampled_from(["status", "latency", "slow_answer"]), "on": st.just("state")},
    optional={
        "probability": st.sampled_from([0.2, 0.5, 0.9]),
        "after": st.integers(0, 3),
        "every": st.integers(1, 3),
        "first": st.integers(1, 4),
        "per": st.sampled_from(["account", "session"]),
        "jitter": st.just(2),
        "seconds": st.sampled_from([5, 50]),
    },
).map(lambda spec: {name: value for name, value in spec.items() if name != "jitter" or spec["kind"] == "latency"})


@given(st.lists(callers, max_size=30), st.data())
def test_requests_of_other_sessions_change_no_draw_of_a_session(others: list[Requester], data: st.DataObject) -> None:
    """This holds for counts per session; counts of a world are shared by all sessions."""
    ordered = [{**spec, "per": "session"} for spec in data.draw(st.lists(specs, min_size=1, max_size=3))]
    quiet, busy = registry(*ordered), registry(*ordered)
    alone = [quiet.draw("request", "state", ANNA, number) for number in range(12)]

    crowded: list[object] = []
    for number in range(12):
        for _ in range(data.draw(st.integers(0, 3))):
            if others:
                busy.draw("request", "state", others.pop(), number)
        crowded.append(busy.draw("request", "state", ANNA, number))

    assert crowded == alone


@given(st.lists(callers, max_size=40))
def test_a_chance_counted_by_the_world_is_drawn_by_the_callers_own_requests(others: list[Requester]) -> None:
    spec = {"kind": "status", "probability": 0.5}
    quiet, busy = registry(spec), registry(spec)
    alone = pattern(quiet, [ANNA] * 20)
    crowded = ""
    for number in range(20):
        pattern(busy, others[2 * number : 2 * number + 2])
        crowded += pattern(busy, [ANNA])
    assert crowded == alone


@given(st.lists(specs, min_size=1, max_size=4), st.lists(callers, max_size=12), st.lists(callers, max_size=12))
def test_a_restored_registry_continues_as_the_saved_one_would(
    ordered: list[dict[str, object]], before: list[Requester], after: list[Requester]
) -> None:
    faults = registry(*ordered)
    for number, who in enumerate(before):
        faults.draw("request", "state", who, number)
    saved = json.loads(json.dumps(faults.as_json()))
    restored = registry({"kind": "cut", "name": "forgotten"})

    restored.restore(saved)

    assert restored.as_json() == faults.as_json()
    for number, who in enumerate(after, len(before)):
        assert restored.draw("request", "state", who, number) == faults.draw("request", "state", who, number)
    assert restored.add({"kind": "status"}, 0).name == faults.add({"kind": "status"}, 0).name
    assert restored.list(20) == faults.list(20)


def test_sessions_leave_no_trace_in_faults_that_neither_draw_nor_count_by_them() -> None:
    faults = registry({"kind": "status", "every": 2})
    sizes: list[int] = []
    for number in range(10, 30):
        draw_names(faults, Requester("anna", str(number)))
        sizes.append(len(json.dumps(faults.as_json())))
    assert len(set(sizes)) <= 3  # the digits of two counts


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"faults": 7, "made": {}},
        {"faults": [7], "made": {}},
        {"faults": [{**SAVED, "fault": {"kind": "cut"}}], "made": {}},
        {"faults": [{**SAVED, "fault": {"kind": "cat", "name": "a"}}], "made": {}},
        {"faults": [{**SAVED, "added_at": "today"}], "made": {}},
        {"faults": [{**SAVED, "matched": -1}], "made": {}},
        {"faults": [{**SAVED, "shares": [[None, "1", 1, 0]]}], "made": {}},
        {"faults": [{**SAVED, "shares": [["a", "1", 1]]}], "made": {}},
        {"faults": [SAVED] * (MOST_FAULTS + 1), "made": {}},
        {"faults": [], "made": []},
        {"faults": [], "made": {"cut": "1"}},
    ],
)
def test_an_invalid_saved_state_is_refused_and_changes_nothing(broken: Mapping[str, object]) -> None:
    faults = registry({"name": "a", "kind": "status"})
    with pytest.raises(FaultError, match=r"^The saved faults are not valid: ") as caught:
        faults.restore(broken)
    assert not re.search(r"object (is|has)|unpack|: '\w+'\.?$|[^.?]$", str(caught.value)), "a sentence of Python"
    assert draw_names(faults) == ["a"]
    faults.restore({"faults": [SAVED], "made": {}})
    assert draw_names(faults) == []

"""Properties of every verdict, for any callers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from nemovideo_contract.journal import JournalError, read_entries
from nemovideo_skills.judge.judging import Judgement, Verdict, judge_journal
from nemovideo_skills.judge.rules import RULES
from tests.skills.judge.callers_at_work import CALLERS, Step, at_work

ALL = tuple(RULES.values())
Verdicts = dict[str, Verdict]


def verdicts(judgement: Judgement) -> Verdicts:
    return {each.rule.id: each.verdict for each in judgement.findings}


def judged(entries: Sequence[Any], **options: Any) -> Verdicts:
    (judgement,) = judge_journal(entries, ALL, together=True, **options)
    return verdicts(judgement)


@settings(max_examples=60)
@given(CALLERS, CALLERS, st.data())
def test_no_verdict_depends_on_what_another_caller_did_meanwhile(
    steps: list[Step], others: list[Step], data: st.DataObject
) -> None:
    one, two = at_work(steps), at_work(others, second=True)
    for entry in two:
        entry["session"] = entry["session"] and f"9{entry['session']}"
    alone = [verdicts(*judge_journal(each, ALL)) for each in (one, two)]
    mixed: list[Any] = []
    left = [list(one), list(two)]
    while any(left):
        source = data.draw(st.sampled_from([each for each in left if each]), label="who comes next")
        count = data.draw(st.integers(1, len(source)), label="how many entries")
        mixed += [dict(entry) for entry in source[:count]]
        del source[:count]
    numbers: dict[tuple[str, int], int] = {}
    for place, entry in enumerate(mixed, 1):
        entry["n"] = place
        entry["exchange"] = numbers.setdefault((entry["account"], entry["exchange"]), len(numbers) + 1)
    together = {each.history.caller: verdicts(each) for each in judge_journal(mixed, ALL)}
    names = ["anon_0123456789abcdef (photo-stories)", "anon_fedcba9876543210 (slide-shows)"]
    assert [together[name] for name in names] == alone


@settings(max_examples=200)
@given(CALLERS, st.data())
def test_a_missing_part_makes_rules_unknown_and_never_kept_or_broken(steps: list[Step], data: st.DataObject) -> None:
    entries = at_work(steps)
    whole = judged(entries)
    first = data.draw(st.integers(0, len(entries) - 2), label="first missing")
    last = data.draw(st.integers(first, len(entries) - 2), label="last missing")
    rest = [entry for place, entry in enumerate(entries) if not first <= place <= last]
    if not any(entry["kind"] == "request" for entry in rest):
        return
    for rule, verdict in judged(rest).items():
        assert verdict in {Verdict.UNKNOWN, Verdict.BROKEN}, f"{rule} is {verdict} with a gap"
        assert verdict is not Verdict.BROKEN or whole[rule] is Verdict.BROKEN, f"{rule} is broken by a gap alone"


@settings(max_examples=200)
@given(CALLERS, st.data())
def test_a_caller_at_work_breaks_no_rule_that_it_can_still_keep(steps: list[Step], data: st.DataObject) -> None:
    entries = at_work(steps)
    whole = judged(entries)
    so_far = data.draw(st.integers(1, len(entries)), label="entries so far")
    live = judged(entries[:so_far], over=False)
    broken = {rule for rule, verdict in live.items() if verdict is Verdict.BROKEN}
    assert broken <= {rule for rule, verdict in whole.items() if verdict is Verdict.BROKEN}


@settings(max_examples=60)
@given(CALLERS, st.data())
def test_entries_that_come_twice_count_once(steps: list[Step], data: st.DataObject) -> None:
    entries = at_work(steps)
    place = data.draw(st.integers(0, len(entries)), label="read again from")
    assert judged([*entries, *entries[place:]]) == judged(entries)


ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    10**90,
    1.5,
    -1e300,
    "",
    "x",
    "9" * 400,
    "request",
    [],
    [None],
    {},
    {"t": [{"sg": [1]}]},
]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container in a JSON value with each of its keys or indices."""
    keys: Iterable[Any] = ()
    if isinstance(value, dict):
        keys = cast("dict[str, Any]", value)
    elif isinstance(value, list):
        keys = range(len(cast("Sequence[Any]", value)))
    held: Any = cast("Any", value)
    for key in keys:
        yield held, key
        yield from places(held[key])


@settings(max_examples=100)
@given(CALLERS, st.data())
def test_a_journal_with_odd_values_is_judged_or_refused_with_the_number_of_a_line(
    steps: list[Step], data: st.DataObject
) -> None:
    entries = json.loads(json.dumps(at_work(steps)))
    for holder, key in data.draw(st.lists(st.sampled_from(list(places(entries))[1:]), min_size=1, max_size=4)):
        holder[key] = data.draw(st.sampled_from(ODD))
    refused = "Line 1 "
    try:
        judge_journal(read_entries(map(json.dumps, entries)), ALL)
    except JournalError as error:
        refused = str(error)
    assert re.match(r"Line \d+ ", refused)
    assert "\n" not in refused

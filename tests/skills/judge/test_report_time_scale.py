"""The positions of moments in the picture of a history."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_skills.judge.report.time_scale import CALLS, STRIPS, Scale, TimedEvent

WIDTH = 900.0


def instants(*moments: float) -> list[TimedEvent]:
    """Return calls that begin at these moments and end at once."""
    return [
        TimedEvent(2 * place + end, moment, -1 if end else 1)
        for place, moment in enumerate(moments, 1)
        for end in (0, 1)
    ]


@given(st.lists(st.floats(0, 1e7), max_size=200), st.floats(100, 2000))
def test_places_keep_the_order_of_the_journal_and_stay_in_the_picture(moments: list[float], width: float) -> None:
    events = instants(*moments)
    scale = Scale(events, width)
    places = [scale(each.number) for each in events]
    assert all(left <= right for left, right in pairwise(places))
    assert all(0 <= place <= scale.strips * width for place in places)
    assert all(0 <= scale.strip(place) < scale.strips for place in places)


def test_calls_that_begin_in_the_same_moment_stand_apart() -> None:
    scale = Scale(instants(*[0.0] * 8), WIDTH)
    begins = [scale(2 * place) for place in range(1, 9)]
    assert min(right - left for left, right in pairwise(begins)) > 8


def test_time_runs_evenly_while_something_happens() -> None:
    events = [TimedEvent(1, 0, 1), *(TimedEvent(n, 10.0 * (n - 1)) for n in range(2, 10)), TimedEvent(10, 90, -1)]
    scale = Scale(events, WIDTH)
    gaps = [scale(n + 1) - scale(n) for n in range(2, 10)]
    assert max(gaps) - min(gaps) == pytest.approx(0, abs=1e-6)
    assert scale.cuts == []


def test_a_week_of_nothing_is_cut_short_and_what_was_at_work_keeps_its_room() -> None:
    week = 604_800.0
    events = [TimedEvent(1, 0, 1), TimedEvent(2, 20, -1), TimedEvent(3, 20 + week, 1), TimedEvent(4, 40 + week, -1)]
    scale = Scale(events, WIDTH)
    assert [each.length for each in scale.cuts] == [week]
    assert scale(2) < scale.cuts[0].x < scale(3)
    assert scale(2) - scale(1) > WIDTH / 8
    assert scale(4) - scale(3) == pytest.approx(scale(2) - scale(1))


def test_waits_that_are_usual_are_shown_as_long_as_they_were() -> None:
    assert Scale(instants(*(30.0 * place for place in range(12))), WIDTH).cuts == []


def test_a_picture_has_as_many_strips_as_its_calls_need_and_no_more_than_can_be_looked_at() -> None:
    assert Scale(instants(1.0), WIDTH).strips == 1
    assert Scale([], WIDTH).strips == 1
    assert Scale(instants(*map(float, range(3 * CALLS))), WIDTH).strips == 3
    assert Scale(instants(*map(float, range(100 * CALLS))), WIDTH).strips == STRIPS

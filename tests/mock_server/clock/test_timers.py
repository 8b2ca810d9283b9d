"""Timers run by time, order and arrival, and cancelled ones do not run."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nemovideo_mock.clock import TimerOrder
from nemovideo_mock.clock.timers import OrderedTimer, Timers

SET = st.tuples(st.integers(0, 5), st.sampled_from(TimerOrder), st.booleans())


@given(st.lists(SET, max_size=30), st.integers(0, 6))
def test_due_timers_are_returned_in_order_and_the_others_stay(
    sets: list[tuple[int, TimerOrder, bool]], now: int
) -> None:
    timers = Timers()
    made = [timers.add(float(when), order, lambda: None) for when, order, _ in sets]
    for timer, (_, _, cancelled) in zip(made, sets, strict=True):
        if cancelled:
            timer.cancel()
    kept = [timer for timer, (_, _, cancelled) in zip(made, sets, strict=True) if not cancelled]
    expected = sorted(kept, key=lambda timer: (timer.when, timer.order, made.index(timer)))
    taken: list[OrderedTimer] = []
    while (due := timers.take(float(now))) is not None:
        taken.append(due)
    assert taken == [timer for timer in expected if timer.when <= now]
    assert timers.first() is next((timer for timer in expected if timer.when > now), None)
    timers.clear()
    assert timers.first() is None

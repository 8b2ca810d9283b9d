"""Real time passes without calls; an advance runs timers in order, and a stop ends all waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from nemovideo_mock.clock import ClockStoppedError, RealClock, Signal, TimerOrder, void, yield_to_loop
from tests.guards import HANG_S

from .stage import idle, started

pytestmark = pytest.mark.anyio

#: Long enough that it never passes during a test, in seconds.
AGE = 1e6


async def test_timers_and_signals_end_waits() -> None:
    with started(RealClock()) as clock:
        signal = Signal()
        clock.call_at(clock.now(), signal.notify)
        assert await clock.wait(signal) is True
        assert await clock.wait(Signal(), until=clock.now()) is False


async def test_timers_run_in_order_of_time_whatever_the_order_of_setting_them() -> None:
    with started(RealClock()) as clock:
        fired: list[str] = []
        now = clock.now()
        last = asyncio.Event()
        clock.call_at(now + 0.01, last.set)
        clock.call_at(now - 1, lambda: fired.append("second"))
        clock.call_at(now - 2, lambda: fired.append("first"))
        clock.call_at(now - 1, lambda: fired.append("third"))
        await last.wait()
        assert fired == ["first", "second", "third"]


async def test_no_timer_runs_before_its_time() -> None:
    with started(RealClock()) as clock:
        seen: list[float] = []
        whens = [clock.now() + number / 10_000 for number in range(50)]
        done = asyncio.Event()

        def note(when: float) -> Callable[[], None]:
            return lambda: seen.append(clock.now() - when)

        for when in whens:
            clock.call_at(when, note(when))
        clock.call_at(whens[-1], done.set, TimerOrder.ADVANCE)
        await done.wait()
        assert len(seen) == 50
        assert min(seen) >= 0


async def test_a_clock_begins_at_its_given_time() -> None:
    clock = RealClock(1_000_000.0)
    assert 1_000_000.0 <= clock.now() < 1_000_060.0


async def test_an_advance_moves_the_time_and_runs_what_has_become_due_in_order() -> None:
    with started(RealClock(0.0)) as clock:
        fired: list[str] = []
        clock.call_at(AGE, lambda: fired.append("heartbeat"), TimerOrder.HEARTBEAT)
        clock.call_at(AGE, lambda: fired.append("service"))
        clock.call_at(AGE / 2, lambda: fired.append("early"))
        clock.call_at(9 * AGE, lambda: fired.append("not yet"))
        assert await clock.advance(2 * AGE) >= 2 * AGE
        assert fired == ["early", "service", "heartbeat"]
        await clock.advance(8 * AGE)
        assert fired[3:] == ["not yet"]


async def test_a_timer_that_a_timer_sets_runs_before_a_later_one_in_the_same_advance() -> None:
    with started(RealClock(0.0)) as clock:
        fired: list[str] = []
        clock.call_at(AGE, lambda: void(clock.call_at(2 * AGE, lambda: fired.append("set by a timer"))))
        clock.call_at(3 * AGE, lambda: fired.append("last"))
        await clock.advance(4 * AGE)
        assert fired == ["set by a timer", "last"]


async def test_a_timer_that_is_set_during_an_advance_runs_in_order() -> None:
    with started(RealClock(0.0)) as clock:
        woken: list[str] = []

        async def sleeper(name: str, *times: float) -> None:
            for time in times:
                await clock.wait(Signal(), until=time)
                woken.append(f"{name} {time / AGE:g}")

        tasks = [
            asyncio.create_task(sleeper("one", AGE, 2 * AGE)),
            asyncio.create_task(sleeper("two", 3 * AGE)),
        ]
        await idle()
        await clock.advance(5 * AGE)
        await asyncio.gather(*tasks)
        assert woken == ["one 1", "one 2", "two 3"]


async def test_a_cancelled_timer_never_runs_not_even_in_an_advance() -> None:
    with started(RealClock(0.0)) as clock:
        fired: list[str] = []
        timer = clock.call_at(AGE, lambda: fired.append("cancelled"))
        timer.cancel()
        timer.cancel()
        await clock.advance(2 * AGE)
        assert fired == []


async def test_after_an_advance_the_next_timer_still_runs() -> None:
    with started(RealClock(0.0)) as clock:
        rung = asyncio.Event()
        clock.call_at(AGE + 0.05, rung.set)
        await clock.advance(AGE)
        await asyncio.wait_for(rung.wait(), HANG_S)


async def test_a_timer_that_fails_does_not_keep_the_next_from_running() -> None:
    errors: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(str(context["exception"])))

    def fail() -> None:
        raise RuntimeError("a broken timer")

    with started(RealClock()) as clock:
        rung = asyncio.Event()
        clock.call_at(clock.now(), fail)
        clock.call_at(clock.now(), rung.set)
        await asyncio.wait_for(rung.wait(), HANG_S)
    assert errors == ["a broken timer"]


async def test_time_never_goes_back_by_an_advance() -> None:
    with started(RealClock(0.0)) as clock:
        before = clock.now()
        assert await clock.advance(-AGE) >= before


async def test_a_clock_that_is_set_keeps_the_due_times_of_its_timers() -> None:
    with started(RealClock(0.0)) as clock:
        fired: list[str] = []
        clock.call_at(3 * AGE, lambda: fired.append("due"))
        clock.put(2 * AGE)
        assert 2 * AGE <= clock.now() < 2 * AGE + 60
        clock.put(AGE)
        assert AGE <= clock.now() < AGE + 60
        await clock.advance(AGE)
        assert fired == []
        await clock.advance(AGE)
        assert fired == ["due"]


async def test_a_stop_ends_every_wait_and_every_timer() -> None:
    clock = RealClock()
    clock.start()
    fired: list[str] = []
    clock.call_at(clock.now(), lambda: fired.append("too late"))
    waits = [asyncio.create_task(clock.wait(Signal(), until=until)) for until in (None, clock.now() + AGE)]
    await yield_to_loop()
    first = clock.now()
    clock.stop()
    results = await asyncio.gather(*waits, return_exceptions=True)
    await idle()
    assert [type(result) for result in results] == [ClockStoppedError] * 2
    assert fired == []
    assert clock.now() >= first


async def test_a_wait_that_begins_after_the_stop_ends_at_once() -> None:
    clock = RealClock()
    clock.start()
    clock.stop()
    with pytest.raises(ClockStoppedError):
        await clock.wait(Signal())
    with pytest.raises(ClockStoppedError):
        await clock.advance(1)


async def test_a_stop_in_the_middle_of_an_advance_ends_it_before_the_next_timer() -> None:
    clock = RealClock(0.0)
    clock.start()
    fired: list[str] = []
    clock.call_at(AGE, clock.stop)
    clock.call_at(2 * AGE, lambda: fired.append("after the stop"))
    with pytest.raises(ClockStoppedError):
        await clock.advance(3 * AGE)
    assert fired == []


async def test_a_clock_that_was_stopped_can_be_started_again_without_its_old_timers() -> None:
    clock = RealClock()
    clock.start()
    fired: list[str] = []
    clock.call_at(clock.now(), lambda: fired.append("old"))
    clock.stop()
    with started(clock):
        assert await clock.wait(Signal(), until=clock.now()) is False
        assert fired == []

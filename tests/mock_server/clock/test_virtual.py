"""Virtual time passes only while someone waits for it, in order, and settles before it goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_mock.clock import (
    VIRTUAL_EPOCH,
    ClockStoppedError,
    Link,
    Signal,
    TimerOrder,
    VirtualClock,
    void,
    yield_to_loop,
)

from .stage import idle, started

pytestmark = pytest.mark.anyio


async def test_time_does_not_pass_while_no_one_waits_even_if_a_timer_is_due() -> None:
    with started(VirtualClock()) as clock:
        fired: list[float] = []
        clock.call_at(clock.now() + 1, lambda: fired.append(clock.now()))
        await idle()
        assert clock.now() == VIRTUAL_EPOCH
        assert fired == []


async def test_advance_runs_what_is_due_in_order_and_lands_exactly() -> None:
    with started(VirtualClock(0.0)) as clock:
        fired: list[tuple[str, float]] = []
        clock.call_at(3, lambda: fired.append(("late", clock.now())))
        clock.call_at(1, lambda: fired.append(("early", clock.now())))
        clock.call_at(9, lambda: fired.append(("never", clock.now())))
        assert await clock.advance(5) == 5
        assert fired == [("early", 1), ("late", 3)]


async def test_a_timer_that_another_timer_sets_for_the_same_instant_fires_before_advance_returns() -> None:
    with started(VirtualClock(0.0)) as clock:
        fired: list[str] = []
        clock.call_at(5, lambda: void(clock.call_at(5, lambda: fired.append("second"))))
        await clock.advance(5)
        assert fired == ["second"]


async def test_at_one_instant_the_service_goes_before_heartbeats_and_those_before_participants() -> None:
    with started(VirtualClock(0.0)) as clock:
        fired: list[str] = []
        clock.call_at(1, lambda: fired.append("participant"), TimerOrder.PARTICIPANT)
        clock.call_at(1, lambda: fired.append("heartbeat"), TimerOrder.HEARTBEAT)
        clock.call_at(1, lambda: fired.append("service"), TimerOrder.SERVICE)
        clock.call_at(1, lambda: fired.append("service again"), TimerOrder.SERVICE)
        await clock.advance(1)
        assert fired == ["service", "service again", "heartbeat", "participant"]


async def test_a_cancelled_timer_never_runs() -> None:
    with started(VirtualClock(0.0)) as clock:
        fired: list[str] = []
        timer = clock.call_at(1, lambda: fired.append("cancelled"))
        timer.cancel()
        await clock.advance(2)
        assert fired == []


async def test_a_sleeping_task_wakes_at_its_deadline_without_real_time() -> None:
    with started(VirtualClock(0.0)) as clock:
        await clock.sleep_async(7 * 24 * 3600)
        assert clock.now() == 7 * 24 * 3600


async def test_sleepers_wake_in_the_order_of_their_deadlines() -> None:
    with started(VirtualClock(0.0)) as clock:
        woken: list[tuple[int, float]] = []

        async def sleeper(seconds: int) -> None:
            with clock.running():
                await clock.sleep_async(seconds)
                woken.append((seconds, clock.now()))

        await asyncio.gather(*(sleeper(seconds) for seconds in (30, 10, 20)))
        assert woken == [(10, 10), (20, 20), (30, 30)]


async def test_a_thread_sleeps_in_virtual_time_while_the_loop_runs() -> None:
    with started(VirtualClock(0.0)) as clock:
        await asyncio.to_thread(clock.sleep, 3600)
        assert clock.now() == 3600


async def test_time_does_not_pass_while_a_running_participant_works() -> None:
    with started(VirtualClock(0.0)) as clock:
        with clock.running():
            other = asyncio.create_task(clock.sleep_async(10))
            await idle()
            assert clock.now() == 0
            assert not other.done()
        await other
        assert clock.now() == 10


async def test_a_running_thread_holds_time_until_it_blocks_itself() -> None:
    with started(VirtualClock(0.0)) as clock:
        seen: list[float] = []
        at_work, go_on = threading.Event(), threading.Event()

        def worker() -> None:
            with clock.running():
                at_work.set()
                go_on.wait()
                seen.append(clock.now())
                clock.sleep(5)
                seen.append(clock.now())

        thread = asyncio.create_task(asyncio.to_thread(worker))
        await asyncio.to_thread(at_work.wait)
        sleeper = asyncio.create_task(clock.sleep_async(1))
        await idle()
        assert not sleeper.done()
        go_on.set()
        await asyncio.gather(thread, sleeper)
        assert seen == [0, 5]


async def test_real_work_stops_time_at_its_due_time_and_not_before() -> None:
    with started(VirtualClock(0.0)) as clock:
        fired: list[str] = []
        release = clock.hold(10)
        clock.call_at(9, lambda: fired.append("before"))
        clock.call_at(10, lambda: fired.append("due"))
        sleeper = asyncio.create_task(clock.sleep_async(60))
        await idle()
        assert fired == ["before"]
        assert clock.now() == 10
        release()
        await sleeper
        assert fired == ["before", "due"]
        assert clock.now() == 60


async def test_a_hold_ends_from_another_thread() -> None:
    with started(VirtualClock(0.0)) as clock:
        release = clock.hold(10)
        sleeper = asyncio.create_task(clock.sleep_async(20))
        await asyncio.to_thread(release)
        await sleeper
        assert clock.now() == 20


async def test_an_open_request_of_an_outsider_moves_time_by_waiting() -> None:
    with started(VirtualClock(0.0)) as clock:
        link = Link()
        link.busy = True
        clock.attach(link)
        assert await clock.wait(Signal(), link, until=15) is False
        assert clock.now() == 15


async def test_a_signal_ends_a_wait_before_its_time() -> None:
    with started(VirtualClock(0.0)) as clock:
        link, signal = Link(), Signal()
        link.busy = True
        clock.attach(link)
        clock.call_at(4, signal.notify)
        assert await clock.wait(signal, link, until=15) is True
        assert clock.now() == 4


async def test_an_open_request_of_a_participant_moves_time_only_while_that_participant_reads() -> None:
    with started(VirtualClock(0.0)) as clock:
        link = clock.join(("127.0.0.1", 1))
        link.busy = True
        handler = asyncio.create_task(clock.wait(Signal(), link, until=15))
        await idle()
        assert clock.now() == 0
        read_to_end = asyncio.Event()
        with clock.waiting(read_to_end.set, None, link):
            assert await handler is False
            assert clock.now() == 15


async def test_between_the_waking_of_a_handler_and_its_next_wait_no_time_passes() -> None:
    with started(VirtualClock(0.0)) as clock:
        link, signal = Link(), Signal()
        link.busy = True
        clock.attach(link)
        clock.call_at(4, signal.notify)
        clock.call_at(5, lambda: None)
        sleeper = asyncio.create_task(clock.sleep_async(100))
        await clock.wait(signal, link)
        await idle()
        assert clock.now() == 4
        assert not sleeper.done()
        link.busy = False
        link.changed()
        await sleeper


async def test_a_deadline_fires_during_a_read_that_nothing_answers() -> None:
    with started(VirtualClock(0.0)) as clock:
        link = clock.join(("127.0.0.1", 1))
        woken = asyncio.Event()
        with clock.waiting(woken.set, 900, link) as wait:
            await woken.wait()
        assert wait.expired
        assert clock.now() == 900


async def test_bytes_on_their_way_to_a_reader_stop_the_clock() -> None:
    with started(VirtualClock(0.0)) as clock:
        link = clock.join(("127.0.0.1", 1))
        link.server_sent = 10
        woken = asyncio.Event()
        with clock.waiting(woken.set, 900, link) as wait:
            await idle()
            assert clock.now() == 0
            link.client_received = 10
            link.changed()
            await woken.wait()
        assert wait.expired


async def test_bytes_on_their_way_to_the_server_stop_the_clock() -> None:
    with started(VirtualClock(0.0)) as clock:
        link = clock.join(("127.0.0.1", 1))
        link.client_sent = 10
        sleeper = asyncio.create_task(clock.sleep_async(1))
        await idle()
        assert clock.now() == 0
        link.server_received = 10
        link.changed()
        await sleeper
        assert clock.now() == 1


async def test_unread_bytes_of_a_busy_participant_do_not_hold_the_clock() -> None:
    with started(VirtualClock(0.0)) as clock:
        link = clock.join(("127.0.0.1", 1))
        link.server_sent = 10
        await clock.sleep_async(1)
        assert clock.now() == 1


async def test_stopping_wakes_every_kind_of_wait_with_an_error() -> None:
    clock = VirtualClock(0.0)
    clock.start()
    release = clock.hold(0)
    waits: list[asyncio.Task[object]] = [
        asyncio.create_task(clock.sleep_async(10)),
        asyncio.create_task(asyncio.to_thread(clock.sleep, 10)),
        asyncio.create_task(clock.wait(Signal(), Link(), 10)),
        asyncio.create_task(clock.advance(10)),
    ]
    while len(clock._waits) < 2:
        await yield_to_loop()
    clock.stop()
    results = await asyncio.gather(*waits, return_exceptions=True)
    assert [type(result) for result in results] == [ClockStoppedError] * 4
    release()
    with pytest.raises(ClockStoppedError):
        clock.sleep(1)
    with pytest.raises(ClockStoppedError):
        await clock.advance(1)


@given(st.lists(st.integers(0, 50), max_size=20), st.integers(0, 60))
def test_any_set_of_timers_runs_in_order_and_only_when_due(deadlines: list[int], length: int) -> None:
    async def play() -> None:
        with started(VirtualClock(0.0)) as clock:
            fired: list[tuple[int, int, float]] = []

            def note(when: int, number: int) -> Callable[[], None]:
                return lambda: fired.append((when, number, clock.now()))

            for number, when in enumerate(deadlines):
                clock.call_at(when, note(when, number))
            await clock.advance(length)
            assert [(when, number) for when, number, _ in fired] == sorted(
                (when, number) for number, when in enumerate(deadlines) if when <= length
            )
            assert all(now == when for when, _, now in fired)

    asyncio.run(play())


async def test_a_wait_that_begins_after_the_stop_ends_at_once() -> None:
    clock = VirtualClock(0.0)
    clock.start()
    clock.stop()
    with pytest.raises(ClockStoppedError):
        await clock.wait(Signal(), Link(), 10)


async def test_a_clock_that_was_stopped_in_an_advance_stands_again_when_it_is_started() -> None:
    clock = VirtualClock(0.0)
    clock.start()
    release = clock.hold(0)
    advance = asyncio.create_task(clock.advance(10))
    await idle()
    clock.stop()
    with pytest.raises(ClockStoppedError):
        await advance
    release()
    with started(clock):
        fired: list[float] = []
        clock.call_at(1, lambda: fired.append(clock.now()))
        await idle()
        assert (fired, clock.now()) == ([], 0)
        await clock.advance(1)
        assert fired == [1]


def test_a_clock_whose_loop_has_closed_runs_on_the_next_one() -> None:
    clock = VirtualClock(0.0)

    async def start() -> None:
        clock.start()

    async def advance() -> float:
        clock.start()
        return await clock.advance(5)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(start())
    clock.call_at(1, lambda: None)  # the loop stores it and never runs it
    loop.close()
    assert asyncio.run(advance()) == 5


async def test_an_advance_that_is_given_up_does_not_keep_time_going() -> None:
    with started(VirtualClock(0.0)) as clock:
        advance = asyncio.create_task(clock.advance(10))
        await yield_to_loop()
        advance.cancel()
        await idle()
        assert clock.now() == 10
        clock.call_at(20, lambda: None)
        await idle()
        assert clock.now() == 10


async def test_advances_side_by_side_end_each_at_its_own_time() -> None:
    with started(VirtualClock(0.0)) as clock:
        ends = await asyncio.gather(clock.advance(20), clock.advance(10), clock.advance(0))
        assert list(ends) == [20, 10, 0]


async def test_time_never_goes_back_by_an_advance() -> None:
    with started(VirtualClock(100.0)) as clock:
        assert await clock.advance(-50) == 100


async def test_the_earliest_of_several_works_holds_time() -> None:
    with started(VirtualClock(0.0)) as clock:
        late, early = clock.hold(20), clock.hold(10)
        sleeper = asyncio.create_task(clock.sleep_async(30))
        await idle()
        times = [clock.now()]
        early()
        await idle()
        times.append(clock.now())
        late()
        await sleeper
        assert [*times, clock.now()] == [10, 20, 30]


@pytest.mark.parametrize("now", [50.0, 500.0])
async def test_a_clock_that_is_set_keeps_the_due_times_of_its_timers(now: float) -> None:
    with started(VirtualClock(100.0)) as clock:
        fired: list[float] = []
        clock.call_at(200, lambda: fired.append(clock.now()))
        clock.put(now)
        await idle()
        assert (clock.now(), fired) == (now, [])
        await clock.advance(200)
        assert clock.now() == now + 200
        assert fired == [max(200.0, now)]

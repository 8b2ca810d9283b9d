"""Only the clock of its world and the clock of its participant depend on a connection, and both forget it."""

from __future__ import annotations

import asyncio

import pytest

from nemovideo_mock.clock import Link, Links, Signal, VirtualClock, yield_to_loop
from nemovideo_mock.clock.links import Address

from .stage import idle, started

pytestmark = pytest.mark.anyio

ADDRESS: Address = ("127.0.0.1", 1)


def served(clock: VirtualClock) -> Link:
    """Return a connection of a caller that is not a participant, whose request this clock's world is handling."""
    link = Link()
    link.busy = True
    clock.attach(link)
    return link


def counts(clock: VirtualClock) -> tuple[int, int, int]:
    return len(clock._joined), len(clock._noisy), len(clock._demanding)


async def test_a_request_at_work_stops_time_until_its_answer_is_complete() -> None:
    with started(VirtualClock(0.0)) as clock:
        link = served(clock)
        sleeper = asyncio.create_task(clock.sleep_async(1))
        await idle()
        assert clock.now() == 0
        link.busy = False
        link.release()
        await sleeper
        assert clock.now() == 1


async def test_a_request_whose_caller_does_not_read_does_not_hold_the_clock() -> None:
    with started(VirtualClock(0.0)) as clock:
        link = served(clock)
        link.stalled = True
        link.changed()
        await clock.sleep_async(1)
        link.stalled = False
        link.changed()
        sleeper = asyncio.create_task(clock.sleep_async(1))
        await idle()
        assert clock.now() == 1
        link.release()
        await sleeper


async def test_after_its_answer_a_connection_is_forgotten_until_its_next_request() -> None:
    with started(VirtualClock(0.0)) as clock:
        link = served(clock)
        assert counts(clock) == (0, 1, 0)
        link.busy = False
        link.release()
        assert counts(clock) == (0, 0, 0)
        assert link.watchers == ()
        link.busy = True
        link.changed()
        assert counts(clock) == (0, 0, 0)
        clock.attach(link)
        assert counts(clock) == (0, 1, 0)


async def test_a_connection_that_is_left_while_its_handler_waits_moves_time_no_more() -> None:
    with started(VirtualClock(0.0)) as clock:
        link, signal = served(clock), Signal()
        handler = asyncio.create_task(clock.wait(signal, link, until=10))
        await yield_to_loop()
        clock.leave(link)
        assert counts(clock) == (0, 0, 0)
        await idle()
        assert (handler.done(), clock.now()) == (False, 0)
        signal.notify()
        await handler


async def test_attaching_twice_is_attaching_once() -> None:
    with started(VirtualClock(0.0)) as clock:
        link = served(clock)
        clock.attach(link)
        assert link.watchers == (clock,)


async def test_the_waits_of_one_world_do_not_move_the_time_of_another() -> None:
    links = Links()
    with started(VirtualClock(0.0, links)) as mine, started(VirtualClock(0.0, links)) as other:
        other.call_at(1, lambda: None)
        assert await mine.wait(Signal(), served(mine), until=15) is False
        assert (mine.now(), other.now()) == (15, 0)


async def test_a_participant_of_one_clock_is_an_outsider_to_the_world_that_it_calls() -> None:
    links = Links()
    with started(VirtualClock(0.0, links)) as home, started(VirtualClock(0.0, links)) as called:
        link = home.join(ADDRESS)
        link.busy = True
        called.attach(link)
        assert set(link.watchers) == {home, called}
        sleeper = asyncio.create_task(home.sleep_async(1))
        await idle()
        assert home.now() == 0
        signal = Signal()
        # While its request waits for the other clock, no work is in progress for it, so its own clock goes on.
        handler = asyncio.create_task(called.wait(signal, link))
        await sleeper
        assert home.now() == 1
        signal.notify()
        sleeper = asyncio.create_task(home.sleep_async(1))
        assert await handler is True
        await idle()
        assert (home.now(), called.now()) == (1, 0)
        link.busy = False
        link.release()
        assert link.watchers == (home,)
        assert (counts(home), counts(called)) == ((1, 0, 0), (0, 0, 0))
        link.changed()
        await sleeper


async def test_a_participant_joins_a_connection_that_was_served_before() -> None:
    links = Links()
    with started(VirtualClock(0.0, links)) as clock:
        link = links.at(ADDRESS)
        link.busy = True
        clock.attach(link)
        assert clock.join(ADDRESS) is link
        link.busy = False
        link.changed()
        await clock.sleep_async(1)
        assert clock.now() == 1
        assert counts(clock) == (1, 0, 0)


async def test_both_sides_of_a_connection_find_the_same_link() -> None:
    links = Links()
    clock = VirtualClock(0.0, links)
    link = links.at(ADDRESS)
    assert clock.join(ADDRESS) is link
    assert links.at(("127.0.0.1", 2)) is not link


async def test_a_participant_that_hangs_up_holds_time_until_the_server_has_noticed() -> None:
    links = Links()
    with started(VirtualClock(0.0, links)) as clock:
        link = clock.join(ADDRESS)
        link.client_closed = True
        clock.left(ADDRESS, link)
        sleeper = asyncio.create_task(clock.sleep_async(1))
        await idle()
        assert clock.now() == 0
        link.server_closed = True
        links.closed(ADDRESS, link)
        await sleeper
        assert links.at(ADDRESS) is not link
        assert counts(clock) == (0, 0, 0)


async def test_a_participants_connection_that_the_server_closes_is_kept_until_both_have() -> None:
    links = Links()
    with started(VirtualClock(0.0, links)) as clock:
        link = clock.join(ADDRESS)
        link.server_closed = True
        links.closed(ADDRESS, link)
        assert links.at(ADDRESS) is link
        link.client_closed = True
        clock.left(ADDRESS, link)
        assert links.at(ADDRESS) is not link
        assert counts(clock) == (0, 0, 0)


async def test_an_outsiders_connection_is_forgotten_when_the_server_closes_it_though_a_handler_still_waits() -> None:
    links = Links()
    with started(VirtualClock(0.0, links)) as clock:
        link = links.at(ADDRESS)
        link.busy = True
        clock.attach(link)
        signal = Signal()
        handler = asyncio.create_task(clock.wait(signal, link))
        await idle()
        assert counts(clock) == (0, 0, 1)
        link.busy, link.server_closed = False, True
        links.closed(ADDRESS, link)
        assert counts(clock) == (0, 0, 0)
        signal.notify()
        assert await handler is True
        assert counts(clock) == (0, 0, 0)


async def test_the_end_of_an_old_connection_does_not_forget_a_new_one_of_the_same_address() -> None:
    links = Links()
    old = links.at(ADDRESS)
    old.server_closed = True
    links.closed(ADDRESS, old)
    new = links.at(ADDRESS)
    links.closed(ADDRESS, old)
    assert links.at(ADDRESS) is new


async def test_thousands_of_waiting_connections_wake_in_order_and_leave_nothing_behind() -> None:
    with started(VirtualClock(0.0)) as clock:
        links = [served(clock) for _ in range(2000)]
        woken: list[int] = []

        async def handle(number: int) -> None:
            await clock.wait(Signal(), links[number], until=float(1 + number % 10))
            woken.append(number)
            links[number].busy = False
            links[number].release()

        await asyncio.gather(*(handle(number) for number in range(2000)))
        assert woken == sorted(range(2000), key=lambda number: (number % 10, number))
        assert counts(clock) == (0, 0, 0)
        assert clock.now() == 10

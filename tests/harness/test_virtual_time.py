"""A client on the virtual clock leaves no open connection, no matter when its task is cancelled."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest

from nemovideo_harness.virtual_time import AsyncVirtualTimeBackend, AsyncVirtualTimeTransport
from nemovideo_mock.clock import VirtualClock, yield_to_loop
from nemovideo_mock.server import RunningServer
from tests.leaks import nothing_left_open

pytestmark = pytest.mark.anyio
#: Turns of the event loop; a whole call takes fewer.
MANY = 1_000


async def test_a_task_that_is_cancelled_while_it_connects_leaves_no_socket() -> None:
    with nothing_left_open(), socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.socket() as other:
        other.connect(
            full.getsockname()
        )  # the queue of the listening socket is full, so no other connection is accepted
        backend = AsyncVirtualTimeBackend(VirtualClock(0.0))
        task = asyncio.create_task(backend.connect_tcp(*full.getsockname()))
        await yield_to_loop()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_call_that_is_cancelled_at_any_turn_of_the_event_loop_leaves_no_connection(
    server: RunningServer,
) -> None:
    clock = server.runtime().clock
    assert isinstance(clock, VirtualClock)

    async def call() -> None:
        async with httpx.AsyncClient(transport=AsyncVirtualTimeTransport(clock), base_url=server.url) as http:
            await http.get("/")

    with nothing_left_open():
        for turns in range(MANY):
            task = asyncio.create_task(call())
            for _ in range(turns):
                await yield_to_loop()
            if task.done():
                await task
                return
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    pytest.fail(f"the call takes more than {MANY} turns of the event loop")

"""A client on the virtual clock leaves no open connection, no matter when its task is cancelled."""

from __future__ import annotations

import asyncio
import socket
import types
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from itertools import count
from typing import Any

import httpx
import pytest

from nemovideo_harness.virtual_time import AsyncVirtualTimeBackend, AsyncVirtualTimeTransport
from nemovideo_mock.clock import VirtualClock, yield_to_loop
from nemovideo_mock.server import RunningServer
from tests.leaks import nothing_left_open

pytestmark = pytest.mark.anyio


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


@types.coroutine
def cancelled_at(call: Coroutine[Any, Any, None], suspension: int, *, when_ready: bool) -> Generator[Any, None, bool]:
    """Run a call, and cancel its task when the call waits for the n-th time; return whether it waits so often.

    With `when_ready`, the task is cancelled when the wait is over, but before the call goes on.
    """
    task = asyncio.current_task()
    assert task is not None

    def cancel(_: object) -> None:
        task.cancel()

    resume: Callable[[], Any] = partial(call.send, None)
    for number in count():
        try:
            waits_for = resume()
        except StopIteration:
            return number > suspension
        if number == suspension:
            if when_ready and waits_for is not None:
                waits_for.add_done_callback(cancel)
            else:
                asyncio.get_running_loop().call_soon(cancel, None)
        try:
            yield waits_for
        except BaseException as error:  # noqa: BLE001 -- the call decides what it does with it
            resume = partial(call.throw, error)
        else:
            resume = partial(call.send, None)
    raise AssertionError


async def test_a_call_that_is_cancelled_wherever_it_waits_leaves_no_connection(server: RunningServer) -> None:
    clock = server.runtime().clock
    assert isinstance(clock, VirtualClock)

    async def call() -> None:
        async with httpx.AsyncClient(transport=AsyncVirtualTimeTransport(clock), base_url=server.url) as http:
            await http.get("/")

    cancelled = 0
    with nothing_left_open():
        for suspension, when_ready in ((n, ready) for n in count() for ready in (False, True)):

            async def cancelled_call(suspension: int = suspension, *, when_ready: bool = when_ready) -> bool:
                return await cancelled_at(call(), suspension, when_ready=when_ready)

            try:
                if not await asyncio.create_task(cancelled_call()):
                    break
            except asyncio.CancelledError:
                cancelled += 1
    assert cancelled > 4

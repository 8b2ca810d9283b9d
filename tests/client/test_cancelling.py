"""A call that its caller cancels leaves no connection behind."""

from __future__ import annotations

import anyio
import pytest
from anyio.abc import SocketAttribute

from nemovideo_client import AsyncClient
from tests.leaks import nothing_left_open

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_call_that_is_cancelled_before_its_answer_leaves_no_connection(scheme: str) -> None:
    # For https the server's silence comes in the middle of the TLS handshake.
    with nothing_left_open():
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
        begun = anyio.Event()

        async def hear(stream: anyio.abc.SocketStream) -> None:
            async with stream:
                await stream.receive()
                begun.set()
                await anyio.sleep_forever()

        port = listener.extra(SocketAttribute.local_port)  # noqa: S610 -- not of Django
        async with listener, anyio.create_task_group() as serving:
            serving.start_soon(listener.serve, hear)
            async with (
                AsyncClient(f"{scheme}://127.0.0.1:{port}", token="t", environ={}) as nemo,
                anyio.create_task_group() as calling,
            ):
                calling.start_soon(nemo.credits)
                await begun.wait()
                calling.cancel_scope.cancel()
            serving.cancel_scope.cancel()

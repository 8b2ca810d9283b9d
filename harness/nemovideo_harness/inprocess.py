"""A fake inside this process, and clients that take part in its virtual clock."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Final

from nemovideo_client import AsyncClient, Attribution, Call, Client, Limits
from nemovideo_contract.wire import ENV_TOKEN, TEST_TOKEN_PREFIX
from nemovideo_harness.virtual_time import (
    AsyncVirtualTimeClock,
    AsyncVirtualTimeTransport,
    VirtualTimeClock,
    VirtualTimeTransport,
    running_loop,
)
from nemovideo_mock.clock import VirtualClock
from nemovideo_mock.render import available
from nemovideo_mock.server import RunningServer, running, running_here
from nemovideo_mock.settings import Settings

#: The client ID of clients in this process, in place of the user's own ID, which a fake does not need.
CLIENT_ID: Final = "b6f1f0a4-6f0e-4c0e-9d0f-6e656d6f0001"


def use_virtual_time(settings: Settings | None) -> Settings:
    """Return the settings with a virtual clock; the default quality is preview, or stub without the renderer."""
    if settings is None:
        settings = Settings(quality="preview" if available() else "stub")
    return replace(settings, clock="virtual")


def test_token(environ: Mapping[str, str]) -> str | None:
    """Return the token in the environment if it is a test token, else None: a fake must not get a real token."""
    token = environ.get(ENV_TOKEN, "").strip()
    return token if token.startswith(TEST_TOKEN_PREFIX) else None


def connect(
    server: RunningServer,
    *,
    attribution: Attribution | None = None,
    client_id: str = CLIENT_ID,
    token: str | None = None,
    world: str | None = None,
    limits: Limits | None = None,
    on_call: Callable[[Call], None] | None = None,
) -> Client:
    """Return a client of a fake in this process; it waits on the virtual clock of its world.

    Each `client_id` has its own account; a `token`, such as a test token, selects another one. `world` is the name of
    an isolated world, which is created on first use. If several clients work at the same time, put the whole work of
    each inside `with client.clock.running():`. Then the pauses between the requests of one client do not move the
    clock for the others, and each run gives the same times to the virtual second.
    """
    clock = clock_of(server, world)
    return Client(
        server.url_of(world),
        token=token,
        client_id=client_id,
        attribution=attribution,
        limits=limits or Limits(),
        on_call=on_call,
        clock=VirtualTimeClock(clock),
        transport=VirtualTimeTransport(clock),
        environ={},
    )


def connect_async(
    server: RunningServer,
    *,
    attribution: Attribution | None = None,
    client_id: str = CLIENT_ID,
    token: str | None = None,
    world: str | None = None,
    limits: Limits | None = None,
    on_call: Callable[[Call], None] | None = None,
) -> AsyncClient:
    """Return an asynchronous client; `connect` explains the arguments."""
    clock = clock_of(server, world)
    return AsyncClient(
        server.url_of(world),
        token=token,
        client_id=client_id,
        attribution=attribution,
        limits=limits or Limits(),
        on_call=on_call,
        clock=AsyncVirtualTimeClock(clock),
        transport=AsyncVirtualTimeTransport(clock),
        environ={},
    )


def clock_of(server: RunningServer, world: str | None) -> VirtualClock:
    """Return the virtual clock of a world."""
    clock = server.runtime(world).clock
    assert isinstance(clock, VirtualClock)
    return clock


@contextmanager
def fake(settings: Settings | None = None) -> Generator[Client]:
    """Start a fake on loopback with a virtual clock, and yield its client: no waits in real time, no costs.

    The client uses the token in `NEMO_TOKEN` only if it is a test token.
    """
    with running(use_virtual_time(settings)) as server, connect(server, token=test_token(os.environ)) as client:
        yield client


@asynccontextmanager
async def async_fake(settings: Settings | None = None) -> AsyncGenerator[AsyncClient]:
    """Start a fake in the running event loop, and yield its asynchronous client; `fake` has the details.

    Raises:
        MisuseError: The event loop is not that of asyncio.
    """
    running_loop()
    async with (
        running_here(use_virtual_time(settings)) as server,
        connect_async(server, token=test_token(os.environ)) as client,
    ):
        yield client

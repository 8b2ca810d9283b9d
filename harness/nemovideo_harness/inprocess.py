"""A fake inside this process, and a client that takes part in its clock."""

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
)
from nemovideo_mock.clock import VirtualClock
from nemovideo_mock.render import available
from nemovideo_mock.server import RunningServer, running, running_here
from nemovideo_mock.settings import Settings

#: The client id of clients in this process: a fake of one's own needs no other, and the user's own stays out of it.
CLIENT_ID: Final = "b6f1f0a4-6f0e-4c0e-9d0f-6e656d6f0001"


def use_virtual_time(settings: Settings | None) -> Settings:
    """Settings for a fake of one's own: on the virtual clock, in preview quality where nothing else is said."""
    if settings is None:
        settings = Settings(quality="preview" if available() else "stub")
    return replace(settings, clock="virtual")


def test_token(environ: Mapping[str, str]) -> str | None:
    """The token in the environment where it is a test token; a real one has no business with a fake."""
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
    """A client of a fake in this process; its waits are waits of its world's virtual clock.

    Each `client_id` has an account of its own; a `token` brings one, such as a test token. `world` is the name of an
    isolated one, made on first use. Several clients at once repeat to the virtual second where each does its whole work
    inside `with client.clock.running():`, so that none's pauses between calls let the others' time pass.
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
    """The asynchronous twin of `connect`."""
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
    """The clock that clients of a world take part in."""
    clock = server.runtime(world).clock
    assert isinstance(clock, VirtualClock)
    return clock


@contextmanager
def fake(settings: Settings | None = None) -> Generator[Client]:
    """A client of a fake of its own, on loopback and a virtual clock: nothing waits, nothing costs.

    A test token in `NEMO_TOKEN` is used, any other is ignored.
    """
    with running(use_virtual_time(settings)) as server, connect(server, token=test_token(os.environ)) as client:
        yield client


@asynccontextmanager
async def async_fake(settings: Settings | None = None) -> AsyncGenerator[AsyncClient]:
    """The asynchronous twin of `fake`, in the running event loop."""
    async with (
        running_here(use_virtual_time(settings)) as server,
        connect_async(server, token=test_token(os.environ)) as client,
    ):
        yield client

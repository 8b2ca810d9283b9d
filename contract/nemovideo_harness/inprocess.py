"""A fake inside this process, and a client that takes part in its clock."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Final

from nemovideo_client import AsyncClient, Attribution, Client
from nemovideo_harness.participant import (
    AsyncParticipantClock,
    AsyncParticipantTransport,
    ParticipantClock,
    ParticipantTransport,
)
from nemovideo_mock.clock import VirtualClock
from nemovideo_mock.render import available
from nemovideo_mock.server import Running, running, running_here
from nemovideo_mock.settings import Settings

#: The client id of clients in this process: a fake of one's own needs no other, and the user's own stays out of it.
CLIENT_ID: Final = "b6f1f0a4-6f0e-4c0e-9d0f-6e656d6f0001"


def virtual(settings: Settings | None) -> Settings:
    """Settings for a fake of one's own: on the virtual clock, in preview quality where nothing else is said."""
    if settings is None:
        settings = Settings(quality="preview" if available() else "stub")
    return replace(settings, clock="virtual")


def connect(server: Running, *, attribution: Attribution | None = None, client_id: str = CLIENT_ID) -> Client:
    """A client of a fake in this process; its waits are waits of the fake's virtual clock.

    Each `client_id` has an account of its own. Several clients at once repeat to the virtual second where each does its
    whole work inside `with client.clock.running():`, so that none's pauses between calls let the others' time pass.
    """
    clock = server.service.clock
    assert isinstance(clock, VirtualClock)
    return Client(
        server.url,
        client_id=client_id,
        attribution=attribution,
        clock=ParticipantClock(clock),
        transport=ParticipantTransport(clock),
        environ={},
    )


def connect_async(
    server: Running, *, attribution: Attribution | None = None, client_id: str = CLIENT_ID
) -> AsyncClient:
    """The asynchronous twin of `connect`."""
    clock = server.service.clock
    assert isinstance(clock, VirtualClock)
    return AsyncClient(
        server.url,
        client_id=client_id,
        attribution=attribution,
        clock=AsyncParticipantClock(clock),
        transport=AsyncParticipantTransport(clock),
        environ={},
    )


@contextmanager
def fake(settings: Settings | None = None) -> Generator[Client]:
    """A client of a fake of its own, on loopback and a virtual clock: nothing waits, nothing costs."""
    with running(virtual(settings)) as server, connect(server) as client:
        yield client


@asynccontextmanager
async def async_fake(settings: Settings | None = None) -> AsyncGenerator[AsyncClient]:
    """The asynchronous twin of `fake`, in the running event loop."""
    async with running_here(virtual(settings)) as server, connect_async(server) as client:
        yield client

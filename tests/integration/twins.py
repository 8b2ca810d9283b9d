"""Both clients, asked in the same words: what one gives at once is awaited of the other, in a loop of its own."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

from nemovideo_client import AsyncClient, AsyncTurn, Client, Event, NemoError, Session, Turn, TurnResult
from nemovideo_harness.inprocess import CLIENT_ID, clock_of
from nemovideo_harness.virtual_time import (
    AsyncVirtualTimeClock,
    AsyncVirtualTimeTransport,
    VirtualTimeClock,
    VirtualTimeTransport,
)
from nemovideo_mock.server import RunningServer
from tests.integration.altered import Altering, AsyncAltering

T = TypeVar("T")
Kind = Literal["sync", "async"]
KINDS: Final[tuple[Kind, ...]] = ("sync", "async")
#: Any: what a coroutine is sent and yields is the loop's affair.
Later = Coroutine[Any, Any, T]


@dataclass(slots=True)
class Heard:
    """A turn as its caller saw it; `raised` is what it was refused with."""

    events: list[Event] = field(default_factory=list[Event])
    text: str = ""
    ending: TurnResult | None = None
    raised: NemoError | None = None


class Twin:
    """One of the two clients; `do(client.method(...))` gives what the method gives."""

    def __init__(self, client: Client | AsyncClient, portal: BlockingPortal | None = None) -> None:
        self.client = client
        self._portal = portal

    def do(self, result: T | Later[T]) -> T:
        """A result, waited for where it isn't there yet."""
        if not isinstance(result, Coroutine):
            return result
        coroutine: Later[T] = result  # pyright: ignore[reportUnknownVariableType] -- a result is no coroutine
        return self._wait(coroutine)

    def _wait(self, coroutine: Later[T]) -> T:
        assert self._portal is not None

        async def awaited() -> T:
            return await coroutine

        return self._portal.call(awaited)

    def say(self, session: Session, message: str) -> Heard:
        """A message and its whole turn."""
        heard, turn = Heard(), self.client.say(session, message)
        try:
            if isinstance(turn, AsyncTurn):
                self._wait(_hear(turn, heard.events))
            else:
                heard.events.extend(turn)
        except NemoError as error:
            heard.raised = error
        heard.text, heard.ending = turn.text, turn.ending
        return heard

    def begin(self, session: Session, message: str) -> Turn | AsyncTurn:
        """A message whose turn is left after its first event."""
        turn = self.client.say(session, message)
        if isinstance(turn, AsyncTurn):
            self._wait(_leave(turn))
        else:
            with turn:
                next(iter(turn))
        return turn


async def _hear(turn: AsyncTurn, events: list[Event]) -> None:
    async for event in turn:
        events.append(event)  # noqa: PERF401 -- a list made at the end would lose what came before an error


async def _leave(turn: AsyncTurn) -> None:
    async with turn:
        await anext(aiter(turn))


@contextmanager
def connected(
    kind: Kind,
    server: RunningServer,
    world: str,
    *,
    client_id: str = CLIENT_ID,
    token: str | None = None,
    streaming: bool = False,
) -> Generator[Twin]:
    """A client of a world, on its clock; `streaming` is added to its messages."""
    clock, url = clock_of(server, world), server.url_of(world)
    changes: dict[str, object] = {"streaming": True} if streaming else {}
    if kind == "sync":
        with Client(
            url,
            token=token,
            client_id=client_id,
            clock=VirtualTimeClock(clock),
            transport=Altering(VirtualTimeTransport(clock), changes),
            environ={},
        ) as client:
            yield Twin(client)
        return
    twin = AsyncClient(
        url,
        token=token,
        client_id=client_id,
        clock=AsyncVirtualTimeClock(clock),
        transport=AsyncAltering(AsyncVirtualTimeTransport(clock), changes),
        environ={},
    )
    with start_blocking_portal() as portal:
        try:
            yield Twin(twin, portal)
        finally:
            portal.call(twin.close)

"""Both clients behind one face, so that one test tells of both."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from anyio.from_thread import BlockingPortal, start_blocking_portal

from nemovideo_client import AsyncClient, Client, Credits, Event, Exported, Limits, NemoError, Session, TurnResult
from nemovideo_harness.inprocess import CLIENT_ID, connect, connect_async
from nemovideo_mock.server import RunningServer


@dataclass
class Heard:
    """What a caller knows of a turn when it is over; `refusal` is what was raised."""

    events: list[Event] = field(default_factory=list[Event])
    beats: list[float] = field(default_factory=list[float])
    text: str = ""
    ending: TurnResult | None = None
    refusal: NemoError | None = None


class Caller(Protocol):
    """What the tests ask of a client."""

    def session(self) -> Session: ...
    def upload(self, session: Session, path: Path) -> None: ...
    def say(self, session: Session, message: str) -> Heard: ...
    def credits(self) -> Credits: ...
    def export(self, session: Session, destination: Path) -> Exported: ...


class OfThread:
    """The synchronous client."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def session(self) -> Session:
        return self.client.session()

    def upload(self, session: Session, path: Path) -> None:
        self.client.upload(session, path)

    def say(self, session: Session, message: str) -> Heard:
        heard = Heard()
        turn = self.client.say(session, message, on_still_working=heard.beats.append)
        try:
            heard.events += turn
        except NemoError as error:
            heard.refusal = error
        heard.text, heard.ending = turn.text, turn.ending
        return heard

    def credits(self) -> Credits:
        return self.client.credits()

    def export(self, session: Session, destination: Path) -> Exported:
        return self.client.export(session, destination)


class OfTask:
    """The asynchronous client, in an event loop of its own."""

    def __init__(self, client: AsyncClient, portal: BlockingPortal) -> None:
        self.client = client
        self._portal = portal

    def session(self) -> Session:
        return self._portal.call(self.client.session)

    def upload(self, session: Session, path: Path) -> None:
        self._portal.call(self.client.upload, session, path)

    def say(self, session: Session, message: str) -> Heard:
        return self._portal.call(self._say, session, message)

    async def _say(self, session: Session, message: str) -> Heard:
        heard = Heard()
        turn = self.client.say(session, message, on_still_working=heard.beats.append)
        try:
            async for event in turn:
                heard.events.append(event)
        except NemoError as error:
            heard.refusal = error
        heard.text, heard.ending = turn.text, turn.ending
        return heard

    def credits(self) -> Credits:
        return self._portal.call(self.client.credits)

    def export(self, session: Session, destination: Path) -> Exported:
        return self._portal.call(self.client.export, session, destination)


@contextmanager
def calling(
    kind: str, server: RunningServer, world: str, *, token: str | None = None, limits: Limits | None = None
) -> Generator[Caller]:
    """A caller of a world: `sync` or `async`."""
    if kind == "sync":
        with connect(server, world=world, token=token, limits=limits) as of_thread:
            yield OfThread(of_thread)
        return
    with start_blocking_portal() as portal:

        async def made() -> AsyncClient:
            return connect_async(server, client_id=CLIENT_ID, world=world, token=token, limits=limits)

        client = portal.call(made)
        try:
            yield OfTask(client, portal)
        finally:
            portal.call(client.close)

"""Connections as clocks see them: who is served, who waits, and which bytes are on their way."""

from __future__ import annotations

import threading
from typing import Protocol

from nemovideo_mock.clock.interface import Signal

#: Host and port of the caller's side of a connection.
Address = tuple[str, int]


class Watcher(Protocol):
    """Something that time depends on a connection for."""

    def look(self, link: Link) -> None:
        """Look again: a count or state of this connection has changed."""
        ...

    def leave(self, link: Link) -> None:
        """Forget this connection."""
        ...


class Link:
    """One connection between a caller and the fake.

    The server side counts what it received and sent; a participant's side counts what it sent and received, so that
    bytes on their way are known. `busy` means that the server is receiving or handling a request; `blocked` that its
    handler waits for the clock; `stalled` that it waits for a caller that doesn't read; `paused` that it doesn't read
    itself, as its handler has enough for now; `encoding` that it waits for an encode, for a caller that keeps its own
    time. `home` is the clock that a participant takes part in; `gone` tells
    handlers that the caller has left. `watchers` are the clocks that this connection concerns: the home, and that of
    the world whose request is being handled.
    """

    __slots__ = (
        "blocked",
        "busy",
        "client_closed",
        "client_received",
        "client_sent",
        "encoding",
        "gone",
        "home",
        "paused",
        "reading",
        "server_closed",
        "server_received",
        "server_sent",
        "stalled",
        "watchers",
    )

    def __init__(self) -> None:
        self.home: Watcher | None = None
        self.gone = Signal()
        self.watchers: tuple[Watcher, ...] = ()
        self.busy = False
        self.blocked = False
        self.stalled = False
        self.paused = False
        self.encoding = False
        self.reading = False
        self.client_sent = self.client_received = 0
        self.server_sent = self.server_received = 0
        self.client_closed = self.server_closed = False

    @property
    def joined(self) -> bool:
        """Whether the caller is a participant of some clock."""
        return self.home is not None

    @property
    def at_work(self) -> bool:
        """Whether the server is about to do something here by itself."""
        return self.busy and not (self.blocked or self.encoding) and not (self.stalled and not self.reading)

    @property
    def in_flight(self) -> bool:
        """Whether bytes of a participant are on their way, or its end has yet to be noticed."""
        if self.client_closed:
            # The server has yet to notice, and may then act on it.
            return not self.server_closed
        # Bytes that the server leaves lying until its handler wants them are not on their way.
        if self.client_sent != self.server_received and not self.server_closed and not self.paused:
            return True
        # Bytes that wait for a reader who does something else must not stop the clock: that reader may be waiting.
        return self.reading and (self.server_sent != self.client_received or self.server_closed)

    def changed(self) -> None:
        """Say that a count or state has changed."""
        for watcher in self.watchers:
            watcher.look(self)

    def release(self) -> None:
        """The request is over: the connection concerns its home alone."""
        for watcher in self.watchers:
            if watcher is not self.home:
                watcher.leave(self)
        self.watchers = () if self.home is None else (self.home,)


class Links:
    """Every open connection of a process, by the caller's address; both sides of one find the same `Link` here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._links: dict[Address, Link] = {}

    def at(self, address: Address) -> Link:
        """The connection with this caller's address, made on first use by either side."""
        with self._lock:
            return self._links.setdefault(address, Link())

    def closed(self, address: Address, link: Link) -> None:
        """Say that one side has closed; it is forgotten when all sides that there are have, and nothing is handled."""
        link.changed()
        if link.server_closed and not link.busy and (link.client_closed or not link.joined):
            with self._lock:
                if self._links.get(address) is link:
                    del self._links[address]
            for watcher in link.watchers:
                watcher.leave(link)
            link.watchers = ()

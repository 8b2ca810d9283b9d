"""Connections as the clocks see them: their requests, their waits, and the bytes that are on their way."""

from __future__ import annotations

import threading
from typing import Protocol

from nemovideo_mock.clock.interface import Signal

#: Host and port of the caller's side of a connection.
Address = tuple[str, int]


class Watcher(Protocol):
    """A clock that depends on the state of a connection."""

    def look(self, link: Link) -> None:
        """Read the state of this connection again, because it has changed."""
        ...

    def leave(self, link: Link) -> None:
        """Forget this connection."""
        ...


class Link:
    """One connection between a caller and the fake.

    The server's side counts the bytes that it received and sent. The side of a participant does the same, so that the
    clock knows the bytes that are on their way.

    `busy`: the server receives or handles a request. `blocked`: its handler waits for the clock. `stalled`: it waits
    for a caller that does not read. `paused`: it does not read itself, because its handler has enough for now.
    `encoding`: it waits for an encode, for a caller that keeps its own time. `home` is the clock of a participant.
    `gone` tells handlers that the caller has left. `watchers` are the clocks that depend on this connection: the home,
    and the clock of the world whose request is being handled.
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
        """Whether the caller is a participant of a clock."""
        return self.home is not None

    @property
    def at_work(self) -> bool:
        """Whether the server is about to do something on this connection without any further event."""
        return self.busy and not (self.blocked or self.encoding) and not (self.stalled and not self.reading)

    @property
    def in_flight(self) -> bool:
        """Whether bytes of a participant are on their way, or one side has not noticed yet that the other closed."""
        if self.client_closed:
            # The server has not noticed yet, and may act when it does.
            return not self.server_closed
        # Bytes that the server leaves unread until its handler wants them are not on their way.
        if self.client_sent != self.server_received and not self.server_closed and not self.paused:
            return True
        # Bytes that wait for a reader who does something else must not stop the clock: that reader may wait for the
        # clock.
        return self.reading and (self.server_sent != self.client_received or self.server_closed)

    def changed(self) -> None:
        """Tell the watchers that a count or a state has changed."""
        for watcher in self.watchers:
            watcher.look(self)

    def release(self) -> None:
        """End the request: only the home clock still depends on the connection."""
        for watcher in self.watchers:
            if watcher is not self.home:
                watcher.leave(self)
        self.watchers = () if self.home is None else (self.home,)


class Links:
    """All open connections of a process by the caller's address; both sides find the same `Link` here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._links: dict[Address, Link] = {}

    def at(self, address: Address) -> Link:
        """Return the connection with this address of the caller; the side that comes first creates it."""
        with self._lock:
            return self._links.setdefault(address, Link())

    def closed(self, address: Address, link: Link) -> None:
        """Note that one side has closed.

        The link is forgotten when all its sides have closed and no request is handled.
        """
        link.changed()
        if link.server_closed and not link.busy and (link.client_closed or not link.joined):
            with self._lock:
                if self._links.get(address) is link:
                    del self._links[address]
            for watcher in link.watchers:
                watcher.leave(link)
            link.watchers = ()

"""The HTTP/1.1 connection as uvicorn plays it, plus what ASGI can't see: bytes on their way, and who is served."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from nemovideo_mock.clock import Link, Links

#: Real seconds that a request's missing rest may hold a virtual clock.
PATIENCE_S = 1.0


class CountingTransport(asyncio.Transport):
    """A transport that counts what is written to it."""

    def __init__(self, transport: asyncio.Transport, link: Link) -> None:
        super().__init__()
        self._transport = transport
        self._link = link

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Count, then write."""
        self._link.server_sent += len(data)
        self._transport.write(data)

    def close(self) -> None:
        """Close when all is written."""
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether it is closed or about to be."""
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        """Stop reading."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on reading."""
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: object = None) -> Any:  # Any: as asyncio has it
        """What the transport below knows."""
        return self._transport.get_extra_info(name, default)


class LinkedProtocol(H11Protocol):
    """One connection that tells the clock what it is doing."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],  # Any: as uvicorn has it
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._links = cast("Links", app_state["links"])
        self._link = Link()
        self._lost = asyncio.Event()
        self._address = ("", 0)
        self._patience: asyncio.TimerHandle | None = None
        self.on_lost: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A caller has come."""
        super().connection_made(transport)
        # With no room in the buffer, a send returns when the kernel has everything: a handler that waits is drained.
        transport.set_write_buffer_limits(high=0)
        if self.client is not None:
            self._address = self.client
        self._link = self._links.at(self._address)
        self.low_transport = transport
        self.transport = CountingTransport(transport, self._link)
        self.app_state = {**self.app_state, "link": self._link, "wire": self}

    @property
    def is_incomplete(self) -> bool:
        """Whether a request has begun to arrive and its rest has not."""
        if self.cycle is None or self.cycle.response_complete:  # type: ignore[redundant-expr]  # None at first
            return bool(self.conn.trailing_data[0])
        return self.cycle.more_body

    def data_received(self, data: bytes) -> None:
        """Bytes of a request: from here until its response is complete the connection is busy."""
        self._link.server_received += len(data)
        self._link.busy = True
        super().data_received(data)
        self._settle()

    def on_response_complete(self) -> None:
        """A response has been handed over."""
        super().on_response_complete()
        self._settle()

    def pause_writing(self) -> None:
        """The caller doesn't read what it is sent."""
        super().pause_writing()
        self._link.stalled = True
        self._link.changed()

    def resume_writing(self) -> None:
        """The caller has read."""
        super().resume_writing()
        self._link.stalled = False
        self._link.changed()

    def connection_lost(self, exc: Exception | None) -> None:
        """The caller has gone, or was sent away."""
        self._link.server_closed = True
        if self.on_lost is not None:
            self.on_lost()  # before the clock hears of it, so that no time passes in between
        self._link.busy = False
        self._forget_patience()
        super().connection_lost(exc)
        self._links.closed(self._address, self._link)
        self._lost.set()

    def write_raw(self, data: bytes) -> None:
        """Send bytes as they are, past HTTP; nothing may be answered in the usual way afterwards."""
        self.transport.write(data)

    async def end(self, *, abrupt: bool) -> None:
        """Close the connection when all is sent, or reset it at once; returns when it is gone."""
        if abrupt:
            sock = self.low_transport.get_extra_info("socket")
            if sock is not None:
                # Without lingering, the kernel ends the connection by a reset.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.low_transport.abort()
        else:
            self.low_transport.close()
        await self._lost.wait()

    def leave(self: Any) -> None:  # Any: uvicorn's set of connections has every protocol that it knows
        """End the connection: after its answer, or at once where its caller would have to write or read first."""
        if self.is_incomplete or self._link.stalled:
            self.low_transport.abort()
        else:
            self.shutdown()

    def _settle(self) -> None:
        """The connection is busy while there is a request to receive or to answer."""
        self._forget_patience()
        incomplete = self.is_incomplete
        open_request = self.cycle is not None and not self.cycle.response_complete  # type: ignore[redundant-expr]  # None at first
        self._link.busy = not self._link.server_closed and (incomplete or open_request)
        if not self._link.busy:
            self._link.release()
        if incomplete and not self._link.joined:
            self._patience = self.loop.call_later(PATIENCE_S, self._give_up_waiting)
        self._link.changed()

    def _give_up_waiting(self) -> None:
        """A request whose rest doesn't come must not stop everybody's time; it counts again when more of it comes."""
        self._link.busy = False
        self._link.changed()

    def _forget_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

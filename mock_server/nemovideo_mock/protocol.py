"""The HTTP/1.1 connection as uvicorn plays it, plus what ASGI can't see: bytes on their way, and who is served."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from nemovideo_mock.clock import Clock, Link


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
        self._clock = cast("Clock", app_state["clock"])
        self._link = Link()
        self._address = ("", 0)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A caller has come."""
        super().connection_made(transport)
        # With no room in the buffer, a send returns when the kernel has everything: a handler that waits is drained.
        transport.set_write_buffer_limits(high=0)
        if self.client is not None:
            self._address = self.client
        self._link = self._clock.link(self._address)
        self.transport = CountingTransport(transport, self._link)
        self.app_state = {**self.app_state, "link": self._link}

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

    def connection_lost(self, exc: Exception | None) -> None:
        """The caller has gone, or was sent away."""
        self._link.server_closed = True
        self._link.busy = False
        super().connection_lost(exc)
        self._clock.changed(self._link, self._address)

    def _settle(self) -> None:
        waiting_for_rest = self.cycle is None or bool(self.conn.trailing_data[0])  # type: ignore[redundant-expr]  # None at first
        self._link.busy = not self._link.server_closed and (waiting_for_rest or not self.cycle.response_complete)
        self._clock.changed(self._link)

"""The HTTP/1.1 connection of uvicorn, extended by what ASGI does not show: bytes on their way, and open requests."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import socket
import struct
from collections.abc import Callable
from typing import Any, Final, cast
from urllib.parse import unquote

import h11
from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from nemovideo_mock.clock import Link, Links

#: Real seconds that an incomplete request may hold a virtual clock while no more of it arrives.
PATIENCE_S = 1.0
#: The same limit for the whole request, however slowly it arrives.
LONGEST_HOLD_S = 10.0
#: Real seconds between two checks of a connection that waits for its caller. It is closed if no request was answered
#: and no byte of a body came between two checks.
LOOK_S = 60.0

#: Scheme and authority of a request target in absolute form (RFC 9112, section 3.2.2).
ABSOLUTE: Final = re.compile(rb"https?://(?:[^/@]*@)?([^/@]+)", re.IGNORECASE)

# uvicorn's warnings are about the input of callers, and their advice does not help; keep its errors.
logger = logging.getLogger("uvicorn.error.nemovideo")
logger.setLevel(logging.ERROR)


def use_origin_form(app: ASGI3Application) -> ASGI3Application:
    """Return the application for requests whose target is an absolute URL, as if to a proxy: it gets only the path."""

    async def asked(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/"):
            absolute = ABSOLUTE.match(scope["raw_path"])
            if absolute is not None:
                raw_path = scope["raw_path"][absolute.end() :] or b"/"
                headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
                scope = {
                    **scope,
                    "path": unquote(raw_path.decode("ascii")),
                    "raw_path": raw_path,
                    "headers": [(b"host", absolute[1]), *headers],
                }
        await app(scope, receive, send)

    return asked


class CountingTransport(asyncio.Transport):
    """A transport that counts the bytes that are written to it."""

    def __init__(self, transport: asyncio.Transport, link: Link) -> None:
        super().__init__()
        self._transport = transport
        self._link = link

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Count the bytes and write them."""
        self._link.server_sent += len(data)
        self._transport.write(data)

    def close(self) -> None:
        """Close when everything is written."""
        self._transport.close()

    def is_closing(self) -> bool:
        """Return whether the transport is closed or closing."""
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        """Stop reading."""
        self._transport.pause_reading()
        self._link.paused = True
        self._link.changed()

    def resume_reading(self) -> None:
        """Continue to read."""
        self._link.paused = False
        self._link.changed()
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: object = None) -> Any:  # Any: as in asyncio
        """Return information from the transport below."""
        return self._transport.get_extra_info(name, default)


class LinkedProtocol(H11Protocol):
    """One connection that reports its state to the clock."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],  # Any: as in uvicorn
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.app = self._count_requests(use_origin_form(self.app))
        self.logger = logger
        self._links = cast("Links", app_state["links"])
        self._link = Link()
        self._lost = asyncio.Event()
        self._address = ("", 0)
        self._patience: asyncio.TimerHandle | None = None
        self._hold: asyncio.TimerHandle | None = None
        self._held_long = False
        self._lookout: asyncio.TimerHandle | None = None
        self._awaited: tuple[str, int] | None = None
        self._answered = 0
        self._handling = 0
        self.on_lost: Callable[[], None] | None = None

    def _count_requests(self, app: ASGI3Application) -> ASGI3Application:
        """Return the application with a count of its running requests; without any, a closed link is forgotten."""

        async def counted(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
            self._handling += 1
            try:
                if not self.cycle.disconnected:  # else the rest of the request was invalid, and it is answered
                    await app(scope, receive, send)
            except asyncio.CancelledError:
                # Without a caller there is nothing to report: uvicorn would log each stream that a stop has ended.
                if not self._link.server_closed:
                    raise
            finally:
                self._handling -= 1
                self._forget()

        return counted

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Register a new connection."""
        super().connection_made(transport)
        # With an empty buffer, a send returns when the kernel has all bytes; so a handler that waits has sent
        # everything.
        transport.set_write_buffer_limits(high=0)
        if self.client is not None:
            self._address = self.client
        self._link = self._links.at(self._address)
        self.low_transport = transport
        self.transport = CountingTransport(transport, self._link)
        self.flow = FlowControl(self.transport)
        self.app_state = {**self.app_state, "link": self._link, "connection": self}
        self._lookout = self.loop.call_later(LOOK_S, self._look)

    @property
    def is_incomplete(self) -> bool:
        """Whether a request has begun to arrive and is not complete."""
        if self.cycle is None or self.cycle.response_complete:  # type: ignore[redundant-expr]  # None at first
            return bool(self.conn.trailing_data[0])
        return self.cycle.more_body

    def data_received(self, data: bytes) -> None:
        """Receive bytes of a request; the connection is busy until the response is complete."""
        self._link.server_received += len(data)
        self._link.busy = True
        super().data_received(data)
        self._settle()

    def send_400_response(self, msg: str) -> None:
        """Answer invalid HTTP if no other response has begun, and close; a request that it is part of has ended."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            super().send_400_response(msg)
        else:
            self.transport.close()
        if self._is_open:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def on_response_complete(self) -> None:
        """Note that a response is complete."""
        self._answered += 1
        super().on_response_complete()
        self._settle()

    def pause_writing(self) -> None:
        """Note that the caller does not read."""
        super().pause_writing()
        self._link.stalled = True
        self._link.changed()

    def resume_writing(self) -> None:
        """Note that the caller reads again."""
        super().resume_writing()
        self._link.stalled = False
        self._link.changed()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection is closed."""
        self._link.server_closed = True
        if self.on_lost is not None:
            self.on_lost()  # before the clock notices, so that no time passes in between
            self._link.blocked = False  # the stream will be cancelled and must still write its end
        self._forget_patience()
        self._forget_hold()
        if self._lookout is not None:
            self._lookout.cancel()
        super().connection_lost(exc)
        self._link.stalled = self._link.paused = False
        self._link.gone.notify()
        self._link.changed()
        self._forget()
        self._lost.set()

    def _forget(self) -> None:
        """Let the clock go on without a caller that has left, as soon as its handlers have ended."""
        if self._link.server_closed and not self._handling:
            self._link.busy = False
            self._links.closed(self._address, self._link)

    def write_raw(self, data: bytes) -> None:
        """Send bytes unchanged, past HTTP; after that no regular response is possible."""
        if not self._link.server_closed:
            self.transport.write(data)

    async def end(self, *, abrupt: bool) -> None:
        """Close the connection when everything is sent, or reset it at once; return when it is closed."""
        if abrupt:
            sock = self.low_transport.get_extra_info("socket")
            if sock is not None:
                # With a linger time of 0, the kernel resets the connection. It fails if the caller has left already.
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.low_transport.abort()
        else:
            self.low_transport.close()
        await self._lost.wait()

    def leave(self: Any) -> None:  # Any: uvicorn's set of connections contains all protocols
        """End the connection: after its response, or at once if its caller would first have to write or read."""
        if self.is_incomplete or self._link.stalled:
            self.low_transport.abort()
        else:
            self.shutdown()

    def drop(self: Any) -> None:  # Any: as for `leave`
        """End the connection now, without the rest of its response."""
        if self._is_open:
            self.low_transport.abort()
        else:
            self.low_transport.close()

    @property
    def _is_open(self) -> bool:
        """Whether there is a request whose response is not complete."""
        return self.cycle is not None and not self.cycle.response_complete  # type: ignore[redundant-expr]  # None at first

    def _settle(self) -> None:
        """Update whether the connection is busy: it is while there is a request to receive or to answer."""
        self._forget_patience()
        incomplete = self.is_incomplete
        if not incomplete:
            self._forget_hold()
        self._link.busy = not self._link.server_closed and (incomplete or self._is_open) and not self._held_long
        if not self._link.busy and not self._held_long:
            self._link.release()
        if incomplete and not self._link.joined and not self._held_long:
            self._patience = self.loop.call_later(PATIENCE_S, self._give_up_waiting)
            if self._hold is None:
                self._hold = self.loop.call_later(LONGEST_HOLD_S, self._hold_no_longer)
        self._link.changed()

    def _give_up_waiting(self) -> None:
        """Stop holding the clock for a request that does not arrive further; it holds again when more of it arrives."""
        self._link.busy = False
        self._link.changed()

    def _hold_no_longer(self) -> None:
        """Stop holding the clock for a request that arrives too slowly; it holds again when it is complete."""
        self._held_long = True
        self._give_up_waiting()

    def _forget_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _forget_hold(self) -> None:
        self._held_long = False
        if self._hold is not None:
            self._hold.cancel()
            self._hold = None

    def _look(self) -> None:
        """Close the connection if its caller has sent nothing since the last check; otherwise check again later."""
        before, self._awaited = self._awaited, self._expected_input()
        if self._awaited is not None and self._awaited == before:
            self.low_transport.close()
        else:
            self._lookout = self.loop.call_later(LOOK_S, self._look)

    def _expected_input(self) -> tuple[str, int] | None:
        """Return what the caller must send next and a count of it, or None if the caller has no deadline."""
        if self._link.joined or self.flow.read_paused:
            return None
        if not self._is_open:
            return "request", self._answered
        return ("body", self._link.server_received) if self.cycle.more_body else None

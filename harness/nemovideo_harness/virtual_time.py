"""httpx connections that wait on a virtual clock.

A client in this process takes part in the fake's clock: it reports each sleep and each read, with its deadline, and
the clock treats the deadline like a timer of the service. httpx reads in the network streams of httpcore, so this
module replaces those. A read first takes the bytes that have arrived. If there are none, it blocks until bytes arrive
or the clock reaches the deadline.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
import ssl
from collections.abc import Iterable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import httpcore
import httpx

from nemovideo_client import MisuseError
from nemovideo_mock.clock import ClockStoppedError, Link, VirtualClock

#: The limit for connecting on loopback, in real seconds; virtual time does not pass before a connection exists. It only
#: ends a test that hangs: the kernel connects, however slow the machine is.
CONNECT_TIMEOUT_S = 60.0

SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


def readable(*socks: socket.socket, timeout: float | None = None) -> bool:
    """Block until one of the sockets is readable; return False after `timeout` real seconds."""
    with selectors.DefaultSelector() as selector:  # not `select`, which fails beyond 1,024 descriptors
        for sock in socks:
            selector.register(sock, selectors.EVENT_READ)
        return bool(selector.select(timeout))


def writable(sock: socket.socket, wake: socket.socket) -> None:
    """Block until `sock` is writable or `wake` is readable."""
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_WRITE)
        selector.register(wake, selectors.EVENT_READ)
        selector.select()


def running_loop() -> asyncio.AbstractEventLoop:
    """Return the running asyncio event loop.

    Raises:
        MisuseError: There is none: the caller runs under trio.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise MisuseError(
            "An asynchronous client on a virtual clock needs an asyncio event loop. Under trio, use fake() with its "
            "synchronous client, or AsyncClient() with a fake on the real clock (nemo-harness serve)."
        ) from None


class VirtualTimeStream(httpcore.NetworkStream):
    """A connection that a thread uses."""

    def __init__(self, sock: socket.socket, clock: VirtualClock) -> None:
        self._sock = sock
        self._clock = clock
        self._address: tuple[str, int] = sock.getsockname()[:2]
        self._wake_in, self._wake_out = socket.socketpair()
        self._link: Link = clock.join(self._address)
        sock.setblocking(False)
        self._wake_in.setblocking(False)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return bytes as they arrive; raise `ReadTimeout` after `timeout` seconds of the clock without any."""
        until = None if timeout is None else self._clock.now() + timeout
        while True:
            try:
                data = self._sock.recv(max_bytes)
            except BlockingIOError:
                pass
            except OSError as error:
                raise httpcore.ReadError(str(error)) from error
            else:
                self._link.client_received += len(data)
                self._link.changed()
                return data
            try:
                with self._clock.waiting(self._wake, until, self._link) as wait:
                    readable(self._sock, self._wake_in)
            except ClockStoppedError as error:
                raise httpcore.ReadError(str(error)) from error
            if wait.expired:
                self._wake_in.recv(64)
                raise httpcore.ReadTimeout(f"nothing came for {timeout:g} s")

    def _wake(self) -> None:
        self._wake_out.send(b"\0")

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all bytes. `timeout` is ignored, because time may pass until the server's handler reads them."""
        del timeout
        view = memoryview(buffer)
        while view:
            try:
                sent = self._sock.send(view)
            except BlockingIOError:
                try:
                    with self._clock.waiting(self._wake, None):
                        writable(self._sock, self._wake_in)
                except ClockStoppedError as error:
                    raise httpcore.WriteError(str(error)) from error
                continue
            except OSError as error:
                raise httpcore.WriteError(str(error)) from error
            self._link.client_sent += sent
            view = view[sent:]

    def close(self) -> None:
        """Close the connection; the clock waits until the server has noticed it."""
        self._link.client_closed = True
        for sock in (self._sock, self._wake_in, self._wake_out):
            sock.close()
        self._clock.left(self._address, self._link)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Raise `ConnectError`: the fake uses plain HTTP on loopback."""
        raise httpcore.ConnectError("a client on the virtual clock uses plain http")

    def get_extra_info(self, info: str) -> Any:  # Any: the type that httpcore declares
        """Return facts about the connection; httpcore uses them to find out whether an idle connection was closed."""
        if info == "is_readable":
            return readable(self._sock, timeout=0)
        return {"socket": self._sock, "client_addr": self._address}.get(info)


class VirtualTimeBackend(httpcore.NetworkBackend):
    """Opens connections for threads."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the fake."""
        try:
            sock = socket.create_connection((host, port), CONNECT_TIMEOUT_S)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return VirtualTimeStream(sock, self._clock)
        except OSError as error:  # for example, if no file descriptor is left
            sock.close()
            raise httpcore.ConnectError(str(error)) from error

    def sleep(self, seconds: float) -> None:
        """Wait between attempts to connect."""
        self._clock.sleep(seconds)


class AsyncVirtualTimeStream(httpcore.AsyncNetworkStream):
    """A connection that a task uses."""

    def __init__(self, sock: socket.socket, clock: VirtualClock) -> None:
        self._sock = sock
        self._clock = clock
        self._address: tuple[str, int] = sock.getsockname()[:2]
        self._link: Link = clock.join(self._address)
        sock.setblocking(False)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return bytes as they arrive; raise `ReadTimeout` after `timeout` seconds of the clock without any."""
        until = None if timeout is None else self._clock.now() + timeout
        loop = running_loop()
        while True:
            try:
                data = self._sock.recv(max_bytes)
            except BlockingIOError:
                pass
            except OSError as error:
                raise httpcore.ReadError(str(error)) from error
            else:
                self._link.client_received += len(data)
                self._link.changed()
                return data
            ready = asyncio.Event()
            try:
                with self._clock.waiting(partial(self._wake, loop, ready), until, self._link) as wait:
                    loop.add_reader(self._sock, ready.set)
                    try:
                        await ready.wait()
                    finally:
                        loop.remove_reader(self._sock)
            except ClockStoppedError as error:
                raise httpcore.ReadError(str(error)) from error
            if wait.expired:
                raise httpcore.ReadTimeout(f"nothing came for {timeout:g} s")

    @staticmethod
    def _wake(loop: asyncio.AbstractEventLoop, ready: asyncio.Event) -> None:
        loop.call_soon_threadsafe(ready.set)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all bytes. `timeout` is ignored: a server in this process reads at once, without the clock."""
        del timeout
        loop = running_loop()
        view = memoryview(buffer)
        while view:
            try:
                sent = self._sock.send(view)
            except BlockingIOError:
                ready = asyncio.Event()
                try:
                    with self._clock.waiting(partial(self._wake, loop, ready), None):
                        loop.add_writer(self._sock, ready.set)
                        try:
                            await ready.wait()
                        finally:
                            loop.remove_writer(self._sock)
                except ClockStoppedError as error:
                    raise httpcore.WriteError(str(error)) from error
                continue
            except OSError as error:
                raise httpcore.WriteError(str(error)) from error
            self._link.client_sent += sent
            view = view[sent:]

    async def aclose(self) -> None:
        """Close the connection; the clock waits until the server has noticed it."""
        self._link.client_closed = True
        self._sock.close()
        self._clock.left(self._address, self._link)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Raise `ConnectError`: the fake uses plain HTTP on loopback."""
        raise httpcore.ConnectError("a client on the virtual clock uses plain http")

    def get_extra_info(self, info: str) -> Any:  # Any: the type that httpcore declares
        """Return facts about the connection; httpcore uses them to find out whether an idle connection was closed."""
        if info == "is_readable":
            return readable(self._sock, timeout=0)
        return {"socket": self._sock, "client_addr": self._address}.get(info)


class AsyncVirtualTimeBackend(httpcore.AsyncNetworkBackend):
    """Connects tasks of an asyncio loop."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the fake."""
        loop = running_loop()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await loop.sock_connect(sock, (host, port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return AsyncVirtualTimeStream(sock, self._clock)
        except OSError as error:
            sock.close()
            raise httpcore.ConnectError(str(error)) from error
        except BaseException:  # a task that is cancelled while it connects
            sock.close()
            raise

    async def sleep(self, seconds: float) -> None:
        """Wait between attempts to connect."""
        await self._clock.sleep_async(seconds)


class VirtualTimeTransport(httpx.HTTPTransport):
    """The httpx transport for a thread that takes part in the clock."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(trust_env=False, verify=False)
        # httpx has no argument for the network backend, but its pool has not opened a connection yet. The new pool has
        # no maximum: the clock would not know that a client waits for a free connection.
        self._pool = httpcore.ConnectionPool(max_connections=None, network_backend=VirtualTimeBackend(clock))


class AsyncVirtualTimeTransport(httpx.AsyncHTTPTransport):
    """The httpx transport for a task that takes part in the clock."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(trust_env=False, verify=False)
        # See VirtualTimeTransport.
        self._pool = httpcore.AsyncConnectionPool(max_connections=None, network_backend=AsyncVirtualTimeBackend(clock))


class VirtualTimeClock:
    """A virtual clock with the interface of the client's clock, for threads."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        """Block this thread until the clock has moved on by `seconds`."""
        self._clock.sleep(seconds)

    def running(self) -> AbstractContextManager[object]:
        """Stop the clock until the end of the block."""
        return self._clock.running()


class AsyncVirtualTimeClock:
    """A virtual clock with the interface of the client's clock, for tasks."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._clock.now()

    async def sleep(self, seconds: float) -> None:
        """Block this task until the clock has moved on by `seconds`."""
        running_loop()
        await self._clock.sleep_async(seconds)

    def running(self) -> AbstractContextManager[object]:
        """Stop the clock until the end of the block."""
        return self._clock.running()

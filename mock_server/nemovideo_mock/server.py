"""Starts and stops the fake: in the foreground, in a thread, or in the running event loop.

The socket is bound first and then passed to the server. So a busy port is reported at once, and no other process can
take a free one.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

import uvicorn

from nemovideo_mock.clock import yield_to_loop
from nemovideo_mock.http.app import Application
from nemovideo_mock.http.protocol import LinkedProtocol
from nemovideo_mock.runtime.world_registry import WorldRegistry
from nemovideo_mock.runtime.world_runtime import WorldRuntime
from nemovideo_mock.settings import Settings

#: Seconds that open requests get when the server stops; streams end at once.
GRACE_S = 0.3
#: The most connections that wait in the kernel, and the most that asyncio accepts before it does other work. If no
#: descriptor is free, asyncio reports an error for each of the latter, and tries each again after a second.
QUEUE: Final = 2048
ACCEPTED_AT_A_TIME: Final = 8
#: The errors of a process or a machine without free descriptors or memory.
NO_ROOM: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
#: The descriptors that connections leave free for the server's own work: modules loaded on first use, uploads, exports.
RESERVE: Final = 32
#: Seconds that a cancelled encode gets when the process ends. It ends within a frame; only the largest frames and
#: pictures take longer.
ENCODE_GRACE_S = 0.5

logger = logging.getLogger(__name__)


class AddressError(Exception):
    """The address can't be bound; the message says why and what to do."""


class Listener(socket.socket):
    """A listening socket that accepts no connection which would take one of the last `RESERVE` descriptors."""

    def accept(self) -> tuple[socket.socket, Any]:  # Any: as in socket
        """Accept a connection; raise `OSError` as if all descriptors were taken if only the reserve is left."""
        limit = descriptor_limit()
        if limit is not None:
            lowest_free = os.dup(self.fileno())
            os.close(lowest_free)
            if lowest_free >= limit - RESERVE:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return super().accept()


def descriptor_limit() -> int | None:
    """Return how many descriptors this process may have; None without a limit."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def bind(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """Return a listening socket; port 0 takes any free port. Raise `AddressError` if the address can't be bound."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio disables Nagle's algorithm only if the protocol is named; without that, each response is delayed by 40 ms.
    sock = Listener(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(QUEUE)
    except (OSError, OverflowError, TypeError, UnicodeError) as error:
        sock.close()
        code = error.errno if isinstance(error, OSError) else None
        if code == errno.EADDRINUSE:
            message = f"Port {port} is in use: choose another with --port, or 0 for any free one."
        elif code == errno.EACCES:
            message = f"Port {port} needs more rights than you have: choose one above 1023."
        else:
            message = f"Can't listen on {host}:{port}: {error}."
        raise AddressError(message) from None
    return sock


class Server(uvicorn.Server):
    """A uvicorn server without polling: it reports when it is ready, and stops at once although streams are open."""

    def __init__(self, world_registry: WorldRegistry) -> None:
        super().__init__(
            uvicorn.Config(
                Application(world_registry),
                http=LinkedProtocol,
                ws="none",
                loop="asyncio",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,  # it has the machine's time; each world sends its own date
                proxy_headers=False,  # the caller's address finds its connection
                backlog=ACCEPTED_AT_A_TIME,
            )
        )
        self._hub = world_registry
        self._exit = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._other_handler: Callable[[asyncio.AbstractEventLoop, dict[str, Any]], object] | None = None
        self._out_of_room = False
        self.on_ready: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        self._loop = asyncio.get_running_loop()
        self._other_handler = self._loop.get_exception_handler()
        self._loop.set_exception_handler(self._on_loop_error)
        await super().startup(sockets)
        for sock in sockets or []:
            sock.listen(QUEUE)  # asyncio has set it to the number of connections that it accepts at a time
        await self.on_tick(0)
        self.on_ready()

    async def main_loop(self) -> None:
        """Wait until `stop` is called."""
        if not self.should_exit:
            await self._exit.wait()

    def stop(self) -> None:
        """Stop soon; may be called from any thread."""
        self.should_exit = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._exit.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop on Ctrl-C or SIGTERM, and raise nothing afterwards."""
        del sig, frame
        self.stop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the sockets, end the streams, and give other requests a short time."""
        for server in self.servers:
            server.close()
        for sock in sockets or []:
            sock.close()
        self._hub.stop()
        for connection in list(self.server_state.connections):
            LinkedProtocol.leave(connection)
        if self.server_state.tasks:
            await asyncio.wait(list(self.server_state.tasks), timeout=GRACE_S)
        for connection in list(self.server_state.connections):
            LinkedProtocol.drop(connection)
        await yield_to_loop()  # the connections learn that they are closed
        for task in list(self.server_state.tasks):
            task.cancel()
        await self.lifespan.shutdown()
        if self._loop is not None:
            self._loop.set_exception_handler(self._other_handler)

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:  # Any: as in asyncio
        """Log once that no connection can be accepted; leave every other error to the handler of the loop."""
        error = context.get("exception")
        if "socket" not in context or not isinstance(error, OSError) or error.errno not in NO_ROOM:
            if self._other_handler is None:
                loop.default_exception_handler(context)
            else:
                self._other_handler(loop, context)
        elif not self._out_of_room:
            self._out_of_room = True
            logger.error(
                "New connections wait, because %s. The fake tries again each second; raise the limit with ulimit -n.",
                error.strerror,
            )


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A fake that accepts requests at `url`."""

    url: str
    world_registry: WorldRegistry

    def runtime(self, world: str | None = None) -> WorldRuntime:
        """Return the runtime of a world, or of the world at the base URL; may be called from any thread.

        A world that does not exist yet is created.
        """
        registry = self.world_registry
        return registry.default if world is None else registry.runtime_from_any_thread(world)

    def url_of(self, world: str | None = None) -> str:
        """Return the base URL of a world."""
        return self.url if world is None else f"{self.url}/w/{world}"


def url_of(sock: socket.socket) -> str:
    """Return the base URL of a bound socket."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(world_registry: WorldRegistry, sock: socket.socket, on_ready: Callable[[RunningServer], None]) -> None:
    """Serve in the foreground of the main thread until Ctrl-C or SIGTERM; both are a normal end."""
    server = Server(world_registry)
    running = RunningServer(url_of(sock), world_registry)
    server.on_ready = lambda: on_ready(running)
    if hasattr(signal, "SIGHUP"):  # a terminal that closes; uvicorn handles the other two signals
        signal.signal(signal.SIGHUP, server.handle_exit)
    try:
        asyncio.run(server.serve([sock]))
    finally:
        # A second Ctrl-C must not leave files or encodes behind.
        previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            world_registry.close(ENCODE_GRACE_S)
        finally:
            signal.signal(signal.SIGINT, previous)


@contextmanager
def running(settings: Settings | None = None, *, host: str = "127.0.0.1", port: int = 0) -> Generator[RunningServer]:
    """Run a fake in its own thread while the block runs."""
    world_registry = WorldRegistry(settings or Settings())
    try:
        sock = bind(host, port)
    except AddressError:
        world_registry.close()
        raise
    server = Server(world_registry)
    ready = threading.Event()
    server.on_ready = ready.set
    failures: list[BaseException] = []

    def work() -> None:
        try:
            asyncio.run(server.serve([sock]))
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits for us
            failures.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=work, name="nemovideo-mock", daemon=True)
    thread.start()
    ready.wait()
    try:
        if failures:
            raise failures[0]
        yield RunningServer(url_of(sock), world_registry)
    finally:
        server.stop()
        thread.join()
        world_registry.close()


@asynccontextmanager
async def running_here(
    settings: Settings | None = None, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncGenerator[RunningServer]:
    """Run a fake in the running event loop while the block runs."""
    world_registry = WorldRegistry(settings or Settings())
    try:
        sock = bind(host, port)
    except AddressError:
        world_registry.close()
        raise
    server = Server(world_registry)
    ready = asyncio.Event()
    server.on_ready = ready.set
    url = url_of(sock)
    # Not `serve`, which would take over the signal handlers of this loop's owner.
    task = asyncio.ensure_future(server._serve([sock]))  # noqa: SLF001 - uvicorn has no public way without signals
    waiting = asyncio.ensure_future(ready.wait())
    try:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        yield RunningServer(url, world_registry)
    finally:
        waiting.cancel()
        server.stop()
        await asyncio.wait({task})
        await asyncio.to_thread(world_registry.close)

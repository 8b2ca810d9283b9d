"""A stand-in for production: the fake on TLS under production's own name, with its prices and accounts that pay."""

from __future__ import annotations

import selectors
import socket
import socketserver
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import trustme

from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import PRODUCTION_URL
from nemovideo_mock.journal import RequestEntry
from nemovideo_mock.runtime.world_registry import WorldRegistry
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from nemovideo_mock.world.account import Account
from nemovideo_mock.world.state import State
from tests.guards import HANG_S

HOST = urlsplit(PRODUCTION_URL).hostname or ""
#: A token as the service gives them, of an account that has been topped up.
TOKEN = "nmv_usr_" + "S" * 43
CREDITS = 1_000


@dataclass(frozen=True, slots=True)
class StandIn:
    """Where it is, whose signature it bears, the account that pays, and what has come in."""

    address: str
    authority: Path
    world_registry: WorldRegistry
    account: Account

    @property
    def state(self) -> State:
        """Everything that was made."""
        return self.world_registry.default.world.state

    @property
    def requests(self) -> list[RequestEntry]:
        """What has come in, in order."""
        return [each for each in self.world_registry.default.journal.entries() if isinstance(each, RequestEntry)]


@contextmanager
def standing_in(folder: Path, profile: Profile | None = None, name: str = HOST) -> Generator[StandIn]:
    """A stand-in for as long as the block lasts; its certificate is for `name`, and kept in the folder."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)  # pyright: ignore[reportUnknownMemberType] -- OpenSSL's own contexts have no types
    with running(Settings(quality="stub", clock="virtual", profile=profile or Profile())) as server:
        service = server.runtime()
        account = service.world.tokens.add_account(
            "user_1", TOKEN, service.clock.now(), credits=CREDITS, registered=True
        )
        with terminating(context, urlsplit(server.url).port or 0) as port:
            yield StandIn(f"127.0.0.1:{port}", folder / "authority.pem", server.world_registry, account)


@contextmanager
def terminating(context: ssl.SSLContext, behind: int) -> Generator[int]:
    """The port of something that speaks TLS and hands what it decrypts to another port of this machine.

    It has a thread for each connection, and at the end none of them is left, nor anything that they opened.
    """
    over, ending = socket.socketpair()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(HANG_S)
            with (
                suppress(OSError),  # a caller who refuses the certificate, or leaves
                context.wrap_socket(self.request, server_side=True) as caller,
                socket.create_connection(("127.0.0.1", behind)) as service,
            ):
                pass_on(caller, service, over)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = False  # so that closing it waits for them
        request_queue_size = 100

    with over, Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            ending.close()
            server.shutdown()
            thread.join()


def pass_on(caller: ssl.SSLSocket, service: socket.socket, over: socket.socket) -> None:
    """Hand on what each of two says to the other, until one has left or nobody is to speak any more."""
    with selectors.DefaultSelector() as selector:
        for sock in (caller, service, over):
            selector.register(sock, selectors.EVENT_READ)
        while True:
            # What OpenSSL has decrypted already is not seen on the socket.
            ready = [caller] if caller.pending() else [key.fileobj for key, _ in selector.select()]
            for one, other in ((caller, service), (service, caller)):
                if one in ready:
                    data = one.recv(65_536)
                    if not data:
                        return
                    other.sendall(data)
            if over in ready:
                return

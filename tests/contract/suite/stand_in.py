"""A stand-in for production: the fake on TLS under production's own name, with its prices and accounts that pay."""

from __future__ import annotations

import asyncio
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
from nemovideo_mock.hub import Hub
from nemovideo_mock.journal import Request
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from nemovideo_mock.world.ledger import Account
from nemovideo_mock.world.state import State

HOST = urlsplit(PRODUCTION_URL).hostname or ""
#: A token as the service gives them, of an account that has been topped up.
TOKEN = "nmv_usr_" + "S" * 43
CREDITS = 1_000


@dataclass(frozen=True, slots=True)
class StandIn:
    """Where it is, whose signature it bears, the account that pays, and what has come in."""

    address: str
    authority: Path
    hub: Hub
    account: Account

    @property
    def state(self) -> State:
        """Everything that was made."""
        return self.hub.service.world.state

    @property
    def requests(self) -> list[Request]:
        """What has come in, in order."""
        return [each for each in self.hub.service.journal.entries() if isinstance(each, Request)]


@contextmanager
def standing_in(folder: Path, profile: Profile | None = None, name: str = HOST) -> Generator[StandIn]:
    """A stand-in for as long as the block lasts; its certificate is for `name`, and kept in the folder."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)  # pyright: ignore[reportUnknownMemberType] -- OpenSSL's own contexts have no types
    with running(Settings(quality="stub", clock="virtual", profile=profile or Profile())) as server:
        service = server.service
        account = service.world.add_account("user_1", TOKEN, service.clock.now(), credits=CREDITS, registered=True)
        with terminating(context, urlsplit(server.url).port or 0) as port:
            yield StandIn(f"127.0.0.1:{port}", folder / "authority.pem", server.hub, account)


@contextmanager
def terminating(context: ssl.SSLContext, behind: int) -> Generator[int]:
    """The port of something that speaks TLS and hands what it decrypts to another port of this machine."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", behind)
        await asyncio.gather(pipe(reader, inner_writer), pipe(inner_reader, writer))

    async def end(server: asyncio.Server) -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    begun = asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    server = asyncio.run_coroutine_threadsafe(begun, loop).result(10)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

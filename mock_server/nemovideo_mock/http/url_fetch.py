"""Files by URL, where the fake may fetch at all: http and https, public addresses only, bounded in every way.

The check of an address and the connection to it are one step, so that a name can't point elsewhere the second time that
it is asked for. Whoever uses this module imports it late: httpx takes longer to load than the fake to start.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

import anyio
import httpcore
import httpx

from nemovideo_contract.trust import trusted

#: Real seconds for one file, redirects included.
PATIENCE_S: Final = 60.0
#: Real seconds to connect, and between two pieces.
SILENCE_S: Final = 10.0
MAX_REDIRECTS: Final = 3

#: From a host's name and a port to addresses in text. Raises OSError or UnicodeError where there are none.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
#: Whether an address, in text, may be connected to.
Allow = Callable[[str], bool]
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]

_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
#: What IANA's special-purpose registries set apart and some Pythons call global (3.11.7 some of it), or `is_global` has
#: its exceptions for.
_SPECIAL: Final = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # protocol assignments (RFC 6890), among them anycast and NAT64 discovery
            "192.31.196.0/24",  # AS112 (RFC 7535)
            "192.52.193.0/24",  # AMT (RFC 7450)
            "192.88.99.0/24",  # 6to4 relays, given up (RFC 7526)
            "192.175.48.0/24",  # AS112 (RFC 7534)
            "2001::/23",  # protocol assignments (RFC 2928), among them Teredo and ORCHID
            "2001:db8::/32",  # documentation (RFC 3849)
            "2620:4f:8000::/48",  # AS112 (RFC 7534)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")


class FetchError(Exception):
    """The file can't be had; the message is one sentence."""


async def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system knows them."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [address[0] for *_, address in found]


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet at large; an IPv4 address inside an IPv6 one must do so itself."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    inner = _embedded_ipv4(ip) if isinstance(ip, IPv6Address) else ip
    if inner is not None:
        return inner.is_global and not inner.is_multicast and not _is_special(inner)
    return ip in _GLOBAL_UNICAST and ip.is_global and not _is_special(ip)


def _is_special(ip: IPv4Address | IPv6Address) -> bool:
    return any(ip in network for network in _SPECIAL)


def _embedded_ipv4(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, 6to4 (RFC 3056) or NAT64 (RFC 6052)."""
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to addresses that it has looked up and checked itself; TLS still asks for the host by name."""

    def __init__(self, resolve: Resolve, allow: Allow) -> None:
        self._resolve = resolve
        self._allow = allow
        # httpcore declares a second class of this name for where anyio is missing, which httpx requires.
        self._opened: list[httpcore.AsyncNetworkStream] = []
        self._network: httpcore.AsyncNetworkBackend = httpcore.AnyIOBackend()  # pyright: ignore[reportAttributeAccessIssue]

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first of the host's addresses that answers, where all of them are allowed."""
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError):
            addresses = ()
        if not addresses:
            raise FetchError(f"The host {host} has no address.")
        if not all(self._allow(address) for address in addresses):
            raise FetchError(f"The host {host} is not on the public internet, and nothing else is fetched.")
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in dict.fromkeys(addresses):
            try:
                stream = await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                self._opened.append(stream)
                return stream
        assert failure is not None
        raise failure

    async def aclose(self) -> None:
        """Close every connection: httpcore leaves one whose TLS handshake is cancelled, as when the patience ends."""
        async with AsyncExitStack() as opened:
            for stream in self._opened:
                opened.push_async_callback(stream.aclose)


class CheckedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over a `CheckedBackend`, with nothing from the environment."""

    def __init__(self, backend: CheckedBackend) -> None:
        super().__init__(trust_env=False, verify=False)
        # httpx has no argument for the network backend; the pool that it made has opened nothing yet.
        self._pool = httpcore.AsyncConnectionPool(ssl_context=trusted(), network_backend=backend)


class Fetcher:
    """Fetches files by URL. `resolve` and `allow` decide about hosts; `patience` is in real seconds a file."""

    def __init__(self, *, resolve: Resolve = look_up, allow: Allow = is_public, patience: float = PATIENCE_S) -> None:
        self._resolve = resolve
        self._allow = allow
        self._patience = patience

    @asynccontextmanager
    async def open(self, url: str) -> AsyncGenerator[AsyncIterator[bytes]]:
        """The file behind a URL in pieces, as the block reads them; the block counts against the patience too.

        Raises:
            FetchError: for whatever goes wrong, also in the middle of the file.
        """
        backend = CheckedBackend(self._resolve, self._allow)
        transport = CheckedTransport(backend)
        headers = {"User-Agent": "nemovideo-harness", "Accept": "*/*", "Accept-Encoding": "identity"}
        try:
            with anyio.fail_after(self._patience):
                async with (
                    httpx.AsyncClient(
                        transport=transport, headers=headers, trust_env=False, timeout=SILENCE_S, cookies=None
                    ) as client,
                    _open_answer(client, url) as answer,
                ):
                    yield answer.aiter_raw()
        except TimeoutError:
            raise FetchError(f"The URL did not deliver its file within {self._patience:g} s.") from None
        except httpx.TimeoutException:
            raise FetchError(f"The URL did not answer within {SILENCE_S:g} s.") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error).rstrip(".") or type(error).__name__
            raise FetchError(f"The URL could not be fetched: {reason}.") from None
        finally:
            await backend.aclose()


@asynccontextmanager
async def _open_answer(client: httpx.AsyncClient, url: str) -> AsyncGenerator[httpx.Response]:
    """The answer that has the file, after a few redirects; each hop is checked as the first was."""
    address = _parse_url(url)
    for _ in range(1 + MAX_REDIRECTS):
        if address.scheme not in {"http", "https"} or not address.host:
            raise FetchError("Only http and https URLs are fetched.")
        if address.port is not None and not 0 < address.port <= 65_535:
            raise FetchError(f"The URL has the port {address.port}, which can't be.")
        if address.userinfo:
            raise FetchError("A URL with a user name or password in it is not fetched.")
        answer = await _send_request(client, address)
        try:
            if answer.has_redirect_location:
                address = _parse_url(answer.headers["location"], address)
                continue
            if answer.status_code != HTTPStatus.OK:
                raise FetchError(f"The URL answered with HTTP status {answer.status_code}.")
            if answer.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
                raise FetchError("The URL answered with a compressed body, which was not asked for.")
            yield answer
            return
        finally:
            await answer.aclose()
    raise FetchError(f"The URL redirects more than {MAX_REDIRECTS} times.")


def _parse_url(url: str, start: httpx.URL | None = None) -> httpx.URL:
    """A URL, where need be as seen from another."""
    try:
        address = httpx.URL(url) if start is None else start.join(url)
        _ = address.host  # decodes a host in Punycode, which may fail only here
    except UnicodeError as error:
        raise httpx.InvalidURL(str(error)) from None
    return address


async def _send_request(client: httpx.AsyncClient, address: httpx.URL) -> httpx.Response:
    """The head of what is answered at an address."""
    try:
        return await client.send(client.build_request("GET", address), stream=True)
    except UnicodeError as error:  # httpx looks at where a redirect leads, even if it doesn't go there
        raise httpx.InvalidURL(str(error)) from None

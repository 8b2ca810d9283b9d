"""Fetches files by URL, if the fake may fetch: http and https, public addresses only, with limits for everything.

The address is checked and connected to in one step, so that a name can't resolve to another address in between. Import
this module late: httpx takes longer to load than the fake to start.
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

from nemovideo_contract.trust import tls_context

#: Real seconds for one file, including redirects.
PATIENCE_S: Final = 60.0
#: Real seconds to connect, and between two pieces.
SILENCE_S: Final = 10.0
MAX_REDIRECTS: Final = 3

#: Resolves a host name and a port to addresses as text. Raises OSError or UnicodeError if there are none.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
#: Returns whether the fake may connect to an address, given as text.
Allow = Callable[[str], bool]
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]

_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
#: Special-purpose addresses of the IANA registries that some Pythons call global (3.11.7 some of them), or for which
#: `is_global` makes exceptions.
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
    """The file can't be fetched; the message is one sentence."""


async def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a host from the system's resolver."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [address[0] for *_, address in found]


def is_public(address: str) -> bool:
    """Return whether an IP address is public; an IPv4 address inside an IPv6 address must be public too."""
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
    """Return the IPv4 address inside an IPv6 address: mapped, 6to4 (RFC 3056) or NAT64 (RFC 6052)."""
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects only to addresses that it has resolved and checked itself; TLS still uses the host name."""

    def __init__(self, resolve: Resolve, allow: Allow) -> None:
        self._resolve = resolve
        self._allow = allow
        # httpcore declares a second class of this name for environments without anyio, which httpx requires.
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
        """Connect to the first address of the host that answers; raise an error unless all addresses are allowed."""
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
        """Close every connection, also one whose TLS handshake was cancelled, which httpcore leaves open."""
        async with AsyncExitStack() as opened:
            for stream in self._opened:
                opened.push_async_callback(stream.aclose)


class CheckedTransport(httpx.AsyncHTTPTransport):
    """The transport of httpx with a `CheckedBackend`, and without settings from the environment."""

    def __init__(self, backend: CheckedBackend) -> None:
        super().__init__(trust_env=False, verify=False)
        # httpx has no argument for the network backend; the pool that it made has not opened a connection yet.
        self._pool = httpcore.AsyncConnectionPool(ssl_context=tls_context(), network_backend=backend)


class Fetcher:
    """Fetches files by URL; `resolve` and `allow` check the hosts, `patience` is in real seconds for each file."""

    def __init__(self, *, resolve: Resolve = look_up, allow: Allow = is_public, patience: float = PATIENCE_S) -> None:
        self._resolve = resolve
        self._allow = allow
        self._patience = patience

    @asynccontextmanager
    async def open(self, url: str) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Open the file of a URL and yield its pieces; the time in the block counts as part of `patience`.

        Raises:
            FetchError: the file can't be fetched, also if this happens in the middle of it.
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
    """Return the response with the file, after a few redirects; each one is checked like the first URL."""
    address = _parse_url(url)
    for _ in range(1 + MAX_REDIRECTS):
        if address.scheme not in {"http", "https"} or not address.host:
            raise FetchError("Only http and https URLs are fetched.")
        if address.port is not None and not 0 < address.port <= 65_535:
            raise FetchError(f"The URL has the invalid port {address.port}.")
        if address.userinfo:
            raise FetchError("The fake does not fetch a URL with a user name or password.")
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
    """Parse a URL, which may be relative to another."""
    try:
        address = httpx.URL(url) if start is None else start.join(url)
        _ = address.host  # this decodes Punycode, and may fail only here
    except UnicodeError as error:
        raise httpx.InvalidURL(str(error)) from None
    return address


async def _send_request(client: httpx.AsyncClient, address: httpx.URL) -> httpx.Response:
    """Send a request and return its response without the body."""
    try:
        return await client.send(client.build_request("GET", address), stream=True)
    except UnicodeError as error:  # httpx parses the target of a redirect even if it does not follow it
        raise httpx.InvalidURL(str(error)) from None

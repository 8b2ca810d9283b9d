"""Small proxies on this machine, which change what is between a caller and a fake in one way each."""

from __future__ import annotations

import http.client
import threading
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import urlsplit

from tests.guards import HANG_S

Headers = list[tuple[str, str]]
#: The headers that belong to one connection.
_OF_CONNECTION: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"})


@dataclass(slots=True)
class Reply:
    """A response on its way to the caller."""

    status: int
    headers: Headers
    body: Iterable[bytes]

    def replace_header(self, name: str, *values: str) -> None:
        """Give a header other values, or none."""
        self.headers = [each for each in self.headers if each[0].lower() != name.lower()]
        self.headers += [(name, value) for value in values]


def _as_it_is(_: Reply) -> None:
    pass


@dataclass(slots=True)
class Manner:
    """What a proxy does.

    `request` changes the headers of a request, `reply` a response. Requests are numbered from 1 on; `refuses`
    chooses those that get a page with 502, `breaks` those whose connection is closed. `idle_s` is the longest
    silence of a connection, in seconds.
    """

    request: Callable[[Headers], Headers] = list
    reply: Callable[[Reply], None] = _as_it_is
    refuses: Callable[[int], bool] = lambda _: False
    breaks: Callable[[int], bool] = lambda _: False
    holds_uploads: bool = False
    idle_s: float = HANG_S


class _Server(ThreadingHTTPServer):
    """A proxy; it has a thread for each connection, and at its end none of them is left."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, behind: str, manner: Manner) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind, self.manner = urlsplit(behind), manner
        self._lock, self._number = threading.Lock(), 0

    def next_number(self) -> int:
        """Return the number of a new request."""
        with self._lock:
            self._number += 1
            return self._number

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing: a caller may leave."""
        del request, client_address


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride] -- the only server that uses it

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(self.server.manner.idle_s)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
        """Print nothing."""
        del format, args

    def forward(self) -> None:
        """Forward one request, piece by piece."""
        self.close_connection = True
        manner, number = self.server.manner, self.server.next_number()
        if manner.breaks(number):
            return
        if manner.refuses(number):
            page = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
            self._answer(502, [("Content-Type", "text/html"), ("Content-Length", str(len(page)))], [page])
            return
        behind = self.server.behind
        upstream = http.client.HTTPConnection(behind.hostname or "", behind.port, timeout=manner.idle_s)
        try:
            self._send(upstream)
            response = upstream.getresponse()
            pieces = iter(lambda: response.read1(65_536), b"")
            headers = [each for each in response.getheaders() if each[0].lower() not in _OF_CONNECTION]
            reply = Reply(response.status, headers, pieces)
            manner.reply(reply)
            self._answer(reply.status, reply.headers, reply.body)
        except (OSError, http.client.HTTPException, ValueError):
            pass  # one of the two has left
        finally:
            upstream.close()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = forward  # noqa: N815 -- the base class calls them so

    def _send(self, upstream: http.client.HTTPConnection) -> None:
        manner, body = self.server.manner, self._body()
        sent = [(name, value) for name, value in self.headers.items() if name.lower() not in _OF_CONNECTION]
        if manner.holds_uploads:
            whole = b"".join(body)
            sent = [each for each in sent if each[0].lower() != "content-length"]
            sent.append(("Content-Length", str(len(whole))))
            body = iter([whole])
        is_chunked = self.command == "POST" and "content-length" not in {name.lower() for name, _ in sent}
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in manner.request(sent):
            upstream.putheader(name, value)
        if is_chunked:
            upstream.putheader("Transfer-Encoding", "chunked")
        upstream.endheaders()
        for piece in body:
            upstream.send(b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece)
        if is_chunked:
            upstream.send(b"0\r\n\r\n")

    def _body(self) -> Iterator[bytes]:
        left = int(self.headers.get("Content-Length") or 0)
        while left and (piece := self.rfile.read1(min(left, 65_536))):
            left -= len(piece)
            yield piece
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

    def _answer(self, status: int, headers: Headers, body: Iterable[bytes]) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in body:
            self.wfile.write(piece)
            self.wfile.flush()


@contextmanager
def proxy(url: str, manner: Manner) -> Generator[str]:
    """Yield the address of a proxy for the server at `url`."""
    with _Server(url, manner) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


# --- the manners ------------------------------------------------------------------------------------------------------


def compresses(encoding: str) -> Manner:
    """Compress each response with gzip or deflate, a stream piece by piece."""

    def reply(reply: Reply) -> None:
        wbits = 31 if encoding == "gzip" else 15
        squeezer, pieces = zlib.compressobj(wbits=wbits), reply.body

        def squeezed() -> Iterator[bytes]:
            for piece in pieces:
                yield squeezer.compress(piece) + squeezer.flush(zlib.Z_SYNC_FLUSH)
            yield squeezer.flush()

        reply.replace_header("Content-Length")
        reply.replace_header("Content-Encoding", encoding)
        reply.body = squeezed()

    return Manner(reply=reply)


def buffers() -> Manner:
    """Send a response after it has ended."""

    def reply(reply: Reply) -> None:
        reply.body = [b"".join(reply.body)]

    return Manner(reply=reply)


def removes(*names: str) -> Manner:
    """Remove headers from each request."""
    removed = {each.lower() for each in names}
    return Manner(request=lambda headers: [each for each in headers if each[0].lower() not in removed])


def doubles(name: str, other: str | None = None) -> Manner:
    """Send a response header twice, the second time with another value if one is given."""

    def reply(reply: Reply) -> None:
        found = [value for each, value in reply.headers if each.lower() == name.lower()]
        if found:
            reply.replace_header(name, found[0], found[0] if other is None else other)

    return Manner(reply=reply)


def rewrites(change: Callable[[int], int]) -> Manner:
    """Change the HTTP status of each response."""

    def reply(reply: Reply) -> None:
        reply.status = change(reply.status)

    return Manner(reply=reply)


def fails_once(at: int) -> Manner:
    """Answer one request with a page and 502."""
    return Manner(refuses=lambda number: number == at)


def breaks_once(at: int) -> Manner:
    """Close the connection of one request."""
    return Manner(breaks=lambda number: number == at)

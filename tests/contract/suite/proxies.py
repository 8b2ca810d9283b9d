"""Small proxies on this machine, which change what is between a caller and a fake in one way each."""

from __future__ import annotations

import http.client
import threading
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import urlsplit

from tests.guards import HANG_S

Headers = list[tuple[str, str]]
#: The headers that belong to one connection.
_OF_CONNECTION: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"})


@dataclass(slots=True)
class Reply:
    """A response on its way to the caller; `number` counts the requests from 1 on."""

    number: int
    method: str
    path: str
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
    """What a proxy does: to the headers of a request, to a response, and whether it answers by itself (`refuses`)."""

    request: Callable[[Headers], Headers] = list
    reply: Callable[[Reply], None] = _as_it_is
    refuses: Callable[[int, str, str], bool] = lambda *_: False
    breaks: Callable[[int, str, str], bool] = lambda *_: False
    holds_uploads: bool = False
    idle_s: float = HANG_S


@dataclass(slots=True)
class _Count:
    lock: threading.Lock = field(default_factory=threading.Lock)
    number: int = 0


@contextmanager
def proxy(url: str, manner: Manner) -> Generator[str]:
    """Yield the address of a proxy for the server at `url`."""
    count, behind = _Count(), urlsplit(url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = manner.idle_s

        def log_message(self, *_: object) -> None:
            pass

        def forward(self) -> None:
            self.close_connection = True
            with count.lock:
                count.number += 1
                number = count.number
            if manner.breaks(number, self.command, self.path):
                return
            if manner.refuses(number, self.command, self.path):
                page = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
                self._answer(502, [("Content-Type", "text/html"), ("Content-Length", str(len(page)))], [page])
                return
            upstream = http.client.HTTPConnection(behind.hostname or "", behind.port, timeout=manner.idle_s)
            try:
                self._send(upstream)
                response = upstream.getresponse()
                pieces = iter(lambda: response.read1(65_536), b"")
                headers = [each for each in response.getheaders() if each[0].lower() not in _OF_CONNECTION]
                reply = Reply(number, self.command, self.path, response.status, headers, pieces)
                manner.reply(reply)
                self._answer(reply.status, reply.headers, reply.body)
            except (OSError, http.client.HTTPException, ValueError):
                pass  # one of the two has left
            finally:
                upstream.close()

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = forward  # noqa: N815 -- the base class calls them so

        def _send(self, upstream: http.client.HTTPConnection) -> None:
            sent = [(name, value) for name, value in self.headers.items() if name.lower() not in _OF_CONNECTION]
            body: Iterable[bytes] = self._body()
            if manner.holds_uploads:
                whole = b"".join(body)
                sent = [each for each in sent if each[0].lower() != "content-length"]
                sent.append(("Content-Length", str(len(whole))))
                body = [whole]
            is_chunked = "content-length" not in {name.lower() for name, _ in sent} and self.command == "POST"
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

    class Server(ThreadingHTTPServer):
        daemon_threads = False  # so that closing it waits for them
        request_queue_size = 128

        def handle_error(self, *_: object) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
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


def once(fails: str, *, at: int) -> Manner:
    """Answer one request with 502 (`page`), or break its connection (`break`)."""
    is_it: Callable[[int, str, str], bool] = lambda number, *_: number == at  # noqa: E731 -- it has a type
    return Manner(refuses=is_it) if fails == "page" else Manner(breaks=is_it)

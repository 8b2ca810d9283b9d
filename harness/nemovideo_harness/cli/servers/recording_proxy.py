"""A proxy on this machine that forwards requests to a local server, and records them with their responses."""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import ClassVar, Final

import httpx

from nemovideo_contract import machine
from nemovideo_contract.http.exchange import Answer
from nemovideo_contract.http.sse import StrictReader
from nemovideo_contract.recording.calls_from_http import to_call
from nemovideo_contract.recording.capture import capture_exchange
from nemovideo_contract.recording.recording import RecordedExchange
from nemovideo_contract.trust import tls_context

#: Headers that are not forwarded: most belong to one connection; without Accept-Encoding, bodies stay readable.
_NOT_FORWARDED: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
        "accept-encoding",
        "expect",
    }
)
#: The read timeout in seconds; it is longer than any documented silence of a stream.
_READ_TIMEOUT_S: Final = 660.0
#: The most bytes of a response body that are recorded.
_KEPT_BYTES: Final = 32 * 1024 * 1024
#: The time that running requests get when the recording ends, in seconds.
_GRACE_S: Final = 5.0


class CapturedCalls:
    """The recorded exchanges, in the order in which the requests began."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        self.http = httpx.Client(
            trust_env=False, verify=tls_context(), timeout=httpx.Timeout(_READ_TIMEOUT_S, connect=10.0)
        )
        self._lock = threading.Lock()
        self._exchanges: list[RecordedExchange | None] = []

    def begin(self) -> int:
        """Reserve a place for a request that begins now; return its index."""
        with self._lock:
            self._exchanges.append(None)
            return len(self._exchanges) - 1

    def end(self, place: int, exchange: RecordedExchange) -> None:
        """Store the exchange of the request with this index."""
        with self._lock:
            self._exchanges[place] = exchange

    @property
    def finished(self) -> list[RecordedExchange]:
        """The exchanges whose response has ended."""
        with self._lock:
            return [each for each in self._exchanges if each is not None]

    @property
    def is_busy(self) -> bool:
        """True if a request is still running."""
        with self._lock:
            return any(each is None for each in self._exchanges)


@contextmanager
def recording_proxy(base_url: str, port: int) -> Generator[tuple[str, CapturedCalls]]:
    """Run a proxy for a server on a port of this machine; yield its address and its recorded exchanges.

    Port 0 takes any free port.

    Raises:
        OSError: The proxy can't listen on the port.
    """
    captured_calls = CapturedCalls(base_url)

    class Handler(_ForwardingHandler):
        pass

    Handler.captured_calls = captured_calls
    with _Server(("127.0.0.1", port), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", captured_calls
        finally:
            ends = machine.stopwatch() + _GRACE_S
            while captured_calls.is_busy and machine.stopwatch() < ends:
                thread.join(0.02)
            server.shutdown()
            thread.join()
            captured_calls.http.close()


class _Server(ThreadingHTTPServer):
    """A server that ignores callers who disconnect."""

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """Print an error, unless a caller has disconnected."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _ForwardingHandler(BaseHTTPRequestHandler):
    """Forwards a request, and sends the response back piece by piece."""

    captured_calls: ClassVar[CapturedCalls]
    protocol_version = "HTTP/1.1"
    server_version = "nemo-harness"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
        """Print nothing: the recording has the request."""

    def forward(self) -> None:
        """Forward a request of any method, and record it."""
        captured_calls, began = self.captured_calls, machine.stopwatch()
        try:
            content = b"".join(self._content())
        except ValueError:
            self.send_error(400, "The length of the body is not a number.")
            return
        if not self.path.startswith("/"):
            self.send_error(400, "This proxy forwards requests to one server only: send a path, not a URL.")
            return
        place = captured_calls.begin()
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_FORWARDED}
        call = to_call(self.command, self.path, headers, content)
        name = call.operation or f"{call.method} {call.path.partition('?')[0]}"
        answer = Answer(call, 0, {}, b"", 0.0, whole=False)
        headers["Accept-Encoding"] = "identity"
        try:
            with captured_calls.http.stream(
                self.command, captured_calls.base_url + self.path, headers=headers, content=content
            ) as response:
                self._answer(response, answer, began)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            answer.broken = f"{type(error).__name__}: {error}"
            if answer.status == 0:
                with suppress(OSError):
                    self.send_error(502, "The server behind this recording can't be reached.")
            self.close_connection = True
        finally:
            answer.seconds = machine.stopwatch() - began
            captured_calls.end(place, capture_exchange(name, call, answer, with_files=False))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = forward  # noqa: N815 -- the base class calls them so

    def _content(self) -> Iterator[bytes]:
        """Yield the request body in pieces."""
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            yield self.rfile.read(int(self.headers.get("Content-Length") or 0))
            return
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers

    def _answer(self, response: httpx.Response, answer: Answer, began: float) -> None:
        answer.status = response.status_code
        answer.headers = {name.lower(): value for name, value in response.headers.items()}
        self.send_response_only(response.status_code, response.reason_phrase)
        for name, value in response.headers.multi_items():
            if name.lower() not in _NOT_FORWARDED:
                self.send_header(name, value)
        has_body = self.command != "HEAD" and response.status_code not in {204, 304}
        is_chunked = has_body and "content-length" not in response.headers
        if is_chunked:
            self.send_header("Transfer-Encoding", "chunked")
        try:
            self.end_headers()
            self._pieces(response, answer, began, is_chunked=is_chunked)
            answer.whole = True
        except OSError:
            self.close_connection = True  # the caller has disconnected, so the connection to the server ends too

    def _pieces(self, response: httpx.Response, answer: Answer, began: float, *, is_chunked: bool) -> None:
        reader = StrictReader()
        for piece in response.iter_raw():
            if len(answer.content) < _KEPT_BYTES:
                answer.content += piece
            if answer.is_stream:
                answer.records += reader.feed(piece, machine.stopwatch() - began)
                answer.left = reader.left
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece)
            self.wfile.flush()
        if is_chunked:
            self.wfile.write(b"0\r\n\r\n")

"""The suite's HTTP driver: it repeats and follows nothing, and reads streams as bytes with their times."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import httpcore
import httpx

from nemovideo_contract import machine
from nemovideo_contract.allowed_hosts import is_loopback, reason_to_refuse
from nemovideo_contract.content_coding import CODINGS, BodyDecoder, DamagedBodyError, UnknownCodingError
from nemovideo_contract.http.errors import CallNotAllowed, Unreachable
from nemovideo_contract.http.exchange import Answer, Call, File
from nemovideo_contract.http.sse import StrictReader
from nemovideo_contract.targets import RouteOverride
from nemovideo_contract.trust import tls_context
from nemovideo_contract.wire import TURN_LIMIT_S

#: The events of httpcore's trace extension that carry a connection.
_CONNECTED = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})


class HeaderDeadline:
    """Cuts the connection of one call if the headers of the answer don't come within some seconds.

    httpx limits only the time between two bytes. Pass `trace` as the request extension `trace`. The call must use a new
    connection.
    """

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._stream: httpcore.NetworkStream | None = None
        self.has_cut = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def trace(self, event: str, facts: Mapping[str, object]) -> None:
        """Remember the connection that the call has made."""
        found = facts.get("return_value")
        if event in _CONNECTED and isinstance(found, httpcore.NetworkStream):
            self._stream = found

    def _cut(self) -> None:
        self.has_cut = True
        found: object = None if self._stream is None else self._stream.get_extra_info("socket")
        if isinstance(found, socket.socket):
            with suppress(OSError):  # it has ended by itself
                # The plain socket: the TLS socket would wait for the other side to close.
                socket.socket.shutdown(found, socket.SHUT_RDWR)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait: for a connection, then for the next byte and the end of an answer or of a stream."""

    connect: float
    read: float
    answer: float
    stream_read: float
    stream: float

    def is_documented(self, answer: Answer) -> bool:
        """Return whether the documents allow no longer wait, so that a longer turn is the server's fault."""
        return answer.call.operation == "run_sse" and self.stream >= TURN_LIMIT_S


#: For a server on this machine, and for others: those get the documents' ten and fifteen minutes for streams.
NEAR: Final = Timeouts(connect=5.0, read=30.0, answer=60.0, stream_read=60.0, stream=120.0)
FAR: Final = Timeouts(connect=10.0, read=30.0, answer=120.0, stream_read=600.0, stream=930.0)
#: For the first call to an unknown server: if it can't answer a small request in this time, the suite can't use it.
FIRST: Final = Timeouts(connect=5.0, read=10.0, answer=15.0, stream_read=10.0, stream=15.0)
#: After so many calls in a row without an answer, the server counts as unreachable.
STRIKES: Final = 3
#: The driver stops reading a longer body, in bytes after decompression: an answer, a stream, and a file. The first
#: answers have a lower limit.
LONGEST: Final = 16 * 1024 * 1024
LONGEST_STREAM: Final = 64 * 1024 * 1024
LONGEST_FILE: Final = 256 * 1024 * 1024
LONGEST_FIRST: Final = 4 * 1024 * 1024

#: The errors of a connection that breaks.
_CUT: Final = (httpx.NetworkError, httpx.RemoteProtocolError)
#: The response headers that may come several times (RFC 9110, 5.3), as their value is a list.
_LISTS: Final = frozenset(
    {"set-cookie", "vary", "via", "link", "cache-control", "warning", "www-authenticate", "allow", "server-timing"}
)
_BOUNDARY: Final = "nemovideo-contract-boundary"
#: The headers of a form that is written by hand.
FORM: Final = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
_PIECE: Final = bytes(1 << 20)


def _frame(file: File) -> tuple[bytes, bytes]:
    disposition = f'form-data; name="{file.field_name}"; filename="{file.name}"'
    head = f"--{_BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n"
    return head.encode(), f"\r\n--{_BOUNDARY}--\r\n".encode()


def form_of(file: File) -> Iterator[bytes]:
    """Yield a form of one file in pieces; the first piece has half of its content."""
    head, tail = _frame(file)
    half = len(file.content) // 2
    yield head + file.content[:half]
    yield file.content[half:]
    for at in range(0, file.padding, len(_PIECE)):
        yield _PIECE[: file.padding - at]
    yield tail


def length_of(file: File) -> int:
    """Return the length of that form in bytes."""
    return sum(map(len, _frame(file))) + len(file.content) + file.padding


class OpenAnswer:
    """An answer that is being read: `answer` has what came so far."""

    def __init__(
        self,
        call: Call,
        response: httpx.Response,
        began: float,
        patience: Timeouts,
        limit: float,
        longest: int,
        waiting: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._patience = patience
        self._waiting = waiting
        self._reader = StrictReader()
        self._pieces = _content(response)
        self._began = began
        self._limit = limit
        self._longest = longest
        #: Whether the answer had not ended when its time was over.
        self.is_late = False
        headers, doubled = _headers(response)
        self.answer = Answer(call, response.status_code, headers, b"", 0.0, whole=False, began=began, doubled=doubled)
        self.answer.headed = machine.stopwatch() - began

    def read(self, enough: Callable[[Answer], bool] = lambda _: False) -> Answer:
        """Read until `enough` returns True, or to the end; `enough` sees the records so far, and no content yet."""
        answer = self.answer
        content = bytearray(answer.content)
        try:
            while not (enough(answer) or answer.whole or answer.broken):
                with self._waiting():
                    piece = next(self._pieces, None)
                answer.seconds = machine.stopwatch() - self._began
                if piece is None:
                    answer.whole = True
                    answer.left = self._reader.left
                else:
                    content += piece
                    if answer.is_stream:
                        answer.records += self._reader.feed(piece, answer.seconds)
                if len(content) > self._longest:
                    answer.broken = f"it has more than {self._longest} bytes"
                elif answer.seconds > self._limit:
                    self.is_late = not answer.whole
                    answer.broken = f"it has not ended after {self._limit:g} s" if self.is_late else None
                    answer.late = self.is_late and not self._patience.is_documented(answer)
        except httpx.HTTPError as error:
            answer.broken, answer.cut = what(error), isinstance(error, _CUT)
            answer.late = isinstance(error, httpx.TimeoutException) and not self._patience.is_documented(answer)
            answer.left = self._reader.left
        finally:
            answer.content = bytes(content)
        return answer


def _content(response: httpx.Response) -> Iterator[bytes]:
    """Yield the content of a body; a proxy may compress it, whatever the call asks for.

    A body in a coding that was not asked for stays as it is.
    """
    try:
        decoder = BodyDecoder(response.headers.get("content-encoding", ""))
    except UnknownCodingError:
        decoder = BodyDecoder("")
    for chunk in response.iter_raw():
        try:
            yield from decoder.pieces(chunk)
        except DamagedBodyError as error:
            raise httpx.DecodingError(str(error)) from None


class Driver:
    """Sends calls to one base URL, or to a `route` in its place.

    Raises `Unreachable` if no connection is possible, and after `STRIKES` calls in a row without an answer. If a single
    connection breaks, that is an answer with `broken`. `patience` may change between two calls.
    """

    def __init__(self, base_url: str, route: RouteOverride | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        #: Tells the client ids of one run from another's.
        self.number = machine.random_below(1_000_000)
        self._origin = httpx.URL(self.base_url)
        self._route = route
        near = is_loopback(self._origin.host)
        self.patience = NEAR if near else FAR
        self._stays = near or route is not None
        self._strikes = 0
        #: Makes the context in which a call waits for the server; a caller that holds a lock gives it back there.
        self.waiting: Callable[[], AbstractContextManager[None]] = nullcontext
        # Proxies from the environment are for other machines, never for this one.
        away = not near and route is None
        trust = (
            tls_context(trust_env=away)
            if route is None or route.authority is None
            else ssl.create_default_context(cafile=route.authority)
        )
        # A new connection for each call, so that the deadline of a call cuts only its own.
        alone = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.Client(
            headers={"Accept-Encoding": CODINGS},
            trust_env=away,
            verify=trust,
            timeout=self._timeout(streams=False),
            limits=alone,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def send(self, call: Call, repeats: int = 0) -> Answer:
        """Send a call, and read and return its whole answer.

        If something in front of the service fails, send it up to `repeats` times again; once if the connection breaks.
        """
        answer = self._send_once(call)
        for repeat in range(repeats):
            if not (answer.is_gateway_page or (answer.cut and repeat == 0)):
                break
            answer = self._send_once(call)
        return answer

    def _send_once(self, call: Call) -> Answer:
        with self.listen(call) as listening:
            return listening.read()

    @contextmanager
    def listen(self, call: Call) -> Generator[OpenAnswer]:
        """Send a call and yield its answer, which can be read in part; leaving the block closes the connection."""
        began = machine.stopwatch()
        streams, patience = call.operation == "run_sse", self.patience
        limit = patience.stream if streams else patience.answer
        watch = HeaderDeadline(limit)
        try:
            request = self._request(call, streams=streams)
            request.extensions["trace"] = watch.trace
            with watch, self.waiting():
                response = self._http.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Unreachable(f"{self.base_url} can't be reached: {what(error)}.") from None
        except httpx.HTTPError as error:
            reason = f"its headers have not ended after {limit:g} s" if watch.has_cut else what(error)
            self._strike(reason)
            answer = Answer(call, 0, {}, b"", machine.stopwatch() - began, broken=reason)
            is_late = watch.has_cut or isinstance(error, httpx.TimeoutException)
            answer.late = is_late and not patience.is_documented(answer)
            answer.cut = isinstance(error, _CUT) and not watch.has_cut
            yield _LostConnection(answer)
            return
        if patience is FIRST:
            longest = LONGEST_FIRST
        elif streams:
            longest = LONGEST_STREAM
        else:
            longest = LONGEST_FILE if call.url is not None or call.operation == "download_render" else LONGEST
        listening = OpenAnswer(call, response, began, patience, limit, longest, self.waiting)
        try:
            yield listening
        finally:
            response.close()
        if listening.is_late and not streams:
            self._strike(str(listening.answer.broken))
        else:
            self._strikes = 0

    def _strike(self, reason: str) -> None:
        self._strikes += 1
        if self._strikes >= STRIKES:
            raise Unreachable(f"{self.base_url} has not answered the last {self._strikes} calls: {reason}.") from None

    def send_slowly(self, call: Call, pieces: Iterator[bytes]) -> int:
        """Send a body piece by piece; return the HTTP status, or 0 without an answer. It blocks its thread."""
        request = self._request(call, streams=False)
        del request.headers["Content-Length"]  # the length of the body is not known yet
        slow = self._http.build_request(
            call.method, request.url, headers=request.headers, content=pieces, extensions=request.extensions
        )
        try:
            response = self._http.send(slow, stream=True)
            response.close()
            return response.status_code
        except httpx.HTTPError:
            return 0

    def _timeout(self, *, streams: bool) -> httpx.Timeout:
        patience = self.patience
        read = patience.stream_read if streams else patience.read
        return httpx.Timeout(read, connect=patience.connect, pool=patience.connect)

    def _address(self, call: Call) -> httpx.URL:
        """Return the URL of a call. A call with a token or a path can go only to the target itself.

        Raises:
            CallNotAllowed: it would go elsewhere, or to a host that this process may not call.
            httpx.HTTPError: an address that a server gave is not a URL.
        """
        try:
            url = httpx.URL(call.url or self.base_url + call.path)
        except httpx.InvalidURL as error:
            if call.url is not None:
                raise httpx.UnsupportedProtocol(f"the address in an answer is not a URL: {error}") from None
            raise CallNotAllowed(f"The path {call.path!r} makes no URL below {self.base_url}: {error}.") from None
        is_home = (url.scheme, url.host, url.port) == (self._origin.scheme, self._origin.host, self._origin.port)
        if not is_home and (call.url is None or call.token is not None):
            raise CallNotAllowed(
                f"{call.path or call.url} leads to {url.host or 'nowhere'}, but only {self.base_url} may be called."
            )
        if not self._stays and (reason := reason_to_refuse(str(url))) is not None:
            raise CallNotAllowed(reason)
        return url

    def _request(self, call: Call, *, streams: bool) -> httpx.Request:
        headers = dict(call.headers)
        if call.token is not None:
            headers["Authorization"] = f"Bearer {call.token}"
        url = self._address(call)
        extensions: dict[str, object] = {}
        if self._route is not None and url.host == self._origin.host:
            headers["Host"] = url.netloc.decode("ascii")
            extensions["sni_hostname"] = url.host
            url = url.copy_with(scheme=self._origin.scheme, host=self._route.host, port=self._route.port)
        elif self._stays and not is_loopback(url.host):
            raise httpx.UnsupportedProtocol(f"it leads to {url.host}, but this run calls only this machine")
        options: dict[str, Any] = {}  # Any: httpx's arguments for a body
        if isinstance(call.body, tuple) and any(each.padding for each in call.body):
            headers |= {**FORM, "Content-Length": str(sum(map(length_of, call.body)))}
            options["content"] = (piece for each in call.body for piece in form_of(each))
        elif isinstance(call.body, tuple):
            options["files"] = [(each.field_name, (each.name, each.content)) for each in call.body]
        elif isinstance(call.body, bytes):
            options["content"] = call.body
        elif call.body is not None:
            options["json"] = call.body
        request = self._http.build_request(
            call.method, url, headers=headers, timeout=self._timeout(streams=streams), **options
        )
        request.extensions |= extensions
        return request


class _LostConnection(OpenAnswer):
    """A call without an answer."""

    def __init__(self, answer: Answer) -> None:
        self.is_late = False
        self.answer = answer

    def read(self, enough: Callable[[Answer], bool] = lambda _: False) -> Answer:
        """Return the answer; nothing more comes."""
        del enough
        return self.answer


def what(error: httpx.HTTPError) -> str:
    """Return what went wrong with a connection, in words, and the likely cause."""
    said = str(error)
    if isinstance(error, httpx.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, httpx.TimeoutException):
        return f"nothing came in time ({type(error).__name__})"
    if "WRONG_VERSION_NUMBER" in said or "record layer failure" in said:
        return f"it speaks no TLS; is it http:// instead of https://? ({said})"
    if "illegal status line" in said and "\\x15\\x03" in said:
        return "it speaks TLS; is it https:// instead of http://?"
    return f"{type(error).__name__}: {said}"


def _headers(response: httpx.Response) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Return the headers by their names in lower case, and the values of those that came more than once.

    A header that came several times and is not a list has its first value.
    """
    came: dict[str, list[str]] = {}
    for name, value in response.headers.multi_items():
        came.setdefault(name.lower(), []).append(value)
    doubled = {name: tuple(values) for name, values in came.items() if len(values) > 1 and name not in _LISTS}
    headers = {name: values[0] if name in doubled else ", ".join(values) for name, values in came.items()}
    return headers, doubled

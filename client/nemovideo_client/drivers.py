"""`Driver` and `AsyncDriver` run a flow with httpx. No other module imports httpx.

A flow contains the rules and yields effects; a driver performs them. It sends requests, waits, and writes files. The
two drivers differ only in `await`; everything that does not wait is in their base class.

The parts of this module, in order: connection pools, reads with deadlines, requests and responses in httpx's form,
bodies of a limited size, and the drivers.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

import anyio
import httpcore
import httpx

from nemovideo_client.attribution import package_version
from nemovideo_client.call_record import Call, record_call
from nemovideo_client.clock import AsyncClock, Clock
from nemovideo_client.errors import (
    ConnectionFailed,
    ConnectionLost,
    MisuseError,
    NemoError,
    TimedOut,
    UnexpectedAnswer,
)
from nemovideo_client.files import AtomicFile, CountedFile, check_file
from nemovideo_client.flows import origin_of
from nemovideo_client.flows.effects import (
    MAX_ERROR_BODY,
    Authorise,
    Close,
    Commit,
    Create,
    Effect,
    Emit,
    Examine,
    Flow,
    LocalEffect,
    Notify,
    Now,
    Open,
    Outcome,
    Read,
    Request,
    Response,
    Restart,
    Resume,
    Send,
    Sleep,
    WaitingEffect,
    Write,
)
from nemovideo_client.models import Limits, Token, UploadProgress
from nemovideo_client.progress import TOLERANCE_S, ProgressTimer, StillWorking, ignore_events
from nemovideo_contract import allowed_hosts, wire
from nemovideo_contract.content_coding import CODINGS, BodyDecoder, DamagedBodyError, UnknownCodingError
from nemovideo_contract.trust import tls_context

T = TypeVar("T")

Transport = httpx.BaseTransport
AsyncTransport = httpx.AsyncBaseTransport
Pool = httpx.Client
AsyncPool = httpx.AsyncClient

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

# --- connection pools -------------------------------------------------------------------------------------------------


def pool(base_url: str, limits: Limits, transport: Transport | None) -> Pool:
    """Open a pool of connections to a service."""
    headers, proxies = _pool_options(base_url, limits)
    hooks = {"request": [_check_host] if transport is None else []}
    return httpx.Client(
        headers=headers,
        trust_env=proxies,
        verify=tls_context(trust_env=proxies),
        transport=transport,
        follow_redirects=False,
        event_hooks=hooks,
    )


def async_pool(base_url: str, limits: Limits, transport: AsyncTransport | None) -> AsyncPool:
    """Open a pool of asynchronous connections to a service."""
    headers, proxies = _pool_options(base_url, limits)
    hooks = {"request": [_check_host_async] if transport is None else []}
    return httpx.AsyncClient(
        headers=headers,
        trust_env=proxies,
        verify=tls_context(trust_env=proxies),
        transport=transport,
        follow_redirects=False,
        event_hooks=hooks,
    )


def _check_host(request: httpx.Request) -> None:
    """Raise `MisuseError` if the environment forbids calls to this host, as it does in a test run."""
    if (reason := allowed_hosts.reason_to_refuse(str(request.url))) is not None:
        raise MisuseError(reason)


async def _check_host_async(request: httpx.Request) -> None:
    _check_host(request)


def _pool_options(base_url: str, limits: Limits) -> tuple[httpx.Headers, bool]:
    """Return the headers of every request, and whether to use the proxies that the environment names.

    A service on this machine is never called through a proxy. A client that polls more often than the documents allow
    says so in `User-Agent`: a fake may permit it, and the judge of the fake's journal can then recognise it.
    """
    origin = origin_of(base_url)
    agent = f"nemovideo-harness/{package_version()}"
    if limits.poll_interval_s < wire.POLL_INTERVAL_S:
        agent += f" (polls every {limits.poll_interval_s:g} s)"
    return httpx.Headers({"User-Agent": agent, "Accept-Encoding": CODINGS}), origin is not None and origin[
        1
    ] not in _LOOPBACK


# --- reads with deadlines ---------------------------------------------------------------------------------------------
#
# httpx takes one read timeout for a whole response, and a read that exceeds it closes the connection. A turn has four
# limits at once, which end at different times, and it needs notices while it waits. httpx reports each new connection
# to its `trace` extension, so `trace` replaces the `read` of each connection by one that waits in steps: until the next
# limit or the next notice, and then again. A transport that reports no connections, such as one for tests, keeps the
# one timeout of httpx.

_NEW_CONNECTION: Final = (".connect_tcp.complete", ".connect_unix_socket.complete", ".start_tls.complete")


@dataclass(frozen=True, slots=True)
class ReadDeadline:
    """The limit of the present reads: a time `until` (s since the epoch), and notices that are due before it."""

    now: Callable[[], float]
    tell: Callable[[StillWorking], None]
    until: float
    progress_timer: ProgressTimer | None = None


_DEADLINE: Final[ContextVar[ReadDeadline | None]] = ContextVar("deadline", default=None)


@contextmanager
def limit_reads(deadline: ReadDeadline) -> Generator[None]:
    """Apply a deadline to all reads inside the `with` block, from any connection."""
    former = _DEADLINE.set(deadline)
    try:
        yield
    finally:
        _DEADLINE.reset(former)


class _ReadSteps:
    """The steps in which one read waits."""

    def __init__(self, deadline: ReadDeadline, timeout: float | None) -> None:
        self._deadline = deadline
        self._ends = deadline.until if timeout is None else min(deadline.until, deadline.now() + timeout)

    def next(self) -> float | None:
        """Return how many seconds to wait now; None means without a limit. Send the notice that is due.

        Raises:
            httpcore.ReadTimeout: The time is up.
        """
        deadline, time = self._deadline, self._deadline.now()
        if deadline.progress_timer is not None:
            notice = deadline.progress_timer.due(time)
            if notice is not None:
                deadline.tell(notice)
        if time >= self._ends - TOLERANCE_S:
            raise httpcore.ReadTimeout("the time for this response is up")
        until = self._ends if deadline.progress_timer is None else min(self._ends, deadline.progress_timer.next)
        return None if until == float("inf") else max(TOLERANCE_S, until - time)


def _read_in_steps(stream: httpcore.NetworkStream) -> None:
    original = stream.read

    def read(max_bytes: int, timeout: float | None = None) -> bytes:
        deadline = _DEADLINE.get()
        if deadline is None:
            return original(max_bytes, timeout)
        steps = _ReadSteps(deadline, timeout)
        while True:
            step = steps.next()
            try:
                return original(max_bytes, step)
            except httpcore.ReadTimeout:
                continue

    vars(stream)["read"] = read


def _read_in_steps_async(stream: httpcore.AsyncNetworkStream) -> None:
    original = stream.read

    async def read(max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 -- httpcore's signature
        deadline = _DEADLINE.get()
        if deadline is None:
            return await original(max_bytes, timeout)
        steps = _ReadSteps(deadline, timeout)
        while True:
            step = steps.next()
            try:
                return await original(max_bytes, step)
            except httpcore.ReadTimeout:
                continue

    vars(stream)["read"] = read


def _close_when_cancelled(stream: httpcore.AsyncNetworkStream) -> None:
    """Make a connection close if its TLS handshake is cancelled; httpcore closes it only after an error."""
    original = stream.start_tls

    async def start_tls(
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        try:
            return await original(ssl_context, server_hostname, timeout)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await stream.aclose()
            raise

    vars(stream)["start_tls"] = start_tls


def trace(name: str, info: dict[str, object]) -> None:
    """Make each new connection read in steps. This is httpx's `trace` extension of a synchronous request."""
    stream = info.get("return_value")
    if name.endswith(_NEW_CONNECTION) and isinstance(stream, httpcore.NetworkStream):
        _read_in_steps(stream)


async def trace_async(name: str, info: dict[str, object]) -> None:
    """Do the same as `trace` for an asynchronous request, and close a connection that is cancelled while it opens."""
    stream = info.get("return_value")
    if name.endswith(_NEW_CONNECTION) and isinstance(stream, httpcore.AsyncNetworkStream):
        _read_in_steps_async(stream)
        _close_when_cancelled(stream)


# --- requests and responses in httpx's form ---------------------------------------------------------------------------


@contextmanager
def _translate_errors() -> Generator[None]:
    """Raise httpx's errors as the client's own; `ConnectionFailed` means that the service has received nothing."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
        raise ConnectionFailed("The service could not be reached. Is the address right, and the network up?") from error
    except httpx.TimeoutException as error:
        raise TimedOut("The service stayed silent for too long.") from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError) as error:
        raise MisuseError("The address cannot be called. Use a valid http or https address.") from error
    except (httpx.TransportError, httpx.DecodingError, httpx.StreamError) as error:
        raise ConnectionLost("The connection to the service broke off.") from error


#: A file in a multipart body: field name, file name, content.
_Part = tuple[str, tuple[str, CountedFile]]


def _form_parts(files: Sequence[Path], on_emit: Callable[[object], None], stack: ExitStack) -> list[_Part] | None:
    """Return the parts of a multipart body; httpx reads the files while it sends them, which emits `UploadProgress`."""
    sent = total = 0

    def on_read(size: int) -> None:
        nonlocal sent
        sent += size
        if size:
            on_emit(UploadProgress(min(sent, total), total))

    opened = [(_text_name(path), stack.enter_context(CountedFile(path, on_read))) for path in files]
    total = sum(os.fstat(file.fileno()).st_size for _, file in opened)
    return [(wire.UPLOAD_FIELD, part) for part in opened] or None


def _text_name(path: Path) -> str:
    """Return the file's name as valid text; bytes that are not UTF-8 become question marks."""
    return path.name.encode("utf-8", "replace").decode("utf-8")


def _timeout(request: Request, limits: Limits, time: float) -> httpx.Timeout:
    left = max(TOLERANCE_S, min(request.patience_s, request.until - time))
    return httpx.Timeout(left, connect=min(limits.connect_s, left), pool=None)


def _body_size(request: httpx.Request) -> int:
    length = request.headers.get("Content-Length", "")
    return int(length) if length.isdigit() else 0


def _to_response(response: httpx.Response, body: bytes = b"") -> Response:
    return Response(response.status_code, {name.lower(): value for name, value in response.headers.items()}, body)


@dataclass(slots=True)
class _Exchange:
    """A request, and the response when its head has arrived."""

    request: httpx.Request
    response: httpx.Response | None = None


# --- bodies of a limited size -----------------------------------------------------------------------------------------


@contextmanager
def _body_decoder(response: httpx.Response) -> Generator[BodyDecoder]:
    """Yield the decoder of a body; its errors are raised as those of the client and of httpx."""
    try:
        yield BodyDecoder(response.headers.get("content-encoding", ""))
    except UnknownCodingError as error:
        raise UnexpectedAnswer(
            f"The service's response (HTTP {response.status_code}) is compressed as {error.coding[:40]!r}, which the "
            "client did not ask for."
        ) from None
    except DamagedBodyError as error:
        raise httpx.DecodingError(str(error)) from error


def _pieces(response: httpx.Response) -> Iterator[bytes]:
    assert isinstance(response.stream, httpx.SyncByteStream)
    with _body_decoder(response) as decoder:
        for chunk in response.stream:
            yield from decoder.pieces(chunk)


async def _pieces_async(response: httpx.Response) -> AsyncGenerator[bytes]:
    assert isinstance(response.stream, httpx.AsyncByteStream)
    with _body_decoder(response) as decoder:
        async for chunk in response.stream:
            for piece in decoder.pieces(chunk):
                yield piece


def _is_full(body: bytearray, response: httpx.Response, limits: Limits) -> bool:
    """Return whether to stop reading the body; only the beginning of an error's body is needed.

    Raises:
        UnexpectedAnswer: A successful response exceeds the limit.
    """
    if not response.is_success:
        return len(body) >= MAX_ERROR_BODY
    if len(body) > limits.answer_bytes:
        raise UnexpectedAnswer(
            f"The service's response is larger than the client's limit answer_bytes, {limits.answer_bytes} bytes."
        )
    return False


# --- the drivers ------------------------------------------------------------------------------------------------------


class Host(Protocol):
    """The part of a client that its driver uses."""

    clock: Clock
    limits: Limits
    on_call: Callable[[Call], None] | None

    @property
    def http(self) -> Pool:
        """The connection pool."""
        ...

    def authorise(self, refused: Token | None) -> Token:
        """Return the token to use, which is not the one that the service refused."""
        ...


class AsyncHost(Protocol):
    """The part of an asynchronous client that its driver uses."""

    clock: AsyncClock
    limits: Limits
    on_call: Callable[[Call], None] | None

    @property
    def http(self) -> AsyncPool:
        """The connection pool."""
        ...

    async def authorise(self, refused: Token | None) -> Token:
        """Return the token to use, which is not the one that the service refused."""
        ...


H = TypeVar("H", bound=Host | AsyncHost)


class _BaseDriver(Generic[H, T]):
    """What both drivers share: the progress of the flow, the file that it writes, and the preparation of requests.

    A clock can be shared by several callers (see `nemovideo_client.clock`). It counts a caller as busy while the flow
    runs, but not while the caller handles an emitted value, and not while the flow waits for a token.
    """

    def __init__(
        self,
        host: H,
        flow: Flow[T],
        on_emit: Callable[[object], None] | None = None,
        on_tell: Callable[[object], None] | None = None,
    ) -> None:
        self._host = host
        self._flow = flow
        self._on_emit = on_emit
        self._on_tell = on_tell or ignore_events
        self._result: list[T] = []
        self._closed = False
        self._file: AtomicFile | None = None
        self._response: httpx.Response | None = None

    @property
    def result(self) -> T:
        """The value that the flow returned.

        Raises:
            MisuseError: The flow has not ended, or was closed before its end.
        """
        if not self._result:
            raise MisuseError("There is no result, because the caller stopped before the end.")
        return self._result[0]

    def _advance(self, outcome: Outcome, failure: NemoError | None) -> Effect | None:
        """Give the flow the outcome of its last effect, or the failure; return the next effect, or None at the end."""
        if self._closed:
            return None
        try:
            return self._flow.send(outcome) if failure is None else self._flow.throw(failure)
        except StopIteration as stop:
            self._result.append(stop.value)
            return None

    def _perform_local(self, effect: LocalEffect) -> Outcome:
        """Perform an effect that does not wait; file effects are quick enough for an event loop."""
        match effect:
            case Now():
                return float(self._host.clock.now())
            case Notify(value):
                self._on_tell(value)
            case Examine(path):
                return check_file(path)
            case Create(path):
                self._leave_file()
                self._file = AtomicFile(path)
            case Resume(key):
                return self._open_file.resume(key)
            case Restart(etag, keep):
                self._open_file.restart(etag, keep=keep)
            case Write(data):
                self._open_file.write(data)
            case Commit():
                self._open_file.commit()
        return None

    @property
    def _open_file(self) -> AtomicFile:
        if self._file is None:
            raise RuntimeError("a flow writes to a file that it has not created")
        return self._file

    def _leave_file(self) -> None:
        if self._file is not None:
            self._file.leave()

    def _close_flow(self) -> None:
        """Close the flow; of an unfinished file, keep only what a later download can resume."""
        self._closed = True
        self._flow.close()
        self._leave_file()

    def _limit_reads(self, until: float, progress_timer: ProgressTimer | None) -> AbstractContextManager[None]:
        return limit_reads(ReadDeadline(self._host.clock.now, self._on_tell, until, progress_timer))

    @contextmanager
    def _exchange(
        self, request: Request, trace: Callable[..., object], progress_timer: ProgressTimer | None = None
    ) -> Generator[_Exchange]:
        """Prepare a request, which the `with` block then sends; report it to `on_call`, whether or not it succeeds."""
        host = self._host
        with ExitStack() as files:
            with _translate_errors():
                prepared = host.http.build_request(
                    request.method,
                    request.url,
                    headers=list(request.headers),
                    content=request.body,
                    files=_form_parts(request.files, self._on_emit or ignore_events, files),
                    timeout=_timeout(request, host.limits, host.clock.now()),
                    extensions={"trace": trace},
                )
            exchange, start = _Exchange(prepared), host.clock.now()
            error: str | None = None
            try:
                with self._limit_reads(request.until, progress_timer), _translate_errors():
                    yield exchange
            except BaseException as failure:
                error = str(failure) if isinstance(failure, NemoError) else type(failure).__name__
                raise
            finally:
                if host.on_call is not None:
                    status = None if exchange.response is None else exchange.response.status_code
                    size, seconds = _body_size(prepared), host.clock.now() - start
                    host.on_call(record_call(request, size=size, status=status, seconds=seconds, error=error))


class Driver(_BaseDriver[Host, T]):
    """Runs one flow with the synchronous httpx client."""

    _chunks: Iterator[bytes] | None = None

    def __iter__(self) -> Generator[object]:
        try:
            while True:
                emitted = self.resume()
                if self._closed:
                    return
                yield emitted
        finally:
            self.close()

    def run(self) -> T:
        """Run the flow to its end and return its result; emitted values go to `on_emit`."""
        self.resume()
        return self.result

    def resume(self) -> object:
        """Run the flow to the next value that it emits, or to its end; with `on_emit`, always to its end.

        Returns the emitted value. At the end, returns the flow's result, or None if the flow was closed.
        """
        outcome: Outcome = None
        failure: NemoError | None = None
        try:
            with ExitStack() as busy:
                busy.enter_context(self._host.clock.running())
                while (effect := self._advance(outcome, failure)) is not None:
                    outcome = failure = None
                    if isinstance(effect, Emit):
                        if self._on_emit is None:
                            return effect.value
                        self._on_emit(effect.value)
                        continue
                    try:
                        outcome = self._perform(effect, busy)
                    except NemoError as error:
                        failure = error
        except BaseException:
            self.close()
            raise
        self.close()
        return self._result[0] if self._result else None

    def close(self) -> None:
        """Close the flow and release its connection and its file."""
        self._close_flow()
        self._release()

    def _perform(self, effect: WaitingEffect | LocalEffect, busy: ExitStack) -> Outcome:
        match effect:
            case Send(request):
                return self._send(request)
            case Open(request, progress_timer):
                return self._open(request, progress_timer)
            case Read(until, progress_timer):
                return self._read(until, progress_timer)
            case Close():
                self._release()
            case Sleep(seconds):
                self._host.clock.sleep(seconds)
            case Authorise(refused):
                busy.close()
                try:
                    return self._host.authorise(refused)
                finally:
                    busy.enter_context(self._host.clock.running())
            case _:
                return self._perform_local(effect)
        return None

    def _send(self, request: Request) -> Response:
        with self._exchange(request, trace) as exchange:
            exchange.response = response = self._host.http.send(exchange.request, stream=True)
            body = bytearray()
            try:
                for piece in _pieces(response):
                    body += piece
                    if _is_full(body, response, self._host.limits):
                        break
            finally:
                response.close()
            return _to_response(response, bytes(body))

    def _open(self, request: Request, progress_timer: ProgressTimer | None) -> Response:
        self._release()
        with self._exchange(request, trace, progress_timer) as exchange:
            exchange.response = self._response = self._host.http.send(exchange.request, stream=True)
            self._chunks = _pieces(self._response)
            return _to_response(self._response)

    def _read(self, until: float, progress_timer: ProgressTimer | None) -> bytes:
        with self._limit_reads(until, progress_timer), _translate_errors():
            chunk = next(self._chunks or iter(()), b"")
        if not chunk:
            self._release()
        return chunk

    def _release(self) -> None:
        response, self._response = self._response, None
        if response is not None:
            with _translate_errors():
                response.close()


class AsyncDriver(_BaseDriver[AsyncHost, T]):
    """Runs one flow with the asynchronous httpx client."""

    _chunks: AsyncGenerator[bytes] | None = None

    async def __aiter__(self) -> AsyncGenerator[object]:
        try:
            while True:
                emitted = await self.resume()
                if self._closed:
                    return
                yield emitted
        finally:
            await self.close()

    async def run(self) -> T:
        """Run the flow to its end and return its result; emitted values go to `on_emit`."""
        await self.resume()
        return self.result

    async def resume(self) -> object:
        """Run the flow to the next value that it emits, or to its end; with `on_emit`, always to its end.

        Returns the emitted value. At the end, returns the flow's result, or None if the flow was closed.
        """
        outcome: Outcome = None
        failure: NemoError | None = None
        try:
            with ExitStack() as busy:
                busy.enter_context(self._host.clock.running())
                while (effect := self._advance(outcome, failure)) is not None:
                    outcome = failure = None
                    if isinstance(effect, Emit):
                        if self._on_emit is None:
                            return effect.value
                        self._on_emit(effect.value)
                        continue
                    try:
                        outcome = await self._perform(effect, busy)
                    except NemoError as error:
                        failure = error
        except BaseException:
            await self.close()
            raise
        await self.close()
        return self._result[0] if self._result else None

    async def close(self) -> None:
        """Close the flow and release its connection and its file."""
        self._close_flow()
        # Shielded, because it must also finish while the task is being cancelled.
        with anyio.CancelScope(shield=True):
            await self._release()

    async def _perform(self, effect: WaitingEffect | LocalEffect, busy: ExitStack) -> Outcome:
        match effect:
            case Send(request):
                return await self._send(request)
            case Open(request, progress_timer):
                return await self._open(request, progress_timer)
            case Read(until, progress_timer):
                return await self._read(until, progress_timer)
            case Close():
                await self._release()
            case Sleep(seconds):
                await self._host.clock.sleep(seconds)
            case Authorise(refused):
                busy.close()
                try:
                    return await self._host.authorise(refused)
                finally:
                    busy.enter_context(self._host.clock.running())
            case _:
                return self._perform_local(effect)
        return None

    async def _send(self, request: Request) -> Response:
        with self._exchange(request, trace_async) as exchange:
            exchange.response = response = await self._host.http.send(exchange.request, stream=True)
            body, pieces = bytearray(), _pieces_async(response)
            try:
                async for piece in pieces:
                    body += piece
                    if _is_full(body, response, self._host.limits):
                        break
            finally:
                with anyio.CancelScope(shield=True):
                    await pieces.aclose()  # or trio reports an unclosed generator
                    await response.aclose()
            return _to_response(response, bytes(body))

    async def _open(self, request: Request, progress_timer: ProgressTimer | None) -> Response:
        await self._release()
        with self._exchange(request, trace_async, progress_timer) as exchange:
            exchange.response = self._response = await self._host.http.send(exchange.request, stream=True)
            self._chunks = _pieces_async(self._response)
            return _to_response(self._response)

    async def _read(self, until: float, progress_timer: ProgressTimer | None) -> bytes:
        with self._limit_reads(until, progress_timer), _translate_errors():
            chunk = b"" if self._chunks is None else await anext(self._chunks, b"")
        if not chunk:
            await self._release()
        return chunk

    async def _release(self) -> None:
        response, self._response = self._response, None
        chunks, self._chunks = self._chunks, None
        if chunks is not None:
            await chunks.aclose()  # or trio reports an unclosed generator
        if response is not None:
            with _translate_errors():
                await response.aclose()

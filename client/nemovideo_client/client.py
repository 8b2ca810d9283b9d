"""`Client` and `AsyncClient`: twins that drive the flows with httpx.

All policy is in the flows; here are the sockets, the files and the clock. Each driver is a loop over a table of
effects. While a flow runs, the caller counts as at work (`clock.running()`); while the caller looks at an event of a
turn, or waits for another thread to get the token, it does not.
"""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

import anyio
import httpx

from nemovideo_client import flows
from nemovideo_client.answers import (
    DEFAULT_LIMITS,
    Credits,
    DownloadProgress,
    Ending,
    Exported,
    Limits,
    Render,
    RenderProgress,
    Session,
    State,
    Token,
    UploadedFile,
    UploadProgress,
)
from nemovideo_client.attribution import Attribution, package_version
from nemovideo_client.calls import Call, call_of
from nemovideo_client.clock import AsyncClock, AsyncSystemClock, Clock, SystemClock
from nemovideo_client.errors import ConnectionFailed, ConnectionLost, InvalidSetting, MisuseError, NemoError, TimedOut
from nemovideo_client.files import CountedFile, PartFile, examine
from nemovideo_client.flows.effects import (
    Authorise,
    Close,
    Commit,
    Create,
    Effect,
    Emit,
    Examine,
    FileEffect,
    Flow,
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
    Tell,
    Write,
)
from nemovideo_client.identity import checked_client_id, client_id
from nemovideo_client.patience import Watch, trace, trace_async, watching
from nemovideo_client.turn import AsyncTurn, Turn
from nemovideo_client.vigil import TOLERANCE_S, StillWorking, Vigil
from nemovideo_contract import wire

T = TypeVar("T")
Source = str | os.PathLike[str]

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class _Settings:
    """What both clients make of their arguments and the environment."""

    def __init__(
        self,
        base_url: str | None,
        token: str | None,
        client: str | None,
        attribution: Attribution | None,
        limits: Limits,
        environ: Mapping[str, str] | None,
        config_dir: Path | None,
    ) -> None:
        self.environ = os.environ if environ is None else environ
        self.config_dir = config_dir
        address = base_url or self.environ.get(wire.ENV_API_URL, "").strip() or wire.PRODUCTION_URL
        self.service = flows.Service(
            base_url=flows.checked_base_url(address),
            web_url=(self.environ.get(wire.ENV_WEB_URL, "").strip() or wire.WEB_URL).rstrip("/"),
            attribution=attribution or Attribution.default(self.environ),
            limits=limits,
        )
        value = (token if token is not None else self.environ.get(wire.ENV_TOKEN, "")).strip()
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise InvalidSetting("The token must be plain ASCII text without spaces.")
        self.token = Token(value) if value else None
        self._client_id = None if client is None else checked_client_id(client, "client_id")

    @property
    def client_id(self) -> str:
        """The client id, looked up when it is first needed, as a given token needs none."""
        if self._client_id is None:
            self._client_id = client_id(self.environ, self.config_dir)
        return self._client_id

    @property
    def http(self) -> tuple[httpx.Headers, bool]:
        """The headers of every request, and whether to look for proxies: never for a service on this machine."""
        agent = httpx.Headers({"User-Agent": f"nemovideo-harness/{package_version()}"})
        origin = flows.origin_of(self.service.base_url)
        return agent, origin is not None and origin[1] not in _LOOPBACK


@contextmanager
def _translated() -> Generator[None]:
    """httpx's errors as ours; which of them left nothing at the service decides what may be repeated."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
        raise ConnectionFailed("The service could not be reached. Is the address right, and the network up?") from error
    except httpx.TimeoutException as error:
        raise TimedOut("The service stayed silent for too long.") from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise MisuseError("The address is none that can be called.") from error
    except (httpx.TransportError, httpx.DecodingError, httpx.StreamError) as error:
        raise ConnectionLost("The connection to the service broke off.") from error


#: A file in a multipart body: field name, file name, content.
_Part = tuple[str, tuple[str, CountedFile]]


def _parts(files: Sequence[Path], on_emit: Callable[[object], None], stack: ExitStack) -> list[_Part] | None:
    """The files of a multipart body, read from disk as they are sent; emits `UploadProgress`."""
    sent = total = 0

    def on_read(size: int) -> None:
        nonlocal sent
        sent += size
        if size:
            on_emit(UploadProgress(min(sent, total), total))

    opened = [(_sendable(path.name), stack.enter_context(CountedFile(path, on_read))) for path in files]
    total = sum(os.fstat(file.fileno()).st_size for _, file in opened)
    return [(wire.UPLOAD_FIELD, part) for part in opened] or None


def _sendable(name: str) -> str:
    """A file's name as text: bytes of it that are none become question marks."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _timeout(request: Request, limits: Limits, time: float) -> httpx.Timeout:
    left = max(TOLERANCE_S, min(request.patience_s, request.until - time))
    return httpx.Timeout(left, connect=min(limits.connect_s, left), pool=None)


def _size(request: httpx.Request) -> int:
    length = request.headers.get("Content-Length", "")
    return int(length) if length.isdigit() else 0


def _answer(response: httpx.Response, body: bytes = b"") -> Response:
    return Response(response.status_code, {name.lower(): value for name, value in response.headers.items()}, body)


def _sources(paths_or_urls: Sequence[Source]) -> list[Path | str]:
    return [
        source if isinstance(source, str) and flows.origin_of(source) is not None else Path(source)
        for source in paths_or_urls
    ]


def _reporter(expected: type[T], on_progress: Callable[[T], None] | None) -> Callable[[object], None]:
    def report(value: object) -> None:
        if on_progress is not None and isinstance(value, expected):
            on_progress(value)

    return report


def _both(one: Callable[[object], None], other: Callable[[object], None]) -> Callable[[object], None]:
    def report(value: object) -> None:
        one(value)
        other(value)

    return report


def _notices(on_still_working: Callable[[float], None] | None) -> Callable[[object], None]:
    def tell(value: object) -> None:
        if on_still_working is not None and isinstance(value, StillWorking):
            on_still_working(value.seconds)

    return tell


def _unheard(_: object) -> None:
    """Take what nobody asked to see."""


@dataclass(slots=True)
class _Seen:
    """What has come of a request."""

    response: httpx.Response | None = None


@contextmanager
def _observed(
    on_call: Callable[[Call], None] | None,
    now: Callable[[], float],
    base_url: str,
    request: Request,
    prepared: httpx.Request,
) -> Generator[_Seen]:
    """Tell the observer of a request, however it ends."""
    seen, start = _Seen(), now()
    error: str | None = None
    try:
        yield seen
    except BaseException as failure:
        error = str(failure) if isinstance(failure, NemoError) else type(failure).__name__
        raise
    finally:
        if on_call is not None:
            status = None if seen.response is None else seen.response.status_code
            on_call(call_of(request, base_url, size=_size(prepared), status=status, seconds=now() - start, error=error))


class _Course(Generic[T]):
    """Where a flow stands: what it gets next, the file that it writes, its result when it has ended."""

    def __init__(self, flow: Flow[T]) -> None:
        self._flow = flow
        self._outcome: Outcome = None
        self._failure: NemoError | None = None
        self._result: list[T] = []
        self._part: PartFile | None = None

    @property
    def result(self) -> T:
        """What the flow returned."""
        return self._result[0]

    def next(self) -> Effect | None:
        """Hand over what the last effect gave; give the next one, or None when the flow has ended."""
        failure, self._failure = self._failure, None
        outcome, self._outcome = self._outcome, None
        try:
            return self._flow.send(outcome) if failure is None else self._flow.throw(failure)
        except StopIteration as stop:
            self._result.append(stop.value)
            return None

    def succeed(self, outcome: Outcome) -> None:
        """Take what the effect gave."""
        self._outcome = outcome

    def fail(self, failure: NemoError) -> None:
        """Take what went wrong."""
        self._failure = failure

    def local(self, effect: FileEffect) -> Outcome:
        """Do what concerns files alone, which is quick enough to be done in an event loop too."""
        match effect:
            case Examine(path):
                return examine(path)
            case Create(path):
                self._leave()
                self._part = PartFile(path)
            case Resume(key):
                return self._open_part.resume(key)
            case Restart(etag, keep):
                self._open_part.restart(etag, keep=keep)
            case Write(data):
                self._open_part.write(data)
            case Commit():
                self._open_part.commit()
        return None

    @property
    def _open_part(self) -> PartFile:
        if self._part is None:
            raise RuntimeError("a flow writes to a file that it has not created")
        return self._part

    def _leave(self) -> None:
        if self._part is not None:
            self._part.leave()

    def close(self) -> None:
        """Leave the flow, and of an unfinished file only what can be gone on with."""
        self._flow.close()
        self._leave()


class _Drive(Generic[T]):
    """One flow, driven with the synchronous httpx client."""

    def __init__(
        self,
        client: Client,
        flow: Flow[T],
        on_emit: Callable[[object], None] | None = None,
        on_tell: Callable[[object], None] | None = None,
    ) -> None:
        self._client = client
        self._course = _Course(flow)
        self._on_emit = on_emit
        self._on_tell = on_tell or _unheard
        self._response: httpx.Response | None = None
        self._chunks: Iterator[bytes] = iter(())

    def run(self) -> T:
        """Go to the end; what the flow emits goes to `on_emit`."""
        self.resume()
        return self._course.result

    def resume(self) -> object:
        """Go to the end, or where there is no `on_emit` to what the flow emits next; give that or the result."""
        try:
            with ExitStack() as busy:
                busy.enter_context(self._client.clock.running())
                while (effect := self._course.next()) is not None:
                    if isinstance(effect, Emit):
                        if self._on_emit is None:
                            return effect.value
                        self._on_emit(effect.value)
                        continue
                    try:
                        self._course.succeed(self._perform(effect, busy))
                    except NemoError as failure:
                        self._course.fail(failure)
        except BaseException:
            self.close()
            raise
        self.close()
        return self._course.result

    def close(self) -> None:
        """Leave the flow and release what it holds."""
        self._course.close()
        self._release()

    def _perform(self, effect: Effect, busy: ExitStack) -> Outcome:
        match effect:
            case Send(request):
                return self._send(request)
            case Open(request, vigil):
                return self._open(request, vigil)
            case Read(until, vigil):
                return self._read(until, vigil)
            case Close():
                self._release()
            case Sleep(seconds):
                self._client.clock.sleep(seconds)
            case Now():
                return float(self._client.clock.now())
            case Authorise(refused):
                busy.close()
                try:
                    return self._client.authorise(refused)
                finally:
                    busy.enter_context(self._client.clock.running())
            case Tell(value):
                self._on_tell(value)
            case Examine() | Create() | Resume() | Restart() | Write() | Commit():
                return self._course.local(effect)
            case Emit():
                raise RuntimeError("emitting is the loop's work")
        return None

    def _request(self, request: Request, stack: ExitStack) -> httpx.Request:
        return self._client.http.build_request(
            request.method,
            request.url,
            headers=list(request.headers),
            content=request.body,
            files=_parts(request.files, self._on_emit or _unheard, stack),
            timeout=_timeout(request, self._client.limits, self._client.clock.now()),
            extensions={"trace": trace},
        )

    def _watching(self, until: float, vigil: Vigil | None) -> AbstractContextManager[None]:
        return watching(Watch(self._client.clock.now, self._on_tell, until, vigil))

    def _observed(self, request: Request, prepared: httpx.Request) -> AbstractContextManager[_Seen]:
        return _observed(self._client.on_call, self._client.clock.now, self._client.base_url, request, prepared)

    def _send(self, request: Request) -> Response:
        with ExitStack() as stack:
            prepared = self._request(request, stack)
            with self._observed(request, prepared) as seen, self._watching(request.until, None), _translated():
                seen.response = response = self._client.http.send(prepared)
                return _answer(response, response.content)

    def _open(self, request: Request, vigil: Vigil | None) -> Response:
        self._release()
        with ExitStack() as stack:
            prepared = self._request(request, stack)
            with self._observed(request, prepared) as seen, self._watching(request.until, vigil), _translated():
                seen.response = self._response = self._client.http.send(prepared, stream=True)
                self._chunks = self._response.iter_bytes()
                return _answer(self._response)

    def _read(self, until: float, vigil: Vigil | None) -> bytes:
        with self._watching(until, vigil), _translated():
            return next((chunk for chunk in self._chunks if chunk), b"")

    def _release(self) -> None:
        response, self._response = self._response, None
        if response is not None:
            with _translated():
                response.close()


class _AsyncDrive(Generic[T]):
    """One flow, driven with the asynchronous httpx client."""

    def __init__(
        self,
        client: AsyncClient,
        flow: Flow[T],
        on_emit: Callable[[object], None] | None = None,
        on_tell: Callable[[object], None] | None = None,
    ) -> None:
        self._client = client
        self._course = _Course(flow)
        self._on_emit = on_emit
        self._on_tell = on_tell or _unheard
        self._response: httpx.Response | None = None
        self._chunks: AsyncIterator[bytes] | None = None

    async def run(self) -> T:
        """Go to the end; what the flow emits goes to `on_emit`."""
        await self.resume()
        return self._course.result

    async def resume(self) -> object:
        """Go to the end, or where there is no `on_emit` to what the flow emits next; give that or the result."""
        try:
            with ExitStack() as busy:
                busy.enter_context(self._client.clock.running())
                while (effect := self._course.next()) is not None:
                    if isinstance(effect, Emit):
                        if self._on_emit is None:
                            return effect.value
                        self._on_emit(effect.value)
                        continue
                    try:
                        self._course.succeed(await self._perform(effect, busy))
                    except NemoError as failure:
                        self._course.fail(failure)
        except BaseException:
            await self.close()
            raise
        await self.close()
        return self._course.result

    async def close(self) -> None:
        """Leave the flow and release what it holds, also when the task is being cancelled."""
        self._course.close()
        with anyio.CancelScope(shield=True):
            await self._release()

    async def _perform(self, effect: Effect, busy: ExitStack) -> Outcome:
        match effect:
            case Send(request):
                return await self._send(request)
            case Open(request, vigil):
                return await self._open(request, vigil)
            case Read(until, vigil):
                return await self._read(until, vigil)
            case Close():
                await self._release()
            case Sleep(seconds):
                await self._client.clock.sleep(seconds)
            case Now():
                return float(self._client.clock.now())
            case Authorise(refused):
                busy.close()
                try:
                    return await self._client.authorise(refused)
                finally:
                    busy.enter_context(self._client.clock.running())
            case Tell(value):
                self._on_tell(value)
            case Examine() | Create() | Resume() | Restart() | Write() | Commit():
                return self._course.local(effect)
            case Emit():
                raise RuntimeError("emitting is the loop's work")
        return None

    def _request(self, request: Request, stack: ExitStack) -> httpx.Request:
        return self._client.http.build_request(
            request.method,
            request.url,
            headers=list(request.headers),
            content=request.body,
            files=_parts(request.files, self._on_emit or _unheard, stack),
            timeout=_timeout(request, self._client.limits, self._client.clock.now()),
            extensions={"trace": trace_async},
        )

    def _watching(self, until: float, vigil: Vigil | None) -> AbstractContextManager[None]:
        return watching(Watch(self._client.clock.now, self._on_tell, until, vigil))

    def _observed(self, request: Request, prepared: httpx.Request) -> AbstractContextManager[_Seen]:
        return _observed(self._client.on_call, self._client.clock.now, self._client.base_url, request, prepared)

    async def _send(self, request: Request) -> Response:
        with ExitStack() as stack:
            prepared = self._request(request, stack)
            with self._observed(request, prepared) as seen, self._watching(request.until, None), _translated():
                seen.response = response = await self._client.http.send(prepared)
                return _answer(response, response.content)

    async def _open(self, request: Request, vigil: Vigil | None) -> Response:
        await self._release()
        with ExitStack() as stack:
            prepared = self._request(request, stack)
            with self._observed(request, prepared) as seen, self._watching(request.until, vigil), _translated():
                seen.response = self._response = await self._client.http.send(prepared, stream=True)
                self._chunks = self._response.aiter_bytes()
                return _answer(self._response)

    async def _read(self, until: float, vigil: Vigil | None) -> bytes:
        with self._watching(until, vigil), _translated():
            while self._chunks is not None:
                chunk = await anext(self._chunks, None)
                if chunk is None:
                    break
                if chunk:
                    return chunk
            return b""

    async def _release(self) -> None:
        response, self._response = self._response, None
        self._chunks = None
        if response is not None:
            with _translated():
                await response.aclose()


class Client:
    """A synchronous client; safe to use from several threads, each turn in one of them.

    `base_url` is `NEMO_API_URL` or production where it isn't given. The token is the given one, `NEMO_TOKEN`, or an
    anonymous one that is fetched when it is first needed, and renewed before it ends. `on_call` gets each call when it
    is over. `transport` and `clock` are for tests and fakes.

    Raises:
        InvalidSetting: A given value can't be sent.
        InvalidAttribution: `SKILL_SOURCE` can't stand in a header.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        token: str | None = None,
        client_id: str | None = None,
        attribution: Attribution | None = None,
        clock: Clock | None = None,
        transport: httpx.BaseTransport | None = None,
        limits: Limits = DEFAULT_LIMITS,
        on_call: Callable[[Call], None] | None = None,
        environ: Mapping[str, str] | None = None,
        config_dir: Path | None = None,
    ) -> None:
        self._settings = _Settings(base_url, token, client_id, attribution, limits, environ, config_dir)
        self._service = self._settings.service
        self._token = self._settings.token
        self._lock = threading.Lock()
        self._http: httpx.Client | None = None
        headers, proxies = self._settings.http
        self._http = httpx.Client(headers=headers, trust_env=proxies, transport=transport, follow_redirects=False)
        self.clock = clock or SystemClock()
        self.limits = limits
        self.on_call = on_call

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._service.base_url!r})"

    @property
    def base_url(self) -> str:
        """Where the service is."""
        return self._service.base_url

    @property
    def http(self) -> httpx.Client:
        """The connection pool.

        Raises:
            MisuseError: The client is closed.
        """
        if self._http is None:
            raise MisuseError("The client is closed.")
        return self._http

    def token(self) -> Token:
        """The token, fetched now if there is none."""
        return self.authorise(None)

    def authorise(self, refused: Token | None) -> Token:
        """The token, another one than that which the service refused."""
        with self._lock:
            token = self._token
            if token is None or (refused is not None and refused.value == token.value):
                flow = flows.anonymous_token(self._service, self._settings.client_id)
                token = self._token = _Drive(self, flow, _unheard).run()
            elif token.due(self.clock.now()):
                flow = flows.renewed(self._service, self._settings.client_id, token)
                token = self._token = _Drive(self, flow, _unheard).run()
            return token

    def session(self, task_name: str = "project", language: str | None = None) -> Session:
        """Create a session; `language` is an ISO code such as `en` or `zh-CN`."""
        return _Drive(self, flows.create_session(self._service, task_name, language), _unheard).run()

    def upload(
        self,
        session: Session,
        *paths_or_urls: Source,
        on_progress: Callable[[UploadProgress], None] | None = None,
    ) -> list[UploadedFile]:
        """Upload files and web addresses in the given order.

        Raises:
            UnusableFile: One of the files can't be taken; nothing was sent.
        """
        flow = flows.upload(self._service, session.session_id, _sources(paths_or_urls))
        return _Drive(self, flow, _reporter(UploadProgress, on_progress)).run()

    def say(self, session: Session, message: str, *, on_still_working: Callable[[float], None] | None = None) -> Turn:
        """Send a message to the agent, when the turn is first iterated.

        `on_still_working` is called every two minutes with the seconds since then, recovery included.
        """
        flow: Flow[Ending] = flows.turn(self._service, session, flows.checked_message(message))
        return Turn(lambda tell: _Drive(self, flow, on_tell=tell), on_still_working)

    def recover(
        self,
        session: Session,
        before: State | None = None,
        *,
        on_still_working: Callable[[float], None] | None = None,
    ) -> Ending:
        """Look what became of a turn that was left or lost: after 30 s, then each minute, at most five times.

        `before` is the turn's own `before`; without it, only what changes from now on is seen. Sends no message.
        """
        flow = flows.recover(self._service, session, before)
        return _Drive(self, flow, _unheard, _notices(on_still_working)).run()

    def credits(self) -> Credits:
        """Read the balance."""
        return _Drive(self, flows.read_credits(self._service), _unheard).run()

    def state(self, session: Session) -> State:
        """Read what the session holds."""
        return _Drive(self, flows.read_state(self._service, session.session_id), _unheard).run()

    def export(
        self,
        session: Session,
        destination: Path,
        *,
        draft: Mapping[str, object] | None = None,
        output: Mapping[str, object] | None = None,
        render_id: str | None = None,
        on_progress: Callable[[RenderProgress], None] | None = None,
        on_download: Callable[[DownloadProgress], None] | None = None,
        on_still_working: Callable[[float], None] | None = None,
    ) -> Exported:
        """Render the session's draft, or the given one, and download the video; costs no credits.

        `output` is sent as it is, `{"format": "mp4", "quality": "high"}` by default. With `render_id`, a render that
        was submitted before is picked up and nothing is submitted. `destination` is replaced if it exists, and only by
        a whole file. Several exports may run at once.

        Raises:
            UnwritableDestination: Found before anything is submitted.
            NothingToExport: The draft has no track with segments.
            RenderFailed: Twice.
            RenderUnfinished: Still going on after the last poll; its `render_id` picks it up.
            DownloadFailed: The file could not be fetched whole; what has arrived is gone on with the next time.
        """
        if render_id is None:
            order = flows.order(session.session_id, draft, output)
            flow = flows.export(self._service, order, Path(destination))
        else:
            flow = flows.pick_up(self._service, render_id, Path(destination))
        shown = _both(_reporter(RenderProgress, on_progress), _reporter(DownloadProgress, on_download))
        return _Drive(self, flow, shown, _notices(on_still_working)).run()

    def submit(
        self,
        session: Session,
        *,
        draft: Mapping[str, object] | None = None,
        output: Mapping[str, object] | None = None,
    ) -> Render:
        """Begin to render as `export` does, and don't wait; the render's `render_id` picks it up, now or later.

        Raises:
            NothingToExport: The draft has no track with segments.
        """
        order = flows.order(session.session_id, draft, output)
        return _Drive(self, flows.submit(self._service, order), _unheard).run()

    def render(self, render_id: str) -> Render:
        """Ask where a render stands."""
        return _Drive(self, flows.ask(self._service, render_id), _unheard).run()

    def await_render(
        self,
        render_id: str,
        *,
        on_progress: Callable[[RenderProgress], None] | None = None,
        on_still_working: Callable[[float], None] | None = None,
    ) -> Render:
        """Wait for the end of a render, good or bad, whoever submitted it.

        Raises:
            RenderUnfinished: Still going on after the last poll.
        """
        flow = flows.await_render(self._service, render_id)
        shown = _reporter(RenderProgress, on_progress)
        return _Drive(self, flow, shown, _notices(on_still_working)).run()

    def download(
        self,
        render_id: str,
        destination: Path,
        *,
        on_progress: Callable[[RenderProgress], None] | None = None,
        on_download: Callable[[DownloadProgress], None] | None = None,
        on_still_working: Callable[[float], None] | None = None,
    ) -> Exported:
        """Wait for a render and download its video; goes on where an earlier download broke off.

        Raises:
            UnwritableDestination: Found before anything is asked.
            RenderFailed: The service gave up on it.
            RenderUnfinished: Still going on after the last poll.
            DownloadFailed: The file could not be fetched whole; what has arrived is gone on with the next time.
        """
        flow = flows.pick_up(self._service, render_id, Path(destination))
        shown = _both(_reporter(RenderProgress, on_progress), _reporter(DownloadProgress, on_download))
        return _Drive(self, flow, shown, _notices(on_still_working)).run()

    def cancel(self, render_id: str) -> None:
        """Cancel a render that is pending."""
        _Drive(self, flows.cancel_render(self._service, render_id), _unheard).run()

    def claim_link(self, session: Session) -> str:
        """Get a link that opens the session in a browser; it gives no access to the API."""
        return _Drive(self, flows.claim_link(self._service, session), _unheard).run()

    def close(self) -> None:
        """Close all connections; harmless when repeated."""
        http, self._http = self._http, None
        if http is not None:
            http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient:
    """An asynchronous client for asyncio and trio; safe to use from several tasks of one loop, each turn in one.

    `base_url` is `NEMO_API_URL` or production where it isn't given. The token is the given one, `NEMO_TOKEN`, or an
    anonymous one that is fetched when it is first needed, and renewed before it ends. `on_call` gets each call when it
    is over. `transport` and `clock` are for tests and fakes.

    Raises:
        InvalidSetting: A given value can't be sent.
        InvalidAttribution: `SKILL_SOURCE` can't stand in a header.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        token: str | None = None,
        client_id: str | None = None,
        attribution: Attribution | None = None,
        clock: AsyncClock | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        limits: Limits = DEFAULT_LIMITS,
        on_call: Callable[[Call], None] | None = None,
        environ: Mapping[str, str] | None = None,
        config_dir: Path | None = None,
    ) -> None:
        self._settings = _Settings(base_url, token, client_id, attribution, limits, environ, config_dir)
        self._service = self._settings.service
        self._token = self._settings.token
        self._lock = anyio.Lock()
        self._http: httpx.AsyncClient | None = None
        headers, proxies = self._settings.http
        self._http = httpx.AsyncClient(headers=headers, trust_env=proxies, transport=transport, follow_redirects=False)
        self.clock = clock or AsyncSystemClock()
        self.limits = limits
        self.on_call = on_call

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._service.base_url!r})"

    @property
    def base_url(self) -> str:
        """Where the service is."""
        return self._service.base_url

    @property
    def http(self) -> httpx.AsyncClient:
        """The connection pool.

        Raises:
            MisuseError: The client is closed.
        """
        if self._http is None:
            raise MisuseError("The client is closed.")
        return self._http

    async def token(self) -> Token:
        """The token, fetched now if there is none."""
        return await self.authorise(None)

    async def authorise(self, refused: Token | None) -> Token:
        """The token, another one than that which the service refused."""
        async with self._lock:
            token = self._token
            if token is None or (refused is not None and refused.value == token.value):
                flow = flows.anonymous_token(self._service, self._settings.client_id)
                token = self._token = await _AsyncDrive(self, flow, _unheard).run()
            elif token.due(self.clock.now()):
                flow = flows.renewed(self._service, self._settings.client_id, token)
                token = self._token = await _AsyncDrive(self, flow, _unheard).run()
            return token

    async def session(self, task_name: str = "project", language: str | None = None) -> Session:
        """Create a session; `language` is an ISO code such as `en` or `zh-CN`."""
        return await _AsyncDrive(self, flows.create_session(self._service, task_name, language), _unheard).run()

    async def upload(
        self,
        session: Session,
        *paths_or_urls: Source,
        on_progress: Callable[[UploadProgress], None] | None = None,
    ) -> list[UploadedFile]:
        """Upload files and web addresses in the given order.

        Raises:
            UnusableFile: One of the files can't be taken; nothing was sent.
        """
        flow = flows.upload(self._service, session.session_id, _sources(paths_or_urls))
        return await _AsyncDrive(self, flow, _reporter(UploadProgress, on_progress)).run()

    def say(
        self, session: Session, message: str, *, on_still_working: Callable[[float], None] | None = None
    ) -> AsyncTurn:
        """Send a message to the agent, when the turn is first iterated.

        `on_still_working` is called every two minutes with the seconds since then, recovery included.
        """
        flow: Flow[Ending] = flows.turn(self._service, session, flows.checked_message(message))
        return AsyncTurn(lambda tell: _AsyncDrive(self, flow, on_tell=tell), on_still_working)

    async def recover(
        self,
        session: Session,
        before: State | None = None,
        *,
        on_still_working: Callable[[float], None] | None = None,
    ) -> Ending:
        """Look what became of a turn that was left or lost: after 30 s, then each minute, at most five times.

        `before` is the turn's own `before`; without it, only what changes from now on is seen. Sends no message.
        """
        flow = flows.recover(self._service, session, before)
        return await _AsyncDrive(self, flow, _unheard, _notices(on_still_working)).run()

    async def credits(self) -> Credits:
        """Read the balance."""
        return await _AsyncDrive(self, flows.read_credits(self._service), _unheard).run()

    async def state(self, session: Session) -> State:
        """Read what the session holds."""
        return await _AsyncDrive(self, flows.read_state(self._service, session.session_id), _unheard).run()

    async def export(
        self,
        session: Session,
        destination: Path,
        *,
        draft: Mapping[str, object] | None = None,
        output: Mapping[str, object] | None = None,
        render_id: str | None = None,
        on_progress: Callable[[RenderProgress], None] | None = None,
        on_download: Callable[[DownloadProgress], None] | None = None,
        on_still_working: Callable[[float], None] | None = None,
    ) -> Exported:
        """Render the session's draft, or the given one, and download the video; costs no credits.

        `output` is sent as it is, `{"format": "mp4", "quality": "high"}` by default. With `render_id`, a render that
        was submitted before is picked up and nothing is submitted. `destination` is replaced if it exists, and only by
        a whole file. Several exports may run at once.

        Raises:
            UnwritableDestination: Found before anything is submitted.
            NothingToExport: The draft has no track with segments.
            RenderFailed: Twice.
            RenderUnfinished: Still going on after the last poll; its `render_id` picks it up.
            DownloadFailed: The file could not be fetched whole; what has arrived is gone on with the next time.
        """
        if render_id is None:
            order = flows.order(session.session_id, draft, output)
            flow = flows.export(self._service, order, Path(destination))
        else:
            flow = flows.pick_up(self._service, render_id, Path(destination))
        shown = _both(_reporter(RenderProgress, on_progress), _reporter(DownloadProgress, on_download))
        return await _AsyncDrive(self, flow, shown, _notices(on_still_working)).run()

    async def submit(
        self,
        session: Session,
        *,
        draft: Mapping[str, object] | None = None,
        output: Mapping[str, object] | None = None,
    ) -> Render:
        """Begin to render as `export` does, and don't wait; the render's `render_id` picks it up, now or later.

        Raises:
            NothingToExport: The draft has no track with segments.
        """
        order = flows.order(session.session_id, draft, output)
        return await _AsyncDrive(self, flows.submit(self._service, order), _unheard).run()

    async def render(self, render_id: str) -> Render:
        """Ask where a render stands."""
        return await _AsyncDrive(self, flows.ask(self._service, render_id), _unheard).run()

    async def await_render(
        self,
        render_id: str,
        *,
        on_progress: Callable[[RenderProgress], None] | None = None,
        on_still_working: Callable[[float], None] | None = None,
    ) -> Render:
        """Wait for the end of a render, good or bad, whoever submitted it.

        Raises:
            RenderUnfinished: Still going on after the last poll.
        """
        flow = flows.await_render(self._service, render_id)
        shown = _reporter(RenderProgress, on_progress)
        return await _AsyncDrive(self, flow, shown, _notices(on_still_working)).run()

    async def download(
        self,
        render_id: str,
        destination: Path,
        *,
        on_progress: Callable[[RenderProgress], None] | None = None,
        on_download: Callable[[DownloadProgress], None] | None = None,
        on_still_working: Callable[[float], None] | None = None,
    ) -> Exported:
        """Wait for a render and download its video; goes on where an earlier download broke off.

        Raises:
            UnwritableDestination: Found before anything is asked.
            RenderFailed: The service gave up on it.
            RenderUnfinished: Still going on after the last poll.
            DownloadFailed: The file could not be fetched whole; what has arrived is gone on with the next time.
        """
        flow = flows.pick_up(self._service, render_id, Path(destination))
        shown = _both(_reporter(RenderProgress, on_progress), _reporter(DownloadProgress, on_download))
        return await _AsyncDrive(self, flow, shown, _notices(on_still_working)).run()

    async def cancel(self, render_id: str) -> None:
        """Cancel a render that is pending."""
        await _AsyncDrive(self, flows.cancel_render(self._service, render_id), _unheard).run()

    async def claim_link(self, session: Session) -> str:
        """Get a link that opens the session in a browser; it gives no access to the API."""
        return await _AsyncDrive(self, flows.claim_link(self._service, session), _unheard).run()

    async def close(self) -> None:
        """Close all connections; harmless when repeated."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

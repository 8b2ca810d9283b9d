"""`Client` and `AsyncClient`: each method chooses a flow, and a driver runs it.

The rules are in `flows`, and the network is in `drivers`. A client has the settings, the connection pool and the token.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

import anyio

from nemovideo_client import flows
from nemovideo_client.attribution import Attribution
from nemovideo_client.call_record import Call
from nemovideo_client.client_id import check_client_id, client_id
from nemovideo_client.clock import AsyncClock, AsyncSystemClock, Clock, SystemClock
from nemovideo_client.drivers import (
    AsyncDriver,
    AsyncPool,
    AsyncTransport,
    Driver,
    Pool,
    Transport,
    async_pool,
    pool,
)
from nemovideo_client.errors import InvalidSetting, MisuseError
from nemovideo_client.flows.effects import Flow
from nemovideo_client.models import (
    DEFAULT_LIMITS,
    Credits,
    DownloadProgress,
    Exported,
    Limits,
    Render,
    RenderProgress,
    Session,
    State,
    Token,
    TurnResult,
    UploadedFile,
    UploadProgress,
)
from nemovideo_client.progress import call_both, ignore_events, notice_callback, reporter
from nemovideo_client.turn import AsyncTurn, Turn
from nemovideo_contract import wire

P = TypeVar("P", bound=Pool | AsyncPool)
T = TypeVar("T")
Source = str | os.PathLike[str]


def _sources(paths_or_urls: Sequence[Source]) -> list[Path | str]:
    return [
        source if isinstance(source, str) and flows.origin_of(source) is not None else Path(source)
        for source in paths_or_urls
    ]


def _export_callback(
    on_progress: Callable[[RenderProgress], None] | None, on_download: Callable[[DownloadProgress], None] | None
) -> Callable[[object], None]:
    return call_both(reporter(RenderProgress, on_progress), reporter(DownloadProgress, on_download))


class _BaseClient(Generic[P]):
    """What both clients share: the settings, the connection pool, and when a new token is needed."""

    def __init__(
        self,
        base_url: str | None,
        token: str | None,
        own_client_id: str | None,
        attribution: Attribution | None,
        limits: Limits,
        on_call: Callable[[Call], None] | None,
        environ: Mapping[str, str] | None,
        config_dir: Path | None,
        *,
        allow_plain_http: bool,
    ) -> None:
        self._environ = os.environ if environ is None else environ
        self._config_dir = config_dir
        address = base_url or self._environ.get(wire.ENV_API_URL, "").strip() or wire.PRODUCTION_URL
        self._service = flows.Service(
            base_url=flows.check_base_url(address, allow_plain_http=allow_plain_http),
            web_url=(self._environ.get(wire.ENV_WEB_URL, "").strip() or wire.WEB_URL).rstrip("/"),
            attribution=attribution or Attribution.default(self._environ),
            limits=limits,
        )
        value = (token if token is not None else self._environ.get(wire.ENV_TOKEN, "")).strip()
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise InvalidSetting("The token must be plain ASCII text without spaces.")
        self._token = Token(value) if value else None
        self._client_id = None if own_client_id is None else check_client_id(own_client_id, "client_id")
        self._http: P | None = None
        self.limits = limits
        self.on_call = on_call

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._service.base_url!r})"

    @property
    def base_url(self) -> str:
        """The address of the service."""
        return self._service.base_url

    @property
    def service(self) -> flows.Service:
        """The service as the flows need it: its addresses, and how this client identifies itself."""
        return self._service

    @property
    def http(self) -> P:
        """The connection pool.

        Raises:
            MisuseError: The client is closed.
        """
        if self._http is None:
            raise MisuseError("The client is closed.")
        return self._http

    def _usable_token(self, refused: Token | None, time: float) -> Token | Flow[Token]:
        """Return the present token, or the flow that gets another one if it is missing, refused or about to expire."""
        token = self._token
        if token is None or (refused is not None and refused.value == token.value):
            return flows.anonymous_token(self._service, self._find_client_id())
        if token.renewable and token.renew_at is not None and time >= token.renew_at:
            return flows.renew_token(self._service, self._find_client_id(), token)
        return token

    def _find_client_id(self) -> str:
        # Only when it is needed: a client with a given token needs no client id.
        if self._client_id is None:
            self._client_id = client_id(self._environ, self._config_dir)
        return self._client_id

    def _export(
        self,
        session: Session,
        destination: Path,
        draft: Mapping[str, object] | None,
        output: Mapping[str, object] | None,
        render_id: str | None,
    ) -> Flow[Exported]:
        if render_id is not None:
            return flows.pick_up(self._service, render_id, Path(destination))
        return flows.export(self._service, flows.order(session.session_id, draft, output), Path(destination))


class Client(_BaseClient[Pool]):
    """A synchronous client; several threads may use it, but each turn belongs to one of them.

    `base_url` defaults to `NEMO_API_URL`, then to production. `token` defaults to `NEMO_TOKEN`; without both, the
    client gets an anonymous token when it first needs one, and renews it before it expires. The client calls `on_call`
    after each request. `transport` and `clock` are for tests and fakes. Without `allow_plain_http`, the client calls a
    server beyond this machine only over https, because requests carry the token.

    Raises:
        InvalidSetting: A given value cannot be sent, or the base URL is http to another machine.
        InvalidAttribution: `SKILL_SOURCE` cannot be sent in a header.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        token: str | None = None,
        client_id: str | None = None,
        attribution: Attribution | None = None,
        clock: Clock | None = None,
        transport: Transport | None = None,
        limits: Limits = DEFAULT_LIMITS,
        on_call: Callable[[Call], None] | None = None,
        environ: Mapping[str, str] | None = None,
        config_dir: Path | None = None,
        allow_plain_http: bool = False,
    ) -> None:
        super().__init__(
            base_url, token, client_id, attribution, limits, on_call, environ, config_dir,
            allow_plain_http=allow_plain_http,
        )  # fmt: skip
        self._lock = threading.Lock()
        self._http = pool(self._service.base_url, limits, transport)
        self.clock = clock or SystemClock()

    def token(self) -> Token:
        """Return the token; get one first if there is none."""
        return self.authorise(None)

    def authorise(self, refused: Token | None) -> Token:
        """Return the token to use, which is not the one that the service refused."""
        with self._lock:
            token = self._usable_token(refused, self.clock.now())
            if not isinstance(token, Token):
                token = self._token = self._run(token)
            return token

    def _run(
        self,
        flow: Flow[T],
        on_emit: Callable[[object], None] = ignore_events,
        on_tell: Callable[[object], None] | None = None,
    ) -> T:
        return Driver(self, flow, on_emit, on_tell).run()

    def session(self, task_name: str = "project", language: str | None = None) -> Session:
        """Create a session; `language` is an ISO code such as `en` or `zh-CN`."""
        return self._run(flows.create_session(self._service, task_name, language))

    def upload(
        self,
        session: Session,
        *paths_or_urls: Source,
        on_progress: Callable[[UploadProgress], None] | None = None,
    ) -> list[UploadedFile]:
        """Upload files and web addresses in the given order.

        Raises:
            UnusableFile: The service does not accept one of the files; nothing was sent.
        """
        flow = flows.upload(self._service, session.session_id, _sources(paths_or_urls))
        return self._run(flow, reporter(UploadProgress, on_progress))

    def say(self, session: Session, message: str, *, on_still_working: Callable[[float], None] | None = None) -> Turn:
        """Return a turn, which sends the message to the agent when the caller begins to iterate it.

        `on_still_working` is called every two minutes with the seconds since then; this includes recovery.
        """
        flow: Flow[TurnResult] = flows.turn(self._service, session, flows.check_message(message))
        return Turn(lambda tell: Driver(self, flow, on_tell=tell), on_still_working)

    def play(self, flow: Flow[T], *, on_tell: Callable[[object], None] | None = None) -> Driver[T]:
        """Return a driver for a flow: iterate it to get the values that the flow emits, then read its `result`.

        To stop early, call `close()`. `on_tell` gets the notices of the flow, and those of the driver while it waits.
        Everything that this client does is such a flow; see `nemovideo_client.flows`.
        """
        return Driver(self, flow, on_tell=on_tell)

    def recover(
        self,
        session: Session,
        before: State | None = None,
        *,
        on_still_working: Callable[[float], None] | None = None,
    ) -> TurnResult:
        """Find out what a turn changed whose stream was closed early or lost. Sends no message.

        Reads the state after 30 s and then each minute, at most five times, until it differs from `before`. `before` is
        the turn's own `before`; without it, only changes after the first read are seen.
        """
        flow = flows.recover(self._service, session, before)
        return self._run(flow, on_tell=notice_callback(on_still_working))

    def credits(self) -> Credits:
        """Read the balance."""
        return self._run(flows.read_credits(self._service))

    def state(self, session: Session) -> State:
        """Read the session's state."""
        return self._run(flows.read_state(self._service, session.session_id))

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
        """Render the session's draft, or the given one, and download the video. This costs no credits.

        `output` is sent unchanged; the default is `{"format": "mp4", "quality": "high"}`. With `render_id`, the client
        submits nothing and continues with the render of that id. An existing file at `destination` is replaced when the
        new file is complete. Several exports may run at once.

        Raises:
            UnwritableDestination: Found before anything is submitted.
            NothingToExport: The draft has no track with segments.
            RenderFailed: The render failed twice.
            RenderCancelled: The render was cancelled, with `cancel` or at the service.
            RenderUnfinished: The render has not ended at the last poll; its `render_id` continues it.
            DownloadFailed: The file did not arrive complete; the next attempt resumes it.
        """
        flow = self._export(session, destination, draft, output, render_id)
        return self._run(flow, _export_callback(on_progress, on_download), notice_callback(on_still_working))

    def submit(
        self,
        session: Session,
        *,
        draft: Mapping[str, object] | None = None,
        output: Mapping[str, object] | None = None,
    ) -> Render:
        """Submit a render as `export` does, and do not wait for it. The `render_id` of the result continues it later.

        Raises:
            NothingToExport: The draft has no track with segments.
        """
        return self._run(flows.submit(self._service, flows.order(session.session_id, draft, output)))

    def render(self, render_id: str) -> Render:
        """Read the status of a render."""
        return self._run(flows.ask(self._service, render_id))

    def await_render(
        self,
        render_id: str,
        *,
        on_progress: Callable[[RenderProgress], None] | None = None,
        on_still_working: Callable[[float], None] | None = None,
    ) -> Render:
        """Wait until a render is completed, failed or cancelled. Any client may have submitted it.

        Raises:
            RenderUnfinished: The render has not ended at the last poll.
        """
        flow = flows.await_render(self._service, render_id)
        return self._run(flow, reporter(RenderProgress, on_progress), notice_callback(on_still_working))

    def download(
        self,
        render_id: str,
        destination: Path,
        *,
        on_progress: Callable[[RenderProgress], None] | None = None,
        on_download: Callable[[DownloadProgress], None] | None = None,
        on_still_working: Callable[[float], None] | None = None,
    ) -> Exported:
        """Wait for a render and download its video; resume an earlier download that broke off.

        Raises:
            UnwritableDestination: Found before the first request.
            RenderFailed: The render failed at the service.
            RenderUnfinished: The render has not ended at the last poll.
            DownloadFailed: The file did not arrive complete; the next attempt resumes it.
        """
        flow = flows.pick_up(self._service, render_id, Path(destination))
        return self._run(flow, _export_callback(on_progress, on_download), notice_callback(on_still_working))

    def cancel(self, render_id: str) -> None:
        """Cancel a render that is pending; an export that waits for it raises `RenderCancelled`."""
        self._run(flows.cancel_render(self._service, render_id))

    def claim_link(self, session: Session) -> str:
        """Get a link that opens the session in a browser; it gives no access to the API."""
        return self._run(flows.claim_link(self._service, session))

    def close(self) -> None:
        """Close all connections; a second call does nothing."""
        http, self._http = self._http, None
        if http is not None:
            http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(_BaseClient[AsyncPool]):
    """An asynchronous client for asyncio and trio; several tasks of one loop may use it, each turn in one of them.

    `base_url` defaults to `NEMO_API_URL`, then to production. `token` defaults to `NEMO_TOKEN`; without both, the
    client gets an anonymous token when it first needs one, and renews it before it expires. The client calls `on_call`
    after each request. `transport` and `clock` are for tests and fakes. Without `allow_plain_http`, the client calls a
    server beyond this machine only over https, because requests carry the token.

    Raises:
        InvalidSetting: A given value cannot be sent, or the base URL is http to another machine.
        InvalidAttribution: `SKILL_SOURCE` cannot be sent in a header.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        token: str | None = None,
        client_id: str | None = None,
        attribution: Attribution | None = None,
        clock: AsyncClock | None = None,
        transport: AsyncTransport | None = None,
        limits: Limits = DEFAULT_LIMITS,
        on_call: Callable[[Call], None] | None = None,
        environ: Mapping[str, str] | None = None,
        config_dir: Path | None = None,
        allow_plain_http: bool = False,
    ) -> None:
        super().__init__(
            base_url, token, client_id, attribution, limits, on_call, environ, config_dir,
            allow_plain_http=allow_plain_http,
        )  # fmt: skip
        self._lock = anyio.Lock()
        self._http = async_pool(self._service.base_url, limits, transport)
        self.clock = clock or AsyncSystemClock()

    async def token(self) -> Token:
        """Return the token; get one first if there is none."""
        return await self.authorise(None)

    async def authorise(self, refused: Token | None) -> Token:
        """Return the token to use, which is not the one that the service refused."""
        async with self._lock:
            token = self._usable_token(refused, self.clock.now())
            if not isinstance(token, Token):
                token = self._token = await self._run(token)
            return token

    async def _run(
        self,
        flow: Flow[T],
        on_emit: Callable[[object], None] = ignore_events,
        on_tell: Callable[[object], None] | None = None,
    ) -> T:
        return await AsyncDriver(self, flow, on_emit, on_tell).run()

    async def session(self, task_name: str = "project", language: str | None = None) -> Session:
        """Create a session; `language` is an ISO code such as `en` or `zh-CN`."""
        return await self._run(flows.create_session(self._service, task_name, language))

    async def upload(
        self,
        session: Session,
        *paths_or_urls: Source,
        on_progress: Callable[[UploadProgress], None] | None = None,
    ) -> list[UploadedFile]:
        """Upload files and web addresses in the given order.

        Raises:
            UnusableFile: The service does not accept one of the files; nothing was sent.
        """
        flow = flows.upload(self._service, session.session_id, _sources(paths_or_urls))
        return await self._run(flow, reporter(UploadProgress, on_progress))

    def say(
        self, session: Session, message: str, *, on_still_working: Callable[[float], None] | None = None
    ) -> AsyncTurn:
        """Return a turn, which sends the message to the agent when the caller begins to iterate it.

        `on_still_working` is called every two minutes with the seconds since then; this includes recovery.
        """
        flow: Flow[TurnResult] = flows.turn(self._service, session, flows.check_message(message))
        return AsyncTurn(lambda tell: AsyncDriver(self, flow, on_tell=tell), on_still_working)

    def play(self, flow: Flow[T], *, on_tell: Callable[[object], None] | None = None) -> AsyncDriver[T]:
        """Return a driver for a flow: iterate it to get the values that the flow emits, then read its `result`.

        To stop early, call `close()`. `on_tell` gets the notices of the flow, and those of the driver while it waits.
        Everything that this client does is such a flow; see `nemovideo_client.flows`.
        """
        return AsyncDriver(self, flow, on_tell=on_tell)

    async def recover(
        self,
        session: Session,
        before: State | None = None,
        *,
        on_still_working: Callable[[float], None] | None = None,
    ) -> TurnResult:
        """Find out what a turn changed whose stream was closed early or lost. Sends no message.

        Reads the state after 30 s and then each minute, at most five times, until it differs from `before`. `before` is
        the turn's own `before`; without it, only changes after the first read are seen.
        """
        flow = flows.recover(self._service, session, before)
        return await self._run(flow, on_tell=notice_callback(on_still_working))

    async def credits(self) -> Credits:
        """Read the balance."""
        return await self._run(flows.read_credits(self._service))

    async def state(self, session: Session) -> State:
        """Read the session's state."""
        return await self._run(flows.read_state(self._service, session.session_id))

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
        """Render the session's draft, or the given one, and download the video. This costs no credits.

        `output` is sent unchanged; the default is `{"format": "mp4", "quality": "high"}`. With `render_id`, the client
        submits nothing and continues with the render of that id. An existing file at `destination` is replaced when the
        new file is complete. Several exports may run at once.

        Raises:
            UnwritableDestination: Found before anything is submitted.
            NothingToExport: The draft has no track with segments.
            RenderFailed: The render failed twice.
            RenderCancelled: The render was cancelled, with `cancel` or at the service.
            RenderUnfinished: The render has not ended at the last poll; its `render_id` continues it.
            DownloadFailed: The file did not arrive complete; the next attempt resumes it.
        """
        flow = self._export(session, destination, draft, output, render_id)
        return await self._run(flow, _export_callback(on_progress, on_download), notice_callback(on_still_working))

    async def submit(
        self,
        session: Session,
        *,
        draft: Mapping[str, object] | None = None,
        output: Mapping[str, object] | None = None,
    ) -> Render:
        """Submit a render as `export` does, and do not wait for it. The `render_id` of the result continues it later.

        Raises:
            NothingToExport: The draft has no track with segments.
        """
        return await self._run(flows.submit(self._service, flows.order(session.session_id, draft, output)))

    async def render(self, render_id: str) -> Render:
        """Read the status of a render."""
        return await self._run(flows.ask(self._service, render_id))

    async def await_render(
        self,
        render_id: str,
        *,
        on_progress: Callable[[RenderProgress], None] | None = None,
        on_still_working: Callable[[float], None] | None = None,
    ) -> Render:
        """Wait until a render is completed, failed or cancelled. Any client may have submitted it.

        Raises:
            RenderUnfinished: The render has not ended at the last poll.
        """
        flow = flows.await_render(self._service, render_id)
        return await self._run(flow, reporter(RenderProgress, on_progress), notice_callback(on_still_working))

    async def download(
        self,
        render_id: str,
        destination: Path,
        *,
        on_progress: Callable[[RenderProgress], None] | None = None,
        on_download: Callable[[DownloadProgress], None] | None = None,
        on_still_working: Callable[[float], None] | None = None,
    ) -> Exported:
        """Wait for a render and download its video; resume an earlier download that broke off.

        Raises:
            UnwritableDestination: Found before the first request.
            RenderFailed: The render failed at the service.
            RenderUnfinished: The render has not ended at the last poll.
            DownloadFailed: The file did not arrive complete; the next attempt resumes it.
        """
        flow = flows.pick_up(self._service, render_id, Path(destination))
        return await self._run(flow, _export_callback(on_progress, on_download), notice_callback(on_still_working))

    async def cancel(self, render_id: str) -> None:
        """Cancel a render that is pending; an export that waits for it raises `RenderCancelled`."""
        await self._run(flows.cancel_render(self._service, render_id))

    async def claim_link(self, session: Session) -> str:
        """Get a link that opens the session in a browser; it gives no access to the API."""
        return await self._run(flows.claim_link(self._service, session))

    async def close(self) -> None:
        """Close all connections; a second call does nothing."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

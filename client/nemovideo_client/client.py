"""`Client` and `AsyncClient`: twins that say which flow each call is.

All policy is in `flows`, all sockets in `driving`; here both meet, with the token and its lock.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import anyio

from nemovideo_client import flows
from nemovideo_client.attribution import Attribution
from nemovideo_client.call_log import Call
from nemovideo_client.clock import AsyncClock, AsyncSystemClock, Clock, SystemClock
from nemovideo_client.drivers import AsyncDriver, Driver
from nemovideo_client.errors import MisuseError
from nemovideo_client.flows.effects import Flow
from nemovideo_client.http_transport import AsyncPool, AsyncTransport, Pool, Transport, async_pool, pool
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
from nemovideo_client.settings import Settings
from nemovideo_client.turn import AsyncTurn, Turn

T = TypeVar("T")
Source = str | os.PathLike[str]


def _sources(paths_or_urls: Sequence[Source]) -> list[Path | str]:
    return [
        source if isinstance(source, str) and flows.origin_of(source) is not None else Path(source)
        for source in paths_or_urls
    ]


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
        transport: Transport | None = None,
        limits: Limits = DEFAULT_LIMITS,
        on_call: Callable[[Call], None] | None = None,
        environ: Mapping[str, str] | None = None,
        config_dir: Path | None = None,
    ) -> None:
        self._settings = Settings(base_url, token, client_id, attribution, limits, environ, config_dir)
        self._service = self._settings.service
        self._token = self._settings.token
        self._lock = threading.Lock()
        self._http: Pool | None = None
        self._http = pool(self._service.base_url, self._service.limits, transport)
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
    def service(self) -> flows.Service:
        """Where the service is and how this client presents itself, as the flows want to know it."""
        return self._service

    @property
    def http(self) -> Pool:
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
                token = self._token = Driver(self, flow, ignore_events).run()
            elif token.due(self.clock.now()):
                flow = flows.renew_token(self._service, self._settings.client_id, token)
                token = self._token = Driver(self, flow, ignore_events).run()
            return token

    def session(self, task_name: str = "project", language: str | None = None) -> Session:
        """Create a session; `language` is an ISO code such as `en` or `zh-CN`."""
        return Driver(self, flows.create_session(self._service, task_name, language), ignore_events).run()

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
        return Driver(self, flow, reporter(UploadProgress, on_progress)).run()

    def say(self, session: Session, message: str, *, on_still_working: Callable[[float], None] | None = None) -> Turn:
        """Send a message to the agent, when the turn is first iterated.

        `on_still_working` is called every two minutes with the seconds since then, recovery included.
        """
        flow: Flow[TurnResult] = flows.turn(self._service, session, flows.check_message(message))
        return Turn(lambda tell: Driver(self, flow, on_tell=tell), on_still_working)

    def play(self, flow: Flow[T], *, on_tell: Callable[[object], None] | None = None) -> Driver[T]:
        """Drive a flow: iterate what comes back for what the flow emits, then read its `result`.

        Leave it early with `close()`. `on_tell` gets what the flow, or the driver while it waits, tells beside that.
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
        """Look what became of a turn that was left or lost: after 30 s, then each minute, at most five times.

        `before` is the turn's own `before`; without it, only what changes from now on is seen. Sends no message.
        """
        flow = flows.recover(self._service, session, before)
        return Driver(self, flow, ignore_events, notice_callback(on_still_working)).run()

    def credits(self) -> Credits:
        """Read the balance."""
        return Driver(self, flows.read_credits(self._service), ignore_events).run()

    def state(self, session: Session) -> State:
        """Read what the session holds."""
        return Driver(self, flows.read_state(self._service, session.session_id), ignore_events).run()

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
            RenderCancelled: It was cancelled meanwhile, with `cancel` or at the service.
            RenderUnfinished: Still going on after the last poll; its `render_id` picks it up.
            DownloadFailed: The file could not be fetched whole; what has arrived is gone on with the next time.
        """
        if render_id is None:
            order = flows.order(session.session_id, draft, output)
            flow = flows.export(self._service, order, Path(destination))
        else:
            flow = flows.pick_up(self._service, render_id, Path(destination))
        shown = call_both(reporter(RenderProgress, on_progress), reporter(DownloadProgress, on_download))
        return Driver(self, flow, shown, notice_callback(on_still_working)).run()

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
        return Driver(self, flows.submit(self._service, order), ignore_events).run()

    def render(self, render_id: str) -> Render:
        """Ask where a render stands."""
        return Driver(self, flows.ask(self._service, render_id), ignore_events).run()

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
        shown = reporter(RenderProgress, on_progress)
        return Driver(self, flow, shown, notice_callback(on_still_working)).run()

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
        shown = call_both(reporter(RenderProgress, on_progress), reporter(DownloadProgress, on_download))
        return Driver(self, flow, shown, notice_callback(on_still_working)).run()

    def cancel(self, render_id: str) -> None:
        """Cancel a render that is pending; an export that waits for it ends with `RenderCancelled`."""
        Driver(self, flows.cancel_render(self._service, render_id), ignore_events).run()

    def claim_link(self, session: Session) -> str:
        """Get a link that opens the session in a browser; it gives no access to the API."""
        return Driver(self, flows.claim_link(self._service, session), ignore_events).run()

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
        transport: AsyncTransport | None = None,
        limits: Limits = DEFAULT_LIMITS,
        on_call: Callable[[Call], None] | None = None,
        environ: Mapping[str, str] | None = None,
        config_dir: Path | None = None,
    ) -> None:
        self._settings = Settings(base_url, token, client_id, attribution, limits, environ, config_dir)
        self._service = self._settings.service
        self._token = self._settings.token
        self._lock = anyio.Lock()
        self._http: AsyncPool | None = None
        self._http = async_pool(self._service.base_url, self._service.limits, transport)
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
    def service(self) -> flows.Service:
        """Where the service is and how this client presents itself, as the flows want to know it."""
        return self._service

    @property
    def http(self) -> AsyncPool:
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
                token = self._token = await AsyncDriver(self, flow, ignore_events).run()
            elif token.due(self.clock.now()):
                flow = flows.renew_token(self._service, self._settings.client_id, token)
                token = self._token = await AsyncDriver(self, flow, ignore_events).run()
            return token

    async def session(self, task_name: str = "project", language: str | None = None) -> Session:
        """Create a session; `language` is an ISO code such as `en` or `zh-CN`."""
        return await AsyncDriver(self, flows.create_session(self._service, task_name, language), ignore_events).run()

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
        return await AsyncDriver(self, flow, reporter(UploadProgress, on_progress)).run()

    def say(
        self, session: Session, message: str, *, on_still_working: Callable[[float], None] | None = None
    ) -> AsyncTurn:
        """Send a message to the agent, when the turn is first iterated.

        `on_still_working` is called every two minutes with the seconds since then, recovery included.
        """
        flow: Flow[TurnResult] = flows.turn(self._service, session, flows.check_message(message))
        return AsyncTurn(lambda tell: AsyncDriver(self, flow, on_tell=tell), on_still_working)

    def play(self, flow: Flow[T], *, on_tell: Callable[[object], None] | None = None) -> AsyncDriver[T]:
        """Drive a flow: iterate what comes back for what the flow emits, then read its `result`.

        Leave it early with `close()`. `on_tell` gets what the flow, or the driver while it waits, tells beside that.
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
        """Look what became of a turn that was left or lost: after 30 s, then each minute, at most five times.

        `before` is the turn's own `before`; without it, only what changes from now on is seen. Sends no message.
        """
        flow = flows.recover(self._service, session, before)
        return await AsyncDriver(self, flow, ignore_events, notice_callback(on_still_working)).run()

    async def credits(self) -> Credits:
        """Read the balance."""
        return await AsyncDriver(self, flows.read_credits(self._service), ignore_events).run()

    async def state(self, session: Session) -> State:
        """Read what the session holds."""
        return await AsyncDriver(self, flows.read_state(self._service, session.session_id), ignore_events).run()

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
            RenderCancelled: It was cancelled meanwhile, with `cancel` or at the service.
            RenderUnfinished: Still going on after the last poll; its `render_id` picks it up.
            DownloadFailed: The file could not be fetched whole; what has arrived is gone on with the next time.
        """
        if render_id is None:
            order = flows.order(session.session_id, draft, output)
            flow = flows.export(self._service, order, Path(destination))
        else:
            flow = flows.pick_up(self._service, render_id, Path(destination))
        shown = call_both(reporter(RenderProgress, on_progress), reporter(DownloadProgress, on_download))
        return await AsyncDriver(self, flow, shown, notice_callback(on_still_working)).run()

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
        return await AsyncDriver(self, flows.submit(self._service, order), ignore_events).run()

    async def render(self, render_id: str) -> Render:
        """Ask where a render stands."""
        return await AsyncDriver(self, flows.ask(self._service, render_id), ignore_events).run()

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
        shown = reporter(RenderProgress, on_progress)
        return await AsyncDriver(self, flow, shown, notice_callback(on_still_working)).run()

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
        shown = call_both(reporter(RenderProgress, on_progress), reporter(DownloadProgress, on_download))
        return await AsyncDriver(self, flow, shown, notice_callback(on_still_working)).run()

    async def cancel(self, render_id: str) -> None:
        """Cancel a render that is pending; an export that waits for it ends with `RenderCancelled`."""
        await AsyncDriver(self, flows.cancel_render(self._service, render_id), ignore_events).run()

    async def claim_link(self, session: Session) -> str:
        """Get a link that opens the session in a browser; it gives no access to the API."""
        return await AsyncDriver(self, flows.claim_link(self._service, session), ignore_events).run()

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

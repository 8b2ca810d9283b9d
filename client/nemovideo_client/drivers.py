"""`Driver` and `AsyncDriver`: twins that drive a flow with httpx.

All policy is in the flows; here are the sockets. Each driver is a loop over a table of effects. While a flow runs, the
caller counts as at work (`clock.running()`); while the caller looks at what the flow emitted, or waits for another
thread to get the token, it does not.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Generic, Protocol, TypeVar

import anyio
import httpx

from nemovideo_client.call_log import Call
from nemovideo_client.clock import AsyncClock, Clock
from nemovideo_client.errors import NemoError
from nemovideo_client.flow_runner import FlowRunner
from nemovideo_client.flows.effects import (
    Authorise,
    Close,
    Commit,
    Create,
    Effect,
    Emit,
    Examine,
    Flow,
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
    Write,
)
from nemovideo_client.http_transport import (
    AsyncPool,
    ObservedCall,
    Pool,
    answer,
    observe_request,
    parts,
    timeout,
    translate_errors,
)
from nemovideo_client.models import Limits, Token
from nemovideo_client.progress import ProgressTimer, ignore_events
from nemovideo_client.read_deadlines import ReadDeadline, limit_reads, trace, trace_async

T = TypeVar("T")


class Host(Protocol):
    """What a driver needs of its client."""

    clock: Clock
    limits: Limits
    on_call: Callable[[Call], None] | None

    @property
    def http(self) -> Pool:
        """The connections."""
        ...

    def authorise(self, refused: Token | None) -> Token:
        """The token, another one than that which the service refused."""
        ...


class AsyncHost(Protocol):
    """What a driver needs of its asynchronous client."""

    clock: AsyncClock
    limits: Limits
    on_call: Callable[[Call], None] | None

    @property
    def http(self) -> AsyncPool:
        """The connections."""
        ...

    async def authorise(self, refused: Token | None) -> Token:
        """The token, another one than that which the service refused."""
        ...


class Driver(Generic[T]):
    """One flow, driven with the synchronous httpx client."""

    def __init__(
        self,
        host: Host,
        flow: Flow[T],
        on_emit: Callable[[object], None] | None = None,
        on_tell: Callable[[object], None] | None = None,
    ) -> None:
        self._host = host
        self._course = FlowRunner(flow)
        self._on_emit = on_emit
        self._on_tell = on_tell or ignore_events
        self._response: httpx.Response | None = None
        self._chunks: Iterator[bytes] = iter(())

    @property
    def result(self) -> T:
        """What the flow returned, once it has ended."""
        return self._course.result

    def __iter__(self) -> Generator[object]:
        try:
            while True:
                shown = self.resume()
                if self._course.is_shown_out:
                    return
                yield shown
        finally:
            self.close()

    def run(self) -> T:
        """Go to the end; what the flow emits goes to `on_emit`."""
        self.resume()
        return self._course.result

    def resume(self) -> object:
        """Go to the end, or where there is no `on_emit` to what the flow emits next.

        Gives that, or the result, or None where the flow was left meanwhile.
        """
        try:
            with ExitStack() as busy:
                busy.enter_context(self._host.clock.running())
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
        return self._course.result if self._course.is_over else None

    def close(self) -> None:
        """Leave the flow and release what it holds."""
        self._course.close()
        self._release()

    def _perform(self, effect: Effect, busy: ExitStack) -> Outcome:
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
            case Now():
                return float(self._host.clock.now())
            case Authorise(refused):
                busy.close()
                try:
                    return self._host.authorise(refused)
                finally:
                    busy.enter_context(self._host.clock.running())
            case Notify(value):
                self._on_tell(value)
            case Examine() | Create() | Resume() | Restart() | Write() | Commit():
                return self._course.local(effect)
            case Emit():
                raise RuntimeError("emitting is the loop's work")
        return None

    def _request(self, request: Request, stack: ExitStack) -> httpx.Request:
        return self._host.http.build_request(
            request.method,
            request.url,
            headers=list(request.headers),
            content=request.body,
            files=parts(request.files, self._on_emit or ignore_events, stack),
            timeout=timeout(request, self._host.limits, self._host.clock.now()),
            extensions={"trace": trace},
        )

    def _watching(self, until: float, progress_timer: ProgressTimer | None) -> AbstractContextManager[None]:
        return limit_reads(ReadDeadline(self._host.clock.now, self._on_tell, until, progress_timer))

    def _observed(self, request: Request, prepared: httpx.Request) -> AbstractContextManager[ObservedCall]:
        return observe_request(self._host.on_call, self._host.clock.now, request, prepared)

    def _send(self, request: Request) -> Response:
        with ExitStack() as stack:
            with translate_errors():
                prepared = self._request(request, stack)
            with self._observed(request, prepared) as seen, self._watching(request.until, None), translate_errors():
                seen.response = response = self._host.http.send(prepared)
                return answer(response, response.content)

    def _open(self, request: Request, progress_timer: ProgressTimer | None) -> Response:
        self._release()
        with ExitStack() as stack:
            with translate_errors():
                prepared = self._request(request, stack)
            with (
                self._observed(request, prepared) as seen,
                self._watching(request.until, progress_timer),
                translate_errors(),
            ):
                seen.response = self._response = self._host.http.send(prepared, stream=True)
                self._chunks = self._response.iter_bytes()
                return answer(self._response)

    def _read(self, until: float, progress_timer: ProgressTimer | None) -> bytes:
        with self._watching(until, progress_timer), translate_errors():
            return next((chunk for chunk in self._chunks if chunk), b"")

    def _release(self) -> None:
        response, self._response = self._response, None
        if response is not None:
            with translate_errors():
                response.close()


class AsyncDriver(Generic[T]):
    """One flow, driven with the asynchronous httpx client."""

    def __init__(
        self,
        host: AsyncHost,
        flow: Flow[T],
        on_emit: Callable[[object], None] | None = None,
        on_tell: Callable[[object], None] | None = None,
    ) -> None:
        self._host = host
        self._course = FlowRunner(flow)
        self._on_emit = on_emit
        self._on_tell = on_tell or ignore_events
        self._response: httpx.Response | None = None
        self._chunks: AsyncIterator[bytes] | None = None

    @property
    def result(self) -> T:
        """What the flow returned, once it has ended."""
        return self._course.result

    async def __aiter__(self) -> AsyncGenerator[object]:
        try:
            while True:
                shown = await self.resume()
                if self._course.is_shown_out:
                    return
                yield shown
        finally:
            await self.close()

    async def run(self) -> T:
        """Go to the end; what the flow emits goes to `on_emit`."""
        await self.resume()
        return self._course.result

    async def resume(self) -> object:
        """Go to the end, or where there is no `on_emit` to what the flow emits next.

        Gives that, or the result, or None where the flow was left meanwhile.
        """
        try:
            with ExitStack() as busy:
                busy.enter_context(self._host.clock.running())
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
        return self._course.result if self._course.is_over else None

    async def close(self) -> None:
        """Leave the flow and release what it holds."""
        self._course.close()
        # Shielded, as it is also done while the task is being cancelled.
        with anyio.CancelScope(shield=True):
            await self._release()

    async def _perform(self, effect: Effect, busy: ExitStack) -> Outcome:
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
            case Now():
                return float(self._host.clock.now())
            case Authorise(refused):
                busy.close()
                try:
                    return await self._host.authorise(refused)
                finally:
                    busy.enter_context(self._host.clock.running())
            case Notify(value):
                self._on_tell(value)
            case Examine() | Create() | Resume() | Restart() | Write() | Commit():
                return self._course.local(effect)
            case Emit():
                raise RuntimeError("emitting is the loop's work")
        return None

    def _request(self, request: Request, stack: ExitStack) -> httpx.Request:
        return self._host.http.build_request(
            request.method,
            request.url,
            headers=list(request.headers),
            content=request.body,
            files=parts(request.files, self._on_emit or ignore_events, stack),
            timeout=timeout(request, self._host.limits, self._host.clock.now()),
            extensions={"trace": trace_async},
        )

    def _watching(self, until: float, progress_timer: ProgressTimer | None) -> AbstractContextManager[None]:
        return limit_reads(ReadDeadline(self._host.clock.now, self._on_tell, until, progress_timer))

    def _observed(self, request: Request, prepared: httpx.Request) -> AbstractContextManager[ObservedCall]:
        return observe_request(self._host.on_call, self._host.clock.now, request, prepared)

    async def _send(self, request: Request) -> Response:
        with ExitStack() as stack:
            with translate_errors():
                prepared = self._request(request, stack)
            with self._observed(request, prepared) as seen, self._watching(request.until, None), translate_errors():
                seen.response = response = await self._host.http.send(prepared)
                return answer(response, response.content)

    async def _open(self, request: Request, progress_timer: ProgressTimer | None) -> Response:
        await self._release()
        with ExitStack() as stack:
            with translate_errors():
                prepared = self._request(request, stack)
            with (
                self._observed(request, prepared) as seen,
                self._watching(request.until, progress_timer),
                translate_errors(),
            ):
                seen.response = self._response = await self._host.http.send(prepared, stream=True)
                self._chunks = self._response.aiter_bytes()
                return answer(self._response)

    async def _read(self, until: float, progress_timer: ProgressTimer | None) -> bytes:
        with self._watching(until, progress_timer), translate_errors():
            while self._chunks is not None:
                chunk = await anext(self._chunks, None)
                if chunk is None:
                    break
                if chunk:
                    return chunk
            return b""

    async def _release(self) -> None:
        response, self._response = self._response, None
        chunks, self._chunks = self._chunks, None
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()  # or trio finds it lying about
        if response is not None:
            with translate_errors():
                await response.aclose()

"""Reads that end when their caller's time is up, and speak up while they wait.

httpx takes one read timeout for a whole answer, and a read that runs into it closes the connection. A turn has four
limits at once, which end at different times, and wants notices in between. So each new connection, which httpx shows to
its `trace` extension, gets a `read` that waits in steps: up to the next limit or notice, then on. A transport that
shows no connections, as one for tests, keeps the one timeout.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

import anyio
import httpcore

from nemovideo_client.progress import TOLERANCE_S, ProgressTimer, StillWorking

_NEW: Final = (".connect_tcp.complete", ".connect_unix_socket.complete", ".start_tls.complete")


@dataclass(frozen=True, slots=True)
class ReadDeadline:
    """What bounds the reads of now: a time `until` (s since the epoch), and what is to be said before."""

    now: Callable[[], float]
    tell: Callable[[StillWorking], None]
    until: float
    progress_timer: ProgressTimer | None = None


_WATCH: Final[ContextVar[ReadDeadline | None]] = ContextVar("watch", default=None)


@contextmanager
def limit_reads(watch: ReadDeadline) -> Generator[None]:
    """Bound the reads inside, whichever connection they are from."""
    former = _WATCH.set(watch)
    try:
        yield
    finally:
        _WATCH.reset(former)


class _Steps:
    """The waits of one read."""

    def __init__(self, watch: ReadDeadline, timeout: float | None) -> None:
        self._watch = watch
        self._ends = watch.until if timeout is None else min(watch.until, watch.now() + timeout)

    def next(self) -> float | None:
        """How long to wait now; None is for ever.

        Raises:
            httpcore.ReadTimeout: The time is up.
        """
        watch, time = self._watch, self._watch.now()
        if watch.progress_timer is not None:
            said = watch.progress_timer.due(time)
            if said is not None:
                watch.tell(said)
        if time >= self._ends - TOLERANCE_S:
            raise httpcore.ReadTimeout("the time for this answer is up")
        until = self._ends if watch.progress_timer is None else min(self._ends, watch.progress_timer.next)
        return None if until == float("inf") else max(TOLERANCE_S, until - time)


def _make_patient(stream: httpcore.NetworkStream) -> None:
    whole = stream.read

    def read(max_bytes: int, timeout: float | None = None) -> bytes:
        watch = _WATCH.get()
        if watch is None:
            return whole(max_bytes, timeout)
        steps = _Steps(watch, timeout)
        while True:
            step = steps.next()
            try:
                return whole(max_bytes, step)
            except httpcore.ReadTimeout:
                continue

    vars(stream)["read"] = read


def _make_patient_async(stream: httpcore.AsyncNetworkStream) -> None:
    whole = stream.read

    async def read(max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 -- httpcore's signature
        watch = _WATCH.get()
        if watch is None:
            return await whole(max_bytes, timeout)
        steps = _Steps(watch, timeout)
        while True:
            step = steps.next()
            try:
                return await whole(max_bytes, step)
            except httpcore.ReadTimeout:
                continue

    vars(stream)["read"] = read


def _close_when_cancelled(stream: httpcore.AsyncNetworkStream) -> None:
    """Close a connection whose TLS handshake is cancelled: httpcore does so after errors alone."""
    whole = stream.start_tls

    async def start_tls(
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        try:
            return await whole(ssl_context, server_hostname, timeout)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await stream.aclose()
            raise

    vars(stream)["start_tls"] = start_tls


def trace(name: str, info: dict[str, object]) -> None:
    """Make each new connection patient: httpx's `trace` extension of a synchronous request."""
    stream = info.get("return_value")
    if name.endswith(_NEW) and isinstance(stream, httpcore.NetworkStream):
        _make_patient(stream)


async def trace_async(name: str, info: dict[str, object]) -> None:
    """The same of an asynchronous request; what is cancelled before it is connected is closed, too."""
    stream = info.get("return_value")
    if name.endswith(_NEW) and isinstance(stream, httpcore.AsyncNetworkStream):
        _make_patient_async(stream)
        _close_when_cancelled(stream)

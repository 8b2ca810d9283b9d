"""One request and its answer, in httpx's terms and in the flows': what both drivers share.

With `driving` the only module that imports httpx.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from nemovideo_client.attribution import package_version
from nemovideo_client.call_log import Call, record_call
from nemovideo_client.errors import ConnectionFailed, ConnectionLost, MisuseError, NemoError, TimedOut
from nemovideo_client.files import CountedFile
from nemovideo_client.flows import origin_of
from nemovideo_client.flows.effects import Request, Response
from nemovideo_client.models import Limits, UploadProgress
from nemovideo_client.progress import TOLERANCE_S
from nemovideo_contract import allowed_hosts, wire
from nemovideo_contract.trust import trusted

Transport = httpx.BaseTransport
AsyncTransport = httpx.AsyncBaseTransport
Pool = httpx.Client
AsyncPool = httpx.AsyncClient

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def pool(base_url: str, limits: Limits, transport: Transport | None) -> Pool:
    """The connections to a service."""
    headers, proxies = _request_options(base_url, limits)
    hooks = {"request": [_keep_open] if transport is None else []}
    return httpx.Client(
        headers=headers,
        trust_env=proxies,
        verify=trusted(trust_env=proxies),
        transport=transport,
        follow_redirects=False,
        event_hooks=hooks,
    )


def async_pool(base_url: str, limits: Limits, transport: AsyncTransport | None) -> AsyncPool:
    """The twin of `pool`."""
    headers, proxies = _request_options(base_url, limits)
    hooks = {"request": [_keep_open_async] if transport is None else []}
    return httpx.AsyncClient(
        headers=headers,
        trust_env=proxies,
        verify=trusted(trust_env=proxies),
        transport=transport,
        follow_redirects=False,
        event_hooks=hooks,
    )


def _keep_open(request: httpx.Request) -> None:
    """Refuse to leave the hosts that the environment allows, as it does in a test run."""
    if (reason := allowed_hosts.reason_to_refuse(str(request.url))) is not None:
        raise MisuseError(reason)


async def _keep_open_async(request: httpx.Request) -> None:
    _keep_open(request)


def _request_options(base_url: str, limits: Limits) -> tuple[httpx.Headers, bool]:
    """The headers of every request, and whether to look for proxies: never for a service on this machine.

    Whoever polls faster than the documents have it says so: to a fake that may be right, and its judge can tell.
    """
    origin = origin_of(base_url)
    agent = f"nemovideo-harness/{package_version()}"
    if limits.poll_interval_s < wire.POLL_INTERVAL_S:
        agent += f" (polls every {limits.poll_interval_s:g} s)"
    return httpx.Headers({"User-Agent": agent}), origin is not None and origin[1] not in _LOOPBACK


@contextmanager
def translate_errors() -> Generator[None]:
    """httpx's errors as ours; which of them left nothing at the service decides what may be repeated."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
        raise ConnectionFailed("The service could not be reached. Is the address right, and the network up?") from error
    except httpx.TimeoutException as error:
        raise TimedOut("The service stayed silent for too long.") from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError) as error:
        raise MisuseError("The address is none that can be called.") from error
    except (httpx.TransportError, httpx.DecodingError, httpx.StreamError) as error:
        raise ConnectionLost("The connection to the service broke off.") from error


#: A file in a multipart body: field name, file name, content.
_Part = tuple[str, tuple[str, CountedFile]]


def parts(files: Sequence[Path], on_emit: Callable[[object], None], stack: ExitStack) -> list[_Part] | None:
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


def timeout(request: Request, limits: Limits, time: float) -> httpx.Timeout:
    """How long httpx is to wait for it, from now."""
    left = max(TOLERANCE_S, min(request.patience_s, request.until - time))
    return httpx.Timeout(left, connect=min(limits.connect_s, left), pool=None)


def _size(request: httpx.Request) -> int:
    length = request.headers.get("Content-Length", "")
    return int(length) if length.isdigit() else 0


def answer(response: httpx.Response, body: bytes = b"") -> Response:
    """An answer as flows know it."""
    return Response(response.status_code, {name.lower(): value for name, value in response.headers.items()}, body)


@dataclass(slots=True)
class ObservedCall:
    """What has come of a request."""

    response: httpx.Response | None = None


@contextmanager
def observe_request(
    on_call: Callable[[Call], None] | None,
    now: Callable[[], float],
    request: Request,
    prepared: httpx.Request,
) -> Generator[ObservedCall]:
    """Tell the observer of a request, however it ends."""
    seen, start = ObservedCall(), now()
    error: str | None = None
    try:
        yield seen
    except BaseException as failure:
        error = str(failure) if isinstance(failure, NemoError) else type(failure).__name__
        raise
    finally:
        if on_call is not None:
            status = None if seen.response is None else seen.response.status_code
            on_call(record_call(request, size=_size(prepared), status=status, seconds=now() - start, error=error))

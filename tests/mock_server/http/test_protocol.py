"""Connections whose callers are slow, silent or unusual."""

from __future__ import annotations

import asyncio
import asyncio.constants
import contextlib
import errno
import http.client
import logging
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from uvicorn.server import ServerState

import nemovideo_mock.server
from nemovideo_mock.clock import Links, yield_to_loop
from nemovideo_mock.http import protocol
from nemovideo_mock.http.protocol import LinkedProtocol
from nemovideo_mock.server import RunningServer, running, running_here
from nemovideo_mock.settings import Settings
from tests.guards import HANG_S

HEAD = b"POST /run_sse HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"


@pytest.fixture
def server(tmp_path: Path) -> Generator[RunningServer]:
    with running(Settings(quality="stub", clock="virtual", directory=tmp_path)) as running_server:
        yield running_server


@contextmanager
def caller(server: RunningServer) -> Generator[socket.socket]:
    """A connection that is not a participant of the clock."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=HANG_S) as sock:
        yield sock


def told(server: RunningServer, request: bytes) -> tuple[int, bytes]:
    """Return status and body of the response to a raw request."""
    with caller(server) as sock:
        sock.sendall(request)
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        return answer.status, answer.read()


# --- silence ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "part",
    [b"", b"GET /api/cre", HEAD.replace(b"/run_sse", b"/_mock/clock/advance").replace(b": x", b": 127.0.0.1") + b"{}"],
)
def test_a_request_whose_rest_never_comes_ends_with_the_connection(
    server: RunningServer, part: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "LOOK_S", 0.01)
    with caller(server) as sock:
        sock.sendall(part)
        assert sock.recv(100) == b""


class FakeTransport(asyncio.Transport):
    """A transport that records only whether it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def patient(scope: object, receive: object, send: object) -> None:
    """An application that never answers."""
    await asyncio.Event().wait()


@contextmanager
def connected(transport: FakeTransport | None = None) -> Generator[tuple[LinkedProtocol, FakeTransport]]:
    """Return a connection without a server, which only the test uses."""
    transport = transport or FakeTransport()
    config = uvicorn.Config(patient, ws="none", lifespan="off", log_config=None)
    config.load()
    state = ServerState()
    connection = LinkedProtocol(config, state, {"links": Links()})
    connection.connection_made(transport)
    yield connection, transport
    connection.connection_lost(None)
    for task in state.tasks:
        task.cancel()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_a_body_may_drip_as_long_as_it_comes_and_a_head_may_not() -> None:
    with connected() as (connection, transport):
        connection.data_received(HEAD)
        for _ in range(5):
            connection.data_received(b"x")
            connection._look()
            assert not transport.closed
        connection._look()
        assert transport.closed
    with connected() as (connection, transport):
        connection.data_received(HEAD[:9])
        connection._look()
        assert not transport.closed
        connection.data_received(HEAD[9:10])
        connection._look()
        assert transport.closed


@pytest.mark.anyio
async def test_a_caller_that_waits_for_its_answer_or_for_us_to_read_is_not_sent_away() -> None:
    with connected() as (connection, transport):
        connection.data_received(HEAD + b"123456789")
        for _ in range(5):
            connection._look()
        assert not transport.closed
    with connected() as (connection, transport):
        connection.data_received(HEAD)
        connection.flow.pause_reading()
        for _ in range(5):
            connection._look()
        assert not transport.closed


@pytest.mark.anyio
async def test_a_request_that_drips_holds_time_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LONGEST_HOLD_S", 0.0)
    with connected() as (connection, _):
        connection.data_received(HEAD)
        assert connection._link.at_work
        for _ in range(3):
            await yield_to_loop()
        for _ in range(3):
            connection.data_received(b"x")
            assert not connection._link.at_work
        connection.data_received(b"456789")
        assert connection._link.at_work


# --- strange requests -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["http://fake.example:80/_mock/clock", "HTTP://me@x/_mock/clock?", "/_mock/clock"])
def test_a_path_may_come_with_scheme_and_host_before_it(server: RunningServer, target: str) -> None:
    request = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".replace("fake.example:80", "127.0.0.1:80")
    status, body = told(server, request.replace("@x/", "@127.0.0.1/").encode())
    assert (status, b"now" in body) == (200, True)


def test_the_host_of_a_target_counts_and_not_the_header(server: RunningServer) -> None:
    request = b"GET http://evil.example/_mock/clock HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    assert told(server, request) == told(server, b"GET /_mock/clock HTTP/1.1\r\nHost: evil.example\r\n\r\n")


@pytest.mark.parametrize("target", ["http://127.0.0.1", "http:///_mock", "ftp://x/_mock/clock", "x", "*"])
def test_a_target_that_leads_nowhere_is_answered_all_the_same(server: RunningServer, target: str) -> None:
    status, _ = told(server, f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    assert status == (200 if target == "http://127.0.0.1" else 404)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"what?\r\n\r\n",
        b"GET /_mock/clock HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ],
)
def test_errors_of_callers_are_not_logged(
    server: RunningServer, request_bytes: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert told(server, request_bytes)[0] in {200, 400}
    assert [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn.error")] == []


@pytest.mark.parametrize(
    "head",
    [
        "GET /_mock/clock",  # answered without its body
        "GET /_mock/journal/live",  # its answer is a stream that goes on
        "POST /_mock/clock/advance",  # waits for its body
        "GET /api/credits/balance/simple",
    ],
)
@pytest.mark.parametrize("is_at_once", [True, False])
def test_a_chunk_that_is_no_chunk_ends_the_connection_without_a_line_of_the_log(
    server: RunningServer, head: str, caplog: pytest.LogCaptureFixture, *, is_at_once: bool
) -> None:
    request = f"{head} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    with caller(server) as sock:
        if is_at_once:
            sock.sendall(request + b"zz\r\n")
        else:
            sock.sendall(request)
            if head.startswith("GET"):
                assert sock.recv(100, socket.MSG_PEEK)
            sock.sendall(b"zz\r\n")
        answer = b"".join(iter(lambda: sock.recv(10_000), b""))
    assert answer.startswith(b"HTTP/1.1 400") or (not is_at_once and head.startswith("GET"))
    assert answer.count(b"HTTP/1.1 ") == 1
    assert caplog.records == []
    assert told(server, b"GET /_mock/clock HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")[0] == 200


# --- what a log is for ------------------------------------------------------------------------------------------------


def test_streams_that_are_open_at_a_stop_are_not_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(nemovideo_mock.server, "GRACE_S", 0)
    with contextlib.ExitStack() as stack:
        # The exit of the block stops the server before the callers leave.
        callers = contextlib.ExitStack()
        stack.enter_context(callers)
        server = stack.enter_context(running(Settings(quality="stub", clock="virtual")))
        for _ in range(3):
            sock = callers.enter_context(caller(server))
            sock.sendall(b"GET /_mock/journal/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert sock.recv(100).startswith(b"HTTP/1.1 200")
    assert caplog.records == []


@pytest.mark.anyio
async def test_a_reset_for_a_caller_that_has_left_raises_nothing() -> None:
    class Left(FakeTransport):
        """A transport whose socket is closed already."""

        def get_extra_info(self, name: str, default: object = None) -> Any:
            return self if name == "socket" else default

        def setsockopt(self, *_: object) -> None:
            raise OSError(errno.EBADF, "Bad file descriptor")

        def getsockname(self) -> tuple[str, int]:
            return "127.0.0.1", 1

        getpeername = getsockname

        def abort(self) -> None:
            connection.connection_lost(None)

    with connected(Left()) as (connection, _):
        await connection.end(abrupt=True)
        assert connection._link.server_closed


class FullSocket(socket.socket):
    """A listening socket of a process that has no free descriptor for a while; it counts the attempts."""

    failures = 20
    attempts = 0

    def accept(self) -> tuple[socket.socket, Any]:
        self.attempts += 1
        if self.attempts <= self.failures:
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


@pytest.mark.anyio
async def test_a_fake_without_free_descriptors_says_so_once_and_accepts_again_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(asyncio.constants, "ACCEPT_RETRY_DELAY", 0.0)
    listener = FullSocket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))

    def bind(*_: object) -> socket.socket:
        return listener

    monkeypatch.setattr(nemovideo_mock.server, "bind", bind)
    async with (
        running_here(Settings(quality="stub", clock="virtual")) as server,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        answer = await http.get(f"{server.url}/_mock/clock", timeout=HANG_S)
    assert answer.status_code == 200
    assert listener.failures < listener.attempts < 100
    assert [record.getMessage().partition(",")[0] for record in caplog.records] == ["New connections wait"]


def test_connections_leave_descriptors_for_the_files_and_modules_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    with nemovideo_mock.server.bind() as listener, socket.create_connection(listener.getsockname(), timeout=HANG_S):
        next_free = os.dup(listener.fileno())
        os.close(next_free)
        limit = next_free + nemovideo_mock.server.RESERVE
        monkeypatch.setattr(nemovideo_mock.server, "descriptor_limit", lambda: limit)
        with pytest.raises(OSError, match="Too many open files"):
            listener.accept()
        limit += 1
        listener.accept()[0].close()


@pytest.mark.parametrize(("asked", "status"), [("bytes=x-y", 400), ("parsecs=1-2", 400), ("bytes=999999-", 416)])
def test_a_range_that_cant_be_had_is_refused_in_the_envelope(server: RunningServer, asked: str, status: int) -> None:
    name = "0" * 64
    (server.runtime().storage.root / "uploads" / name).write_bytes(b"0123456789")
    get = f"GET /cdn/uploads/{name}/x.jpg HTTP/1.1\r\nHost: x\r\nRange: "

    refused, body = told(server, f"{get}{asked}\r\n\r\n".encode())

    assert refused == status
    assert body.startswith(b'{"code":%d,"message":"' % status)
    assert told(server, f"{get}bytes=2-4\r\n\r\n".encode()) == (206, b"234")

"""What serving costs the fake, against the bare minimum in the same run.

    scripts/bench calls        GET credits and GET state, against a bare Starlette JSON route under the same uvicorn
    scripts/bench streams      short streams, against bare sse-starlette sending the same bytes
    scripts/bench idle         memory of each of 1,000 idle streams, and how fast the fake stops with 100 of them open
    scripts/bench generation   a 20-minute generation with heartbeats on the virtual clock, in process

Servers run in processes of their own on loopback. Ratios are fake / bare, in calls or streams a second: 1 is as fast.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path

FAKE = [sys.executable, "-c", "from nemovideo_harness.cli import main; main()", "serve", "--port", "0"]
CONNECTIONS = 8
TOKEN = "nmv_usr_test_funded"  # noqa: S105 - a test token
HELLO = "hello"


@contextmanager
def server(command: list[str]) -> Generator[tuple[subprocess.Popen[str], str, int]]:
    """A server process that prints its URL: the process, and where it listens."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", env=None)
    try:
        assert process.stdout is not None
        url = re.search(r"http://([\d.]+):(\d+)", process.stdout.readline())
        assert url is not None, "the server did not say where it listens"
        yield process, url[1], int(url[2])
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def bare(app: str) -> list[str]:
    """A command that runs one of the bare applications of this file."""
    return [sys.executable, __file__, "serve", app]


def serve_bare(app: str) -> None:
    """Run a bare application under the uvicorn that the fake uses, with the same protocol and settings."""
    import socket

    import uvicorn
    from sse_starlette import EventSourceResponse
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    answer = {"code": 0, "message": "success", "data": {"available": 25000, "frozen": 0, "total": 25000}}

    async def credits_balance(_: Request) -> Response:
        return JSONResponse(answer)

    async def run_sse(request: Request) -> Response:
        body = await request.json()

        async def records() -> AsyncGenerator[bytes]:
            for text in body["records"]:
                yield text.encode()

        return EventSourceResponse(records(), sep="\n", ping=0)

    routes = {
        "json": Route("/api/credits/balance/simple", credits_balance),
        "sse": Route("/run_sse", run_sse, methods=["POST"]),
    }
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.bind(("127.0.0.1", 0))
    sock.listen(2048)
    print(f"http://127.0.0.1:{sock.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        Starlette(routes=[routes[app]]), http="h11", ws="none", loop="asyncio", log_config=None, access_log=False
    )
    uvicorn.Server(config).run([sock])


class Caller:
    """One keep-alive connection that speaks just enough HTTP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, host: str, port: int) -> Caller:
        """A connection."""
        return cls(*await asyncio.open_connection(host, port))

    async def call(self, method: str, path: str, body: object = None, *, chunks: int | None = None) -> bytes:
        """The body of an answer; of an endless one, so many chunks."""
        data = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {TOKEN}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        self._writer.write(head.encode() + data)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200"), answer
        length = re.search(rb"content-length: (\d+)", answer.lower())
        if length:
            return await self._reader.readexactly(int(length[1]))
        parts: list[bytes] = []
        while chunks is None or len(parts) < chunks:
            size = int(await self._reader.readline(), 16)
            part = await self._reader.readexactly(size + 2)
            if size == 0:
                break
            parts.append(part[:-2])
        return b"".join(parts)

    def close(self) -> None:
        """Leave."""
        self._writer.close()


async def rate(host: str, port: int, once: Callable[[Caller], Awaitable[object]], seconds: float) -> float:
    """How often a second something can be done over some connections."""
    callers = [await Caller.to(host, port) for _ in range(CONNECTIONS)]
    for caller in callers:
        await once(caller)
    done = 0
    ends = time.perf_counter() + seconds

    async def work(caller: Caller) -> None:
        nonlocal done
        while time.perf_counter() < ends:
            await once(caller)
            done += 1

    began = time.perf_counter()
    await asyncio.gather(*map(work, callers))
    elapsed = time.perf_counter() - began
    for caller in callers:
        caller.close()
    return done / elapsed


async def session_of(caller: Caller) -> str:
    """A new session."""
    answer = json.loads(await caller.call("POST", "/api/tasks/me/with-session/nemo_agent", {}))
    return str(answer["data"]["session_id"])


def message(session: str, text: str) -> dict[str, object]:
    """The body of a message."""
    return {"app_name": "nemo_agent", "session_id": session, "new_message": {"parts": [{"text": text}]}}


def calls(rounds: int) -> None:
    """Print how fast plain reads are."""

    async def measured() -> None:
        with server([*FAKE, "--quality", "stub"]) as fake, server(bare("json")) as peer:
            caller = await Caller.to(*fake[1:])
            session = await session_of(caller)
            caller.close()
            paths = {
                "GET credits": "/api/credits/balance/simple",
                "GET state": f"/api/state/nemo_agent/me/{session}/latest",
            }
            for name, path in paths.items():
                ratios: list[float] = []
                ours = theirs = 0.0
                for _ in range(rounds):
                    theirs = await rate(*peer[1:], lambda c: c.call("GET", "/api/credits/balance/simple"), 1.0)
                    ours = await rate(*fake[1:], lambda c, path=path: c.call("GET", path), 1.0)
                    ratios.append(ours / theirs)
                spread = (
                    f"{min(ratios):.2f}-{max(ratios):.2f}, {rounds} rounds; last {ours:.0f} and {theirs:.0f} a second"
                )
                print(f"{name}: {statistics.median(ratios):.2f} of a bare Starlette route ({spread})")

    asyncio.run(measured())


def streams(rounds: int) -> None:
    """Print how fast short streams are."""

    async def measured() -> None:
        with server([*FAKE, "--quality", "stub", "--speed", "10000"]) as fake, server(bare("sse")) as peer:
            caller = await Caller.to(*fake[1:])
            session = await session_of(caller)
            text = (await caller.call("POST", "/run_sse", message(session, HELLO))).decode()
            caller.close()
            records = [record + "\n\n" for record in text.split("\n\n") if record]

            sessions: dict[Caller, str] = {}

            async def once(caller: Caller) -> None:
                if caller not in sessions:
                    sessions[caller] = await session_of(caller)
                await caller.call("POST", "/run_sse", message(sessions[caller], HELLO))

            ratios: list[float] = []
            mine = theirs = 0.0
            for _ in range(rounds):
                theirs = await rate(*peer[1:], lambda c: c.call("POST", "/run_sse", {"records": records}), 1.5)
                mine = await rate(*fake[1:], once, 1.5)
                ratios.append(mine / theirs)
            print(
                f"streams of {len(records)} records: {statistics.median(ratios):.2f} of bare sse-starlette"
                f" ({min(ratios):.2f}-{max(ratios):.2f}, {rounds} rounds; last {mine:.0f} and {theirs:.0f} a second)"
            )

    asyncio.run(measured())


def resident(pid: int) -> int:
    """What a process has in memory, in bytes; 0 where the system doesn't tell."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0
    found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text(encoding="utf-8"))
    return int(found[1]) * 1024 if found else 0


def idle(count: int) -> None:
    """Print what idle streams take, and how long the fake takes to stop with some of them open."""

    async def opened(host: str, port: int, number: int) -> list[Caller]:
        callers: list[Caller] = []
        for _ in range(number):
            caller = await Caller.to(host, port)
            session = await session_of(caller)
            await caller.call("POST", "/run_sse", message(session, "a cat on a bike in the rain"), chunks=0)
            callers.append(caller)
        return callers

    async def measured() -> None:
        slow = ["--quality", "stub", "--speed", "0.01"]
        with server([*FAKE, *slow]) as fake:
            first = await opened(*fake[1:], 20)  # what is loaded once is loaded
            before = resident(fake[0].pid)
            callers = await opened(*fake[1:], count)
            await asyncio.sleep(1)
            each = (resident(fake[0].pid) - before) / count / 1024
            print(f"{count} idle streams: {each:.1f} KiB each")
            for caller in [*first, *callers]:
                caller.close()
        with server([*FAKE, *slow]) as fake:
            callers = await opened(*fake[1:], 100)
            began = time.perf_counter()
            fake[0].send_signal(signal.SIGTERM)
            await asyncio.to_thread(fake[0].wait, 10)
            print(f"stop with 100 streams open: {(time.perf_counter() - began) * 1000:.0f} ms")
            for caller in callers:
                caller.close()

    asyncio.run(measured())


def generation(rounds: int) -> None:
    """Print how long a turn of twenty virtual minutes takes in real time."""
    from nemovideo_client import Heartbeat, Limits
    from nemovideo_harness.inprocess import connect
    from nemovideo_mock.agent.turn_planner import AgentSettings
    from nemovideo_mock.server import running
    from nemovideo_mock.settings import Settings

    settings = Settings(
        quality="stub", clock="virtual", agent_settings=AgentSettings(generate=(1200, 1200), silent=0.0)
    )
    times: list[float] = []
    beats = 0
    with running(settings) as fake:
        for number in range(rounds + 1):
            with connect(fake, token=TOKEN, limits=Limits(turn_s=3600, progress_idle_s=3600)) as nemo:
                session = nemo.session()
                began = time.perf_counter()
                beats = sum(isinstance(event, Heartbeat) for event in nemo.say(session, "a cat on a bike in the rain"))
                if number:  # the first also loads the agent
                    times.append(time.perf_counter() - began)
    print(f"a 20-minute generation with {beats} heartbeats: {statistics.median(times) * 1000:.0f} ms ({rounds} rounds)")


if __name__ == "__main__":
    serve_bare(sys.argv[2])

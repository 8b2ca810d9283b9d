"""Many callers at once on one virtual clock: nobody hangs, nobody is overtaken, and runs repeat."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from nemovideo_client import Client
from nemovideo_harness.inprocess import connect, connect_async
from nemovideo_mock.agent.turn_planner import AgentSettings
from nemovideo_mock.clock import VIRTUAL_EPOCH
from nemovideo_mock.http import protocol
from nemovideo_mock.server import RunningServer, running, running_here
from nemovideo_mock.settings import Settings

PHOTO = Path(__file__).parents[2] / "scripts/photos/cat.jpg"
STUB = Settings(quality="stub", clock="virtual", agent_settings=AgentSettings(silent=0.0))
PROMPT = "a 5-second vertical video of this photo, title 'Cat'"


@pytest.fixture
def server() -> Generator[RunningServer]:
    with running(STUB) as server:
        yield server


def job(nemo: Client, folder: Path, number: int) -> list[float]:
    """Everything that a client does; the answer says when, in virtual seconds."""
    times: list[float] = []
    with nemo.clock.running():
        session = nemo.session("project", "en")
        nemo.upload(session, PHOTO)
        times += [round(nemo.clock.now() - VIRTUAL_EPOCH, 6) for _ in nemo.say(session, PROMPT)]
        nemo.export(session, folder / f"{number}.mp4")
        times.append(round(nemo.clock.now() - VIRTUAL_EPOCH, 6))
    return times


def crowd(folder: Path, size: int) -> list[list[float]]:
    """So many threads, each with a client and an account of its own, that begin together."""
    with running(STUB) as server, server.runtime().clock.running():  # type: ignore[attr-defined]  # virtual, as STUB says
        ready = threading.Barrier(size)

        def work(number: int) -> list[float]:
            with connect(server, client_id=f"client-{number}") as nemo, nemo.clock.running():
                ready.wait()
                return job(nemo, folder, number)

        with ThreadPoolExecutor(size) as pool:
            futures = [pool.submit(work, number) for number in range(size)]
            with server.runtime().clock.waiting(lambda: None, None):  # type: ignore[attr-defined]  # as above
                return [future.result() for future in futures]


def test_the_times_of_many_callers_repeat_to_the_virtual_millisecond(tmp_path: Path) -> None:
    first = crowd(tmp_path, 8)
    assert all(times == sorted(times) and times[-1] > 30 for times in first)
    assert crowd(tmp_path, 8) == first


def test_thirty_threads_share_one_client(server: RunningServer, tmp_path: Path) -> None:
    with connect(server) as nemo:
        session = nemo.session("project", "en")

        def talk(number: int) -> str:
            return nemo.say(session, f"hello, {number}").read()

        with ThreadPoolExecutor(30) as pool:
            assert all(pool.map(talk, range(30)))


@pytest.mark.anyio
async def test_thirty_tasks_share_one_client() -> None:
    async with running_here(STUB) as server, connect_async(server) as nemo:
        session = await nemo.session("project", "en")
        assert all(await asyncio.gather(*(nemo.say(session, f"hello, {number}").read() for number in range(30))))


@pytest.mark.parametrize(
    "part", [b"GET /api/cre", b"POST /run_sse HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"]
)
def test_half_a_request_of_an_outsider_holds_nobody_up_for_ever(
    server: RunningServer, part: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "PATIENCE_S", 0.01)
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname or "", address.port or 0)) as outsider, connect(server) as nemo:
        outsider.sendall(part)
        assert nemo.say(nemo.session("project", "en"), "hello").read()


@pytest.mark.parametrize("joined", [True, False])
def test_a_download_that_nobody_reads_holds_nobody_up(server: RunningServer, *, joined: bool) -> None:
    sha256 = "0" * 64
    (server.runtime().storage.root / "uploads" / sha256).write_bytes(bytes(30_000_000))
    clock = server.runtime().clock
    with connect(server) as nemo, connect(server) as other:
        before = clock.now()
        if joined:
            with other.http.stream("GET", f"{server.url}/cdn/uploads/{sha256}/big.mp4") as answer:
                assert next(answer.iter_bytes(1000))
                nemo.clock.sleep(5)
        else:
            address = urlsplit(server.url)
            with socket.create_connection((address.hostname or "", address.port or 0)) as outsider:
                outsider.sendall(f"GET /cdn/uploads/{sha256}/big.mp4 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                assert outsider.recv(1000)
                nemo.clock.sleep(5)
        assert clock.now() == before + 5


def test_a_caller_from_outside_and_a_participant_both_get_their_turns(server: RunningServer, tmp_path: Path) -> None:
    with (
        connect(server) as nemo,
        Client(server.url, client_id="outsider", environ={}, config_dir=tmp_path) as outsider,
        ThreadPoolExecutor(2) as pool,
    ):
        inside = pool.submit(lambda: nemo.say(nemo.session("project", "en"), "hello").read())
        outside = pool.submit(lambda: outsider.say(outsider.session("project", "en"), "hello").read())
        assert inside.result()
        assert outside.result()


def test_a_fake_starts_and_stops_often_in_one_process_and_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    for seed in range(20):
        with running(replace(STUB, seed=seed)) as server, connect(server) as nemo:
            assert nemo.credits().total == 100
    assert threading.active_count() == before

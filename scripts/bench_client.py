"""Measure the cost of the client, compared with bare httpx and with httpx-sse in the same run.

    scripts/bench client       all of it

Calls: `credits` and `state` of both clients, against bare httpx that reads and parses the same route of the same fake,
which runs in a separate process. Ratios are client / bare, in calls a second: 1 is as fast.

Decoding: bytes of three kinds in pieces of three sizes, through httpx's own response into our decoder and into
httpx-sse. Ratios are ours / theirs, in MB a second of processor time. Both must find the same events.

Memory: a turn of up to an hour on a clock that the stream moves, with a heartbeat every 15 s, and once more with an
answer each second. The figures are the most memory that Python's allocator had given out while the turn was read, and
the memory that the client still held after it, both less the memory before. The caller drops each event. A few KiB of
that are Python's own free lists.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Final

import httpx
import httpx_sse
from bench_service import FAKE, TOKEN, server

from nemovideo_client import AsyncClient, Client, Heartbeat, Limits, Session, Text
from nemovideo_client.sse import Decoder, ServerSentEvent
from nemovideo_contract.wire import EVENT_STREAM, ME, Path

#: Seconds that each side of a comparison is measured for in a round, and calls between two looks at the time.
SIDE_S: Final = 0.5
BATCH: Final = 20
MB: Final = 1_000_000
KIB: Final = 1024
#: Bytes of the streams of many records, and of the one large record.
MANY: Final = 4_000_000
LARGE: Final = 10_000_000
PIECES: Final = {"1 KiB": 1 << 10, "64 KiB": 1 << 16, "whole": LARGE * 2}
#: Nobody answers there: what is measured for memory has a transport of its own.
NOWHERE: Final = "http://127.0.0.1:9"
MINUTES: Final = (1, 10, 60)
HEARTBEAT_S: Final = 15
WORDS: Final = "The camera moves slowly across the temple garden while the light turns golden. "


def spread(ratios: list[float]) -> str:
    """The median of some ratios, with the least and the greatest."""
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def seconds_a_call(once: Callable[[], object]) -> float:
    """How long a call takes, one after the other."""
    done, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < SIDE_S:
        for _ in range(BATCH):
            once()
        done += BATCH
    return elapsed / done


async def seconds_a_call_async(once: Callable[[], Awaitable[object]]) -> float:
    """The same of coroutines."""
    done, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < SIDE_S:
        for _ in range(BATCH):
            await once()
        done += BATCH
    return elapsed / done


def report(name: str, pairs: list[tuple[float, float]]) -> None:
    """Print what one call costs: pairs of seconds a call, the client's and bare httpx's."""
    ours, bare = (statistics.median(pair[side] for pair in pairs) * 1e6 for side in (0, 1))
    print(
        f"{name}: {spread([bare / ours for ours, bare in pairs])} of bare httpx;"
        f" {ours:.0f} and {bare:.0f} us a call, {ours - bare:.0f} us more; {len(pairs)} rounds",
        flush=True,
    )


def calls(rounds: int) -> None:
    """Print what the clients add to httpx."""
    with server([*FAKE, "--quality", "stub"]) as (_, host, port):
        url = f"http://{host}:{port}"
        with Client(url, token=TOKEN, environ={}) as nemo:
            session = nemo.session()
            routes = {
                "credits": str(Path.CREDITS),
                "state": Path.STATE.format(user_id=ME, session_id=session.session_id),
            }
            headers = dict(nemo.http.headers) | {"Authorization": f"Bearer {TOKEN}"}
            with httpx.Client(headers=headers, trust_env=False) as bare:
                for name, path in routes.items():
                    ours: Callable[[], object] = nemo.credits if name == "credits" else lambda: nemo.state(session)
                    once = _reading(bare, url + path)
                    seconds_a_call(ours), seconds_a_call(once)  # the first also load what is loaded once
                    report(f"Client.{name}", [(seconds_a_call(ours), seconds_a_call(once)) for _ in range(rounds)])
        asyncio.run(_calls_async(url, session, routes, headers, rounds))


def _reading(bare: httpx.Client, address: str) -> Callable[[], object]:
    def once() -> object:
        return bare.get(address).raise_for_status().json()["data"]

    return once


async def _calls_async(
    url: str, session: Session, routes: dict[str, str], headers: dict[str, str], rounds: int
) -> None:
    async with (
        AsyncClient(url, token=TOKEN, environ={}) as nemo,
        httpx.AsyncClient(headers=headers, trust_env=False) as bare,
    ):
        for name, path in routes.items():
            ours: Callable[[], Awaitable[object]] = nemo.credits if name == "credits" else lambda: nemo.state(session)

            async def once(address: str = url + path) -> object:
                return (await bare.get(address)).raise_for_status().json()["data"]

            await seconds_a_call_async(ours), await seconds_a_call_async(once)
            pairs = [(await seconds_a_call_async(ours), await seconds_a_call_async(once)) for _ in range(rounds)]
            report(f"AsyncClient.{name}", pairs)


def record(value: object) -> bytes:
    """One record as the service writes it."""
    return b"data: " + json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


def streams() -> dict[str, bytes]:
    """What is decoded, by name."""
    beat, words = record({"type": "heartbeat"}), record({"type": "text", "content": WORDS})
    return {
        f"heartbeats of {len(beat)} bytes": beat * (MANY // len(beat)),
        f"texts of {len(words)} bytes": words * (MANY // len(words)),
        "one record of 10 MB": record({"type": "tool_result", "name": "draft", "result": {"blob": "x" * LARGE}}),
    }


def response(content: bytes, size: int) -> httpx.Response:
    """An answer whose body comes in pieces of that many bytes."""
    pieces = (content[at : at + size] for at in range(0, len(content), size))
    return httpx.Response(200, headers={"Content-Type": EVENT_STREAM}, content=pieces)


def ours(content: bytes, size: int) -> tuple[int, int]:
    """How many events our decoder finds, and how many letters of data."""
    decoder, count, letters = Decoder(), 0, 0
    for piece in response(content, size).iter_bytes():
        for each in decoder.feed(piece):
            if isinstance(each, ServerSentEvent):
                count += 1
                letters += len(each.data)
    return count, letters


def theirs(content: bytes, size: int) -> tuple[int, int]:
    """The same of httpx-sse."""
    count = letters = 0
    for each in httpx_sse.EventSource(response(content, size)).iter_sse():
        count += 1
        letters += len(each.data)
    return count, letters


def speed(decode: Callable[[bytes, int], tuple[int, int]], content: bytes, size: int) -> float:
    """MB a second of the processor's time, which other processes take less from."""
    began = time.process_time()
    decode(content, size)
    return len(content) / MB / (time.process_time() - began)


def decoding(rounds: int) -> None:
    """Print how fast streams are decoded."""
    for name, content in streams().items():
        for cut, size in PIECES.items():
            found = ours(content, size)
            assert found == theirs(content, size), f"{name} in pieces of {cut}: the two find different events"
            pairs = [(speed(ours, content, size), speed(theirs, content, size)) for _ in range(rounds)]
            mine, peer = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
            print(
                f"{name}, {cut if cut == 'whole' else f'pieces of {cut}'}:"
                f" {spread([mine / peer for mine, peer in pairs])} of httpx-sse;"
                f" {mine:.0f} and {peer:.0f} MB/s; {found[0]} events, {rounds} rounds",
                flush=True,
            )


class MovedClock:
    """A clock that the sender of the stream moves; sleeping moves it too."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def now(self) -> float:
        """The time, in seconds since the epoch."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let so much time pass."""
        self.time += seconds

    def running(self) -> AbstractContextManager[object]:
        """Nothing to hold: time passes when it is moved."""
        return nullcontext()


def lasting(clock: MovedClock, minutes: int, *, talks: bool) -> Iterator[bytes]:
    """Yield a stream of this length that ends with one text. It `talks` every second, or sends only heartbeats."""
    for second in range(1, minutes * 60 + 1):
        clock.sleep(1)
        if second % HEARTBEAT_S == 0:
            yield record({"type": "heartbeat"})
        if talks:
            yield record({"type": "text", "content": f"{second}: {WORDS}"})
    yield record({"type": "text", "content": "Your video is ready."})


def turn_once(minutes: int, *, talks: bool) -> tuple[int, int, int, int]:
    """Read a turn: bytes at most, bytes still held by the turn, heartbeats, and letters of its text."""
    clock = MovedClock()

    def service(request: httpx.Request) -> httpx.Response:
        if request.url.path == Path.RUN_SSE:
            pieces = lasting(clock, minutes, talks=talks)
            return httpx.Response(200, headers={"Content-Type": EVENT_STREAM}, content=pieces)
        return httpx.Response(200, json={"code": 0, "message": "success", "data": {"state": {}}})

    limits = Limits(turn_s=7200, progress_idle_s=7200)
    transport = httpx.MockTransport(service)
    with Client(NOWHERE, token=TOKEN, environ={}, clock=clock, transport=transport, limits=limits) as nemo:
        turn = nemo.say(Session("55", "task_1", "me"), "a cat on a bike in the rain")
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        beats = letters = 0
        for event in turn:
            beats += isinstance(event, Heartbeat)
            letters += len(event.content) if isinstance(event, Text) else 0
        del event
        most = tracemalloc.get_traced_memory()[1] - before
        gc.collect()
        held = tracemalloc.get_traced_memory()[0] - before
    assert beats == minutes * 60 // HEARTBEAT_S, f"{beats} heartbeats came"
    assert turn.ending is not None, "the turn has no ending"
    return most, held, beats, letters


def memory() -> None:
    """Print what long turns take."""
    tracemalloc.start()
    try:
        for talks in (False, True):
            turn_once(1, talks=talks)  # what is loaded once is loaded
            for minutes in MINUTES:
                most, held, beats, letters = turn_once(minutes, talks=talks)
                print(
                    f"a turn of {minutes} min with {beats} heartbeats and {letters:,} letters:"
                    f" {most / KIB:.0f} KiB at most, {held / KIB:.0f} KiB held after it",
                    flush=True,
                )
    finally:
        tracemalloc.stop()


def client(rounds: int) -> None:
    """Print all of it."""
    calls(rounds)
    decoding(rounds)
    memory()

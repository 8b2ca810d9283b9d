"""No response makes the client keep or write more than its limits allow, in either client."""

from __future__ import annotations

import json
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import anyio
import httpx
import pytest

from nemovideo_client import (
    AsyncClient,
    Client,
    ConnectionLost,
    DownloadFailed,
    ExportError,
    InsufficientCredits,
    Limits,
    NemoError,
    ServiceFailed,
    Session,
    TurnOutcome,
    TurnResult,
    UnexpectedAnswer,
)

from .fake_edge import BASE, SECRET, VIDEO, Edge, Pieces, records
from .still_clock import AsyncStillClock, StillClock

SESSION = Session("55", "task_1")
LIMITS = Limits(answer_bytes=200_000, turn_bytes=200_000, file_bytes=1_000_000)
MB = 1_000_000
CREDITS = json.dumps({"code": 0, "data": {"available": 1, "frozen": 0, "total": 1}}).encode()

Answer = Callable[[httpx.Request], httpx.Response]


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def packed(body: bytes, coding: str = "gzip", status: int = 200, piece: int = 1000) -> Answer:
    pieces = [body[start : start + piece] for start in range(0, len(body), piece)]
    return lambda _: httpx.Response(status, stream=Pieces(*pieces), headers={"Content-Encoding": coding})


@pytest.fixture(params=["sync", "async"])
def way(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def call(way: str, edge: Edge, name: str, *arguments: object, limits: Limits = LIMITS) -> object:
    """Call a method of one of the clients; a turn is read to its end and gives its ending."""
    if way == "sync":
        with Client(
            BASE, token=SECRET, limits=limits, transport=edge.transport(), clock=StillClock(), environ={}
        ) as nemo:
            found = getattr(nemo, name)(*arguments)
            if name == "say":
                found.read()
                return found.ending
            return found

    async def asynchronously() -> object:
        async with AsyncClient(
            BASE, token=SECRET, limits=limits, transport=edge.transport(), clock=AsyncStillClock(), environ={}
        ) as nemo:
            found = getattr(nemo, name)(*arguments)
            if name == "say":
                await found.read()
                return found.ending
            return await found

    return anyio.run(asynchronously)


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP", "deflate", "raw deflate", "identity"])
@pytest.mark.parametrize("piece", [1, 1000])
def test_a_compressed_response_is_read(way: str, coding: str, piece: int) -> None:
    packs = {"deflate": zlib.compress(CREDITS), "raw deflate": raw_deflate(CREDITS), "identity": CREDITS}
    body = packs.get(coding, zlib.compress(CREDITS, wbits=31))
    edge = Edge(credits=packed(body, coding.removeprefix("raw "), piece=piece))

    assert call(way, edge, "credits")
    assert edge.seen[-1].headers["Accept-Encoding"] == "gzip, deflate"


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "zstd"])
def test_a_coding_that_the_client_did_not_ask_for_is_refused(way: str, coding: str) -> None:
    with pytest.raises(UnexpectedAnswer, match=coding):
        call(way, Edge(credits=packed(zlib.compress(CREDITS, wbits=31), coding)), "credits")


def test_a_small_response_that_unpacks_to_a_large_one_does_not_fill_the_memory(way: str) -> None:
    bomb = zlib.compress(bytes(30 * MB), 1, wbits=31)
    tracemalloc.start()
    try:
        with pytest.raises(UnexpectedAnswer, match="answer_bytes, 200000 bytes"):
            call(way, Edge(credits=packed(bomb, piece=len(bomb))), "credits")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 5 * MB


def test_what_follows_the_end_of_a_compressed_body_is_not_kept(way: str) -> None:
    short, long = zlib.compress(CREDITS, wbits=31) + bytes(9), zlib.compress(CREDITS, wbits=31) + bytes(MB)

    assert call(way, Edge(credits=packed(short)), "credits")
    with pytest.raises(ConnectionLost):
        call(way, Edge(with_session=packed(long)), "session")


@pytest.mark.parametrize(
    "body", [b"no gzip at all", zlib.compress(CREDITS, wbits=31)[:20] + b"x" * 30], ids=["not compressed", "cut"]
)
def test_a_damaged_compressed_body_is_a_lost_connection(way: str, body: bytes) -> None:
    with pytest.raises(ConnectionLost):
        call(way, Edge(with_session=packed(body)), "session")


@pytest.mark.parametrize(("status", "kind"), [(200, UnexpectedAnswer), (500, ServiceFailed)])
def test_an_endless_body_is_not_read_to_its_end(way: str, status: int, kind: type[NemoError]) -> None:
    body = Pieces(*[b" " * 100_000] * 100)
    edge = Edge(with_session=lambda _: httpx.Response(status, stream=body))

    with pytest.raises(kind):
        call(way, edge, "session")

    assert body.given <= 11
    assert body.closed


def test_a_stream_over_the_limit_is_closed_and_its_work_is_looked_for(way: str) -> None:
    edge = Edge()
    edge.stream = Pieces(*[records({"type": "text", "content": "x" * 9_000})] * 100)

    ending = call(way, edge, "say", SESSION, "hello")

    assert isinstance(ending, TurnResult)
    assert ending.kind is TurnOutcome.TRUNCATED
    assert "limit turn_bytes, 200000 bytes" in str(ending.error)
    assert edge.stream.given == 23
    assert edge.stream.closed


def test_a_compressed_stream_counts_as_it_unpacks(way: str) -> None:
    words = records({"type": "text", "content": "x" * 150_000})
    edge = Edge(run_sse=packed(zlib.compress(words * 9, wbits=31), piece=100))

    assert "turn_bytes" in str(getattr(call(way, edge, "say", SESSION, "hello"), "error", None))


def test_a_stream_of_errors_ends_after_a_hundred(way: str) -> None:
    edge = Edge()
    edge.stream = Pieces(*[records({"type": "error", "code": 2001, "message": str(each)}) for each in range(900)])

    with pytest.raises(InsufficientCredits):
        call(way, edge, "say", SESSION, "hello")
    assert edge.stream.given < 110


def render(size: int | None) -> Answer:
    output = {"url": "https://cdn.example/x"} | ({} if size is None else {"size": size})
    body = {"status": "completed", "progress": 100, "output": output}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/download"):
            return httpx.Response(404, json={"code": 404, "message": "no"})
        return httpx.Response(200, json=body)

    return answer


@pytest.mark.parametrize(
    ("size", "reason"), [(112, "announced 112 bytes"), (None, "file_bytes"), (10**9, "file_bytes")]
)
def test_a_download_stops_at_its_announced_size_or_the_limit(
    way: str, tmp_path: Path, size: int | None, reason: str
) -> None:
    body = Pieces(*[b"\0" * 100_000] * 100)
    edge = Edge(api_render=render(size), x=lambda _: httpx.Response(200, stream=body))

    with pytest.raises(DownloadFailed, match=reason):
        call(way, edge, "export", SESSION, tmp_path / "video.mp4")

    assert body.given <= 11
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_compressed_unasked_is_refused(way: str, tmp_path: Path) -> None:
    edge = Edge(api_render=render(None), x=packed(zlib.compress(VIDEO, wbits=31)))

    with pytest.raises(ExportError, match="compressed it, although"):
        call(way, edge, "export", SESSION, tmp_path / "video.mp4")

    assert edge.seen[-2].headers["Accept-Encoding"] == "identity"
    assert list(tmp_path.iterdir()) == []


def test_an_endless_error_page_in_place_of_a_file_is_not_read_to_its_end(way: str, tmp_path: Path) -> None:
    page = Pieces(*[b" " * 100_000] * 100)
    edge = Edge(api_render=render(None), x=lambda _: httpx.Response(403, stream=page))

    with pytest.raises(DownloadFailed):
        call(way, edge, "export", SESSION, tmp_path / "video.mp4")

    assert page.given <= 11


@pytest.mark.parametrize("depth", [100, 5_000, 100_000])
def test_a_deeply_nested_response_is_read_or_is_an_error_of_the_client(way: str, depth: int) -> None:
    nested = b'{"code": 0, "data": {"available": 1, "x": ' + b"[" * depth + b"]" * depth + b"}}"
    edge = Edge(credits=lambda _: httpx.Response(200, content=nested))

    try:
        assert call(way, edge, "credits", limits=Limits())
    except UnexpectedAnswer:
        assert depth > 100

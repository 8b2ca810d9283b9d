"""What outlasts a call: a token's end, a turn that was left, a render that is fetched another day."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import anyio
import httpx
import pytest

from nemovideo_client import Client, NemoError, TurnOutcome
from tests.guards import HANG_S

from .fake_edge import BASE, DRAFT, SECRET, VIDEO, Edge, Pieces, envelope
from .still_clock import AsyncStillClock, StillClock
from .test_client import SESSION, TOKEN, async_client, client, names

# --- the token's end --------------------------------------------------------------------------------------------------


def dated(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def issuing(clock: StillClock | AsyncStillClock, *lifetimes: float | None) -> Edge:
    """Gives tokens that live so long, one after another; None is a refusal."""
    remaining = list(lifetimes)

    def issue(request: httpx.Request) -> httpx.Response:
        life = remaining.pop(0)
        if life is None:
            return httpx.Response(429, json={"code": 429, "message": "one a week"})
        edge.tokens += 1
        return envelope(token=f"{SECRET}{edge.tokens}", user_id="anon_1", expires_at=dated(clock.time + life))

    edge = Edge(anonymous_token=issue)
    return edge


def test_a_token_is_renewed_before_it_ends_so_that_a_long_run_meets_no_1001() -> None:
    clock = StillClock()
    edge = issuing(clock, 7200, 7200)
    with client(edge, clock=clock) as nemo:
        nemo.credits()
        clock.time += 7200 - 20 * 60 - 1
        nemo.credits()
        assert edge.tokens == 1
        clock.time += 1
        nemo.credits()
        nemo.credits()

    assert edge.tokens == 2
    assert edge.seen[-1].headers["Authorization"] == f"Bearer {SECRET}2"


def test_a_renewal_that_is_refused_is_left_until_the_tokens_end() -> None:
    clock = StillClock()
    edge = issuing(clock, 7200, None, 7200)
    with client(edge, clock=clock) as nemo:
        nemo.credits()
        for pause in (6000, 600, 599, 1):
            clock.time += pause
            nemo.credits()

    assert edge.tokens == 2
    assert edge.paths.count("/api/auth/anonymous-token") == 3
    assert clock.sleeps == []


def test_a_renewal_that_gives_another_account_is_not_taken_while_the_present_token_lives() -> None:
    clock = StillClock()

    def issue(request: httpx.Request) -> httpx.Response:
        edge.tokens += 1
        user = f"anon_{edge.tokens}"
        return envelope(token=f"{SECRET}{edge.tokens}", user_id=user, expires_at=dated(clock.time + 7200))

    edge = Edge(anonymous_token=issue)
    with client(edge, clock=clock) as nemo:
        nemo.credits()
        clock.time += 6100
        nemo.credits()
        assert edge.tokens == 2
        assert edge.seen[-1].headers["Authorization"] == f"Bearer {SECRET}1"


def test_a_token_that_seems_expired_at_once_is_used_because_clocks_differ() -> None:
    clock = StillClock()
    edge = issuing(clock, -1000)
    with client(edge, clock=clock) as nemo:
        nemo.credits()
        nemo.credits()

    assert edge.tokens == 1


def test_a_given_token_is_never_renewed() -> None:
    edge = Edge(credits=lambda _: httpx.Response(200, json={"code": 1001, "message": "expired"}))
    with client(edge, token=TOKEN) as nemo, pytest.raises(NemoError, match="NEMO_TOKEN"):
        nemo.credits()

    assert edge.paths == ["/api/credits/balance/simple"]


@pytest.mark.anyio
async def test_many_tasks_renew_once() -> None:
    clock = AsyncStillClock()
    edge = issuing(clock, 7200, 7200)
    async with async_client(edge, clock=clock) as nemo:
        await nemo.credits()
        clock.time += 7000
        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(nemo.credits)

    assert edge.tokens == 2


# --- work that is left and taken up again -----------------------------------------------------------------------------


def test_a_turn_that_was_left_can_be_recovered_later() -> None:
    states: list[object] = [{}, {}, DRAFT]
    edge = Edge(_state_=lambda _: envelope(state={"draft": states.pop(0)}))
    clock = StillClock()
    with client(edge, clock=clock) as nemo:
        with nemo.say(SESSION, "make it") as turn:
            next(iter(turn))
        ending = nemo.recover(SESSION, turn.before)

    assert turn.ending is None
    assert (ending.kind, ending.changes, ending.seconds) == (
        TurnOutcome.TRUNCATED,
        ("Title added: 'Kyoto' (0-3s)",),
        90,
    )
    assert clock.sleeps == [30, 60]
    assert edge.paths.count("/run_sse") == 1


@pytest.mark.anyio
async def test_a_turn_that_was_left_can_be_recovered_later_asynchronously() -> None:
    beats: list[float] = []
    async with async_client(Edge()) as nemo:
        ending = await nemo.recover(SESSION, on_still_working=beats.append)

    assert (ending.kind, ending.changes) == (TurnOutcome.TRUNCATED, ())
    assert beats == [120, 240]


def test_a_render_is_submitted_now_and_fetched_later_by_its_id(tmp_path: Path) -> None:
    edge = Edge()
    with client(edge) as nemo:
        submitted = nemo.submit(SESSION)
    with client(edge) as later:
        assert later.render(submitted.render_id).over
        assert later.await_render(submitted.render_id).status == "completed"
        exported = later.download(submitted.render_id, tmp_path / "out.mp4")

    assert exported.path.read_bytes() == VIDEO
    assert [request.method for request in edge.seen].count("POST") == 3  # two tokens, one render


class ProcessEndError(Exception):
    """Stands for whatever ends a process in the middle of its work."""


def test_a_later_process_continues_the_work_of_an_earlier_one(tmp_path: Path) -> None:
    ranges: list[str | None] = []

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.host != "cdn.example" and not request.url.path.endswith("/download"):
            return edge.answer(request)
        ranges.append(request.headers.get("Range"))
        if not ranges[-1]:
            return httpx.Response(200, stream=Pieces(VIDEO[:1000], ProcessEndError()), headers={"ETag": '"v1.0"'})
        span = f"bytes 1000-{len(VIDEO) - 1}/{len(VIDEO)}"
        assert request.headers["If-Range"] == '"v1.0"'
        return httpx.Response(206, content=VIDEO[1000:], headers={"Content-Range": span, "ETag": '"v1.0"'})

    edge = Edge()
    for attempt in range(2):
        with Client(BASE, client_id="me", clock=StillClock(), transport=httpx.MockTransport(serve), environ={}) as nemo:
            if attempt:
                nemo.download("render_1", tmp_path / "out.mp4")
            else:
                with pytest.raises(ProcessEndError):
                    nemo.download("render_1", tmp_path / "out.mp4")

    assert ranges == [None, "bytes=1000-"]
    assert (tmp_path / "out.mp4").read_bytes() == VIDEO
    assert names(tmp_path) == ["out.mp4"]


def test_several_exports_at_once_each_make_their_file(tmp_path: Path) -> None:
    targets = [tmp_path / f"{number}.mp4" for number in range(5)] + [tmp_path / "0.mp4"]
    meet = threading.Barrier(len(targets))

    def export(target: Path) -> None:
        meet.wait(HANG_S)
        nemo.export(SESSION, target)

    with (
        Client(BASE, client_id="me", transport=Edge().transport(), environ={}) as nemo,
        ThreadPoolExecutor(len(targets)) as pool,
    ):
        list(pool.map(export, targets))

    assert names(tmp_path) == [f"{number}.mp4" for number in range(5)]
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {VIDEO}

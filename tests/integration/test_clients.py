"""Both clients against the fake over a real loopback socket, on the virtual clock."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from nemovideo_client import Client, Heartbeat, RenderProgress, Text, TimedOut, TokenInvalid, TurnOutcome, draft_summary
from nemovideo_harness import async_fake, fake
from nemovideo_harness.inprocess import connect, connect_async
from nemovideo_mock.agent.turn_planner import AgentSettings
from nemovideo_mock.clock import VIRTUAL_EPOCH, VirtualClock, yield_to_loop
from nemovideo_mock.runtime.render_worker import RenderWorker
from nemovideo_mock.server import RunningServer, running, running_here
from nemovideo_mock.settings import Settings
from nemovideo_mock.world import Render, RenderFile

PHOTOS = sorted((Path(__file__).parents[2] / "scripts/photos").glob("*.jpg"))
STUB = Settings(quality="stub", clock="virtual", agent_settings=AgentSettings(silent=0.0))
PROMPT = "Turn these photos into a 15-second vertical reel with a calm pace and soft cross-dissolves, title 'Kyoto'"


def test_photos_become_a_video_with_the_client_of_a_thread(tmp_path: Path) -> None:
    percents: list[int] = []

    def progress(render: RenderProgress) -> None:
        assert render.percent is not None
        percents.append(render.percent)

    with fake(STUB) as nemo:
        assert nemo.credits().total == 100
        session = nemo.session("project", "en")
        files = nemo.upload(session, *PHOTOS)
        turn = nemo.say(session, PROMPT)
        texts = [event.content for event in turn if isinstance(event, Text)]
        state = nemo.state(session)
        exported = nemo.export(session, tmp_path / "reel.mp4", on_progress=progress)
        left = nemo.credits()
        link = nemo.claim_link(session)
    assert [file.filename for file in files] == [path.name for path in PHOTOS]
    assert all(file.file_type == "image" and file.hash and file.url for file in files)
    assert turn.ending is not None
    assert turn.ending.kind is TurnOutcome.ANSWERED
    assert "".join(texts).strip()
    assert draft_summary.summary(state.draft).startswith("Timeline (3 tracks): 1. Video: ")
    assert 'Title: "Kyoto" (0-3s)' in draft_summary.summary(state.draft)
    assert (exported.path.read_bytes()[4:8], exported.duration) == (b"ftyp", 15.0)
    assert exported.size == exported.path.stat().st_size
    assert percents == sorted(percents)
    assert (percents[0], percents[-1]) == (5, 100)
    assert (left.available, left.frozen, left.total) == (50, 0, 50)
    assert "/workspace/claim?ct=clm_" in link


@pytest.mark.anyio
async def test_photos_become_a_video_with_the_client_of_a_task_in_the_servers_own_loop(tmp_path: Path) -> None:
    async with async_fake(STUB) as nemo:
        session = await nemo.session("project", "en")
        await nemo.upload(session, *PHOTOS)
        turn = nemo.say(session, PROMPT)
        texts = [event.content async for event in turn if isinstance(event, Text)]
        exported = await nemo.export(session, tmp_path / "reel.mp4")
        left = await nemo.credits()
    assert "".join(texts).strip()
    assert (exported.path.read_bytes()[4:8], exported.duration) == (b"ftyp", 15.0)
    assert left.total == 50


def test_both_clients_get_the_same_events_at_the_same_virtual_second() -> None:
    def events(server: RunningServer) -> list[tuple[float, str]]:
        with connect(server) as nemo:
            session = nemo.session("project", "en")
            nemo.upload(session, *PHOTOS[:2])
            return [(server.runtime().clock.now() - VIRTUAL_EPOCH, repr(event)) for event in nemo.say(session, PROMPT)]

    async def events_async() -> list[tuple[float, str]]:
        async with running_here(STUB) as server, connect_async(server) as nemo:
            session = await nemo.session("project", "en")
            await nemo.upload(session, *PHOTOS[:2])
            clock = server.runtime().clock
            return [(clock.now() - VIRTUAL_EPOCH, repr(event)) async for event in nemo.say(session, PROMPT)]

    with running(STUB) as server:
        of_thread = events(server)
    assert of_thread == asyncio.run(events_async())
    assert of_thread[-1][0] > 1


def test_heartbeats_come_every_fifteen_seconds_while_nothing_else_does() -> None:
    settings = replace(STUB, agent_settings=AgentSettings(silent=0.0, edit=(600.0, 600.0), generate=(600.0, 600.0)))
    with running(settings) as server, connect(server) as nemo:
        session = nemo.session("project", "en")
        nemo.upload(session, *PHOTOS)
        clock = server.runtime().clock
        seen = [(clock.now(), event) for event in nemo.say(session, PROMPT)]
    beats = [time for time, event in seen if isinstance(event, Heartbeat)]
    assert len(beats) > 20
    for (before, _), (time, event) in pairwise(seen):
        assert time - before <= 15
        assert not isinstance(event, Heartbeat) or time - before == pytest.approx(15)
    forms = [event.form for _, event in seen if isinstance(event, Heartbeat)]
    assert {"typed", "empty"} <= set(forms)


def test_a_deadline_of_the_client_fires_in_virtual_time_during_a_read() -> None:
    settings = replace(
        STUB,
        heartbeat=10_000.0,
        agent_settings=AgentSettings(silent=0.0, edit=(5000.0, 5000.0), generate=(5000.0, 5000.0)),
    )
    with running(settings) as server, connect(server) as nemo:
        session = nemo.session("project", "en")
        nemo.upload(session, *PHOTOS)
        turn = nemo.say(session, PROMPT)
        for _ in turn:
            pass
        assert turn.ending is not None
        assert turn.ending.kind in {TurnOutcome.STALLED, TurnOutcome.TIMED_OUT, TurnOutcome.TRUNCATED}
        assert isinstance(turn.ending.error, TimedOut)
        assert server.runtime().clock.now() - VIRTUAL_EPOCH >= 300


def test_a_client_that_leaves_a_turn_loses_the_stream_and_not_the_work() -> None:
    with running(STUB) as server, connect(server) as nemo:
        session = nemo.session("project", "en")
        nemo.upload(session, *PHOTOS)
        with nemo.say(session, PROMPT) as turn:
            next(iter(turn))
        assert nemo.state(session).draft is None
        assert nemo.credits().frozen == 50
        server.runtime().clock.sleep(60)  # type: ignore[attr-defined]  # virtual, as STUB says
        assert nemo.state(session).draft is not None
        assert nemo.credits().frozen == 0


def test_two_threads_share_one_clock_and_neither_overtakes_the_other() -> None:
    starts: list[float] = []

    def work(server: RunningServer, number: int, results: list[tuple[int, float]]) -> None:
        with connect(server, client_id=f"client-{number}") as nemo:
            session = nemo.session("project", "en")
            nemo.upload(session, PHOTOS[number])
            nemo.say(session, "make a 5 second video of this photo").read()
            results.append((number, server.runtime().clock.now()))

    with running(STUB) as server:
        results: list[tuple[int, float]] = []
        threads = [threading.Thread(target=work, args=(server, number, results)) for number in range(2)]
        starts.append(server.runtime().clock.now())
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(number for number, _ in results) == [0, 1]
    assert all(0 < time - starts[0] < 120 for _, time in results)


def test_an_encode_that_takes_long_stops_virtual_time_for_whoever_asks_for_it(tmp_path: Path) -> None:
    class Slow(RenderWorker):
        """Ends well after everything that could happen meanwhile has happened."""

        def start(self, job: Render, done: Callable[[RenderFile | str], None], world: str = "") -> None:
            loop = asyncio.get_running_loop()

            def work() -> None:
                began = clock.now()
                for _ in range(200):
                    asyncio.run_coroutine_threadsafe(yield_to_loop(), loop).result()
                times.extend((began, clock.now()))
                super(Slow, self).start(job, done, world)

            threading.Thread(target=work).start()

    times: list[float] = []
    with running(STUB) as server, connect(server) as nemo:
        clock = server.runtime().clock
        server.runtime().render_worker = Slow(server.runtime().storage, "stub")
        session = nemo.session("project", "en")
        nemo.upload(session, *PHOTOS)
        nemo.say(session, PROMPT).read()
        nemo.export(session, tmp_path / "reel.mp4")
        ((render,),) = (renders.values() for renders in server.runtime().world.state.renders.values())
    assert render.finished_at == render.due
    assert times[0] == times[1] >= render.due


def test_a_client_that_has_gone_leaves_nothing_behind_in_the_clock() -> None:
    with running(STUB) as server:
        clock = server.runtime().clock
        assert isinstance(clock, VirtualClock)
        with connect(server) as nemo:
            session = nemo.session("project", "en")
            nemo.upload(session, PHOTOS[0])
            with nemo.say(session, PROMPT) as turn:
                events = iter(turn)
                next(events)
                assert clock._joined
        clock.sleep(1)  # time passes only when the server has noticed
        assert clock._joined == set()
        assert server.world_registry.links._links == {}


def test_a_token_expires_after_a_week_that_passes_in_no_time() -> None:
    with running(STUB) as server, connect(server) as nemo:
        token = nemo.token()
        server.runtime().clock.sleep(7 * 24 * 3600)  # type: ignore[attr-defined]  # virtual, as STUB says
        with Client(server.url, token=token.value, environ={}) as stale, pytest.raises(TokenInvalid):
            stale.credits()


def test_on_a_real_clock_speed_divides_the_services_durations(tmp_path: Path) -> None:
    with (
        running(Settings(quality="stub", speed=5000, agent_settings=AgentSettings(silent=0.0))) as server,
        Client(server.url, client_id="real", environ={}, config_dir=tmp_path) as nemo,
    ):
        session = nemo.session("project", "en")
        nemo.upload(session, *PHOTOS)
        turn = nemo.say(session, PROMPT)
        assert turn.read().strip()
        assert nemo.state(session).draft is not None

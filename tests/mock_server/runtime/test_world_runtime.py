"""The runtime of a world: streams, waits and renders work with both clocks, and end with the runtime."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

from nemovideo_contract.wire import RenderStatus
from nemovideo_mock.clock import (
    VIRTUAL_EPOCH,
    ClockStoppedError,
    Link,
    Links,
    RealClock,
    Signal,
    VirtualClock,
    yield_to_loop,
)
from nemovideo_mock.json_types import Json
from nemovideo_mock.runtime.render_worker import RenderWorker
from nemovideo_mock.runtime.storage import Storage
from nemovideo_mock.runtime.world_runtime import WorldRuntime
from nemovideo_mock.settings import Settings
from nemovideo_mock.turn_plan import Record
from nemovideo_mock.world import Account, Render, RenderFile, Session, Token, TurnFault

pytestmark = pytest.mark.anyio

DRAFT: Json = {"t": [{"tt": 0, "sg": [{"id": "sg_1", "s": 0, "d": 1000, "m": {"kind": "generated"}}]}], "d": 1000}
FILE = RenderFile("name", 1000, 1.0, 1080, 1920, "stub")
MESSAGE = "Make a video of a cat on a beach"
#: A timeout for every wait in these tests, in seconds.
LONG = 100_000.0


class ByHand(RenderWorker):
    """A render worker whose encodes end when the test says so."""

    def __init__(self, storage: Storage) -> None:
        super().__init__(storage, "stub")
        self.jobs: dict[str, Callable[[RenderFile | str], None]] = {}

    def start(self, job: Render, done: Callable[[RenderFile | str], None], world: str = "") -> None:
        del world
        self.jobs[job.render_id] = done


@contextmanager
def at_work(
    tmp_path: Path, mode: Literal["real", "virtual"], *, heartbeat: float = 15.0
) -> Generator[tuple[WorldRuntime, ByHand]]:
    render_worker = ByHand(Storage(tmp_path))
    settings = Settings(clock=mode, heartbeat=heartbeat, render_time=(60.0, 60.0))
    runtime = WorldRuntime(settings, Storage(tmp_path), render_worker, Links())
    runtime.start()
    try:
        yield runtime, render_worker
    finally:
        runtime.stop()
        render_worker.close()


def arrive(runtime: WorldRuntime) -> tuple[Token, Account, Session]:
    token, account = runtime.authenticate("nmv_usr_test_talkative")
    session = runtime.world.sessions.create(account, "project", "en", runtime.clock.now())
    return token, account, session


def served() -> Link:
    link = Link()
    link.busy = True
    return link


async def idle() -> None:
    """Let everything run that is ready."""
    for _ in range(20):
        await yield_to_loop()


class Listener:
    """A caller that follows a turn to its end; None is a heartbeat."""

    def __init__(self, runtime: WorldRuntime, session: Session, account: Account, link: Link | None) -> None:
        self.turn = runtime.accept_turn(account, session.session_id, MESSAGE)
        self.heard: list[Record | None] = []
        self._service = runtime
        self._link = link
        self.task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for record in self._service.follow(self.turn, self._link):
            self.heard.append(record)
        if self._link is not None:
            self._link.busy = False
            self._link.release()

    def records(self) -> list[Record]:
        return [record for record in self.heard if record is not None]


async def test_the_time_continues_when_the_kind_of_clock_changes(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (runtime, _):
        await runtime.clock.advance(1000)
        runtime.set_mode("real")
        assert isinstance(runtime.clock, RealClock)
        assert VIRTUAL_EPOCH + 1000 <= runtime.clock.now() < VIRTUAL_EPOCH + 1060
        await runtime.clock.advance(1000)
        runtime.set_mode("virtual")
        assert isinstance(runtime.clock, VirtualClock)
        assert VIRTUAL_EPOCH + 2000 <= runtime.clock.now() < VIRTUAL_EPOCH + 2060


async def test_asking_for_the_mode_that_there_is_keeps_the_clock_and_may_put_it(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (runtime, _):
        clock = runtime.clock
        runtime.set_mode("virtual")
        assert (runtime.clock, clock.now()) == (clock, VIRTUAL_EPOCH)
        runtime.set_mode("virtual", 5.0)
        assert (runtime.clock, clock.now()) == (clock, 5.0)
        runtime.set_mode("real", 7.0)
        assert 7.0 <= runtime.clock.now() < 67.0


@pytest.mark.parametrize("modes", [("virtual", "real"), ("real", "virtual")])
async def test_a_stream_continues_over_a_change_of_clock_and_loses_nothing(
    tmp_path: Path, modes: tuple[Literal["real", "virtual"], Literal["real", "virtual"]]
) -> None:
    first, then = modes
    with at_work(tmp_path / "quiet", "virtual") as (runtime, _):
        _, account, session = arrive(runtime)
        undisturbed = Listener(runtime, session, account, None)
        await runtime.clock.advance(LONG)
        await undisturbed.task
    with at_work(tmp_path / "changing", first) as (runtime, _):
        _, account, session = arrive(runtime)
        # Without a link, virtual time passes only by `advance`.
        listener = Listener(runtime, session, account, None)
        await idle()
        await runtime.clock.advance(5)
        runtime.set_mode(then)
        await idle()
        assert not listener.task.done()
        await runtime.clock.advance(LONG)
        await listener.task
        assert listener.turn.closed
        assert len(undisturbed.records()) > 3
        assert [type(record) for record in listener.records()] == [type(record) for record in undisturbed.records()]


async def test_a_stream_of_an_outsider_drives_the_virtual_clock_that_it_is_moved_to(tmp_path: Path) -> None:
    with at_work(tmp_path, "real") as (runtime, _):
        _, account, session = arrive(runtime)
        listeners = [
            Listener(runtime, each, account, served())
            for each in (session, runtime.world.sessions.create(account, "project", "en", runtime.clock.now()))
        ]
        await idle()
        assert not any(listener.task.done() for listener in listeners)
        began = runtime.clock.now()
        runtime.set_mode("virtual")
        await asyncio.gather(*(listener.task for listener in listeners))
        assert all(listener.turn.closed for listener in listeners)
        assert 10 < runtime.clock.now() - began < 100


async def test_heartbeats_keep_their_times_over_a_change_of_clock(tmp_path: Path) -> None:
    with at_work(tmp_path, "real", heartbeat=1000.0) as (runtime, _):
        _, account, session = arrive(runtime)
        began = runtime.clock.now()
        stuck = runtime.world.turns.accept(account, session.session_id, MESSAGE, began, [TurnFault("stuck")])

        async def listen() -> list[float]:
            heard = runtime.follow(stuck, served(), began + 4500)
            return [runtime.clock.now() - began async for record in heard if record is None]

        task = asyncio.create_task(listen())
        await idle()
        # Real time is moved at once, so the first is late; the second is not due yet.
        await runtime.clock.advance(1900)
        await idle()
        runtime.set_mode("virtual")
        assert await task == pytest.approx([1900, 2900, 3900], abs=5)
        assert runtime.clock.now() == began + 4500


async def test_a_pause_ends_at_its_time_whatever_the_clock(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (runtime, _):
        pause = asyncio.create_task(runtime.pause(LONG))
        await idle()
        runtime.set_mode("real")
        await idle()
        await runtime.clock.advance(LONG - 60)
        await idle()
        assert not pause.done()
        await runtime.clock.advance(61)
        await pause


async def test_a_signal_still_ends_a_wait_that_has_changed_its_clock(tmp_path: Path) -> None:
    with at_work(tmp_path, "real") as (runtime, _):
        signal = Signal()
        wait = asyncio.create_task(runtime.wait(signal, served()))
        await idle()
        runtime.set_mode("virtual")
        await idle()
        signal.notify()
        assert await wait is True


async def test_a_render_completes_at_its_time_though_the_clock_changes_twice(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (runtime, render_worker):
        token, _, session = arrive(runtime)
        render, _ = runtime.submit_render(token, "render_1", session.session_id, DRAFT, {})
        due = render.due
        runtime.set_mode("real")
        render_worker.jobs["render_1"](FILE)
        await idle()
        await runtime.clock.advance(30)
        await idle()
        statuses = [render.status]
        runtime.set_mode("virtual")
        await runtime.clock.advance(60)
        statuses.append(render.status)
        assert statuses == [RenderStatus.PROCESSING, RenderStatus.COMPLETED]
        assert render.finished_at == due


async def test_a_late_encode_holds_only_the_callers_that_ask_for_it(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (runtime, render_worker):
        token, _, session = arrive(runtime)
        render, _ = runtime.submit_render(token, "render_1", session.session_id, DRAFT, {})
        assert await runtime.clock.advance(1000) == render.due + 940
        assert render.status is RenderStatus.PROCESSING
        asked = asyncio.create_task(runtime.wait_for_encode(render))
        later = asyncio.create_task(runtime.clock.advance(1000))
        await idle()
        assert (asked.done(), later.done()) == (False, False)
        render_worker.jobs["render_1"](FILE)
        assert await asked
        assert (render.status, render.finished_at) == (RenderStatus.COMPLETED, render.due)
        assert await later == render.due + 1940


async def test_a_caller_that_keeps_its_own_time_waits_for_an_encode_without_holding_the_clock(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (runtime, render_worker):
        token, _, session = arrive(runtime)
        link, until_now = served(), runtime.clock.now()
        render, _ = runtime.submit_render(token, "render_1", session.session_id, DRAFT, {})
        await runtime.clock.advance(100)
        runtime.clock.attach(link)
        asked = asyncio.create_task(runtime.wait_for_encode(render, link, patience=LONG))
        await idle()
        assert await runtime.clock.advance(1000) == until_now + 1100
        assert not asked.done()
        render_worker.jobs["render_1"](FILE)
        assert await asked
        assert (render.finished_at, link.at_work) == (render.due, True)


async def test_a_caller_that_keeps_its_own_time_gets_an_answer_before_it_gives_up(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (runtime, render_worker):
        token, _, session = arrive(runtime)
        render, _ = runtime.submit_render(token, "render_1", session.session_id, DRAFT, {})
        await runtime.clock.advance(100)
        assert not await runtime.wait_for_encode(render, served(), patience=0)
        assert render.status is RenderStatus.PROCESSING
        now = runtime.clock.now()
        await runtime.ask_again("render", "1", unfinished=runtime.late_encode(render) is None, wait=30, link=served())
        assert runtime.clock.now() == now
        render_worker.jobs["render_1"](FILE)
        await idle()
        assert (render.status, render.finished_at) == (RenderStatus.COMPLETED, render.due)


async def test_an_export_that_waits_for_a_late_one_goes_by_the_time_at_which_that_was_due(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (runtime, render_worker):
        runtime.profile = runtime.profile.replace({"render_queue": "session"})
        token, _, session = arrive(runtime)
        first, second = (
            runtime.submit_render(token, each, session.session_id, DRAFT, {})[0] for each in ("render_1", "render_2")
        )
        await runtime.clock.advance(1000)
        asked = asyncio.create_task(runtime.wait_for_encode(second))
        await idle()
        assert (list(render_worker.jobs), asked.done()) == (["render_1"], False)
        render_worker.jobs["render_1"](FILE)
        await idle()
        render_worker.jobs["render_2"](FILE)
        assert await asked
        assert [each.status for each in (first, second)] == [RenderStatus.COMPLETED] * 2
        assert second.finished_at == second.due == first.due + second.length


@pytest.mark.parametrize("ended", ["stop", "reset", "mode", "gone"])
async def test_no_call_waits_for_an_encode_of_a_world_that_has_ended(tmp_path: Path, ended: str) -> None:
    with at_work(tmp_path, "virtual") as (runtime, _):
        token, _, session = arrive(runtime)
        render, _ = runtime.submit_render(token, "render_1", session.session_id, DRAFT, {})
        await runtime.clock.advance(100)
        link = served()
        asked = asyncio.create_task(runtime.wait_for_encode(render, link, patience=LONG))
        await idle()
        match ended:
            case "stop":
                runtime.stop()
            case "reset":
                runtime.reset(0, runtime.profile)
            case "mode":
                runtime.set_mode("real")
            case _:
                link.server_closed = True
                link.gone.notify()
        assert await asked is (ended != "gone")


async def test_an_export_without_requests_is_not_encoded_before_the_clock_is_real(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (runtime, render_worker):
        token, _, session = arrive(runtime)
        asked, given_up = (
            runtime.submit_render(token, each, session.session_id, DRAFT, {})[0] for each in ("render_1", "render_2")
        )
        await runtime.clock.advance(30)
        runtime.cancel_render(given_up)
        assert render_worker.jobs == {}
        runtime.set_mode("real")
        assert list(render_worker.jobs) == ["render_1"]
        assert await runtime.wait_for_encode(asked)


async def test_an_export_of_a_deleted_world_that_is_encoded_too_late_leaves_no_file(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (runtime, render_worker):
        token, _, session = arrive(runtime)
        render, _ = runtime.submit_render(token, "render_1", session.session_id, DRAFT, {})
        await runtime.clock.advance(100)
        await runtime.wait_for_encode(render, patience=0)
        runtime.end_renders()
        runtime.is_deleted = True
        runtime.stop()
        runtime.storage.render(FILE.name).touch()
        render_worker.jobs["render_1"](FILE)
        assert not runtime.storage.render(FILE.name).exists()


async def test_an_encode_that_ends_after_a_change_of_clocks_is_noticed(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (runtime, render_worker):
        token, _, session = arrive(runtime)
        render, _ = runtime.submit_render(token, "render_1", session.session_id, DRAFT, {})
        runtime.set_mode("real")
        runtime.set_mode("virtual")
        render_worker.jobs["render_1"](FILE)
        await idle()
        await runtime.clock.advance(1000)
        assert render.status is RenderStatus.COMPLETED


async def test_a_change_before_the_start_waits_for_it(tmp_path: Path) -> None:
    render_worker = ByHand(Storage(tmp_path))
    runtime = WorldRuntime(Settings(clock="real"), Storage(tmp_path), render_worker, Links())
    runtime.set_mode("virtual", 100.0)
    runtime.start()
    assert await runtime.clock.advance(5) == 105
    runtime.stop()
    render_worker.close()


@pytest.mark.parametrize("mode", ["real", "virtual"])
async def test_a_stop_ends_streams_quietly_and_other_waits_with_an_error(
    tmp_path: Path, mode: Literal["real", "virtual"]
) -> None:
    with at_work(tmp_path, mode) as (runtime, _):
        _, account, session = arrive(runtime)
        listener = Listener(runtime, session, account, None)
        pause = asyncio.create_task(runtime.pause(LONG))
        await idle()
        runtime.stop()
        await listener.task
        assert not listener.turn.closed
        with pytest.raises(ClockStoppedError):
            await pause
        with pytest.raises(ClockStoppedError):
            await runtime.pause(1)

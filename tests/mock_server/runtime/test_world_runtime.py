"""A world at work: its streams, waits and renders go on whichever clock it has, and end with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

from nemovideo_contract.wire import RenderStatus
from nemovideo_mock.agent.turn_plan import Json, Record
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
from nemovideo_mock.runtime.render_worker import RenderWorker
from nemovideo_mock.runtime.storage import Storage
from nemovideo_mock.runtime.world_runtime import WorldRuntime
from nemovideo_mock.settings import Settings
from nemovideo_mock.world import Account, Render, RenderFile, Session, Token, TurnFault

pytestmark = pytest.mark.anyio

DRAFT: Json = {"t": [{"tt": 0, "sg": [{"id": "sg_1", "s": 0, "d": 1000, "m": {"kind": "generated"}}]}], "d": 1000}
FILE = RenderFile("name", 1000, 1.0, 1080, 1920, "stub")
MESSAGE = "Make a video of a cat on a beach"
#: The end of everything that is waited for here, in seconds.
LONG = 100_000.0


class ByHand(RenderWorker):
    """An exporter whose encodes end when the test says so."""

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
    service = WorldRuntime(settings, Storage(tmp_path), render_worker, Links())
    service.start()
    try:
        yield service, render_worker
    finally:
        service.stop()
        render_worker.close()


def arrive(service: WorldRuntime) -> tuple[Token, Account, Session]:
    token, account = service.authenticate("nmv_usr_test_talkative")
    session = service.world.create_session(account, "project", "en", service.clock.now())
    return token, account, session


def served() -> Link:
    link = Link()
    link.busy = True
    return link


async def idle() -> None:
    """Let everything run that could."""
    for _ in range(20):
        await yield_to_loop()


class Listener:
    """Somebody who follows a turn to its end; None stands for a heartbeat."""

    def __init__(self, service: WorldRuntime, session: Session, account: Account, link: Link | None) -> None:
        self.turn = service.accept_turn(account, session.session_id, MESSAGE)
        self.heard: list[Record | None] = []
        self._service = service
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


async def test_time_goes_on_from_where_it_is_when_its_mode_changes(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (service, _):
        await service.clock.advance(1000)
        service.set_mode("real")
        assert isinstance(service.clock, RealClock)
        assert VIRTUAL_EPOCH + 1000 <= service.clock.now() < VIRTUAL_EPOCH + 1060
        await service.clock.advance(1000)
        service.set_mode("virtual")
        assert isinstance(service.clock, VirtualClock)
        assert VIRTUAL_EPOCH + 2000 <= service.clock.now() < VIRTUAL_EPOCH + 2060


async def test_asking_for_the_mode_that_there_is_keeps_the_clock_and_may_put_it(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (service, _):
        clock = service.clock
        service.set_mode("virtual")
        assert (service.clock, clock.now()) == (clock, VIRTUAL_EPOCH)
        service.set_mode("virtual", 5.0)
        assert (service.clock, clock.now()) == (clock, 5.0)
        service.set_mode("real", 7.0)
        assert 7.0 <= service.clock.now() < 67.0


@pytest.mark.parametrize("modes", [("virtual", "real"), ("real", "virtual")])
async def test_a_stream_goes_on_over_a_change_of_clock_and_loses_nothing(
    tmp_path: Path, modes: tuple[Literal["real", "virtual"], Literal["real", "virtual"]]
) -> None:
    first, then = modes
    with at_work(tmp_path / "quiet", "virtual") as (service, _):
        _, account, session = arrive(service)
        undisturbed = Listener(service, session, account, None)
        await service.clock.advance(LONG)
        await undisturbed.task
    with at_work(tmp_path / "changing", first) as (service, _):
        _, account, session = arrive(service)
        # No link: under the virtual clock, time passes here by `advance` alone.
        listener = Listener(service, session, account, None)
        await idle()
        await service.clock.advance(5)
        service.set_mode(then)
        await idle()
        assert not listener.task.done()
        await service.clock.advance(LONG)
        await listener.task
        assert listener.turn.closed
        assert len(undisturbed.records()) > 3
        assert [type(record) for record in listener.records()] == [type(record) for record in undisturbed.records()]


async def test_a_stream_of_an_outsider_drives_the_virtual_clock_that_it_is_moved_to(tmp_path: Path) -> None:
    with at_work(tmp_path, "real") as (service, _):
        _, account, session = arrive(service)
        listeners = [
            Listener(service, each, account, served())
            for each in (session, service.world.create_session(account, "project", "en", service.clock.now()))
        ]
        await idle()
        assert not any(listener.task.done() for listener in listeners)
        began = service.clock.now()
        service.set_mode("virtual")
        await asyncio.gather(*(listener.task for listener in listeners))
        assert all(listener.turn.closed for listener in listeners)
        assert 10 < service.clock.now() - began < 100


async def test_heartbeats_keep_their_times_over_a_change_of_clock(tmp_path: Path) -> None:
    with at_work(tmp_path, "real", heartbeat=1000.0) as (service, _):
        _, account, session = arrive(service)
        began = service.clock.now()
        stuck = service.world.accept_turn(account, session.session_id, MESSAGE, began, [TurnFault("stuck")])

        async def listen() -> list[float]:
            heard = service.follow(stuck, served(), began + 4500)
            return [service.clock.now() - began async for record in heard if record is None]

        task = asyncio.create_task(listen())
        await idle()
        # Real time is put forward at once, so the first is heard late; the second is not due yet.
        await service.clock.advance(1900)
        await idle()
        service.set_mode("virtual")
        assert await task == pytest.approx([1900, 2900, 3900], abs=5)
        assert service.clock.now() == began + 4500


async def test_a_pause_ends_at_its_time_whatever_the_clock(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (service, _):
        pause = asyncio.create_task(service.pause(LONG))
        await idle()
        service.set_mode("real")
        await idle()
        await service.clock.advance(LONG - 60)
        await idle()
        assert not pause.done()
        await service.clock.advance(61)
        await pause


async def test_a_signal_still_ends_a_wait_that_has_changed_its_clock(tmp_path: Path) -> None:
    with at_work(tmp_path, "real") as (service, _):
        signal = Signal()
        wait = asyncio.create_task(service.wait(signal, served()))
        await idle()
        service.set_mode("virtual")
        await idle()
        signal.notify()
        assert await wait is True


async def test_a_render_completes_at_its_time_though_the_clock_changes_twice(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (service, render_worker):
        token, _, session = arrive(service)
        render = service.submit_render(token, "render_1", session.session_id, DRAFT, {})
        due = render.due
        service.set_mode("real")
        render_worker.jobs["render_1"](FILE)
        await idle()
        await service.clock.advance(30)
        await idle()
        statuses = [render.status]
        service.set_mode("virtual")
        await service.clock.advance(60)
        statuses.append(render.status)
        assert statuses == [RenderStatus.PROCESSING, RenderStatus.COMPLETED]
        assert render.finished_at == due


async def test_an_encode_that_is_late_holds_only_whoever_asks_for_it(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (service, render_worker):
        token, _, session = arrive(service)
        render = service.submit_render(token, "render_1", session.session_id, DRAFT, {})
        assert await service.clock.advance(1000) == render.due + 940
        assert render.status is RenderStatus.PROCESSING
        asked = asyncio.create_task(service.settle(render))
        later = asyncio.create_task(service.clock.advance(1000))
        await idle()
        assert (asked.done(), later.done()) == (False, False)
        render_worker.jobs["render_1"](FILE)
        assert await asked
        assert (render.status, render.finished_at) == (RenderStatus.COMPLETED, render.due)
        assert await later == render.due + 1940


async def test_a_caller_that_keeps_its_own_time_waits_for_an_encode_and_holds_nobody(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (service, render_worker):
        token, _, session = arrive(service)
        link, until_now = served(), service.clock.now()
        render = service.submit_render(token, "render_1", session.session_id, DRAFT, {})
        await service.clock.advance(100)
        service.clock.attach(link)
        asked = asyncio.create_task(service.settle(render, link, patience=LONG))
        await idle()
        assert await service.clock.advance(1000) == until_now + 1100
        assert not asked.done()
        render_worker.jobs["render_1"](FILE)
        assert await asked
        assert (render.finished_at, link.at_work) == (render.due, True)


async def test_a_caller_that_keeps_its_own_time_gets_an_answer_before_it_gives_up(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (service, render_worker):
        token, _, session = arrive(service)
        render = service.submit_render(token, "render_1", session.session_id, DRAFT, {})
        await service.clock.advance(100)
        assert not await service.settle(render, served(), patience=0)
        assert render.status is RenderStatus.PROCESSING
        now = service.clock.now()
        await service.ask_again("render", "1", unfinished=service.late_encode(render) is None, wait=30, link=served())
        assert service.clock.now() == now
        render_worker.jobs["render_1"](FILE)
        await idle()
        assert (render.status, render.finished_at) == (RenderStatus.COMPLETED, render.due)


async def test_an_export_that_waits_for_a_late_one_goes_by_the_time_at_which_that_was_due(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (service, render_worker):
        service.profile = service.profile.replace({"render_queue": "session"})
        token, _, session = arrive(service)
        first, second = (
            service.submit_render(token, each, session.session_id, DRAFT, {}) for each in ("render_1", "render_2")
        )
        await service.clock.advance(1000)
        asked = asyncio.create_task(service.settle(second))
        await idle()
        assert (list(render_worker.jobs), asked.done()) == (["render_1"], False)
        render_worker.jobs["render_1"](FILE)
        await idle()
        render_worker.jobs["render_2"](FILE)
        assert await asked
        assert [each.status for each in (first, second)] == [RenderStatus.COMPLETED] * 2
        assert second.finished_at == second.due == first.due + second.length


@pytest.mark.parametrize("ended", ["stop", "reset", "mode", "gone"])
async def test_nobody_waits_for_an_encode_of_a_world_that_has_ended(tmp_path: Path, ended: str) -> None:
    with at_work(tmp_path, "virtual") as (service, _):
        token, _, session = arrive(service)
        render = service.submit_render(token, "render_1", session.session_id, DRAFT, {})
        await service.clock.advance(100)
        link = served()
        asked = asyncio.create_task(service.settle(render, link, patience=LONG))
        await idle()
        match ended:
            case "stop":
                service.stop()
            case "reset":
                service.reset(0, service.profile)
            case "mode":
                service.set_mode("real")
            case _:
                link.server_closed = True
                link.gone.notify()
        assert await asked is (ended != "gone")


async def test_an_export_that_nobody_asks_for_is_not_encoded_before_time_is_real(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (service, render_worker):
        token, _, session = arrive(service)
        asked, given_up = (
            service.submit_render(token, each, session.session_id, DRAFT, {}) for each in ("render_1", "render_2")
        )
        await service.clock.advance(30)
        service.cancel_render(given_up)
        assert render_worker.jobs == {}
        service.set_mode("real")
        assert list(render_worker.jobs) == ["render_1"]
        assert await service.settle(asked)


async def test_an_export_of_a_deleted_world_that_is_encoded_too_late_leaves_no_file(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (service, render_worker):
        token, _, session = arrive(service)
        render = service.submit_render(token, "render_1", session.session_id, DRAFT, {})
        await service.clock.advance(100)
        await service.settle(render, patience=0)
        service.end_renders()
        service.is_deleted = True
        service.stop()
        service.storage.render(FILE.name).touch()
        render_worker.jobs["render_1"](FILE)
        assert not service.storage.render(FILE.name).exists()


async def test_an_encode_that_ends_after_a_change_of_clocks_is_noticed(tmp_path: Path) -> None:
    with at_work(tmp_path, "virtual") as (service, render_worker):
        token, _, session = arrive(service)
        render = service.submit_render(token, "render_1", session.session_id, DRAFT, {})
        service.set_mode("real")
        service.set_mode("virtual")
        render_worker.jobs["render_1"](FILE)
        await idle()
        await service.clock.advance(1000)
        assert render.status is RenderStatus.COMPLETED


async def test_a_change_before_the_start_waits_for_it(tmp_path: Path) -> None:
    render_worker = ByHand(Storage(tmp_path))
    service = WorldRuntime(Settings(clock="real"), Storage(tmp_path), render_worker, Links())
    service.set_mode("virtual", 100.0)
    service.start()
    assert await service.clock.advance(5) == 105
    service.stop()
    render_worker.close()


@pytest.mark.parametrize("mode", ["real", "virtual"])
async def test_a_stop_ends_streams_quietly_and_other_waits_with_an_error(
    tmp_path: Path, mode: Literal["real", "virtual"]
) -> None:
    with at_work(tmp_path, mode) as (service, _):
        _, account, session = arrive(service)
        listener = Listener(service, session, account, None)
        pause = asyncio.create_task(service.pause(LONG))
        await idle()
        service.stop()
        await listener.task
        assert not listener.turn.closed
        with pytest.raises(ClockStoppedError):
            await pause
        with pytest.raises(ClockStoppedError):
            await service.pause(1)

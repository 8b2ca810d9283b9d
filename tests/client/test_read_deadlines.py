from __future__ import annotations

from collections.abc import Callable

import httpcore
import pytest

from nemovideo_client.drivers import ReadDeadline, limit_reads, trace, trace_async
from nemovideo_client.progress import ProgressTimer, StillWorking


class Script:
    """A connection whose bytes come at given times, on a clock of its own."""

    def __init__(self, *arrivals: float) -> None:
        self.time = 1_000_000.0
        self.steps: list[float | None] = []
        self._arrivals = [self.time + each for each in arrivals]

    def now(self) -> float:
        return self.time

    def wait(self, timeout: float | None) -> bytes:
        self.steps.append(timeout)
        end = float("inf") if timeout is None else self.time + timeout
        if self._arrivals and self._arrivals[0] <= end:
            self.time = max(self.time, self._arrivals.pop(0))
            return b"x"
        assert timeout is not None, "this would wait for ever"
        self.time = end
        raise httpcore.ReadTimeout


class Sync(httpcore.NetworkStream):
    def __init__(self, script: Script) -> None:
        self.script = script

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del max_bytes
        return self.script.wait(timeout)


class Async(httpcore.AsyncNetworkStream):
    def __init__(self, script: Script) -> None:
        self.script = script

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 -- httpcore's
        del max_bytes
        return self.script.wait(timeout)


def reader(script: Script) -> Callable[[float | None], bytes]:
    stream = Sync(script)
    trace("connection.connect_tcp.complete", {"return_value": stream})
    return lambda timeout: stream.read(1, timeout)


def watch(
    script: Script, until: float, told: list[StillWorking], progress_timer: ProgressTimer | None = None
) -> ReadDeadline:
    return ReadDeadline(script.now, told.append, 1_000_000.0 + until, progress_timer)


def test_without_a_deadline_a_read_is_unchanged() -> None:
    script = Script(5)

    assert reader(script)(7) == b"x"
    assert script.steps == [7]


def test_a_read_ends_at_the_nearest_limit() -> None:
    for until, timeout, length in ((900, 330, 330), (100, 330, 100), (100, None, 100)):
        script = Script()
        with limit_reads(watch(script, until, [])), pytest.raises(httpcore.ReadTimeout):
            reader(script)(timeout)
        assert script.time == pytest.approx(1_000_000 + length, abs=0.002)


def test_notices_come_during_silence_and_the_bytes_still_arrive() -> None:
    script, told = Script(301), list[StillWorking]()
    with limit_reads(watch(script, 900, told, ProgressTimer(1_000_000))):
        assert reader(script)(330) == b"x"

    assert told == [StillWorking(120), StillWorking(240)]
    assert script.steps == [120, 120, 90]


def test_a_deadline_that_has_passed_ends_a_read_even_if_bytes_are_there() -> None:
    script = Script(0, 0)
    with limit_reads(watch(script, 0, [])), pytest.raises(httpcore.ReadTimeout):
        reader(script)(330)

    assert script.steps == []


def test_a_notice_comes_once_for_each_pause_and_missed_ones_are_dropped() -> None:
    progress_timer = ProgressTimer(0)

    assert [progress_timer.due(time) for time in (119, 120, 121)] == [None, StillWorking(120), None]
    assert [progress_timer.due(time) for time in (500, 599, 600)] == [StillWorking(500), None, StillWorking(600)]


@pytest.mark.anyio
async def test_an_asynchronous_read_has_the_same_deadlines() -> None:
    script, told = Script(301), list[StillWorking]()
    stream = Async(script)
    await trace_async("connection.start_tls.complete", {"return_value": stream})
    with limit_reads(watch(script, 900, told, ProgressTimer(1_000_000))):
        assert await stream.read(1, 330) == b"x"
        with pytest.raises(httpcore.ReadTimeout):
            await stream.read(1, 330)

    assert [notice.seconds for notice in told] == [120, 240, 360, 480, 600]
    assert script.time == pytest.approx(1_000_000 + 301 + 330, abs=0.002)

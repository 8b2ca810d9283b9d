"""The control calls for the clock of a world: read it, move it, wait for it, change its kind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import Final

from starlette.responses import Response

from nemovideo_mock.clock import ClockStoppedError
from nemovideo_mock.control.control_request import ControlError, ControlRequest, answer, iso
from nemovideo_mock.json_fields import Fields
from nemovideo_mock.json_types import Json
from nemovideo_mock.runtime.scenario_file import FASTEST, MODES, SLOWEST, Mode
from nemovideo_mock.runtime.snapshot import LATEST
from nemovideo_mock.runtime.world_runtime import WorldRuntime

#: The longest time that one call may advance or wait, in seconds of the clock.
YEAR_S: Final = 366 * 86_400.0
#: Real seconds that a call waits while the virtual clock is held, unless the caller sets `patience`.
PATIENCE_S: Final = 30.0
MOST_PATIENCE_S: Final = 600.0


def clock_to_json(runtime: WorldRuntime) -> Json:
    """Return a clock as JSON; `now` is in seconds since the epoch."""
    now = runtime.clock.now()
    return {"mode": runtime.clock.mode, "now": now, "iso": iso(now), "speed": runtime.settings.speed}


async def clock(command: ControlRequest) -> Response:
    """Return the time and the kind of clock."""
    return answer(clock_to_json(command.runtime))


async def advance(command: ControlRequest) -> Response:
    """Move the clock forward at once, and run everything that becomes due."""
    fields = await command.fields()
    seconds = fields.number("seconds", 0, YEAR_S)
    patience = _patience(fields)
    fields.close()
    if seconds is None:
        raise fields.missing("seconds")
    runtime = command.runtime
    if runtime.clock.now() + seconds > LATEST:
        raise ControlError(400, "The clock can't go beyond the year 9999.")
    with command.let_time_pass():
        await _with_timeout(runtime, _advance(runtime, seconds), patience)
    command.note("clock.advance", {"seconds": seconds})
    return answer(clock_to_json(runtime))


async def _advance(runtime: WorldRuntime, seconds: float) -> None:
    await runtime.clock.advance(seconds)
    await runtime.wait_for_encodes()  # run the work that becomes due


async def wait(command: ControlRequest) -> Response:
    """Wait on the world's clock as a caller; a virtual clock moves for it."""
    fields = await command.fields()
    seconds, until = fields.number("seconds", 0, YEAR_S), fields.number("until", 0, LATEST)
    patience = _patience(fields)
    fields.close()
    if (seconds is None) == (until is None):
        raise ControlError(400, "Say how long with seconds, or until when with until, and not both.")
    runtime = command.runtime
    now = runtime.clock.now()
    due = now + seconds if seconds is not None else until
    assert due is not None
    if due > now + YEAR_S or due > LATEST:
        raise ControlError(400, "A wait is no longer than a year, and ends in the year 9999 at the latest.")
    if due > now:
        waiting = asyncio.ensure_future(runtime.wait(runtime.state_replaced, command.link, due))
        leaving = asyncio.ensure_future(command.wait_for_disconnect())
        try:
            limit = patience if runtime.clock.mode == "virtual" else None
            await asyncio.wait({waiting, leaving}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            is_over = waiting.done()
        finally:
            leaving.cancel()
            if not waiting.done():
                waiting.cancel()
                await asyncio.wait({waiting})
        if not is_over:
            raise ControlError(409, describe_holder(runtime))
        if waiting.result():
            raise ControlError(409, "The world was reset while you waited.")
        if runtime.clock.mode == "virtual":
            client = command.request.client
            command.note("clock.wait", {"seconds": due - now, "client": None if client is None else client.host})
    return answer(clock_to_json(runtime))


async def mode(command: ControlRequest) -> Response:
    """Change the kind of clock, or the speed of the service; the time continues from its present value."""
    fields = await command.fields()
    chosen: Mode | None = fields.choice("mode", MODES)
    speed = fields.number("speed", SLOWEST, FASTEST)
    fields.close()
    if chosen is None and speed is None:
        raise fields.missing("mode")
    runtime = command.runtime
    if speed is not None:
        runtime.settings = replace(runtime.settings, speed=speed)
        runtime.world.settings.pace = 1 / speed
    if chosen is not None:
        runtime.set_mode(chosen)
    command.note("clock.mode", {"mode": runtime.clock.mode, "speed": runtime.settings.speed})
    return answer(clock_to_json(runtime))


def describe_holder(runtime: WorldRuntime) -> str:
    """Return a sentence that says what holds the time of a world."""
    encodes = [
        render.render_id
        for renders in runtime.world.state.renders.values()
        for render in renders.values()
        if runtime.late_encode(render) is render
    ]
    requests = [request for link, request in runtime.serving.items() if link.at_work]
    if encodes:
        who = f"the encode of {encodes[0]} is under way"
    elif requests:
        more = f", and {len(requests) - 1} more are" if len(requests) > 1 else ""
        who = f"{requests[0]!r:.300} is being received or handled{more}"
    else:
        who = "a request is being received or handled, or a client inside the fake's process is at work"
    return f"The clock is held at {iso(runtime.clock.now())}: {who}."


def _patience(fields: Fields) -> float:
    patience = fields.number("patience", 0, MOST_PATIENCE_S)
    return PATIENCE_S if patience is None else patience


async def _with_timeout(runtime: WorldRuntime, moving: Awaitable[None], patience: float) -> None:
    try:
        async with asyncio.timeout(patience if runtime.clock.mode == "virtual" else None):
            await moving
    except TimeoutError:
        raise ControlError(409, f"{describe_holder(runtime)} It continues when that has ended.") from None
    except ClockStoppedError:
        raise ControlError(409, "The clock was stopped or changed while it advanced.") from None

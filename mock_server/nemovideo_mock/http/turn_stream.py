"""The stream of a turn: its records in a dialect, changed by the faults of the stream.

sse-starlette sends well-formed typed streams. `PlainStream` sends all others byte by byte: dialects with other headers,
and streams that are cut, slow or broken.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from functools import partial
from typing import Final

from sse_starlette import EventSourceResponse
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from nemovideo_contract.wire import TURN_LIMIT_S
from nemovideo_mock.clock import ClockStoppedError, wall, yield_to_loop
from nemovideo_mock.dialects import Dialect
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.faults import (
    Action,
    EndStream,
    FailStream,
    Fault,
    OnlyHeartbeats,
    Pause,
    Requester,
    SendBytes,
    Stall,
    StreamShaper,
)
from nemovideo_mock.http.request_context import RequestContext
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import Record
from nemovideo_mock.world import Turn

CONTENT_TYPE: Final = "text/event-stream; charset=utf-8"
#: The ends of a record, with every legal combination of line ends.
BLANK_LINES: Final = (b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\r\n", b"\r\n\n", b"\r\n\r", b"\n\r")


#: Pieces of a record, or pauses between them, after which other tasks get a turn.
PIECES: Final = 32


class BrokenOffError(Exception):
    """The stream ends by a reset of the connection."""


class PlainStream(Response):
    """A stream that sends bytes unchanged and has only its own headers; it ends when its caller leaves."""

    def __init__(self, call: RequestContext, records: AsyncGenerator[bytes], headers: dict[str, str]) -> None:
        super().__init__(headers={"content-type": CONTENT_TYPE, **headers})
        self.raw_headers = [pair for pair in self.raw_headers if pair[0] != b"content-length"]
        self._call = call
        self._records = records

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send everything, or as much as the caller receives."""
        del scope
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        sending = asyncio.ensure_future(self._send(send))
        leaving = asyncio.ensure_future(_wait_for_disconnect(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.wait({sending, leaving})
        if not sending.cancelled():
            sending.result()

    async def _send(self, send: Send) -> None:
        try:
            async for data in self._records:
                await send({"type": "http.response.body", "body": data, "more_body": True})
        except BrokenOffError:
            if self._call.connection is not None:
                await self._call.connection.end(abrupt=True)
            return
        finally:
            await self._records.aclose()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def stream_turn(call: RequestContext, turn: Turn, dialect: Dialect, draws: Chance) -> Response:
    """Return the stream of a turn from now on."""
    now = call.runtime.clock.now()
    faults: tuple[Fault, ...] = ()
    if len(call.runtime.faults):
        who = Requester(turn_account(call), turn.session_id, turn.message)
        faults = call.runtime.faults.draw("stream", "run_sse", who, now)
        call.exchange.faults.extend(fault.name for fault in faults)
    records = TurnPlayer(call, dialect, StreamShaper(faults, chance=draws) if faults else None).play(turn)
    if faults or call.profile.events != "typed":
        return PlainStream(call, records, dict(dialect.headers))
    return EventSourceResponse(
        records,
        headers=dict(dialect.headers),
        sep="\n",
        ping=0,  # the clock sends heartbeats
        shutdown_grace_period=1,  # the runtime ends its streams itself; cancelling them too would cut them off
    )


def turn_account(call: RequestContext) -> str | None:
    """Return the user id of the caller."""
    return None if call.account is None else call.account.user_id


def stream_error(call: RequestContext, dialect: Dialect, error: ServiceError) -> Response:
    """Return a stream with one record for an error that is found before a turn begins."""

    async def records() -> AsyncGenerator[bytes]:
        for data in dialect.failure(int(error.code), error.message, call.runtime.clock.now()):
            journal(call, data)
            yield data

    return PlainStream(call, records(), dict(dialect.headers))


def journal(call: RequestContext, data: bytes, *, heartbeat: bool = False, fault: str | None = None) -> None:
    """Write a record to the journal before it is sent."""
    call.exchange.record(data, call.runtime.clock.now(), wall(), heartbeat=heartbeat, fault=fault)


def _is_last(turn: Turn, record: Record) -> bool:
    """Return whether a turn sends nothing after this record."""
    return turn.plan is not None and turn.played >= len(turn.plan.steps) and record is turn.sent[-1]


class TurnPlayer:
    """Plays one turn for one caller."""

    def __init__(self, call: RequestContext, dialect: Dialect, shaper: StreamShaper | None) -> None:
        self._call = call
        self._runtime = call.runtime
        self._dialect = dialect
        self._shaper = shaper
        self._partial = bytearray()
        self._over = False
        #: True if the stream stays open although the turn has nothing more to send.
        self._lingers = False
        self._until: float | None = None

    async def play(self, turn: Turn) -> AsyncGenerator[bytes]:
        """Yield the bytes of the stream; raise `BrokenOffError` if the connection must be reset."""
        self._until = self._limit()
        complete = False
        connection = self._call.connection
        if connection is not None:
            connection.on_lost = partial(self._runtime.abandon_turn, turn)
        try:
            async with aclosing(self._play_records(turn)) as sent:
                async for data in sent:
                    yield data
            complete = True
            if self._call.how is None and (self._lingers or not turn.closed):
                is_late = self._until is not None and self._runtime.clock.now() >= self._until
                self._call.how = "cut" if is_late else "stopped"
        except ClockStoppedError:
            self._call.how = "stopped"
        except BrokenOffError:
            complete = True
            raise
        finally:
            if connection is not None:
                connection.on_lost = None
            if not complete and self._call.link is not None and self._call.link.server_closed:
                self._call.how = "caller_left"
                self._runtime.abandon_turn(turn)

    async def _play_records(self, turn: Turn) -> AsyncGenerator[bytes]:
        """Yield the bytes of the stream with the effects of its faults."""
        if self._shaper is not None:
            async with aclosing(self._actions(turn, self._shaper)) as listed:
                async for actions in listed:
                    async for data in self._perform(actions, self._shaper):
                        yield data
                    if self._over:
                        return
            return
        async with aclosing(self._runtime.follow(turn, self._call.link, self._until)) as followed:
            async for record in followed:
                for data in self._records_for(turn, record):
                    yield data
        for data in self._closing_records(turn):
            yield data

    def _limit(self) -> float | None:
        """Return the time at which the stream ends in any case, in seconds since the epoch, or None."""
        limit = self._call.profile.stream_limit
        if self._runtime.clock.mode == "virtual" and not (self._call.link is not None and self._call.link.joined):
            # The timeout of such a caller runs in real time. A stream that never ends would send it heartbeats without
            # end, so the stream ends at the time at which the caller would give up.
            limit = min(limit or TURN_LIMIT_S, TURN_LIMIT_S)
        return self._runtime.clock.now() + limit if limit else None

    def _records_for(self, turn: Turn, record: Record | None) -> list[bytes]:
        """Return the bytes for a record or a heartbeat without faults, and write them to the journal."""
        now = self._runtime.clock.now()
        if record is None:
            said = [beat for beat in [self._dialect.heartbeat()] if beat]
        else:
            said = self._dialect.record(record, now, last=_is_last(turn, record))
        for data in said:
            self._call.exchange.record(data, now, wall(), heartbeat=record is None)
        return said

    def _closing_records(self, turn: Turn) -> list[bytes]:
        """Return the bytes of the dialect at the end of a turn, and write them to the journal."""
        now = self._runtime.clock.now()
        said = self._dialect.end(now) if turn.closed else []
        for data in said:
            self._call.exchange.record(data, now, wall())
        return said

    async def _actions(self, turn: Turn, shaper: StreamShaper) -> AsyncGenerator[list[Action]]:
        """Yield the actions of the shaper for each record, heartbeat and end of the turn."""
        dialect, runtime = self._dialect, self._runtime
        yield shaper.start()
        async with aclosing(runtime.follow(turn, self._call.link, self._until)) as records:
            async for record in records:
                if record is None:
                    beat = dialect.heartbeat()
                    yield shaper.feed(beat, heartbeat=True) if beat else []
                else:
                    for piece in dialect.record(record, runtime.clock.now(), last=_is_last(turn, record)):
                        yield shaper.feed(piece, heartbeat=False)
        for piece in dialect.end(runtime.clock.now()) if turn.closed else []:
            yield shaper.feed(piece, heartbeat=False)
        yield shaper.finish()

    async def _perform(self, actions: Iterable[Action], shaper: StreamShaper) -> AsyncGenerator[bytes]:
        for number, action in enumerate(actions, 1):
            if self._over:
                return
            if number % PIECES == 0:
                await yield_to_loop()  # a record in ten thousand pieces must not block all other requests
            match action:
                case SendBytes():
                    self._note(action)
                    yield action.data
                case Pause():
                    await self._runtime.pause(action.seconds, self._call.link)
                case Stall():
                    await self._stall(action.seconds)
                case OnlyHeartbeats():
                    async for data in self._heartbeats(shaper):
                        yield data
                case FailStream():
                    self._over = True
                    self._call.how = "cut"
                    for data in self._dialect.failure(action.code, action.message, self._runtime.clock.now()):
                        journal(self._call, data, fault=action.fault)
                        yield data
                case EndStream():
                    self._end(action)
        self._flush(None)

    async def _stall(self, seconds: float | None) -> None:
        """Send nothing for a while, or until the stream is ended from outside."""
        if seconds is not None:
            await self._runtime.pause(seconds, self._call.link)
            return
        self._over = self._lingers = True
        await self._runtime.wait(self._runtime.state_replaced, self._call.link, self._until)

    def _end(self, action: EndStream) -> None:
        self._over = True
        self._flush(action.fault)
        if action.fault is None:
            return
        self._call.how = "reset" if action.abrupt else "cut"
        if self._call.turn is not None:
            self._runtime.abandon_turn(self._call.turn)
        if action.abrupt:
            raise BrokenOffError

    async def _heartbeats(self, shaper: StreamShaper) -> AsyncGenerator[bytes]:
        """Send only heartbeats until the stream is ended from outside."""
        self._lingers = True
        interval = self._runtime.settings.heartbeat / self._runtime.settings.speed
        while not self._over:
            due = self._runtime.clock.now() + interval
            last = self._until is not None and due >= self._until
            if (
                await self._runtime.wait(self._runtime.state_replaced, self._call.link, self._until if last else due)
                or last
            ):
                self._over = True
            elif beat := self._dialect.heartbeat():
                async for data in self._perform(shaper.feed(beat, heartbeat=True), shaper):
                    yield data

    def _note(self, action: SendBytes) -> None:
        """Write whole records to the journal, even if they are sent in small pieces."""
        # A leading line feed belongs to the CR LF whose CR ended the previous record.
        self._partial += action.data if self._partial else action.data.removeprefix(b"\n")
        if self._partial.endswith(BLANK_LINES):
            journal(self._call, bytes(self._partial), heartbeat=action.heartbeat, fault=action.fault)
            self._partial.clear()

    def _flush(self, fault: str | None) -> None:
        if self._partial:
            journal(self._call, bytes(self._partial), fault=fault)
            self._partial.clear()

"""The control calls for the journal of a world: read it, follow it, export it, clear it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from importlib.metadata import version
from itertools import islice
from typing import Final

from starlette.responses import Response, StreamingResponse

from nemovideo_contract.journal import KINDS, Kind
from nemovideo_contract.wire import EVENT_STREAM
from nemovideo_mock.clock import ClockStoppedError, Signal, yield_to_loop
from nemovideo_mock.control.control_request import ControlError, ControlRequest, answer
from nemovideo_mock.journal import Journal, har

#: The number of the oldest entry, the number of the newest entry, and how many entries were dropped.
FIRST_HEADER: Final = "X-Nemo-Mock-Journal-First"
LAST_HEADER: Final = "X-Nemo-Mock-Journal-Last"
DROPPED_HEADER: Final = "X-Nemo-Mock-Journal-Dropped"
#: Entries that are sent at a time; the fake does other work between two chunks.
CHUNK: Final = 200


async def journal(command: ControlRequest) -> Response:
    """Return the entries as lines of JSON, oldest first, up to the newest entry at this moment."""
    query = command.query("since", "session", "account", "kind", "limit")
    since, limit = _number(query, "since"), _number(query, "limit")
    chosen: Kind | None = None
    if "kind" in query:
        chosen = next((kind for kind in KINDS if kind == query["kind"]), None)
        if chosen is None:
            raise ControlError(400, f"kind must be {' or '.join(KINDS)}, not {query['kind']!r:.60}.")
    source = command.runtime.journal
    last = source.last

    async def lines() -> AsyncGenerator[str]:
        entries = source.entries(since or 0, session=query.get("session"), account=query.get("account"), kind=chosen)
        wanted = islice((entry for entry in entries if entry.n <= last), limit)
        while chunk := [entry.line() + "\n" for entry in islice(wanted, CHUNK)]:
            yield "".join(chunk)
            await yield_to_loop()

    return StreamingResponse(lines(), headers=_extent(source), media_type="application/x-ndjson")


async def live(command: ControlRequest) -> Response:
    """Stream new entries as server-sent events; the id of an event is the number of the entry."""
    query = command.query("since")
    since = _number(query, "since")
    last_id = command.request.headers.get("last-event-id", "")
    # An id that is not a number of an entry is ignored, as the specification of event streams requires.
    since = _whole(last_id) if _whole(last_id) is not None else since
    return StreamingResponse(_follow(command, since), headers={"Cache-Control": "no-store"}, media_type=EVENT_STREAM)


async def _follow(command: ControlRequest, since: int | None) -> AsyncGenerator[str]:
    """Yield new entries as events.

    A `dropped` event has the number of entries that were lost. A `reset` event says that a new journal began.
    """
    runtime = command.runtime
    source, signal = runtime.journal, Signal()
    follower = source.subscribe(signal.notify, since)
    forget = runtime.state_replaced.subscribe(signal.notify)
    try:
        while True:
            entries, lost = follower.take(CHUNK)
            if lost:
                yield f'event: dropped\ndata: {{"dropped":{lost}}}\n\n'
            if entries:
                yield "".join(f"id: {entry.n}\ndata: {entry.line()}\n\n" for entry in entries)
            elif runtime.journal is not source:
                follower.close()
                source = runtime.journal
                follower = source.subscribe(signal.notify, 0)
                yield "id: 0\nevent: reset\ndata: {}\n\n"
            elif not lost:
                forget()
                forget = runtime.state_replaced.subscribe(signal.notify)
                with command.let_time_pass():
                    await runtime.wait(signal)
    except ClockStoppedError:
        return
    finally:
        forget()
        follower.close()


async def archive(command: ControlRequest) -> Response:
    """Return the whole journal as an HTTP archive (HAR 1.2)."""
    source = command.runtime.journal
    shown = har(source.entries(), version("nemovideo-harness"))
    text = await asyncio.to_thread(json.dumps, shown)
    return Response(text, headers=_extent(source), media_type="application/json")


async def clear(command: ControlRequest) -> Response:
    """Delete all entries; the numbers of later entries continue."""
    source = command.runtime.journal
    removed = len(source)
    source.clear()
    command.note("journal.clear", {"removed": removed})
    return answer({"removed": removed})


def _extent(source: Journal) -> dict[str, str]:
    return {FIRST_HEADER: str(source.first), LAST_HEADER: str(source.last), DROPPED_HEADER: str(source.dropped)}


def _number(query: dict[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    number = _whole(text)
    if number is None:
        raise ControlError(400, f"{name} must be a whole number, not {text!r:.60}.")
    return number


def _whole(text: str) -> int | None:
    """Return the number in a text, or None if it is not a number or longer than any number of an entry."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None

"""Wrappers around the ASGI `receive` and `send` of one request: for the journal, and for slow bodies."""

from __future__ import annotations

from typing import Final, cast

from starlette.types import Message, Receive, Send

from nemovideo_mock.clock import Signal, wall
from nemovideo_mock.dates import http_date
from nemovideo_mock.faults import SlowAnswer, SlowBody, TruncatedBody
from nemovideo_mock.http.request_context import RequestContext

Headers = list[tuple[bytes, bytes]]
#: Content types whose body the journal does not keep; of event streams it keeps the records.
_WITHOUT_BODY: Final = (b"text/event-stream", b"video/", b"image/", b"audio/", b"application/octet-stream")
MB: Final = 1_000_000
#: The seed of the world: a run with the same seed repeats the same behaviour.
SEED_HEADER: Final = b"X-Nemo-Mock-Seed"
#: The time of the world's clock, so that a caller can compare the times in a response with it.
DATE_HEADER: Final = b"date"
#: What the Agent Development Kit's server sends with each response, after the date (measured).
KIT_HEADERS: Final = ((b"server", b"uvicorn"),)


def record_request(call: RequestContext, receive: Receive) -> Receive:
    """Return a `receive` that writes the body of the request to the journal.

    The entry of an upload is completed with the response, because its files are not known before.
    """
    exchange = call.exchange

    async def receive_and_record() -> Message:
        message = await receive()
        if message["type"] == "http.request":
            if body := message.get("body"):
                exchange.request_body(body)
            if not message.get("more_body") and call.endpoint != "upload":
                exchange.request_done(call.runtime.clock.now(), wall())
        return message

    return receive_and_record


def slow_request_body(call: RequestContext, receive: Receive, fault: SlowBody) -> Receive:
    """Return a `receive` that waits after each piece of the body."""

    async def receive_slowly() -> Message:
        message = await receive()
        if message["type"] == "http.request":
            await call.runtime.pause(len(message.get("body", b"")) / MB * fault.seconds_per_mb, call.link)
        return message

    return receive_slowly


def record_response(call: RequestContext, send: Send) -> Send:
    """Return a `send` that adds our headers and writes the response to the journal.

    The journal keeps the body unless it is an event stream or a file.
    """
    exchange = call.exchange
    kept = True

    async def record_and_send(message: Message) -> None:
        nonlocal kept
        if message["type"] == "http.response.start":
            now = call.runtime.clock.now()
            headers = [
                (DATE_HEADER, http_date(now).encode("ascii")),
                *(KIT_HEADERS if call.runtime.world.settings.profile.turn_errors == "adk" else ()),
                *cast("Headers", message.get("headers", [])),
                (SEED_HEADER, b"%d" % call.runtime.seed),
            ]
            message = {**message, "headers": headers}
            kind = next((value for name, value in headers if name == b"content-type"), b"")
            kept = not kind.startswith(_WITHOUT_BODY)
            if call.endpoint == "upload":
                exchange.request_done(now, wall())
            call.answered = True
            exchange.response(message["status"], headers, now, wall())
        elif message["type"] == "http.response.body" and kept and (body := message.get("body")):
            exchange.response_body(body)
        is_last = message["type"] == "http.response.body" and not message.get("more_body")
        if is_last and call.how is None and not (call.link is not None and call.link.server_closed):
            # Now, because a caller that has everything may close or send its next request before our side ends.
            call.how = "complete"
            exchange.end(call.how, call.runtime.clock.now(), wall())
        await send(message)

    return record_and_send


def drip_response(call: RequestContext, send: Send, fault: SlowAnswer) -> Send:
    """Return a `send` that sends the body in small pieces, with a pause after each."""

    async def send_pieces(message: Message) -> None:
        body = cast("bytes", message.get("body", b""))
        if message["type"] != "http.response.body" or not body:
            await send(message)
            return
        for start in range(0, len(body), fault.bytes):
            if start:
                gone = Signal() if call.link is None else call.link.gone
                await call.runtime.wait(gone, call.link, call.runtime.clock.now() + fault.pause)
            if call.link is not None and call.link.server_closed:
                return  # the caller has left
            last = start + fault.bytes >= len(body)
            more = bool(message.get("more_body")) or not last
            await send({"type": message["type"], "body": body[start : start + fault.bytes], "more_body": more})

    return send_pieces


def truncate_response(call: RequestContext, send: Send, effect: TruncatedBody) -> Send:
    """Return a `send` that closes the connection before the body is complete."""
    left: int | None = None

    async def send_part(message: Message) -> None:
        nonlocal left
        if message["type"] == "http.response.start":
            sizes = [value for name, value in message["headers"] if name == b"content-length"]
            left = effect.length(int(sizes[0])) if sizes else None
        elif left is not None:
            body: bytes = message.get("body", b"")
            if left >= 0 and len(body) >= left:
                await send({"type": message["type"], "body": body[:left], "more_body": True})
                call.how = "cut"
                if call.connection is not None:
                    await call.connection.end(abrupt=False)
                left = -1
                return
            if left < 0:
                return
            left -= len(body)
        await send(message)

    return send_part

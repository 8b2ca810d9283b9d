"""What goes in and out of one call: noted in the journal, slowed or cut short where a fault says so."""

from __future__ import annotations

from typing import Final, cast

from starlette.types import Message, Receive, Send

from nemovideo_mock.clock import Signal, wall
from nemovideo_mock.dates import http_date
from nemovideo_mock.faults import SlowAnswer, SlowBody
from nemovideo_mock.http.call import RequestContext

Headers = list[tuple[bytes, bytes]]
#: What the journal keeps as records or not at all, and not as a body.
_UNKEPT: Final = (b"text/event-stream", b"video/", b"image/", b"audio/", b"application/octet-stream")
MB: Final = 1_000_000
#: Echoes the seed that a world's run can be repeated with.
SEED_HEADER: Final = b"X-Nemo-Mock-Seed"
#: Says what the world's clock shows, so that a caller can compare times of the answer with it.
DATE_HEADER: Final = b"date"


def receiving(call: RequestContext, receive: Receive) -> Receive:
    """The request's body, noted as it comes.

    An upload's entry waits for the answer, when it is known which files there were.
    """
    exchange = call.exchange

    async def noted() -> Message:
        message = await receive()
        if message["type"] == "http.request":
            if body := message.get("body"):
                exchange.request_body(body)
            if not message.get("more_body") and call.endpoint != "upload":
                exchange.request_done(call.runtime.clock.now(), wall())
        return message

    return noted


def slowly(call: RequestContext, receive: Receive, fault: SlowBody) -> Receive:
    """The request's body, each piece of it taking its time."""

    async def slow() -> Message:
        message = await receive()
        if message["type"] == "http.request":
            await call.runtime.pause(len(message.get("body", b"")) / MB * fault.seconds_per_mb, call.link)
        return message

    return slow


def sending(call: RequestContext, send: Send) -> Send:
    """The answer, noted as it goes; a body that is no stream and no file is kept."""
    exchange = call.exchange
    kept = True

    async def noted(message: Message) -> None:
        nonlocal kept
        if message["type"] == "http.response.start":
            now = call.runtime.clock.now()
            headers = [
                *cast("Headers", message.get("headers", [])),
                (DATE_HEADER, http_date(now).encode("ascii")),
                (SEED_HEADER, b"%d" % call.runtime.seed),
            ]
            message = {**message, "headers": headers}
            kind = next((value for name, value in headers if name == b"content-type"), b"")
            kept = not kind.startswith(_UNKEPT)
            if call.endpoint == "upload":
                exchange.request_done(now, wall())
            call.answered = True
            exchange.response(message["status"], headers, now, wall())
        elif message["type"] == "http.response.body" and kept and (body := message.get("body")):
            exchange.response_body(body)
        is_last = message["type"] == "http.response.body" and not message.get("more_body")
        if is_last and call.how is None and not (call.link is not None and call.link.server_closed):
            # Now, as a caller that has it all may close, or ask the next thing, before our own side comes to its end.
            call.how = "complete"
            exchange.end(call.how, call.runtime.clock.now(), wall())
        await send(message)

    return noted


def dripping(call: RequestContext, send: Send, fault: SlowAnswer) -> Send:
    """The answer's body in small pieces with pauses between."""

    async def slow(message: Message) -> None:
        body = cast("bytes", message.get("body", b""))
        if message["type"] != "http.response.body" or not body:
            await send(message)
            return
        for start in range(0, len(body), fault.bytes):
            if start:
                gone = Signal() if call.link is None else call.link.gone
                await call.runtime.wait(gone, call.link, call.runtime.clock.now() + fault.pause)
            if call.link is not None and call.link.server_closed:
                return  # nobody is there to wait for the rest
            last = start + fault.bytes >= len(body)
            more = bool(message.get("more_body")) or not last
            await send({"type": message["type"], "body": body[start : start + fault.bytes], "more_body": more})

    return slow

"""A journal as an HTTP archive (HAR 1.2), which browsers and other tools can show.

Facts without a field in HAR have names with an underscore in front, as its specification asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, quote

from nemovideo_mock.journal.entries import AnyEntry, EndEntry, RecordEntry, RequestEntry, ResponseEntry
from nemovideo_mock.json_types import Json

#: Characters that stay as they are in the path of a URL. In a query, encoded characters stay too.
UNQUOTED: Final = "/:@!$&'()*+,;=~-._"


@dataclass(slots=True)
class _Exchange:
    request: RequestEntry | None = None
    response: ResponseEntry | None = None
    records: list[RecordEntry] = field(default_factory=list[RecordEntry])
    end: EndEntry | None = None


def har(entries: Iterable[AnyEntry], creator_version: str) -> Json:
    """Return the archive of these entries. Exchanges without their request are left out; `_left_out` counts them.

    `startedDateTime` and `timings` (ms) are real time. `_virtual` is the time of the world's clock (s since the epoch),
    and `_stream` has the records of a stream.
    """
    exchanges: dict[int, _Exchange] = {}
    for entry in entries:
        if entry.exchange is None:
            continue
        exchange = exchanges.setdefault(entry.exchange, _Exchange())
        if isinstance(entry, RequestEntry):
            exchange.request = entry
        elif isinstance(entry, ResponseEntry):
            exchange.response = entry
        elif isinstance(entry, RecordEntry):
            exchange.records.append(entry)
        elif isinstance(entry, EndEntry):
            exchange.end = entry
    shown = [_entry(exchange.request, exchange) for exchange in exchanges.values() if exchange.request is not None]
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "nemo-harness", "version": creator_version},
            "pages": [],
            "entries": shown,
            "_left_out": len(exchanges) - len(shown),
        }
    }


def _entry(request: RequestEntry, exchange: _Exchange) -> Json:
    response, end = exchange.response, exchange.end
    answered = response.real if response is not None else end.real if end is not None else request.received_real
    over = max(
        answered,
        *(record.real for record in exchange.records),
        end.real if end is not None else answered,
    )
    send = _ms(request.real, request.received_real)
    wait = _ms(request.received_real, answered)
    receive = _ms(answered, over)
    return {
        "startedDateTime": datetime.fromtimestamp(request.real, UTC).isoformat(timespec="milliseconds"),
        "time": round(send + wait + receive, 3),
        "request": _request(request),
        "response": _response(exchange),
        "cache": {},
        "timings": {"blocked": -1, "dns": -1, "connect": -1, "send": send, "wait": wait, "receive": receive, "ssl": -1},
        "_world": request.world,
        "_virtual": request.virtual,
        "_session": request.session,
        "_account": request.account,
        "_scenario": request.scenario,
        "_joined": request.joined,
        "_faults": list(response.fault) if response is not None else [],
        "_end": end.how if end is not None else None,
        "_stream": [_record(record) for record in exchange.records],
    }


def _request(request: RequestEntry) -> Json:
    host = quote(_header(request.headers, "host"), safe=":[]") or "localhost"
    query = f"?{quote(request.query, safe=UNQUOTED + '%?')}" if request.query else ""
    shown: Json = {
        "method": request.method,
        "url": f"http://{host}{quote(request.path, safe=UNQUOTED)}{query}",
        "httpVersion": f"HTTP/{request.http_version}",
        "cookies": [],
        "headers": _pairs(request.headers),
        "queryString": _pairs(parse_qsl(request.query, keep_blank_values=True)),
        "headersSize": -1,
        "bodySize": request.body.size,
    }
    if request.body.size:
        post: Json = {"mimeType": _header(request.headers, "content-type")}
        if request.files:
            post["params"] = [
                {"name": "", "fileName": part.name, "contentType": part.content_type, "_size": part.size}
                for part in request.files
            ]
        else:
            post["text"] = request.body.text or ""
        if request.body.sha256 is not None:
            post["_sha256"] = request.body.sha256
        shown["postData"] = post
    return shown


def _response(exchange: _Exchange) -> Json:
    response = exchange.response
    sent = exchange.end.sent if exchange.end is not None else -1
    if response is None:
        # Browsers write a request without a response in this form.
        content: Json = {"size": 0, "mimeType": "x-unknown"}
        status, headers, version = 0, list[tuple[str, str]](), "unknown"
    else:
        status, headers = response.status, response.headers
        version = "HTTP/1.1"
        content = {"size": response.body.size, "mimeType": _header(headers, "content-type") or "x-unknown"}
        if response.body.text is not None:
            content["text"] = response.body.text
        if response.body.sha256 is not None:
            content["_sha256"] = response.body.sha256
        if response.stream:
            content["size"] = max(sent, 0)
    return {
        "status": status,
        "statusText": "",
        "httpVersion": version,
        "cookies": [],
        "headers": _pairs(headers),
        "content": content,
        "redirectURL": _header(headers, "location"),
        "headersSize": -1,
        "bodySize": sent if response is not None else -1,
    }


def _record(record: RecordEntry) -> Json:
    data = record.data
    return {
        "number": record.number,
        "data": data.json() if data.kind == "json" else data.text,
        "event": record.event,
        "heartbeat": record.heartbeat,
        "fault": record.fault,
        "real": record.real,
        "virtual": record.virtual,
    }


def _header(headers: list[tuple[str, str]], wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in pairs]


def _ms(start: float, end: float) -> float:
    return round(max(0.0, end - start) * 1000, 3)

"""The flow of an export: draft to a file on disk, through a render that is polled and a download that is whole.

The destination is tried first, so that an unwritable one costs no render. Export is free, so a failed submit or render
is tried once more under a new id. Sources: vendor SKILL 1.9, section 3.5; both documented shapes of a render are read.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from nemovideo_client.answers import Exported, Render, Token, render_from
from nemovideo_client.errors import (
    BadRequest,
    DownloadFailed,
    NemoError,
    NothingToExport,
    RenderFailed,
    RenderUnfinished,
    ServiceFailed,
    TransportError,
    UnexpectedAnswer,
    UnknownApiError,
    UnwritableDestination,
)
from nemovideo_client.flows.calls import Service, call, error_of, origin_of, resolve, unwrap
from nemovideo_client.flows.effects import (
    Close,
    Commit,
    Create,
    Emit,
    Flow,
    Request,
    Response,
    Sleep,
    Write,
    authorise,
    open_stream,
    read,
)
from nemovideo_client.flows.sessions import read_state
from nemovideo_client.lenient import Json, mapping
from nemovideo_contract import wire
from nemovideo_contract.draft import is_ready

#: Renders submitted for one export at most.
TRIES: Final = 2
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MAX_HOPS: Final = 5
_MAX_ERROR_BODY: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Order:
    """What to export: `draft` None means the session's own, `render_id` a render that was submitted before."""

    session_id: str
    destination: Path
    draft: Json | None = None
    output: Json | None = None
    render_id: str | None = None


def order(
    session_id: str,
    destination: Path,
    draft: Mapping[str, object] | None,
    output: Mapping[str, object] | None,
    render_id: str | None,
) -> Order:
    """An order with copies of what the caller gave."""
    return Order(
        session_id,
        Path(destination),
        None if draft is None else dict(draft),
        None if output is None else dict(output),
        render_id,
    )


def export(service: Service, order: Order) -> Flow[Exported]:
    """Render and download; emits `RenderProgress`.

    Raises:
        UnwritableDestination: Found before anything is submitted.
        NothingToExport: The draft has no track with segments.
        RenderFailed: Twice, or once for a render that was picked up.
        RenderUnfinished: It still went on at the last poll.
        DownloadFailed: Neither address gave the whole file.
    """
    yield Create(order.destination)
    if order.render_id is not None:
        render = yield from _watch(service, (yield from _poll(service, order.render_id)))
    else:
        draft = yield from _draft(service, order)
        render = yield from _render(service, order, draft)
    if render.status == wire.RenderStatus.FAILED:
        reason = f": {render.error}" if render.error else ""
        raise RenderFailed(f"The render failed{reason}.", render_id=render.render_id)
    size = yield from _download(service, order.destination, render)
    yield Commit()
    return Exported(order.destination, render.render_id, render.url, size, render.duration)


def _draft(service: Service, order: Order) -> Flow[Json]:
    draft = order.draft
    if draft is None:
        draft = (yield from read_state(service, order.session_id)).draft
    if draft is None or not is_ready(draft):
        raise NothingToExport("There is nothing to export yet: the timeline has no track with content. Make one first.")
    return draft


def _render(service: Service, order: Order, draft: Json) -> Flow[Render]:
    render: Render | None = None
    for remaining in reversed(range(TRIES)):
        try:
            submitted = yield from _submit(service, order, draft)
        except (BadRequest, UnknownApiError, ServiceFailed, TransportError):
            if not remaining:
                raise
            continue
        render = yield from _watch(service, submitted)
        if render.status != wire.RenderStatus.FAILED:
            break
    assert render is not None  # the last try raises or ends with a render
    return render


def _submit(service: Service, order: Order, draft: Json) -> Flow[Render]:
    render_id = f"{wire.RENDER_ID_PREFIX}{uuid.uuid4()}"
    body: Json = {
        "id": render_id,
        "sessionId": order.session_id,
        "draft": draft,
        "output": dict(wire.DEFAULT_OUTPUT) if order.output is None else order.output,
    }
    answer = yield from call(service, "POST", service.url(wire.Path.RENDER), body=body, repeatable=False)
    return render_from(answer, render_id)


def _poll(service: Service, render_id: str) -> Flow[Render]:
    url = service.url(wire.Path.RENDER_STATUS, render_id=render_id)
    return replace(render_from((yield from call(service, "GET", url, repeatable=True)), render_id), render_id=render_id)


def _watch(service: Service, render: Render) -> Flow[Render]:
    limits = service.limits
    yield Emit(render.progress)
    for _ in range(limits.polls):
        if render.status in (wire.RenderStatus.COMPLETED, wire.RenderStatus.FAILED):
            return render
        yield Sleep(limits.poll_interval_s)
        render = yield from _poll(service, render.render_id)
        yield Emit(render.progress)
    if render.status in (wire.RenderStatus.COMPLETED, wire.RenderStatus.FAILED):
        return render
    raise RenderUnfinished(
        f"The render {render.render_id} is still {render.status} after {limits.polls} polls; "
        "it goes on and can be picked up by its id.",
        render_id=render.render_id,
    )


def _download(service: Service, destination: Path, render: Render) -> Flow[int]:
    fallback = service.url(wire.Path.RENDER_DOWNLOAD, render_id=render.render_id)
    addresses = [fallback]
    if render.url is not None:
        addresses.insert(0, resolve(service.base_url + "/", render.url))
    failures: list[NemoError] = []
    for address in addresses:
        if failures:
            yield Create(destination)  # drops what the first address gave
        try:
            return (yield from _fetch(service, address, render.size))
        except UnwritableDestination:
            raise
        except NemoError as error:
            failures.append(error)
    raise DownloadFailed(
        f"The video is rendered ({render.render_id}) but could not be downloaded: {failures[0]}",
        render_id=render.render_id,
    ) from failures[-1]


def _fetch(service: Service, address: str, size: int | None) -> Flow[int]:
    token = yield from authorise()
    head = yield from open_stream(_file_request(service, address, token))
    for _ in range(_MAX_HOPS):
        if head.status not in _REDIRECTS or "location" not in head.headers:
            break
        yield Close()
        address = resolve(address, head.headers["location"])
        # Where a redirect leads is the answer's choice, so the bearer doesn't go along, not even to the same origin.
        head = yield from open_stream(_file_request(service, address, None))
    if head.status != 200 or "json" in head.headers.get("content-type", ""):
        yield from _refused(head, token)
    received = 0
    while chunk := (yield from read()):
        yield Write(chunk)
        received += len(chunk)
    yield Close()
    for expected in (_content_length(head), size):
        if expected is not None and received != expected:
            raise UnexpectedAnswer(f"{received} of {expected} bytes arrived.")
    if not received:
        raise UnexpectedAnswer("The file is empty.")
    return received


def _file_request(service: Service, address: str, token: Token | None) -> Request:
    origin = origin_of(address)
    if origin is None:
        raise UnexpectedAnswer("The service names no http address for the file.")
    # Compressed video gains nothing, and the size could not be checked.
    plain = ("Accept-Encoding", "identity")
    if token is not None and origin == origin_of(service.base_url):
        request = service.request("GET", address, token, accept="*/*")
        return replace(request, headers=(*request.headers, plain))
    return Request("GET", address, headers=(("Accept", "*/*"), plain), patience_s=service.limits.answer_s)


def _refused(head: Response, token: Token) -> Flow[None]:
    body = b""
    while len(body) < _MAX_ERROR_BODY and (chunk := (yield from read())):
        body += chunk
    yield Close()
    answer = replace(head, body=body)
    if head.status == 200:
        unwrap(answer, token.value)
        raise UnexpectedAnswer("The service answered with JSON in place of the file.", body=mapping(body))
    raise error_of(answer, token.value)


def _content_length(head: Response) -> int | None:
    length = head.headers.get("content-length", "")
    if head.headers.get("content-encoding", "identity") != "identity":
        return None
    return int(length) if length.isascii() and length.isdigit() else None

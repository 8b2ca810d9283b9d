"""The flows of an export: submit a draft, wait for its render, and download the video.

The destination is created first, so that an unwritable one costs no render. Exports are free, so a failed submit or
render is tried once more with a new id. Sources: vendor SKILL 1.9, section 3.5; both documented shapes of a render are
accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from nemovideo_client.errors import (
    BadRequest,
    NotFound,
    NothingToExport,
    RenderCancelled,
    RenderFailed,
    RenderUnfinished,
    ServiceFailed,
    SessionNotFound,
    TransportError,
    UnknownApiError,
)
from nemovideo_client.flows.calls import Service, call, read_state
from nemovideo_client.flows.downloads import download
from nemovideo_client.flows.effects import Commit, Create, Emit, Flow, now, rest
from nemovideo_client.json_reading import Json, child, integer, mapping, number, text
from nemovideo_client.models import CANCELLED, Exported, Render
from nemovideo_client.progress import ProgressTimer
from nemovideo_contract import wire
from nemovideo_contract.draft import is_ready
from nemovideo_contract.machine import new_id

#: The largest number of renders that one export submits.
TRIES: Final = 2
#: Other words for a status; assumed, because they are common.
_STATUSES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("succeeded", "success", "done", "complete", "finished"), wire.RenderStatus.COMPLETED),
    **dict.fromkeys(("error", "errored", "failure"), wire.RenderStatus.FAILED),
    **dict.fromkeys(("canceled", "aborted"), CANCELLED),
}


@dataclass(frozen=True, slots=True)
class RenderOrder:
    """What to render: the session's own draft if `draft` is None, the documented output if `output` is None."""

    session_id: str
    draft: Json | None = None
    output: Json | None = None


def order(session_id: str, draft: Mapping[str, object] | None, output: Mapping[str, object] | None) -> RenderOrder:
    """Return an order with copies of the caller's values."""
    return RenderOrder(session_id, None if draft is None else dict(draft), None if output is None else dict(output))


def export(service: Service, order: RenderOrder, destination: Path) -> Flow[Exported]:
    """Render and download; emits `RenderProgress` and `DownloadProgress`, and `StillWorking` notices.

    Raises:
        UnwritableDestination: Found before anything is submitted.
        NothingToExport: The draft has no track with segments.
        RenderFailed: The render failed twice.
        RenderCancelled: This client or the service cancelled the render.
        RenderUnfinished: The render had not ended at the last poll.
        DownloadFailed: Neither address gave the whole file.
    """
    yield Create(destination)
    progress_timer = ProgressTimer((yield from now()))
    return (yield from _fetch(service, destination, (yield from _render(service, order, progress_timer))))


def pick_up(service: Service, render_id: str, destination: Path) -> Flow[Exported]:
    """Wait for a render that was submitted before, and download it; emits and raises the same as `export`."""
    yield Create(destination)
    return (yield from _fetch(service, destination, (yield from await_render(service, render_id))))


def submit(service: Service, order: RenderOrder) -> Flow[Render]:
    """Submit a render, once more with a new id if that fails, and do not wait for it."""
    draft = yield from _draft(service, order)
    for _ in range(TRIES - 1):
        try:
            return (yield from _submit(service, order, draft))
        except (BadRequest, UnknownApiError, ServiceFailed, TransportError):
            continue
    return (yield from _submit(service, order, draft))


def ask(service: Service, render_id: str) -> Flow[Render]:
    """Read the status of a render."""
    url = service.url(wire.Path.RENDER_STATUS, render_id=render_id)
    return replace(
        _parse_render((yield from call(service, "GET", url, repeatable=True)), render_id), render_id=render_id
    )


def await_render(service: Service, render_id: str) -> Flow[Render]:
    """Poll a render until it ends, successfully or not; emits `RenderProgress` and `StillWorking` notices.

    Raises:
        RenderUnfinished: The render had not ended at the last poll.
    """
    progress_timer = ProgressTimer((yield from now()))
    return (yield from _watch(service, (yield from ask(service, render_id)), progress_timer))


def _fetch(service: Service, destination: Path, render: Render) -> Flow[Exported]:
    if _is_cancelled(service, render):
        raise RenderCancelled("The render was cancelled.", render_id=render.render_id)
    if render.status == wire.RenderStatus.FAILED:
        reason = f": {render.error.rstrip('. ')}" if render.error else ""
        raise RenderFailed(f"The render failed{reason}.", render_id=render.render_id)
    size = yield from download(service, render)
    yield Commit()
    return Exported(destination, render.render_id, render.url, size, render.duration)


def _draft(service: Service, order: RenderOrder) -> Flow[Json]:
    draft = order.draft
    if draft is None:
        draft = (yield from read_state(service, order.session_id)).draft
    if draft is None or not is_ready(draft):
        raise NothingToExport(
            "There is nothing to export yet: the timeline has no track with content. Create a video first."
        )
    return draft


def _render(service: Service, order: RenderOrder, progress_timer: ProgressTimer) -> Flow[Render]:
    draft = yield from _draft(service, order)
    render: Render | None = None
    for remaining in reversed(range(TRIES)):
        try:
            submitted = yield from _submit(service, order, draft)
        except (BadRequest, UnknownApiError, ServiceFailed, TransportError):
            if not remaining:
                raise
            continue
        try:
            render = yield from _watch(service, submitted, progress_timer)
        except (NotFound, SessionNotFound):  # the documents do not say what the answer about a lost render is
            render = replace(submitted, status=wire.RenderStatus.FAILED, error="the service no longer knows it")
        if render.status != wire.RenderStatus.FAILED or _is_cancelled(service, render):
            break
    assert render is not None  # the last try raises or returns a render
    return render


def _is_cancelled(service: Service, render: Render) -> bool:
    # The service may report a cancelled render as failed. A render that completed before the cancel stays complete.
    failed = render.status == wire.RenderStatus.FAILED
    return render.status == CANCELLED or (failed and render.render_id in service.cancelled)


def _submit(service: Service, order: RenderOrder, draft: Json) -> Flow[Render]:
    render_id = f"{wire.RENDER_ID_PREFIX}{new_id()}"
    body: Json = {
        "id": render_id,
        "sessionId": order.session_id,
        "draft": draft,
        "output": dict(wire.DEFAULT_OUTPUT) if order.output is None else order.output,
    }
    answer = yield from call(service, "POST", service.url(wire.Path.RENDER), body=body, repeatable=False)
    return _parse_render(answer, render_id)


def _watch(service: Service, render: Render, progress_timer: ProgressTimer) -> Flow[Render]:
    limits = service.limits
    yield Emit(render.progress)
    for _ in range(limits.polls):
        if render.over:
            return render
        yield from rest(limits.poll_interval_s, progress_timer)
        render = yield from ask(service, render.render_id)
        yield Emit(render.progress)
    if render.over:
        return render
    raise RenderUnfinished(
        f"The render {render.render_id} is still {render.status} after {limits.polls} polls; "
        "it goes on; continue later with its id.",
        render_id=render.render_id,
    )


def _parse_render(answer: Json, render_id: str) -> Render:
    """Return the render from a submit or poll response: flat, or inside `success` and `data`."""
    fields = mapping(answer.get("data")) or answer
    output = child(fields, "output")
    failure = child(fields, "error")
    return Render(
        render_id=text(fields, "id", "taskId", "render_id") or render_id,
        status=_status(text(fields, "status") or wire.RenderStatus.PENDING),
        percent=integer(fields, "progress"),
        url=text(output, "url") or text(fields, "outputUrl", "output_url"),
        duration=number(output, "duration"),
        size=integer(output, "size"),
        error=text(fields, "error") or text(failure, "message") or text(answer, "error"),
    )


def _status(written: str) -> str:
    return _STATUSES.get(written.lower(), written.lower())

"""Exports: submit, poll, cancel, fetch."""

from __future__ import annotations

from functools import partial
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse

from nemovideo_contract.wire import DEFAULT_OUTPUT, Code, RenderStatus
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.http.call import (
    RequestContext,
    account_of,
    authorize,
    find_missing_attribution,
    in_session,
    json_object,
    text_field,
    token_of,
    work_faults,
)
from nemovideo_mock.http.responses import StoredFileResponse
from nemovideo_mock.json_types import Json
from nemovideo_mock.runtime.world_runtime import ENCODE_PATIENCE_S, WorldRuntime
from nemovideo_mock.world import Render

#: Says which replies speak of a made-up file.
QUALITY_HEADER = "X-Nemo-Mock-Quality"
#: Characters of a render id (*assumed*).
MAX_ID_LENGTH = 200


async def submit(request: Request) -> JSONResponse:
    """Start an export of the draft that comes with the request; 402 without attribution, or where a plan forbids it."""
    call = authorize(request, "render")
    account, rule = account_of(call), call.profile.attribution
    spared = rule == "none" or (rule == "exhausted" and (account.registered or account.available > 0))
    if not spared and (lacking := find_missing_attribution(request)) is not None:
        raise ServiceError(
            Code.EXPORT_BLOCKED, f"Export is blocked: the request lacks the attribution header {lacking}."
        )
    if account.blocked:
        raise ServiceError(Code.EXPORT_BLOCKED, "Export is blocked: the account's plan doesn't include it.")
    body = await json_object(request)
    draft, output = body.get("draft"), body.get("output", DEFAULT_OUTPUT)
    if not isinstance(draft, dict):
        raise ServiceError(Code.BAD_REQUEST, "The field draft must be the draft object of the state endpoint.")
    if not isinstance(output, dict):
        raise ServiceError(Code.BAD_REQUEST, "The field output must be an object.")
    asked = cast("Json", output)
    check_output(asked)
    render_id = text_field(body, "id")
    if "/" in render_id or render_id in {".", ".."} or len(render_id) > MAX_ID_LENGTH:
        raise ServiceError(
            Code.BAD_REQUEST, f"The id must fit into a path: no slash, {MAX_ID_LENGTH} characters at most."
        )
    session = in_session(call, text_field(body, "sessionId"))
    render = call.runtime.submit_render(
        token_of(call), render_id, session.session_id, cast("Json", draft), asked, partial(work_faults, call, session)
    )
    await up_to_date(call, render)  # an export of this id may have been there before
    return answer(request, call, render)


async def up_to_date(call: RequestContext, render: Render) -> None:
    """Wait for the encode of an export that is due, see `Service.settle`."""
    joined = call.link is not None and call.link.joined
    await call.runtime.settle(render, call.link, None if joined else ENCODE_PATIENCE_S)


def check_output(output: Json) -> None:
    """400 for another format than mp4 and for fields of another type than the documents have."""
    if output.get("format", "mp4") != "mp4":
        raise ServiceError(Code.BAD_REQUEST, "The only output format is mp4.")
    for name in ("quality", "resolution"):
        text_field(output, name, default="")
    fps = output.get("fps", 0)
    if not isinstance(fps, int | float) or isinstance(fps, bool):
        raise ServiceError(Code.BAD_REQUEST, "The field fps is not a number.")


def render_of(request: Request) -> tuple[RequestContext, Render]:
    """The caller and the render that is asked for."""
    call = authorize(request, "render")
    render = call.runtime.world.renders.get(token_of(call), request.path_params["render_id"])
    call.exchange.session = render.session_id
    return call, render


async def status(request: Request) -> JSONResponse:
    """How far an export is; asking again may pass time, see `Service.ask_again`."""
    call, render = render_of(request)
    await call.runtime.ask_again(
        "render",
        f"{render.user_id}/{render.render_id}",
        # Time that passes doesn't bring an encode nearer that is late.
        unfinished=not render.finished and call.runtime.late_encode(render) is None,
        wait=call.runtime.settings.ask_again_render,
        link=call.link,
    )
    await up_to_date(call, render)
    return answer(request, call, render)


async def cancel(request: Request) -> JSONResponse:
    """End an export that isn't finished; it then counts as failed (*assumed*: the reply is in no document)."""
    call, render = render_of(request)
    await up_to_date(call, render)
    call.runtime.cancel_render(render)
    return answer(request, call, render)


async def download(request: Request) -> StoredFileResponse:
    """The file itself, for the account that ordered it."""
    call, render = render_of(request)
    await up_to_date(call, render)
    if render.status is not RenderStatus.COMPLETED or render.file is None:
        raise ServiceError(Code.NOT_FOUND, f"The render is {render.status}: there is no file to download.")
    return video(call.runtime, render.file.name, "attachment")


def answer(request: Request, call: RequestContext, render: Render) -> JSONResponse:
    """A render as the profile has it: flat, or wrapped in `data` as the vendor's reference 4.4 shows it."""
    now = call.runtime.clock.now()
    done = render.file if render.status is RenderStatus.COMPLETED else None
    url = "" if done is None else f"{request.base_url}cdn/renders/{done.name}/output.mp4"
    body: Json = {"id": render.render_id, "status": render.status.value, "progress": render.progress(now)}
    if call.profile.render == "wrapped":
        if call.endpoint != "submit_render":
            body["createdAt"] = int(render.submitted_at * 1000)
        if done is not None:
            body["outputUrl"] = url
        if render.finished_at is not None:
            body["completedAt"] = int(render.finished_at * 1000)
    else:
        body = {"taskId": render.render_id, **body}
        if done is not None:
            stub: Json = {"stub": True} if done.quality == "stub" else {}
            body["output"] = {"url": url, "duration": done.duration, "size": done.size, **stub}
    if render.error is not None and render.finished:
        body["error"] = render.error
    if call.profile.render == "wrapped":
        body = {"success": True, "data": body}
    return JSONResponse(body, headers={QUALITY_HEADER: call.runtime.render_worker.quality})


def video(runtime: WorldRuntime, name: str, disposition: str) -> StoredFileResponse:
    """An export as a file; ranges are honoured, so a broken download can go on."""
    path = runtime.storage.render(name)
    if not path.is_file():
        raise ServiceError(Code.NOT_FOUND, "There is no such file.")
    return StoredFileResponse(
        path,
        media_type="video/mp4",
        filename="output.mp4",
        content_disposition_type=disposition,
        headers={QUALITY_HEADER: runtime.render_worker.quality},
    )

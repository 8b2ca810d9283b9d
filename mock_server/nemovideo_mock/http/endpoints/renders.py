"""The endpoints for renders: submit, poll, cancel, download."""

from __future__ import annotations

from functools import partial
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse

from nemovideo_contract.wire import DEFAULT_OUTPUT, Code, RenderStatus
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.http.request_context import (
    RequestContext,
    account_of,
    authorize,
    draw_work_faults,
    find_missing_attribution,
    find_session,
    json_object,
    text_field,
    token_of,
)
from nemovideo_mock.http.responses import QUALITY_HEADER, StoredFileResponse, render_file_response, warn_of_links
from nemovideo_mock.json_types import Json
from nemovideo_mock.runtime.world_runtime import ENCODE_PATIENCE_S
from nemovideo_mock.world import Render

#: The most characters of a render id (*assumed*).
MAX_ID_LENGTH = 200


async def submit(request: Request) -> JSONResponse:
    """Start an export of the draft in the request; raise 402 without attribution or if the plan forbids exports."""
    call = authorize(request, "render")
    account, rule = account_of(call), call.profile.attribution
    exempt = rule == "none" or (rule == "exhausted" and (account.registered or account.available > 0))
    if not exempt and (lacking := find_missing_attribution(request)) is not None:
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
    output_fields = cast("Json", output)
    check_output(output_fields)
    render_id = text_field(body, "id")
    if "/" in render_id or render_id in {".", ".."} or len(render_id) > MAX_ID_LENGTH:
        raise ServiceError(
            Code.BAD_REQUEST, f"The id must fit into a path: no slash, {MAX_ID_LENGTH} characters at most."
        )
    session = find_session(call, text_field(body, "sessionId"))
    render, is_new = call.runtime.submit_render(
        token_of(call),
        render_id,
        session.session_id,
        cast("Json", draft),
        output_fields,
        partial(draw_work_faults, call, session),
    )
    if is_new:
        return render_response(request, call, render, render.submitted_at)
    await wait_for_encode(call, render)
    return render_response(request, call, render)


async def wait_for_encode(call: RequestContext, render: Render) -> None:
    """Wait for the encode of a render that is due; see `WorldRuntime.wait_for_encode`."""
    joined = call.link is not None and call.link.joined
    await call.runtime.wait_for_encode(render, call.link, None if joined else ENCODE_PATIENCE_S)


def check_output(output: Json) -> None:
    """Raise 400 for another format than mp4, and for fields of another type than in the documents."""
    if output.get("format", "mp4") != "mp4":
        raise ServiceError(Code.BAD_REQUEST, "The only output format is mp4.")
    for name in ("quality", "resolution"):
        text_field(output, name, default="")
    fps = output.get("fps", 0)
    if not isinstance(fps, int | float) or isinstance(fps, bool):
        raise ServiceError(Code.BAD_REQUEST, "The field fps is not a number.")


def render_of(request: Request) -> tuple[RequestContext, Render]:
    """Return the context of a request and the render that it names."""
    call = authorize(request, "render")
    render = call.runtime.world.renders.get(token_of(call), request.path_params["render_id"])
    call.exchange.session = render.session_id
    return call, render


async def status(request: Request) -> JSONResponse:
    """Return the status of a render; a second request may advance the clock, see `WorldRuntime.ask_again`."""
    call, render = render_of(request)
    await call.runtime.ask_again(
        "render",
        f"{render.user_id}/{render.render_id}",
        # If only the encode is missing, the time of the clock does not matter.
        unfinished=not render.finished and call.runtime.late_encode(render) is None,
        wait=call.runtime.settings.ask_again_render,
        link=call.link,
    )
    await wait_for_encode(call, render)
    return render_response(request, call, render)


async def cancel(request: Request) -> JSONResponse:
    """Cancel a render; its status is then failed (*assumed*: no document shows this response)."""
    call, render = render_of(request)
    await wait_for_encode(call, render)
    call.runtime.cancel_render(render)
    return render_response(request, call, render)


async def download(request: Request) -> StoredFileResponse:
    """Return the file of a render to the account that submitted it."""
    call, render = render_of(request)
    await wait_for_encode(call, render)
    if render.status is not RenderStatus.COMPLETED or render.file is None:
        raise ServiceError(Code.NOT_FOUND, f"The render is {render.status}: there is no file to download.")
    return render_file_response(call.runtime, render, "attachment")


def render_response(request: Request, call: RequestContext, render: Render, at: float | None = None) -> JSONResponse:
    """Return a render in the form of the profile: flat, or inside `data` as in the vendor's reference 4.4.

    `at` is the time of its progress in seconds since the epoch; None for now.
    """
    now = call.runtime.clock.now() if at is None else at
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
    headers = {QUALITY_HEADER: call.runtime.render_worker.quality}
    return JSONResponse(body, headers=headers if done is None else headers | warn_of_links(request))

"""Exports: submit, poll, cancel, fetch."""

from __future__ import annotations

from typing import cast

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse

from nemovideo_contract.wire import DEFAULT_OUTPUT, POLL_INTERVAL_S, Code, RenderStatus
from nemovideo_mock.agent.plan import Json
from nemovideo_mock.api.http import account_of, json_object, link_of, require_attribution, service_of, text_field
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.service import Service
from nemovideo_mock.world import Render

#: Says which replies speak of a made-up file.
QUALITY_HEADER = "X-Nemo-Mock-Quality"
#: Characters of a render id (*assumed*).
MAX_ID_LENGTH = 200


async def submit(request: Request) -> JSONResponse:
    """Start an export of the draft that comes with the request."""
    account = account_of(request)
    require_attribution(request)
    body = await json_object(request)
    draft, output = body.get("draft"), body.get("output", DEFAULT_OUTPUT)
    if not isinstance(draft, dict):
        raise ServiceError(Code.BAD_REQUEST, "The field draft must be the draft object of the state endpoint.")
    if not isinstance(output, dict):
        raise ServiceError(Code.BAD_REQUEST, "The field output must be an object.")
    asked = cast("Json", output)
    if asked.get("format", "mp4") != "mp4":
        raise ServiceError(Code.BAD_REQUEST, "The only output format is mp4.")
    render_id = text_field(body, "id")
    if "/" in render_id or render_id in {".", ".."} or len(render_id) > MAX_ID_LENGTH:
        raise ServiceError(
            Code.BAD_REQUEST, f"The id must fit into a path: no slash, {MAX_ID_LENGTH} characters at most."
        )
    render = service_of(request).submit_render(
        account, render_id, text_field(body, "sessionId"), cast("Json", draft), asked
    )
    return answer(request, render)


async def status(request: Request) -> JSONResponse:
    """How far an export is."""
    render = await polled(request)
    return answer(request, render)


async def cancel(request: Request) -> JSONResponse:
    """End an export that isn't finished; it then counts as failed (*assumed*: the reply is in no document)."""
    account = account_of(request)
    service = service_of(request)
    render = service.world.render(account, request.path_params["render_id"])
    service.cancel_render(render)
    return answer(request, render)


async def download(request: Request) -> FileResponse:
    """The file itself, for the account that ordered it."""
    account = account_of(request)
    service = service_of(request)
    render = service.world.render(account, request.path_params["render_id"])
    if render.status is not RenderStatus.COMPLETED or render.file is None:
        raise ServiceError(Code.NOT_FOUND, f"The render is {render.status}: there is no file to download.")
    return video(service, render.file.name, "attachment")


async def polled(request: Request) -> Render:
    """The render that is asked for; asking again may pass time, see `Service.ask_again`."""
    account = account_of(request)
    service = service_of(request)
    render = service.world.render(account, request.path_params["render_id"])
    await service.ask_again(
        "render",
        f"{account.user_id}/{render.render_id}",
        unfinished=not render.finished,
        wait=POLL_INTERVAL_S,
        link=link_of(request),
    )
    return render


def answer(request: Request, render: Render) -> JSONResponse:
    """A render in the flat form: `status`, `progress` and `output.url` at the top level."""
    service = service_of(request)
    body: Json = {
        "taskId": render.render_id,
        "id": render.render_id,
        "status": render.status.value,
        "progress": render.progress(service.clock.now()),
    }
    headers: dict[str, str] = {QUALITY_HEADER: service.exporter.quality}
    if render.status is RenderStatus.COMPLETED and render.file is not None:
        output: Json = {
            "url": f"{request.base_url}cdn/renders/{render.file.name}/output.mp4",
            "duration": render.file.duration,
            "size": render.file.size,
        }
        if render.file.quality == "stub":
            output["stub"] = True
        body["output"] = output
    if render.error is not None and render.finished:
        body["error"] = render.error
    return JSONResponse(body, headers=headers)


def video(service: Service, name: str, disposition: str) -> FileResponse:
    """An export as a file; ranges are honoured, so a broken download can go on."""
    path = service.storage.render(name)
    if not path.is_file():
        raise ServiceError(Code.NOT_FOUND, "There is no such file.")
    return FileResponse(
        path,
        media_type="video/mp4",
        filename="output.mp4",
        content_disposition_type=disposition,
        headers={QUALITY_HEADER: service.exporter.quality},
    )

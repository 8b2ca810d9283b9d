"""The files behind `cdn_url` and `output.url`: public to whoever has the link, as on a CDN."""

from __future__ import annotations

import mimetypes

from starlette.requests import Request

from nemovideo_contract.wire import Code, file_type_of
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.http.call import call_of
from nemovideo_mock.http.endpoints.renders import video
from nemovideo_mock.http.responses import StoredFileResponse


async def serve_upload(request: Request) -> StoredFileResponse:
    """An upload, by its hash; the name after it is decoration, and only a name that uploads may have gives a type."""
    path = call_of(request).runtime.storage.upload(request.path_params["sha256"])
    if path is None:
        raise ServiceError(Code.NOT_FOUND, "There is no such file.")
    name = request.path_params["filename"]
    guessed = mimetypes.guess_type(name)[0] if file_type_of(name) is not None else None
    # A picture that is a web page as well must not become one by its name.
    return StoredFileResponse(
        path, media_type=guessed or "application/octet-stream", headers={"X-Content-Type-Options": "nosniff"}
    )


async def serve_render(request: Request) -> StoredFileResponse:
    """A finished export of this world; 403 when its link has expired (profile `output_ttl`)."""
    runtime = call_of(request).runtime
    render = runtime.world.renders.find_by_file(request.path_params["name"])
    if render is None or render.file is None or render.finished_at is None:
        raise ServiceError(Code.NOT_FOUND, "There is no such file.")
    lifetime = runtime.world.settings.profile_of(runtime.world.state.accounts[render.user_id]).output_ttl
    if lifetime and runtime.clock.now() >= render.finished_at + lifetime:
        raise ServiceError(Code.MISSING_SCOPE, "The link has expired.")
    return video(runtime, render.file.name, "inline")

"""The files of `cdn_url` and `output.url`: as on a CDN, anyone who has the link can read them."""

from __future__ import annotations

import mimetypes

from starlette.requests import Request

from nemovideo_contract.wire import Code, file_type_of
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.http.request_context import call_of
from nemovideo_mock.http.responses import NO_FILE, StoredFileResponse, render_file_response


async def serve_upload(request: Request) -> StoredFileResponse:
    """Return an upload by its hash. The file name decides only on the content type, if uploads may have that type."""
    path = call_of(request).runtime.storage.upload(request.path_params["sha256"])
    if path is None:
        raise ServiceError(Code.NOT_FOUND, NO_FILE)
    name = request.path_params["filename"]
    guessed = mimetypes.guess_type(name)[0] if file_type_of(name) is not None else None
    # A file that is both a picture and a web page must not be shown as a web page because of its name.
    return StoredFileResponse(
        path, {"X-Content-Type-Options": "nosniff"}, guessed or "application/octet-stream", etag=path.name
    )


async def serve_render(request: Request) -> StoredFileResponse:
    """Return the file of a finished render; raise 403 if its link has expired (profile `output_ttl`)."""
    runtime = call_of(request).runtime
    render = runtime.world.renders.find_by_file(request.path_params["name"])
    if render is None or render.file is None or render.finished_at is None:
        raise ServiceError(Code.NOT_FOUND, NO_FILE)
    lifetime = runtime.world.settings.profile_of(runtime.world.state.accounts[render.user_id]).output_ttl
    if lifetime and runtime.clock.now() >= render.finished_at + lifetime:
        raise ServiceError(Code.MISSING_SCOPE, "The link has expired.")
    return render_file_response(runtime, render, "inline")

"""The files behind `cdn_url` and `output.url`: public to whoever has the link, as on a CDN."""

from __future__ import annotations

import mimetypes
import re

from starlette.requests import Request
from starlette.responses import FileResponse

from nemovideo_contract.wire import Code
from nemovideo_mock.api.http import service_of
from nemovideo_mock.api.renders import video
from nemovideo_mock.errors import ServiceError


async def uploaded(request: Request) -> FileResponse:
    """An upload, by its hash; the name after it is decoration and decides the media type."""
    path = service_of(request).storage.upload(request.path_params["sha256"])
    if path is None:
        raise ServiceError(Code.NOT_FOUND, "There is no such file.")
    media_type = mimetypes.guess_type(request.path_params["filename"])[0] or "application/octet-stream"
    return FileResponse(path, media_type=media_type)


async def rendered(request: Request) -> FileResponse:
    """A finished export."""
    name = request.path_params["name"]
    if re.fullmatch(r"[0-9a-f]{32}", name) is None:
        raise ServiceError(Code.NOT_FOUND, "There is no such file.")
    return video(service_of(request), name, "inline")

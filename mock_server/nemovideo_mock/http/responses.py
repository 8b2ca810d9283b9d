"""Responses: the envelope of success and errors, files, and the format of times."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import Code
from nemovideo_mock.dates import to_datetime
from nemovideo_mock.errors import KitError, ServiceError
from nemovideo_mock.json_types import Json
from nemovideo_mock.runtime.world_runtime import WorldRuntime

#: Tells whether the response is about a stub or a real video.
QUALITY_HEADER: Final = "X-Nemo-Mock-Quality"


def success(data: Json) -> JSONResponse:
    """Return a response with the envelope of success."""
    return JSONResponse({"code": int(Code.SUCCESS), "message": "success", "data": data})


def refusal(error: ServiceError, profile: Profile) -> JSONResponse:
    """Return a response with the envelope of an error; the profile decides on its status and headers."""
    return JSONResponse(error.body(), error.status_in(profile), error.headers_in(profile))


def failure(status: int, message: str) -> JSONResponse:
    """Return a response with the envelope of an HTTP status."""
    return JSONResponse({"code": status, "message": message, "data": None}, status)


def kit_refusal(error: KitError) -> Response:
    """Return an error response of the Agent Development Kit (measured): JSON, or plain text for 403 and 500."""
    if error.status == HTTPStatus.FORBIDDEN:
        return Response(str(error.detail), error.status, {"content-type": "text/plain"})
    if error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return PlainTextResponse(error.detail, error.status)
    return JSONResponse(error.body(), error.status)


def timestamp(seconds: float) -> str:
    """Return a time as the API writes it: ISO 8601, UTC, whole seconds."""
    return to_datetime(int(seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


#: The statuses of a file response whose `Range` is invalid or outside the file.
REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE})


class StoredFileResponse(FileResponse):
    """A response with a file or the requested ranges of it (RFC 9110, section 14); errors have the usual envelope."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, or 400 or 416 if the range can't be served."""
        status: HTTPStatus | None = None
        content_range: str | None = None
        reason = b""

        async def hold_refusal(message: Message) -> None:
            nonlocal status, content_range, reason
            if message["type"] == "http.response.start" and message["status"] in REFUSALS:
                status = HTTPStatus(message["status"])
                content_range = Headers(raw=message["headers"]).get("content-range")
            elif status is None:
                await send(message)
            else:
                reason += message.get("body", b"")

        await super().__call__(scope, receive, hold_refusal)
        if status is not None:
            response = failure(status, reason.decode("utf-8") or status.phrase)
            if content_range is not None:
                response.headers["Content-Range"] = content_range
            await response(scope, receive, send)


def render_file_response(runtime: WorldRuntime, name: str, disposition: str) -> StoredFileResponse:
    """Return the file of a render; it supports ranges, so that a caller can resume a broken download."""
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

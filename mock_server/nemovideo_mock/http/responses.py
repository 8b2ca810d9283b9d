"""The envelope of answers, and how instants are written."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import FileResponse, JSONResponse
from starlette.types import Message, Receive, Scope, Send

from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import Code
from nemovideo_mock.dates import to_datetime
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.json_types import Json


def success(data: Json) -> JSONResponse:
    """The envelope of success."""
    return JSONResponse({"code": int(Code.SUCCESS), "message": "success", "data": data})


def refusal(error: ServiceError, profile: Profile) -> JSONResponse:
    """The envelope of an error, with the status and headers that the profile gives it."""
    return JSONResponse(error.body(), error.status_in(profile), error.headers_in(profile))


def failure(status: int, message: str) -> JSONResponse:
    """The envelope of an HTTP status."""
    return JSONResponse({"code": status, "message": message, "data": None}, status)


def timestamp(seconds: float) -> str:
    """An instant as the API writes it: ISO 8601, UTC, whole seconds."""
    return to_datetime(int(seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


# Files as answers, whose refusals come in the envelope as all others do.


#: What a file is answered with where a `Range` can't be read, or asks for what the file has not.
REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE})


class StoredFileResponse(FileResponse):
    """A file, or the parts of it that are asked for (RFC 9110, section 14)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file. A range that is refused is answered with 400 or 416."""
        status: HTTPStatus | None = None
        content_range: str | None = None
        reason = b""

        async def enveloped(message: Message) -> None:
            nonlocal status, content_range, reason
            if message["type"] == "http.response.start" and message["status"] in REFUSALS:
                status = HTTPStatus(message["status"])
                content_range = Headers(raw=message["headers"]).get("content-range")
            elif status is None:
                await send(message)
            else:
                reason += message.get("body", b"")

        await super().__call__(scope, receive, enveloped)
        if status is not None:
            response = failure(status, reason.decode("utf-8") or status.phrase)
            if content_range is not None:
                response.headers["Content-Range"] = content_range
            await response(scope, receive, send)

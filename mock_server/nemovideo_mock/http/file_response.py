"""Files as answers, whose refusals come in the envelope as all others do."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from nemovideo_mock.http.responses import failure

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

"""Files as answers, whose refusals come in the envelope as all others do."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from nemovideo_mock.api.answers import failure

#: What a file is answered with where a `Range` can't be read, or asks for what the file has not.
REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE})


class File(FileResponse):
    """A file, or the parts of it that are asked for (RFC 9110, section 14)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file. A range that is refused is answered with 400 or 416."""
        refused: Message | None = None
        reason = b""

        async def enveloped(message: Message) -> None:
            nonlocal refused, reason
            if message["type"] == "http.response.start" and message["status"] in REFUSALS:
                refused = message
            elif refused is None:
                await send(message)
            else:
                reason += message.get("body", b"")

        await super().__call__(scope, receive, enveloped)
        if refused is not None:
            status = HTTPStatus(refused["status"])
            response = failure(status, reason.decode("utf-8") or status.phrase)
            for name, value in refused["headers"]:
                if name == b"content-range":
                    response.headers["Content-Range"] = value.decode("latin-1")
            await response(scope, receive, send)

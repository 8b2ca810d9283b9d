"""Responses: the envelope of success and errors, files, and the format of times."""

from __future__ import annotations

import os
from email.utils import parsedate
from http import HTTPStatus
from pathlib import Path
from typing import Final, Literal

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import Code
from nemovideo_mock.dates import http_date, to_datetime
from nemovideo_mock.errors import KitError, ServiceError
from nemovideo_mock.json_types import Json
from nemovideo_mock.runtime.world_runtime import WorldRuntime
from nemovideo_mock.world import Render

#: Tells whether the response is about a stub or a real video.
QUALITY_HEADER: Final = "X-Nemo-Mock-Quality"
#: Says that the links in the response have another address than the caller used, as far as a proxy tells.
LINKS_HEADER: Final = "X-Nemo-Mock-Links"


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


def warn_of_links(request: Request) -> dict[str, str]:
    """Return a header for a response with links if a proxy says that the caller used another address; else nothing.

    Links begin with the `Host` of the request. A proxy names the caller's address in `Forwarded` (RFC 7239) or in
    `X-Forwarded-Proto`, `-Host` and `-Prefix`; the fake does not use it for links.
    """
    first = request.headers.get("forwarded", "").partition(",")[0]
    pairs = (pair.partition("=") for pair in first.split(";"))
    said = {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
    for name in ("proto", "host", "prefix"):
        value = request.headers.get(f"x-forwarded-{name}", "").partition(",")[0].strip()
        said[name] = said.get(name) or value
    own = f"{request.url.scheme}://{request.url.netloc}"
    used = f"{said['proto'] or request.url.scheme}://{said['host'] or request.url.netloc}{said['prefix']}".rstrip("/")
    if used.lower() == own.lower():
        return {}
    return {LINKS_HEADER: f"The links here begin with {own:.200}, but a proxy says that the caller used {used:.200}."}


#: The message for a file that is not there, or not any more.
NO_FILE: Final = "There is no such file."
#: The statuses of a file response whose `Range` is invalid or outside the file.
REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE})


class StoredFileResponse(FileResponse):
    """A response with a file or the requested ranges of it (RFC 9110, sections 13 and 14); errors have the envelope.

    Raise `ServiceError` if the file does not exist. `etag` is a text that only these bytes have. `modified` is a time
    of the world's clock, in seconds since the epoch. The times of the file system are not shown, because they are those
    of the machine.
    """

    def __init__(
        self,
        path: Path,
        headers: dict[str, str],
        media_type: str,
        *,
        etag: str,
        modified: float | None = None,
        filename: str | None = None,
        disposition: Literal["attachment", "inline"] = "attachment",
    ) -> None:
        dated = {} if modified is None else {"Last-Modified": http_date(modified)}
        try:
            facts = path.stat()
        except FileNotFoundError:
            raise ServiceError(Code.NOT_FOUND, NO_FILE) from None
        super().__init__(
            path,
            stat_result=facts,
            headers={**headers, "ETag": f'"{etag}"', **dated},
            media_type=media_type,
            filename=filename,
            content_disposition_type=disposition,
        )

    def set_stat_headers(self, stat_result: os.stat_result) -> None:
        """Set the length of the file, and nothing else that its file system knows."""
        self.headers["Content-Length"] = str(stat_result.st_size)

    def _is_unchanged(self, asked: Headers) -> bool:
        """Return whether the caller has this file already (RFC 9110, sections 13.1.2 and 13.1.3)."""
        if tags := ",".join(asked.getlist("if-none-match")):
            listed = [tag.strip().removeprefix("W/") for tag in tags.split(",")]
            return tags.strip() == "*" or self.headers["etag"] in listed
        since = parsedate(asked.get("if-modified-since", ""))
        modified = parsedate(self.headers.get("last-modified", ""))
        return since is not None and modified is not None and modified[:6] <= since[:6]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file; or 304 if the caller has it, 400 or 416 if the range can't be served."""
        asked = Headers(scope=scope)
        if self._is_unchanged(asked):
            kept = {name: value for name, value in self.headers.items() if name in {"etag", "last-modified"}}
            await Response(status_code=HTTPStatus.NOT_MODIFIED, headers=kept)(scope, receive, send)
            return
        if "if-range" in asked:
            # Decided here, because the base class expects that every file has a Last-Modified.
            is_same = asked["if-range"] in {self.headers["etag"], self.headers.get("last-modified")}
            ignored = {b"if-range"} if is_same else {b"if-range", b"range"}
            scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] not in ignored]}
        head: Message | None = None
        reason = b""

        async def hold_head(message: Message) -> None:
            """Hold the head of the response until the file is open; a refusal gets the envelope."""
            nonlocal head, reason
            if message["type"] == "http.response.start":
                head = message
            elif head is not None and head["status"] in REFUSALS:
                reason += message.get("body", b"")
            else:
                held, head = head, None
                if held is not None:
                    await send(held)
                await send(message)

        try:
            await super().__call__(scope, receive, hold_head)
        except FileNotFoundError:  # a reset has removed it since it was found
            await failure(HTTPStatus.NOT_FOUND, NO_FILE)(scope, receive, send)
            return
        if head is not None:
            status = HTTPStatus(head["status"])
            response = failure(status, reason.decode("utf-8") or status.phrase)
            content_range = Headers(raw=head["headers"]).get("content-range")
            if content_range is not None:
                response.headers["Content-Range"] = content_range
            await response(scope, receive, send)


def render_file_response(
    runtime: WorldRuntime, render: Render, disposition: Literal["attachment", "inline"]
) -> StoredFileResponse:
    """Return the file of a completed render; it supports ranges, so that a caller can resume a broken download."""
    assert render.file is not None
    return StoredFileResponse(
        runtime.storage.render(render.file.name),
        {QUALITY_HEADER: runtime.render_worker.quality},
        "video/mp4",
        etag=render.file.sha256 or render.file.name,
        modified=render.finished_at,
        filename="output.mp4",
        disposition=disposition,
    )

"""What all endpoints share: who calls, what they sent, and the envelope of the answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import cast

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from nemovideo_contract.wire import ATTRIBUTION_HEADERS, Code
from nemovideo_mock.agent.plan import Json
from nemovideo_mock.clock import Link
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.service import Service
from nemovideo_mock.world import Account

#: Bytes of a JSON body; drafts of hundreds of segments stay far below.
JSON_LIMIT = 4 * 1024 * 1024


def service_of(request: Request) -> Service:
    """The service that this application serves."""
    return cast("Service", request.app.state.service)


def link_of(request: Request) -> Link | None:
    """The connection, as the clock sees it; None under a server that isn't ours."""
    return cast("Link | None", getattr(request.state, "link", None))


def account_of(request: Request) -> Account:
    """The account whose bearer token the request carries; 1001 where it carries none that is valid."""
    service = service_of(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ServiceError(Code.TOKEN_INVALID, "The header Authorization: Bearer <token> is missing.")
    return service.world.authenticate(token.strip(), service.clock.now())


def require_attribution(request: Request) -> None:
    """402 where any of the three attribution headers is absent or empty."""
    missing = [name for name in ATTRIBUTION_HEADERS if not request.headers.get(name, "").strip()]
    if missing:
        raise ServiceError(
            Code.EXPORT_BLOCKED, f"Export is blocked: the request lacks the attribution header {missing[0]}."
        )


async def json_object(request: Request) -> Json:
    """The body as a JSON object; 400 where it is anything else."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > JSON_LIMIT:
                raise ServiceError(Code.BAD_REQUEST, f"The body is longer than {JSON_LIMIT} bytes.", status=413)
    except ClientDisconnect:
        raise ServiceError(Code.BAD_REQUEST, "The caller left before the body was complete.") from None
    try:
        value: object = json.loads(body, parse_constant=_refuse_constant)
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode("utf-8")  # half a surrogate pair could never be sent back
    except (ValueError, RecursionError):
        raise ServiceError(Code.BAD_REQUEST, "The body is not JSON.") from None
    if not isinstance(value, dict):
        raise ServiceError(Code.BAD_REQUEST, "The body is not a JSON object.")
    return cast("Json", value)


def _refuse_constant(name: str) -> None:
    message = f"{name} is not JSON"
    raise ValueError(message)


def text_field(body: Json, name: str, *, default: str | None = None) -> str:
    """A field that must be a string; 400 where it is missing and has no default, or is something else."""
    value = body.get(name, default)
    if value is None:
        raise ServiceError(Code.BAD_REQUEST, f"The field {name} is missing.")
    if not isinstance(value, str):
        raise ServiceError(Code.BAD_REQUEST, f"The field {name} is not a string.")
    return value


def success(data: Json) -> JSONResponse:
    """The envelope of success."""
    return JSONResponse({"code": int(Code.SUCCESS), "message": "success", "data": data})


def timestamp(seconds: float) -> str:
    """An instant as the API writes it: ISO 8601, UTC, whole seconds."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

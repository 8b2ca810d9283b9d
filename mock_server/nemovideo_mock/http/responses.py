"""The envelope of answers, and how instants are written."""

from __future__ import annotations

from starlette.responses import JSONResponse

from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import Code
from nemovideo_mock.agent.turn_plan import Json
from nemovideo_mock.dates import to_datetime
from nemovideo_mock.errors import ServiceError


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

"""The error responses of the service and of the Agent Development Kit (the kit)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import Code
from nemovideo_mock.json_types import Json

#: The codes that are also HTTP statuses.
HTTP_CODES: Final = frozenset(
    {Code.BAD_REQUEST, Code.EXPORT_BLOCKED, Code.MISSING_SCOPE, Code.NOT_FOUND, Code.BUSY, Code.RATE_LIMITED}
)

#: The HTTP status of each other code if the profile's `errors` is `http` (*assumed*: no document names one).
FITTING: Final[Mapping[Code, int]] = MappingProxyType(
    {
        Code.TOKEN_INVALID: 401,
        Code.SESSION_NOT_FOUND: 404,
        Code.INSUFFICIENT_CREDITS: 402,
        Code.UNSUPPORTED_FILE: 415,
        Code.FILE_TOO_LARGE: 413,
    }
)


class ServiceError(Exception):
    """An error response of the service.

    `status` sets the HTTP status. Without it, a code that is an HTTP status is used as such, and the profile decides on
    the status of the others.
    """

    def __init__(self, code: Code, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def status_in(self, profile: Profile) -> int:
        """Return the HTTP status of this response in a profile."""
        if self.status is not None:
            return self.status
        if self.code in HTTP_CODES:
            return int(self.code)
        return FITTING.get(self.code, 400) if profile.errors == "http" else 200

    def headers_in(self, profile: Profile) -> dict[str, str]:
        """Return the extra headers of this response in a profile."""
        wants = self.code is Code.RATE_LIMITED and profile.retry_after
        return {"Retry-After": str(profile.retry_after)} if wants else {}

    def body(self) -> dict[str, object]:
        """Return the envelope: `code`, `message` and a null `data`."""
        return {"code": int(self.code), "message": self.message, "data": None}


class KitError(Exception):
    """An error response of the kit: a `status` and a `detail`, which is a sentence or a list of errors."""

    def __init__(self, status: int, detail: str | list[Json]) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail

    def body(self) -> Json:
        """Return the JSON of the response, which has only `detail`."""
        return {"detail": self.detail}


def kit_session_not_found(session_id: str) -> KitError:
    """Return the kit's error for a session that does not exist or belongs to another user."""
    return KitError(404, f"Session not found: {session_id}")

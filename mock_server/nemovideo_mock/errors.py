"""The one way in which the service says no: a code, a sentence, and the HTTP status that goes with it."""

from __future__ import annotations

from typing import Final

from nemovideo_contract.wire import Code

#: The codes that are HTTP statuses as well. The others come in an envelope with HTTP 200 (*assumed*: no document names
#: a status for them).
HTTP_CODES: Final = frozenset(
    {Code.BAD_REQUEST, Code.EXPORT_BLOCKED, Code.MISSING_SCOPE, Code.NOT_FOUND, Code.RATE_LIMITED}
)


class ServiceError(Exception):
    """An answer of the service that isn't success.

    `status` is the HTTP status; by default the code itself for the codes that are HTTP statuses, else 200.
    """

    def __init__(self, code: Code, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status if status is not None else (int(code) if code in HTTP_CODES else 200)

    def body(self) -> dict[str, object]:
        """The envelope: `code`, `message` and a null `data`."""
        return {"code": int(self.code), "message": self.message, "data": None}

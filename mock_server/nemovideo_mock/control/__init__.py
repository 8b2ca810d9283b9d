"""The control API: everything about the fake that the service itself has no call for."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from nemovideo_contract.wire import Code
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.hub import Hub


class Control:
    """The routes under `/_mock`, of the whole hub and of each world."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def serve(self, world: str, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request to `path` behind `/_mock`, about a world."""
        raise ServiceError(Code.NOT_FOUND, f"The control API has no {path}.")

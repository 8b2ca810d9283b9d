"""The control API: everything about the fake that the service itself has no call for."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from nemovideo_mock.runtime.world_registry import WorldRegistry

__all__ = ["Control"]


class Control:
    """The calls under `/_mock`, of the whole hub and of each world; `routes` has the table."""

    def __init__(self, world_registry: WorldRegistry) -> None:
        self.world_registry = world_registry

    async def serve(self, world: str, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request to `path` behind `/_mock`, about a world; or the page at `/`."""
        # Loaded when it is first asked for, as most fakes never are.
        from nemovideo_mock.control.routes import respond

        response = await respond(self.world_registry, world, path, Request(scope, receive))
        await response(scope, receive, send)

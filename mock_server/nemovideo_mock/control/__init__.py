"""The control API of the fake under `/_mock`: clock, faults, journal, accounts, snapshots and worlds.

The service itself has no such calls.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from nemovideo_mock.runtime.world_registry import WorldRegistry

__all__ = ["Control"]


class Control:
    """The calls under `/_mock`, for the whole fake and for each world; the module `routes` has their table."""

    def __init__(self, world_registry: WorldRegistry) -> None:
        self.world_registry = world_registry

    async def serve(self, world: str, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request to `path` behind `/_mock` for a world, or the page at `/`."""
        # Imported on first use, because most fakes never get such a request.
        from nemovideo_mock.control.routes import respond

        response = await respond(self.world_registry, world, path, Request(scope, receive))
        await response(scope, receive, send)

"""One ASGI application for all worlds: finds world and endpoint, lets faults strike, maps errors, keeps the journal.

Behaviour lives elsewhere. A path is one of the API's, behind `/w/NAME` for a world of that name, or begins with
`/_mock` (there or at the root) for the control API.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final, cast

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from nemovideo_contract.wire import Path
from nemovideo_mock.clock import ClockStoppedError, Link, wall
from nemovideo_mock.control import Control
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.faults import Endpoint
from nemovideo_mock.http import request_faults
from nemovideo_mock.http.bandwidth import receiving, sending
from nemovideo_mock.http.call import Connection, RequestContext
from nemovideo_mock.http.endpoints import auth, cdn, renders, sessions, turns, uploads
from nemovideo_mock.http.responses import failure, refusal
from nemovideo_mock.runtime.world_registry import WorldRegistry
from nemovideo_mock.runtime.world_runtime import DEFAULT_WORLD, WorldRuntime

logger = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Response]]

#: Where the control API is, at the root and in each world.
CONTROL: Final = "/_mock"
#: What a world's paths begin with.
WORLDS: Final = "/w/"

#: The API, those first that are asked most often.
ROUTES: Final[tuple[tuple[Endpoint, str, str, Handler], ...]] = (
    ("state", "GET", Path.STATE, sessions.state),
    ("credits", "GET", Path.CREDITS, sessions.credits_balance),
    ("render_status", "GET", Path.RENDER_STATUS, renders.status),
    ("run_sse", "POST", Path.RUN_SSE, turns.run_sse),
    ("anonymous_token", "POST", Path.ANONYMOUS_TOKEN, auth.anonymous_token),
    ("create_session", "POST", Path.SESSION, sessions.create_session),
    ("upload", "POST", Path.UPLOAD, uploads.upload),
    ("submit_render", "POST", Path.RENDER, renders.submit),
    ("cancel_render", "POST", Path.RENDER_CANCEL, renders.cancel),
    ("download_render", "GET", Path.RENDER_DOWNLOAD, renders.download),
    ("claim_token", "POST", Path.CLAIM_TOKEN, auth.claim_token),
    ("output", "GET", "/cdn/renders/{name}/output.mp4", cdn.serve_render),
    ("output", "GET", "/cdn/uploads/{sha256}/{filename}", cdn.serve_upload),
)


class Application:
    """The ASGI application of a hub; it starts the hub with its lifespan and ends it there."""

    def __init__(self, world_registry: WorldRegistry) -> None:
        self.world_registry = world_registry
        self.control = Control(world_registry)
        self.routes: list[tuple[Endpoint, Handler, Route]] = [
            (endpoint, handler, Route(path, handler, methods=[method])) for endpoint, method, path, handler in ROUTES
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        self.world_registry.start()
        scope["state"]["links"] = self.world_registry.links
        await send({"type": "lifespan.startup.complete"})
        try:
            await receive()
        finally:
            self.world_registry.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        name, rest = DEFAULT_WORLD, path
        if path.startswith(WORLDS):
            name, slash, rest = path.removeprefix(WORLDS).partition("/")
            rest = slash + rest
            scope["root_path"] = WORLDS + name
        try:
            if path == "/" or rest == CONTROL or rest.startswith(CONTROL + "/"):
                await self.control.serve(name, rest.removeprefix(CONTROL), scope, receive, send)
                return
            matched = self._match(scope)
            if name not in self.world_registry.runtimes:
                refused = _stays_unmade(scope, matched)
                if refused is not None:
                    await refused(scope, receive, send)
                    return
            runtime = self.world_registry.runtime(name)
        except ServiceError as error:
            await refusal(error, self.world_registry.settings.profile)(scope, receive, send)
            return
        await self._call(runtime, matched, scope, receive, send)

    async def _call(
        self,
        runtime: WorldRuntime,
        matched: tuple[Endpoint, Handler] | Response,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        state = scope.setdefault("state", {})
        link = cast("Link | None", state.get("link"))
        if link is not None:
            runtime.serving[link] = f"{scope['method']} {scope['path']}"
            runtime.clock.attach(link)
        client = scope["client"]
        exchange = runtime.journal.open(
            scope["method"],
            scope["path"],
            scope["query_string"],
            scope["headers"],
            client,
            scope["http_version"],
            runtime.clock.now(),
            wall(),
            joined=link is not None and link.joined,
        )
        call = RequestContext(
            runtime, matched[0] if isinstance(matched, tuple) else "output", exchange, link,
            cast("Connection | None", state.get("wire")),
        )  # fmt: skip
        state["call"] = call
        receive, send = receiving(call, receive), sending(call, send)
        try:
            if isinstance(matched, tuple):
                await request_faults.apply_request_faults(call, matched[1], scope, receive, send, answer)
            else:
                await matched(scope, receive, send)
        finally:
            if link is not None:
                runtime.serving.pop(link, None)
            how = call.how
            if how is None and link is not None and link.server_closed:
                how = "caller_left"
            exchange.end(how or "complete", runtime.clock.now(), wall())

    def _match(self, scope: Scope) -> tuple[Endpoint, Handler] | Response:
        """The endpoint that is meant, or the answer where there is none."""
        allowed: list[str] = []
        for endpoint, handler, route in self.routes:
            match, child = route.matches(scope)
            if match is Match.FULL:
                scope.update(child)
                return endpoint, handler
            if match is Match.PARTIAL:
                allowed += sorted(route.methods or ())
        if allowed:
            response = failure(405, "Method Not Allowed")
            response.headers["Allow"] = ", ".join(allowed)
            return response
        return failure(404, "Not Found")


def _stays_unmade(scope: Scope, matched: tuple[Endpoint, Handler] | Response) -> Response | None:
    """The answer to a request that makes no world: for what no world has, or from another site's page in a browser."""
    if isinstance(matched, Response):
        return matched
    if Headers(scope=scope).get("sec-fetch-site") == "cross-site":
        return failure(403, "A page of another site makes no world: use it once from elsewhere, or POST /_mock/worlds.")
    return None


async def answer(call: RequestContext, handler: Handler, request: Request) -> Response:
    """What the handler says, its errors mapped; never raises but for being cancelled."""
    try:
        return await handler(request)
    except ServiceError as error:
        return refusal(error, call.profile)
    except ClockStoppedError:
        call.how = "stopped"
        return failure(503, "The fake is stopping.")
    except Exception:
        # Whatever is wrong with the fake, its caller gets an answer in the service's form and no traceback.
        logger.exception("The fake failed on %s %s.", request.method, request.url.path)
        return failure(500, "The fake failed on this request, which is a mistake in it; its log says more.")

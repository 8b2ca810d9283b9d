"""The ASGI application for all worlds: it finds the world and the endpoint of a request, and keeps the journal.

A request goes from here through `request_faults` to its endpoint, which calls the world's runtime. A path of the API
can begin with `/w/NAME` for the world of that name. A path that continues with `/_mock` belongs to the control API.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Final, cast

from starlette.datastructures import URL, Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import Message, Receive, Scope, Send

from nemovideo_contract.wire import Path
from nemovideo_mock.clock import ClockStoppedError, Link, wall
from nemovideo_mock.control import Control
from nemovideo_mock.control.guard import is_from_foreign_page, is_own
from nemovideo_mock.errors import KitError, ServiceError
from nemovideo_mock.faults import Endpoint
from nemovideo_mock.http import request_faults
from nemovideo_mock.http.asgi_wrappers import record_request, record_response
from nemovideo_mock.http.endpoints import auth, cdn, renders, sessions, turns, uploads
from nemovideo_mock.http.request_context import Connection, RequestContext
from nemovideo_mock.http.responses import failure, kit_refusal, refusal
from nemovideo_mock.runtime.world_registry import WorldRegistry
from nemovideo_mock.runtime.world_runtime import DEFAULT_WORLD, WorldRuntime

logger = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Response]]

#: The path of the control API, at the root and in each world.
CONTROL: Final = "/_mock"
#: The first part of the paths of a named world.
WORLDS: Final = "/w/"

#: The endpoints of the API; the ones that are called most often come first.
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
    """The ASGI application of a registry of worlds; its lifespan starts and stops the registry."""

    def __init__(self, world_registry: WorldRegistry) -> None:
        self.world_registry = world_registry
        self.control = Control(world_registry)
        self._new: dict[str, _NewWorld] = {}
        self.routes: list[tuple[Endpoint, Handler, Route]] = [
            (endpoint, handler, Route(path, handler, methods=[method])) for endpoint, method, path, handler in ROUTES
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan."""
        if scope["type"] == "lifespan":
            await self._run_lifespan(scope, receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _run_lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
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
        if name in self.world_registry.runtimes and name not in self._new:
            await self._serve_path(name, rest, scope, receive, send)
            return
        world = self._new.setdefault(name, _NewWorld())
        world.requests += 1
        # A caller that shows a token wants this world, and its journal says if the token was wrong.
        world.is_used = world.is_used or (not _is_control(rest) and "authorization" in Headers(scope=scope))

        async def note_status(event: Message) -> None:
            if event["type"] == "http.response.start" and event["status"] < 400 and _is_control(rest):
                world.is_used = True
            await send(event)

        try:
            await self._serve_path(name, rest, scope, receive, note_status)
        finally:
            world.requests -= 1
            if not world.requests:
                del self._new[name]
                self._delete_unused(name, world)

    def _delete_unused(self, name: str, world: _NewWorld) -> None:
        """Delete a new world if all its requests were refused: one that the API accepts leaves an account."""
        runtime = self.world_registry.runtimes.get(name)
        if runtime is not None and not world.is_used and not runtime.world.state.accounts:
            self.world_registry.delete(name)

    async def _serve_path(self, name: str, rest: str, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        try:
            if path == "/" or _is_control(rest):
                await self.control.serve(name, rest.removeprefix(CONTROL), scope, receive, send)
                return
            known = self.world_registry.runtimes.get(name)
            profile = self.world_registry.settings.profile if known is None else known.world.settings.profile
            matched = self._match_as_kit(scope) if profile.turn_errors == "adk" else self._match(scope)
            if known is None:
                refused = _refuse_creation(scope, matched)
                if refused is not None:
                    await refused(scope, receive, send)
                    return
            runtime = self.world_registry.runtime(name)
        except ServiceError as error:
            await refusal(error, self.world_registry.settings.profile)(scope, receive, send)
            return
        await self._serve_world(runtime, matched, scope, receive, send)

    async def _serve_world(
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
            cast("Connection | None", state.get("connection")),
        )  # fmt: skip
        state["call"] = call
        receive, send = record_request(call, receive), record_response(call, send)
        try:
            if isinstance(matched, tuple):
                await request_faults.apply_request_faults(call, partial(answer, call, matched[1]), scope, receive, send)
            else:
                await matched(scope, receive, send)
        finally:
            if link is not None:
                runtime.serving.pop(link, None)
            how = call.how
            if how is None and link is not None and link.server_closed:
                how = "caller_left"
            exchange.end(how or "complete", runtime.clock.now(), wall())

    def _match_as_kit(self, scope: Scope) -> tuple[Endpoint, Handler] | Response:
        """Return what `_match` returns, with what the Agent Development Kit does differently (measured).

        It refuses each request of a page of another origin, and redirects a path with a slash too many.
        """
        if _is_foreign_to_kit(scope):
            return kit_refusal(KitError(403, "Forbidden: origin not allowed"))
        matched = self._match(scope)
        if not isinstance(matched, Response):
            return matched
        bare = {**scope, "path": scope["path"].rstrip("/")}
        if matched.status_code == 404 and bare["path"] != scope["path"]:
            found = self._match(bare)
            if not isinstance(found, Response) or found.status_code == 405:
                return RedirectResponse(URL(scope=bare))
        response = kit_refusal(KitError(matched.status_code, HTTPStatus(matched.status_code).phrase))
        if "allow" in matched.headers:
            response.headers["Allow"] = matched.headers["allow"]
        return response

    def _match(self, scope: Scope) -> tuple[Endpoint, Handler] | Response:
        """Return the endpoint and the handler of a request, or an error response if there is none."""
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


def _is_control(path: str) -> bool:
    return path == CONTROL or path.startswith(CONTROL + "/")


@dataclass(slots=True)
class _NewWorld:
    """A world that no request had used before: its requests under way, and whether a caller wants it."""

    requests: int = 0
    is_used: bool = False


def _is_foreign_to_kit(scope: Scope) -> bool:
    """Return whether the kit refuses the `Origin` of a request; it takes none, or the origin that `Host` names.

    If the server is bound to loopback, the origin must be a name of this machine too. Headers of proxies, which the kit
    considers as well, are not read.
    """
    headers = Headers(scope=scope)
    origin, bound = headers.get("origin"), scope["server"][0] if scope.get("server") else None
    if origin is None:
        return False
    if origin != f"{scope['scheme']}://{headers.get('host')}":
        return True
    return is_own(bound or "", None) and not is_own(headers["host"], None)


def _refuse_creation(scope: Scope, matched: tuple[Endpoint, Handler] | Response) -> Response | None:
    """Return the error response for a request that must not create a world, or None if it may.

    A request must not create a world if its path is unknown, or if a web page of another site sends it.
    """
    if isinstance(matched, Response):
        return matched
    server: tuple[str, int | None] | None = scope.get("server")
    if is_from_foreign_page(Headers(scope=scope), None if server is None else server[0]):
        return failure(403, "A web page of another site can't create a world: create it first with POST /_mock/worlds.")
    return None


async def answer(call: RequestContext, handler: Handler, request: Request) -> Response:
    """Return the response of a handler, or the response for its error; raise only when cancelled."""
    try:
        return await handler(request)
    except ServiceError as error:
        return refusal(error, call.profile)
    except ClockStoppedError:
        call.how = "stopped"
        return failure(503, "The fake is stopping.")
    except Exception:
        # A defect of the fake must give the caller a response in the form of the service, not a traceback.
        logger.exception("The fake failed on %s %s.", request.method, request.url.path)
        return failure(500, "The fake failed on this request, which is a defect of the fake; see its log.")

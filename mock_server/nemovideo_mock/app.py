"""Routes and error mapping; behaviour lives elsewhere."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from nemovideo_contract.wire import Path
from nemovideo_mock.api import auth, cdn, renders, sessions, turns, uploads
from nemovideo_mock.clock import ClockStoppedError
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.service import Service


async def refused(_: Request, error: Exception) -> Response:
    """The service says no."""
    assert isinstance(error, ServiceError)
    return JSONResponse(error.body(), error.status)


async def unrouted(_: Request, error: Exception) -> Response:
    """No such path, or not with this method."""
    assert isinstance(error, HTTPException)
    code = error.status_code
    return JSONResponse({"code": code, "message": error.detail, "data": None}, code, headers=error.headers)


async def stopping(_: Request, error: Exception) -> Response:
    """The fake stops while a request waits for its time."""
    assert isinstance(error, ClockStoppedError)
    return JSONResponse({"code": 503, "message": "The fake is stopping.", "data": None}, 503)


def create_app(service: Service) -> Starlette:
    """The ASGI application of a service; it starts the service with its lifespan and ends it there."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[dict[str, object]]:
        service.start()
        try:
            yield {"clock": service.clock}
        finally:
            service.stop()

    routes = [
        Route(Path.ANONYMOUS_TOKEN, auth.anonymous_token, methods=["POST"]),
        Route(Path.CLAIM_TOKEN, auth.claim_token, methods=["POST"]),
        Route(Path.SESSION, sessions.create_session, methods=["POST"]),
        Route(Path.RUN_SSE, turns.run_sse, methods=["POST"]),
        Route(Path.UPLOAD, uploads.upload, methods=["POST"]),
        Route(Path.STATE, sessions.state, methods=["GET"]),
        Route(Path.CREDITS, sessions.credits_balance, methods=["GET"]),
        Route(Path.RENDER, renders.submit, methods=["POST"]),
        Route(Path.RENDER_STATUS, renders.status, methods=["GET"]),
        Route(Path.RENDER_CANCEL, renders.cancel, methods=["POST"]),
        Route(Path.RENDER_DOWNLOAD, renders.download, methods=["GET"]),
        Route("/cdn/uploads/{sha256}/{filename}", cdn.uploaded, methods=["GET"]),
        Route("/cdn/renders/{name}/output.mp4", cdn.rendered, methods=["GET"]),
    ]
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={ServiceError: refused, HTTPException: unrouted, ClockStoppedError: stopping},
    )
    app.state.service = service
    return app

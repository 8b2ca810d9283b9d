"""A transport that changes what the client asks of `/run_sse`, for what no argument of the client's asks."""

from __future__ import annotations

import json

import httpx


def altered(request: httpx.Request, body: bytes, changes: dict[str, object]) -> httpx.Request:
    """A message with these fields in its body; any other request as it is."""
    if not request.url.path.endswith("/run_sse") or not changes:
        return request
    headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
    return httpx.Request(
        request.method,
        request.url,
        headers=headers,
        content=json.dumps({**json.loads(body), **changes}).encode(),
        extensions=request.extensions,
    )


class Altering(httpx.BaseTransport):
    """Changes messages on their way to another transport."""

    def __init__(self, inner: httpx.BaseTransport, changes: dict[str, object]) -> None:
        self._inner = inner
        self._changes = changes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on."""
        return self._inner.handle_request(altered(request, request.read(), self._changes))

    def close(self) -> None:
        """Close the other transport."""
        self._inner.close()


class AsyncAltering(httpx.AsyncBaseTransport):
    """The same for the asynchronous client."""

    def __init__(self, inner: httpx.AsyncBaseTransport, changes: dict[str, object]) -> None:
        self._inner = inner
        self._changes = changes

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on."""
        return await self._inner.handle_async_request(altered(request, await request.aread(), self._changes))

    async def aclose(self) -> None:
        """Close the other transport."""
        await self._inner.aclose()

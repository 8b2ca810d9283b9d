"""The service as a function: answers requests at httpx's edge, for both clients."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator

import httpx

BASE = "https://api.example"
SECRET = "nmv_usr_" + "s3cr3t-" * 6
DRAFT = {"t": [{"tt": 7, "sg": [{"s": 0, "d": 3000, "m": {"text": "Kyoto", "role": "title"}}]}], "d": 3000}
VIDEO = bytes(range(256)) * 1024


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in pieces, for either client, that knows whether it was closed."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self._pieces = pieces
        self.given = 0
        self.closed = False

    def _next(self, piece: bytes | Exception) -> bytes:
        self.given += 1
        if isinstance(piece, Exception):
            raise piece
        return piece

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            yield self._next(piece)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield self._next(piece)

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


def envelope(**data: object) -> httpx.Response:
    return httpx.Response(200, json={"code": 0, "message": "success", "data": data})


def records(*values: object) -> bytes:
    return b"".join(b"data: " + json.dumps(value).encode() + b"\n\n" for value in values)


class Edge:
    """Answers every documented call; `answers` replaces some by method and path, `seen` keeps what came."""

    def __init__(self, **answers: Callable[[httpx.Request], httpx.Response]) -> None:
        self.seen: list[httpx.Request] = []
        self.stream = Pieces(
            records({"type": "tool_call", "name": "edit_multitrack", "args": {}}),
            b": ping\n\n",
            records({"type": "text", "content": "Done."}),
        )
        self.tokens = 0
        self._answers = answers

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.seen]

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        path = request.url.path
        for name, answer in self._answers.items():
            if name in path.replace("-", "_").replace("/", "_"):
                return answer(request)
        if path.endswith("anonymous-token"):
            self.tokens += 1
            return envelope(
                token=f"{SECRET}{self.tokens}", user_id="anon_1", expires_at="2026-01-12T09:00:00Z", credits=100
            )
        if request.headers.get("Authorization", "").startswith("Bearer "):
            return self._service(path)
        return httpx.Response(200, content=VIDEO, headers={"Content-Type": "video/mp4"})

    def _service(self, path: str) -> httpx.Response:
        if path == "/run_sse":
            return httpx.Response(200, stream=self.stream, headers={"Content-Type": "text/event-stream"})
        if "with-session" in path:
            return envelope(session_id="55", task_id="task_1", user_id="anon_1")
        if "upload-video" in path:
            return envelope(files=[{"filename": "a.jpg", "file_type": "image", "cdn_url": "https://cdn/a.jpg"}])
        if "/state/" in path:
            return envelope(state={"draft": DRAFT})
        if "/credits/" in path:
            return envelope(available=50, frozen=0, total=50)
        if "claim-token" in path:
            return envelope(claim_token="clm_x")
        if path.startswith("/api/render/proxy/lambda"):
            return httpx.Response(
                200,
                json={
                    "status": "completed",
                    "progress": 100,
                    "output": {"url": "https://cdn.example/x", "size": len(VIDEO)},
                },
            )
        return httpx.Response(404, json={"code": 404, "message": path})

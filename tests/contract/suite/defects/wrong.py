"""A fake with a fault planted in it: ASGI middleware that changes what is asked, what is answered, or what is streamed.

A plant is a handful of small functions by operation. They see the fake from outside, as a proxy would, and share a
`Memory` for each world.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, cast

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nemovideo_contract.openapi import Json, JsonObject
from nemovideo_contract.wire import EVENT_STREAM, Path
from nemovideo_mock.runtime.world_registry import WorldRegistry
from nemovideo_mock.server import RunningServer, Server, bind, url_of
from nemovideo_mock.settings import Settings
from tests.guards import HANG_S

#: The names of what is called, each with the pattern of its path.
_PATTERNS: Final = tuple(
    (method, re.compile(re.sub(r"\\{\w+\\}", "[^/]*", re.escape(path))), operation)
    for method, path, operation in (
        ("POST", Path.ANONYMOUS_TOKEN, "anonymous_token"),
        ("POST", Path.CLAIM_TOKEN, "claim_token"),
        ("POST", Path.SESSION, "create_session"),
        ("POST", Path.RUN_SSE, "run_sse"),
        ("POST", Path.UPLOAD, "upload"),
        ("GET", Path.STATE, "state"),
        ("GET", Path.CREDITS, "credits"),
        ("POST", Path.RENDER, "submit_render"),
        ("GET", Path.RENDER_STATUS, "render_status"),
        ("POST", Path.RENDER_CANCEL, "cancel_render"),
        ("GET", Path.RENDER_DOWNLOAD, "download_render"),
        ("GET", "/cdn/renders/{name}/output.mp4", "output"),
        ("GET", "/cdn/uploads/{sha256}/{filename}", "media"),
    )
)


class Memory(dict[str, Json]):
    """What a plant keeps in mind of one world."""

    def count(self, name: str) -> int:
        """How often this was asked, this time included."""
        self[name] = number = self.number(name) + 1
        return number

    def number(self, name: str) -> int:
        """A number that is kept, 0 at first."""
        found = self.get(name, 0)
        assert isinstance(found, int)
        return found


@dataclass(slots=True)
class Asked:
    """A request on its way in; `path` is without its world. What is changed here is what the fake gets."""

    operation: str
    method: str
    path: str
    headers: dict[str, str]
    memory: Memory
    number: int = field(default_factory=itertools.count().__next__)
    body: bytes = b""

    @property
    def token(self) -> str:
        """The bearer, empty where there is none."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    @token.setter
    def token(self, value: str) -> None:
        self.headers["authorization"] = f"Bearer {value}"

    @property
    def json(self) -> JsonObject:
        """The body where it is a JSON object, else an empty one."""
        try:
            found = cast("Json", json.loads(self.body))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def text(self) -> str:
        """What a message says."""
        message = self.json.get("new_message")
        parts = message.get("parts") if isinstance(message, dict) else None
        listed = parts if isinstance(parts, list) else []
        return " ".join(str(each.get("text")) for each in listed if isinstance(each, dict))

    def says(self, value: Json) -> None:
        """Ask with this body instead."""
        self.body = json.dumps(value).encode()
        self.headers["content-type"] = "application/json"


@dataclass(slots=True)
class Told:
    """An answer on its way out."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> JsonObject | None:
        """The body where it is a JSON object."""
        try:
            found = cast("Json", json.loads(self.body))
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    @property
    def code(self) -> Json:
        """The code of its envelope."""
        return (self.json or {}).get("code")

    def says(self, value: JsonObject) -> None:
        """Answer with this body instead."""
        self.body = json.dumps(value, ensure_ascii=False).encode()


def answer(value: JsonObject, status: int = 200) -> Told:
    """An answer in JSON."""
    return Told(status, {"content-type": "application/json"}, json.dumps(value).encode())


def refusal(status: int, code: int, message: str = "No.") -> Told:
    """A refusal in the envelope."""
    return answer({"code": code, "message": message, "data": None}, status)


Ask = Callable[[Asked], Told | None]
Tell = Callable[[Asked, Told], None]
Say = Callable[[Asked, JsonObject], list[JsonObject]]
Frame = Callable[[Asked, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Plant:
    """What is wrong with a fake.

    `heads` sees each request's head before its world's state does; `asks` a whole request, which it may answer itself;
    `tells` a whole answer that is no stream. `says` gives the records that are sent in place of one, `closes` those
    that are sent at the end; `frames` changes a record's bytes, signs of life too; `streams` the head of a stream.
    `plays` are keys of the profile that the fake plays and nobody expects.
    """

    heads: Callable[[Asked], None] | None = None
    asks: Mapping[str, Ask] = field(default_factory=dict[str, Ask])
    tells: Mapping[str, Tell] = field(default_factory=dict[str, Tell])
    says: Say | None = None
    closes: Callable[[Asked], list[JsonObject]] | None = None
    frames: Frame | None = None
    streams: Callable[[Asked, Told], None] | None = None
    plays: Mapping[str, object] = field(default_factory=dict[str, object])


class Middleware:
    """The fake's application with a plant around it."""

    def __init__(self, app: ASGIApp, plant: Plant) -> None:
        self._app = app
        self._plant = plant
        self._memories: dict[str, Memory] = {}
        #: What went wrong with the plant itself, which is no defect that counts.
        self.mistakes: list[Exception] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._serve(scope, receive, send)
        except Exception as error:
            self.mistakes.append(error)
            raise

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked, prefix = self._asked(scope)
        if self._plant.heads is not None:
            self._plant.heads(asked)
        ask, told = self._plant.asks.get(asked.operation), None
        if asked.operation == "upload" and "content-length" not in asked.headers:
            ask = None  # it comes slowly, and holds the fake's clock only while the fake reads it
        if ask is not None or (asked.operation == "run_sse" and self._looks_at_streams):
            asked.body = await _body(receive)
            told = ask(asked) if ask is not None else None
            receive = _again(asked.body, receive)
            if "content-length" in asked.headers or asked.body:
                asked.headers["content-length"] = str(len(asked.body))
        if told is not None:
            await _answer(told, send)
            return
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in asked.headers.items()]
        path = prefix + asked.path
        inner = {**scope, "path": path, "raw_path": path.encode(), "headers": raw}
        await self._app(inner, receive, _Outgoing(self._plant, asked, send))

    @property
    def _looks_at_streams(self) -> bool:
        plant = self._plant
        return bool(plant.says or plant.closes or plant.frames or plant.streams or "run_sse" in plant.tells)

    def _asked(self, scope: Scope) -> tuple[Asked, str]:
        path: str = scope["path"]
        prefix = ""
        if path.startswith("/w/"):
            world, _, rest = path.removeprefix("/w/").partition("/")
            prefix, path = f"/w/{world}", f"/{rest}"
        method: str = scope["method"]
        named = (name for how, form, name in _PATTERNS if how == method and form.fullmatch(path))
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        memory = self._memories.setdefault(prefix, Memory())
        return Asked(next(named, ""), method, path, headers, memory), prefix


class _Outgoing:
    """What the application sends, through the plant."""

    def __init__(self, plant: Plant, asked: Asked, send: Send) -> None:
        self._plant = plant
        self._asked = asked
        self._send = send
        self._told: Told | None = None
        self._is_stream = False

    async def __call__(self, message: Message) -> None:
        """Take one message."""
        if message["type"] == "http.response.start":
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]}
            self._told = Told(message["status"], headers, b"")
            self._is_stream = headers.get("content-type", "").startswith(EVENT_STREAM)
            if self._is_stream:
                if self._plant.streams is not None:
                    self._plant.streams(self._asked, self._told)
                await self._send(_start(self._told))
            elif self._asked.operation not in self._plant.tells:
                await self._send(message)
        elif message["type"] == "http.response.body" and self._is_stream:
            await self._stream(message)
        elif message["type"] == "http.response.body" and self._asked.operation in self._plant.tells:
            assert self._told is not None
            self._told.body += message.get("body", b"")
            if not message.get("more_body", False):
                self._plant.tells[self._asked.operation](self._asked, self._told)
                await _answer(self._told, self._send)
        else:
            await self._send(message)

    async def _stream(self, message: Message) -> None:
        body = b"".join(map(self._record, _records(message.get("body", b""))))
        if not message.get("more_body", False) and self._plant.closes is not None:
            body += b"".join(map(_framed, self._plant.closes(self._asked)))
        await self._send({**message, "body": body})

    def _record(self, raw: bytes) -> bytes:
        plant = self._plant
        if plant.says is not None and raw.startswith(b"data: {") and b'"heartbeat"' not in raw:
            value = cast("JsonObject", json.loads(raw.removeprefix(b"data: ")))
            raw = b"".join(map(_framed, plant.says(self._asked, value)))
        if plant.frames is not None:
            raw = b"".join(plant.frames(self._asked, each) for each in _records(raw))
        return raw


def _records(body: bytes) -> list[bytes]:
    """The records of a chunk; the fake sends whole ones, signs of life by themselves."""
    return [each for each in re.split(rb"(?<=\n\n)", body) if each]


def _framed(value: JsonObject) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def _start(told: Told) -> Message:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.headers.items()]
    return {"type": "http.response.start", "status": told.status, "headers": headers}


async def _answer(told: Told, send: Send) -> None:
    told.headers["content-length"] = str(len(told.body))
    await send(_start(told))
    await send({"type": "http.response.body", "body": told.body, "more_body": False})


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _again(body: bytes, receive: Receive) -> Receive:
    """The same body once more, and then whatever comes after it."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


@contextmanager
def planted(settings: Settings, plant: Plant) -> Generator[RunningServer]:
    """A fake with a plant around it, in a thread of its own, for as long as the block lasts.

    Raises:
        Exception: the plant itself broke, at the end.
    """
    world_registry = WorldRegistry(settings)
    sock = bind()
    server = Server(world_registry)
    middleware = Middleware(cast("ASGIApp", server.config.app), plant)
    server.config.app = middleware
    ready = threading.Event()
    server.on_ready = ready.set
    thread = threading.Thread(target=anyio.run, args=(server.serve, [sock]), daemon=True)
    thread.start()
    assert ready.wait(HANG_S)
    try:
        yield RunningServer(url_of(sock), world_registry)
    finally:
        server.stop()
        thread.join()
        world_registry.close()
    if middleware.mistakes:
        raise middleware.mistakes[0]

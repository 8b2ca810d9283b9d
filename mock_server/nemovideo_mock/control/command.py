"""One request to the control API: which world it is about, what it says, and how it is answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, cast

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from nemovideo_mock.clock import Link, wall
from nemovideo_mock.dates import to_datetime
from nemovideo_mock.json_fields import Fields
from nemovideo_mock.json_types import Json
from nemovideo_mock.runtime.world_registry import WorldRegistry
from nemovideo_mock.runtime.world_runtime import WorldRuntime

#: Bytes of a body, but for snapshots.
BODY_LIMIT: Final = 1024 * 1024
JSON_TYPE: Final = "application/json"


class ControlError(Exception):
    """An answer of the control API that isn't success: an HTTP status and one sentence."""

    def __init__(self, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class ControlRequest:
    """One request: `params` are the parts of its path that vary."""

    world_registry: WorldRegistry
    runtime: WorldRuntime
    request: Request
    params: Mapping[str, str]

    @property
    def link(self) -> Link | None:
        """The connection; None under a server that isn't ours."""
        return cast("Link | None", self.request.scope.get("state", {}).get("link"))

    async def body(self, types: tuple[str, ...], limit: int = BODY_LIMIT) -> bytes:
        """The body as it came; 415 for another media type than these, 413 for more than `limit` bytes."""
        body = bytearray()
        try:
            async for chunk in self.request.stream():
                body += chunk
                if len(body) > limit:
                    raise ControlError(413, f"The body is longer than {limit} bytes.")
        except ClientDisconnect:
            raise ControlError(400, "The caller left before the body was complete.") from None
        if body and self.content_type not in types:
            raise ControlError(415, f"The body must be {' or '.join(types)}: say so in the header Content-Type.")
        return bytes(body)

    @property
    def content_type(self) -> str:
        """The media type of the body, without parameters."""
        return self.request.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def json(self, limit: int = BODY_LIMIT) -> object:
        """The body as JSON; an empty one is an empty object."""
        raw = await self.body((JSON_TYPE,), limit)
        if not raw:
            return {}
        try:
            # In a thread, as a snapshot with files takes a while.
            return await asyncio.to_thread(json.loads, raw, parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise ControlError(400, "The body is not JSON.") from None

    async def fields(self) -> Fields:
        """The body's fields."""
        return Fields(await self.json())

    def query(self, *names: str) -> dict[str, str]:
        """The parameters of the query; 400 for one that isn't among these."""
        given = self.request.query_params
        for name in given:
            if name not in names:
                known = ", ".join(names) if names else "none"
                raise ControlError(400, f"There is no parameter {name!r:.60} here; there are {known}.")
        return dict(given)

    def note(self, action: str, details: Json) -> None:
        """Write into the world's journal what was changed."""
        note(self.runtime, action, details)

    async def left(self) -> None:
        """Wait until the caller has gone."""
        while (await self.request.receive())["type"] != "http.disconnect":
            pass

    @contextmanager
    def standing_by(self) -> Generator[None]:
        """While this lasts, a caller that takes part in a clock only waits for us, and its time may go on."""
        link = self.link
        if link is None:
            yield
            return
        link.blocked = True
        link.changed()
        try:
            yield
        finally:
            link.blocked = False
            link.changed()


def _refuse(name: str) -> None:
    message = f"{name} is not JSON"
    raise ValueError(message)


def note(runtime: WorldRuntime, action: str, details: Json) -> None:
    """Write into a world's journal what was changed."""
    runtime.journal.control(action, details, runtime.clock.now(), wall())


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON; half surrogate pairs, which UTF-8 can't carry, stay escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    try:
        body = text.encode("utf-8")
    except UnicodeEncodeError:
        body = json.dumps(value, indent=1).encode("ascii")
    return Response(body + b"\n", status, dict(headers or {}), JSON_TYPE)


def iso(seconds: float) -> str:
    """An instant in ISO 8601, UTC, to the millisecond."""
    return to_datetime(seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")

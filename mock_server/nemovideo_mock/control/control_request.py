"""A request to the control API: its world, its body, and its response."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, cast

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from nemovideo_contract.json_input import JsonInputError, parse
from nemovideo_mock.clock import Link, wall
from nemovideo_mock.dates import to_datetime
from nemovideo_mock.json_fields import Fields
from nemovideo_mock.json_types import Json
from nemovideo_mock.runtime.world_registry import WorldRegistry
from nemovideo_mock.runtime.world_runtime import WorldRuntime

#: The longest body in bytes, except for snapshots.
BODY_LIMIT: Final = 1024 * 1024
JSON_TYPE: Final = "application/json"


class ControlError(Exception):
    """An error response of the control API: an HTTP status and one sentence."""

    def __init__(self, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class ControlRequest:
    """A request to the control API; `params` are the variable parts of its path."""

    world_registry: WorldRegistry
    runtime: WorldRuntime
    request: Request
    params: Mapping[str, str]

    @property
    def link(self) -> Link | None:
        """The connection; None under another server than ours."""
        return cast("Link | None", self.request.scope.get("state", {}).get("link"))

    async def body(self, types: tuple[str, ...], limit: int = BODY_LIMIT) -> bytes:
        """Return the raw body; raise 415 for another media type than `types`, and 413 for more than `limit` bytes."""
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
        """The media type of the body without parameters."""
        return self.request.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def json(self, limit: int = BODY_LIMIT) -> object:
        """Return the body as JSON; an empty body is an empty object."""
        raw = await self.body((JSON_TYPE,), limit)
        if not raw:
            return {}
        try:
            # In a thread, because a snapshot with files takes some time.
            return await asyncio.to_thread(parse, raw, unique_keys=True)
        except JsonInputError as error:
            message = (
                "The body is not JSON." if error.position is not None else f"The body can't be read: {error.reason}."
            )
            raise ControlError(400, message) from None

    async def fields(self) -> Fields:
        """Return the fields of the body."""
        return Fields(await self.json())

    def query(self, *names: str) -> dict[str, str]:
        """Return the parameters of the query; raise 400 for a name that is not in `names`."""
        given = self.request.query_params
        for name in given:
            if name not in names:
                known = ", ".join(names) if names else "none"
                raise ControlError(400, f"There is no parameter {name!r:.60} here; there are {known}.")
        return dict(given)

    def note(self, action: str, details: Json) -> None:
        """Write a change to the journal of the world."""
        note(self.runtime, action, details)

    async def wait_for_disconnect(self) -> None:
        """Wait until the caller has left."""
        while (await self.request.receive())["type"] != "http.disconnect":
            pass

    @contextmanager
    def let_time_pass(self) -> Generator[None]:
        """Let the caller's clock go on while this block waits: the request does not hold the time."""
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


def note(runtime: WorldRuntime, action: str, details: Json) -> None:
    """Write a change to the journal of a world."""
    runtime.journal.control(action, details, runtime.clock.now(), wall())


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON response; half surrogate pairs stay escaped, because UTF-8 can't encode them."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    try:
        body = text.encode("utf-8")
    except UnicodeEncodeError:
        body = json.dumps(value, indent=1).encode("ascii")
    return Response(body + b"\n", status, dict(headers or {}), JSON_TYPE)


def iso(seconds: float) -> str:
    """Return a time in ISO 8601, UTC, to the millisecond."""
    return to_datetime(seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")

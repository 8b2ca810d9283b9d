"""The typed dialect: flat objects with a `type`. It is the only format that a document of the vendor shows.

Source: the vendor's reference 4.4; a published client reads `text` instead of `content`. No document shows an error
inside a stream: that record is *assumed*.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from nemovideo_contract.wire import EventType
from nemovideo_mock.dialects.framing import Heartbeats, data_record
from nemovideo_mock.json_types import Json
from nemovideo_mock.turn_plan import Failure, Record, Text, ToolCall

#: Caches and proxies must not hold the stream back.
_HEADERS: Final = MappingProxyType({"Cache-Control": "no-store", "Connection": "keep-alive", "X-Accel-Buffering": "no"})


def to_typed_record(record: Record, text_key: Literal["content", "text"] = "content") -> Json:
    """Return one record in the typed dialect; `text_key` is the key of a text."""
    match record:
        case Text():
            return {"type": EventType.TEXT.value, text_key: record.content}
        case ToolCall():
            return {"type": EventType.TOOL_CALL.value, "name": record.name, "args": record.args}
        case Failure():
            return {"type": "error", "code": record.code, "message": record.message}
        case _:
            return {"type": EventType.TOOL_RESULT.value, "name": record.name, "result": record.result}


class Typed:
    """A stream in the typed dialect: one wire record for each record, and nothing at the end."""

    headers: Mapping[str, str] = _HEADERS

    def __init__(self, heartbeats: Heartbeats, text_key: Literal["content", "text"]) -> None:
        self._heartbeats = heartbeats
        self._text_key: Literal["content", "text"] = text_key

    def record(self, record: Record, now: float, *, last: bool = False) -> list[bytes]:  # noqa: ARG002 - other dialects need the instant and the end
        """Return the one wire record."""
        return [_line(to_typed_record(record, self._text_key))]

    def heartbeat(self) -> bytes:
        """Return a heartbeat record, or `b""` if the profile has none."""
        return self._heartbeats.beat()

    def failure(self, code: int | str, message: str, now: float) -> list[bytes]:  # noqa: ARG002 - other dialects need the instant
        """Return a record of the type `error` (*assumed*)."""
        return [_line({"type": "error", "code": code, "message": message})]

    def end(self, now: float) -> list[bytes]:  # noqa: ARG002 - other dialects need the instant
        """Return nothing: the stream closes without a final record."""
        return []


def _line(value: Json) -> bytes:
    return data_record(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

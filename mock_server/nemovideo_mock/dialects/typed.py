"""The typed dialect: flat objects told apart by `type`, the only form that any document of the vendor shows.

Source: the vendor's reference 4.4; a published client reads `text` where it has `content`. No document shows an error
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

#: Against caches and proxies that would hold a stream back.
_HEADERS: Final = MappingProxyType({"Cache-Control": "no-store", "Connection": "keep-alive", "X-Accel-Buffering": "no"})


def to_typed_record(record: Record, text_key: Literal["content", "text"] = "content") -> Json:
    """One record in the typed dialect; `text_key` carries a text."""
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
    """A stream in the typed dialect: every record stands for itself, and the end is silent."""

    headers: Mapping[str, str] = _HEADERS

    def __init__(self, heartbeats: Heartbeats, text_key: Literal["content", "text"]) -> None:
        self._heartbeats = heartbeats
        self._text_key: Literal["content", "text"] = text_key

    def record(self, record: Record, now: float, *, last: bool = False) -> list[bytes]:  # noqa: ARG002 - other dialects need the instant and the end
        """The one record that says it."""
        return [_line(to_typed_record(record, self._text_key))]

    def heartbeat(self) -> bytes:
        """A sign of life, or nothing (`b""`) where the profile has none."""
        return self._heartbeats.beat()

    def failure(self, code: int | str, message: str, now: float) -> list[bytes]:  # noqa: ARG002 - other dialects need the instant
        """A record of the type `error` (*assumed*)."""
        return [_line({"type": "error", "code": code, "message": message})]

    def end(self, now: float) -> list[bytes]:  # noqa: ARG002 - other dialects need the instant
        """Nothing: the stream closes without a word."""
        return []


def _line(value: Json) -> bytes:
    return data_record(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

"""The events of a turn's stream: both known dialects become one set of typed events.

The *typed* dialect is documented: one JSON object per record, distinguished by `type`. The *ADK* dialect is that of
Google's agent server, whose path and request body this API shares. That the service uses it is an assumption: no
example is known. These properties were measured on a real ADK server:

- With token streaming, deltas (`partial: true`) are followed by an aggregate that repeats the whole text.
- A tool call may come twice with one call id, first partial, then complete.
- A tool's response has the role `user`; all deltas of a message may share one event id.
- A failure is an event with `errorCode`, followed by a bare `{"error": ...}` record; old versions do not escape the
  latter.
- An aggregate always follows the deltas, so a stream that ends before it was cut, even if it closed properly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal

from nemovideo_client.errors import redact
from nemovideo_client.json_reading import Json, child, decode, integer, mapping, sequence, text, without
from nemovideo_client.sse import Comment, EmptyRecord, Record, ServerSentEvent
from nemovideo_contract import wire

_SHOWN: Final = frozenset({"text", "functionCall", "function_call", "functionResponse", "function_response"})
#: ADK reports an empty answer of the model as an error; here it is a silent turn.
_NOTHING_SAID: Final = frozenset({"MODEL_RETURNED_NO_CONTENT", "STOP"})
#: The values of `finishReason` that mean a complete answer.
_WHOLE: Final = frozenset({"STOP", "FINISH_REASON_UNSPECIFIED"})


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the agent's text; `partial` pieces are joined without a gap."""

    content: str
    partial: bool = False


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The agent calls a tool; `call_id` pairs it with its result if there is one, `raw` is the original object."""

    name: str
    args: Json
    call_id: str | None = None
    raw: object = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The tool's result; `result` is empty if it is not a JSON object, `raw` is the original object."""

    name: str
    result: Json
    call_id: str | None = None
    raw: object = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A sign of life without content; `form` is how the stream sent it."""

    form: Literal["typed", "empty", "event", "comment"]


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """The turn failed: `code` as the service sends it, `message` for people, `raw` the original object."""

    code: int | str | None
    message: str | None
    raw: object = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A record that no document describes, unchanged."""

    raw: object


Event = Text | ToolCall | ToolResult | Heartbeat | ErrorEvent | Unknown


class Reader:
    """Converts the records of one stream to events; remembers earlier text so that no text is repeated.

    Redacts `secrets` in every record.
    """

    def __init__(self, *secrets: str) -> None:
        self._secrets = secrets
        self._deltas = ""
        self._failures: list[tuple[int | str | None, str | None]] = []
        #: ADK's `finishReason` if the model's last answer is incomplete, else None.
        self.cut_short: str | None = None

    @property
    def unfinished(self) -> bool:
        """Whether a stream that ends now is incomplete: it has deltas without their aggregate, which only ADK sends."""
        return bool(self._deltas)

    def read(self, record: Record) -> list[Event]:
        """Return the events of one record: usually one, sometimes none or several."""
        match record:
            case Comment():
                return [Heartbeat("comment")]
            case EmptyRecord(event=name):
                return [Heartbeat("event" if name == wire.EventType.HEARTBEAT else "empty")]
            case ServerSentEvent(event=wire.EventType.HEARTBEAT):
                return [Heartbeat("event")]
            case ServerSentEvent(data=data) if not data.strip():
                return [Heartbeat("empty")]
            case ServerSentEvent(event=name, data=data):
                return self._read_data(name, data)

    def _read_data(self, name: str, data: str) -> list[Event]:
        fields = mapping(without(decode(data), *self._secrets))
        if name == "error" and (fields is None or "type" not in fields):
            bare = redact(data, *self._secrets)
            return [self._error(None, bare, bare) if fields is None else _failure(fields)]
        if fields is None:
            data = redact(data, *self._secrets)
            # Old ADK servers format this record as a string, so a quote inside makes it invalid JSON.
            found = re.match(r'\s*\{\s*"error"\s*:\s*"?(.*?)"?\s*\}?\s*$', data, re.DOTALL)
            return [self._error(None, found.group(1), data)] if found else [Unknown(data)]
        if "type" in fields:
            return [_parse_typed(fields)]
        if any(key in fields for key in ("content", "author", "invocationId", "invocation_id", "actions")):
            return self._adk(fields)
        if "error" in fields or "errorCode" in fields or integer(fields, "code"):
            if self._failures and "error_details" in fields:
                return []  # repeats the failure of the errorCode event before it
            return [_failure(fields)]
        return [Unknown(fields)]

    def _adk(self, event: Json) -> list[Event]:
        code = text(event, "errorCode", "error_code")
        message = text(event, "errorMessage", "error_message")
        parts = [mapping(part) or {} for part in sequence(child(event, "content").get("parts"))]
        partial = event.get("partial") is True
        events: list[Event] = []
        said = "".join(text(part, "text") or "" for part in parts if part.get("thought") is not True)
        if said:
            reason = text(event, "finishReason", "finish_reason")
            self.cut_short = reason if reason not in _WHOLE else None
        if event.get("author") == "system" and said.startswith("Error:"):
            return [self._error("system", said, event)]
        if said:
            events += self._say(said, partial=partial)
        for part in parts:
            # A partial call may lack arguments; the complete one follows.
            call = mapping(part.get("functionCall", part.get("function_call")))
            if call is not None and not partial:
                events.append(ToolCall(text(call, "name") or "", _object(call.get("args")), text(call, "id"), call))
            response = mapping(part.get("functionResponse", part.get("function_response")))
            if response is not None:
                events.append(
                    ToolResult(
                        text(response, "name") or "", _object(response.get("response")), text(response, "id"), response
                    )
                )
        if code is not None and code not in _NOTHING_SAID:
            if self._is_repeated(code, message):
                return events
            events.append(self._error(code, message, event))
        if events or code in _NOTHING_SAID or _is_empty_answer(event, parts) or _repeats(parts):
            return events
        return [Unknown(event)]

    def _say(self, said: str, *, partial: bool) -> list[Event]:
        if partial:
            self._deltas += said
            return [Text(said, partial=True)]
        deltas, self._deltas = self._deltas, ""
        if deltas and said.startswith(deltas):
            rest = said[len(deltas) :]
            return [Text(rest, partial=True)] if rest else []
        return [Text(said)]

    def _is_repeated(self, code: str, message: str | None) -> bool:
        """Return whether this failure is a repeat: a partial event comes again complete, sometimes with more text."""
        return any(code == known and (message == words or None in (message, words)) for known, words in self._failures)

    def _error(self, code: int | str | None, message: str | None, raw: object) -> ErrorEvent:
        self._failures.append((code, message))
        return ErrorEvent(code, redact(message) if message else None, raw)


def _is_empty_answer(event: Json, parts: list[Json]) -> bool:
    """Return whether an ADK event is the silent end of a turn: its content has no parts, or only empty parts."""
    if text(event, "author") is None or mapping(event.get("content")) is None:
        return False
    return not any(any(part.values()) for part in parts) and not any(child(event, "actions").values())


def _repeats(parts: list[Json]) -> bool:
    """Return whether another event shows the same parts, as an aggregate does for deltas."""
    return any(part.get("thought") is not True and not _SHOWN.isdisjoint(part) and any(part.values()) for part in parts)


def _object(value: object) -> Json:
    """Return a JSON object, also if it is given as a string."""
    return mapping(decode(value) if isinstance(value, str) else value) or {}


def _parse_typed(fields: Json) -> Event:
    match fields["type"]:
        case wire.EventType.TEXT:
            # The documents disagree on the key: the vendor's reference has `content`, its clients also accept `text`.
            content = fields.get("content", fields.get("text"))
            return Text(content) if isinstance(content, str) else Unknown(fields)
        case wire.EventType.TOOL_CALL:
            call_id = text(fields, "id", "call_id")
            return ToolCall(text(fields, "name") or "", _object(fields.get("args")), call_id, fields)
        case wire.EventType.TOOL_RESULT:
            call_id = text(fields, "id", "call_id")
            return ToolResult(text(fields, "name") or "", _object(fields.get("result")), call_id, fields)
        case wire.EventType.HEARTBEAT:
            return Heartbeat("typed")
        case "error":
            return _failure(fields)
        case _:
            return Unknown(fields)


def _failure(fields: Json) -> ErrorEvent:
    inner = child(fields, "error")
    code = integer(fields, "code") or integer(inner, "code") or text(fields, "errorCode", "code")
    message = text(fields, "message", "content", "error", "errorMessage", "detail") or text(inner, "message")
    return ErrorEvent(code, redact(message) if message else None, fields)

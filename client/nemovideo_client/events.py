"""The events of a turn's stream: both known dialects become one set of typed events.

The *typed* dialect is documented: one JSON object per record, distinguished by `type`. The *ADK* dialect is that of
Google's agent server, whose path and request body this API shares. That the service uses it is an assumption: no
example is known. These properties were measured on a real ADK server:

- With token streaming, deltas (`partial: true`) are followed by an aggregate that repeats the whole text.
- A tool call may come twice with one call id, first partial, then complete.
- A tool's response has the role `user`; all deltas of a message may share one event id.
- A failure is an event with `errorCode`, followed by a bare `{"error": ...}` record; old versions do not escape the
  latter, so that its further lines are no fields of the stream.
- A call in `longRunningToolIds` needs no result in the same run.
- An aggregate always follows the deltas, so a stream that ends before it was cut, even if it closed properly.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Final, Literal

from nemovideo_client.errors import redact
from nemovideo_client.json_reading import Json, child, decode, integer, mapping, sequence, text, without
from nemovideo_client.sse import Comment, EmptyRecord, Record, ServerSentEvent
from nemovideo_contract import wire

#: Actions that say only that no text follows a tool, which the end of the stream shows too.
_FLAGS: Final = frozenset({"skipSummarization", "skip_summarization"})
#: ADK reports an empty answer of the model as an error; here it is a silent turn.
_NOTHING_SAID: Final = frozenset({"MODEL_RETURNED_NO_CONTENT", "STOP"})
#: The values of `finishReason` that mean a complete answer.
_WHOLE: Final = frozenset({"STOP", "FINISH_REASON_UNSPECIFIED"})
#: Old ADK servers format this record as a string, so a quote inside makes it invalid JSON.
_OLD_ERROR: Final = re.compile(r'\s*\{\s*"error"\s*:\s*"?(.*?)"?\s*\}?\s*$', re.DOTALL)
_OLD_ERROR_ENDS: Final = re.compile(r"\}\s*$")


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the agent's text; `partial` pieces are joined without a gap."""

    content: str
    partial: bool = False


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The agent calls a tool; `call_id` pairs it with its result if there is one, `raw` is the original object.

    `is_long_running` is true if the turn may end before the tool has a result.
    """

    name: str
    args: Json
    call_id: str | None = None
    raw: object = field(default=None, repr=False, compare=False)
    is_long_running: bool = False


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
    """A record that no document describes, or such a part of a record, unchanged."""

    raw: object


Event = Text | ToolCall | ToolResult | Heartbeat | ErrorEvent | Unknown


class Reader:
    """Converts the records of one stream to events; remembers earlier text so that no text is repeated.

    Redacts `secrets` in every record.
    """

    def __init__(self, *secrets: str) -> None:
        self._secrets = secrets
        self._deltas = ""
        #: The unknown parts of partial events, as JSON texts, and the text of their thoughts.
        self._given: set[str] = set()
        self._thoughts: list[str] = []
        self._failures: list[tuple[int | str | None, str | None]] = []
        #: The lines so far of an old server's error, whose end has not come.
        self._error_lines: list[str] = []
        #: ADK's `finishReason` if the model's last answer is incomplete, else None.
        self.cut_short: str | None = None

    @property
    def unfinished(self) -> bool:
        """Whether a stream that ends now is incomplete: it has deltas without their aggregate, which only ADK sends."""
        return bool(self._deltas)

    def read(self, record: Record) -> list[Event]:
        """Return the events of one record: usually one, sometimes none or several."""
        if self._error_lines and (more := _stray_text(record)):
            return self._add_to_error(more)
        match record:
            case Comment():
                return [Heartbeat("comment")]
            case EmptyRecord(stray=stray) if stray.strip():
                return [Unknown(redact(stray, *self._secrets))]
            case EmptyRecord(event=name):
                return [Heartbeat("event" if name == wire.EventType.HEARTBEAT else "empty")]
            case ServerSentEvent(event=wire.EventType.HEARTBEAT):
                return [Heartbeat("event")]
            case ServerSentEvent(data=data) if not data.strip():
                return [Heartbeat("empty")]
            case ServerSentEvent(event=name, data=data, stray=stray):
                return [*self.finish(), *self._read_data(name, data, stray)]

    def finish(self) -> list[Event]:
        """Return what was held back for further records: call it when the stream has ended or broken."""
        if not self._error_lines:
            return []
        data = "\n".join(self._error_lines)
        self._error_lines.clear()
        found = _OLD_ERROR.match(data)
        return [self._error(None, found.group(1) if found else data, data)]

    def _add_to_error(self, more: str) -> list[Event]:
        self._error_lines.append(redact(more, *self._secrets))
        return self.finish() if _OLD_ERROR_ENDS.search(more) else []

    def _read_data(self, name: str, data: str, stray: str) -> list[Event]:
        fields = mapping(without(decode(data), *self._secrets))
        if name == "error" and (fields is None or "type" not in fields):
            bare = redact(f"{data}\n{stray}" if stray else data, *self._secrets)
            return [self._error(None, bare, bare) if fields is None else _failure(fields)]
        if fields is None:
            if _OLD_ERROR.match(data):
                return self._add_to_error(f"{data}\n{stray}" if stray else data)
            return [Unknown(redact(data, *self._secrets))]
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
        parts = sequence(child(event, "content").get("parts"))
        partial = event.get("partial") is True
        said = "".join(map(_said, parts))
        reason = text(event, "finishReason", "finish_reason")
        if said:
            self.cut_short = reason if reason not in _WHOLE else None
        elif reason not in {*_WHOLE, None} and not any(map(_has_content, parts)):
            self.cut_short = reason
        if event.get("author") == "system" and said.startswith("Error:"):
            return [self._error("system", said, event)]
        known: list[Event] = self._say(said, partial=partial) if said else []
        is_known = bool(said)
        unknown: list[object] = []
        long_running = sequence(event.get("longRunningToolIds", event.get("long_running_tool_ids")))
        for part in parts:
            used = _tool_use(part, long_running)
            # A partial call may lack arguments; the complete one follows.
            known += (each for each in used if not (partial and isinstance(each, ToolCall)))
            is_known = is_known or bool(used)
            if not used and not _said(part) and _has_content(part):
                unknown.append(part)
        others: list[Event] = [Unknown(part) for part in unknown if not self._repeats_partial(part, partial=partial)]
        if not partial:
            self._given.clear()
            self._thoughts.clear()
        if actions := {name: each for name, each in child(event, "actions").items() if each and name not in _FLAGS}:
            others.append(Unknown({"actions": actions}))
        if code is not None and code not in _NOTHING_SAID and not self._is_repeated(code, message):
            return [*known, self._error(code, message, event)]
        if is_known:
            return [*known, *others]
        is_repeated = bool(unknown and not others)
        nothing = is_repeated or code is not None or _is_empty_answer(event, parts)
        return [] if nothing else [Unknown(event)]

    def _repeats_partial(self, part: object, *, partial: bool) -> bool:
        """Return whether the unknown part repeats those of partial events, as an aggregate does; note partial ones."""
        fields = mapping(part) or {}
        thought = text(fields, "text") if fields.get("thought") is True else None
        written = json.dumps(part, sort_keys=True)
        if partial:
            self._given.add(written)
            self._thoughts.append(thought or "")
            return False
        return written in self._given or (thought is not None and thought == "".join(self._thoughts))

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


def _is_empty_answer(event: Json, parts: list[object]) -> bool:
    """Return whether an ADK event is the silent end of a turn: its content has no parts, or only empty parts."""
    if text(event, "author") is None or mapping(event.get("content")) is None:
        return False
    return not any(map(_has_content, parts)) and not any(child(event, "actions").values())


def _has_content(part: object) -> bool:
    fields = mapping(part)
    return bool(part) if fields is None else any(fields.values())


def _said(part: object) -> str:
    """Return the text of a part; a thought is not part of the answer."""
    fields = mapping(part) or {}
    return text(fields, "text") or "" if fields.get("thought") is not True else ""


def _tool_use(part: object, long_running: list[object]) -> list[Event]:
    """Return the call and the result in a part."""
    fields = mapping(part) or {}
    events: list[Event] = []
    if (call := mapping(fields.get("functionCall", fields.get("function_call")))) is not None:
        call_id = text(call, "id")
        is_long = call_id is not None and call_id in long_running
        events.append(ToolCall(text(call, "name") or "", _object(call.get("args")), call_id, call, is_long))
    if (response := mapping(fields.get("functionResponse", fields.get("function_response")))) is not None:
        name, result = text(response, "name") or "", _object(response.get("response"))
        events.append(ToolResult(name, result, text(response, "id"), response))
    return events


def _stray_text(record: Record) -> str:
    """Return the text of a record that may be a further line of an old server's error."""
    match record:
        case Comment(text=words):
            return f":{words}"
        case EmptyRecord(stray=stray):
            return f"\n{stray}" if stray else ""
        case ServerSentEvent(data=data, stray=stray):
            return "" if mapping(decode(data)) is not None else "\n".join(("", data, stray) if stray else ("", data))


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
    details = child(fields, "error_details")
    code = integer(fields, "code") or integer(inner, "code") or text(fields, "errorCode", "code", "status")
    code = code or text(inner, "code", "status") or text(details, "error_type")
    message = text(fields, "message", "content", "error", "errorMessage", "detail", "reason")
    message = message or text(inner, "message", "status") or text(details, "error_message")
    return ErrorEvent(code, redact(message) if message else None, fields)

"""The event formats of Google's Agent Development Kit (ADK): this API has the same path and request body.

No document of the vendor shows ADK events. That the vendor's service sends them is *assumed*. The format is measured
on the kit itself: version 2.13.0 for the family 2.x, and version 1.39.1 for 1.18 to 1.39. Events are compact JSON in
raw UTF-8 with the keys in the order of `KEYS`. No key is null, and each event is one `data:` line. Only the token
counts and the model's name are invented.

Details that readers of the stream often get wrong, all of them measured:

- With `streaming`, an aggregate follows the deltas and repeats the whole text, and each tool call comes twice.
- A tool's response has the role `user`, and a tool call has a `finishReason` although the run continues.
- A run may end after a tool's response without any text, in several forms.
- A failure ends with a record that is not an event and has another JSON style.
"""

from __future__ import annotations

import json
import math
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, cast

from nemovideo_contract.wire import AGENT
from nemovideo_mock.dialects.framing import Heartbeats, data_record, replace_surrogates
from nemovideo_mock.json_types import Json
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import Failure, Record, Text, ToolCall, ToolResult

# ADK's serializer (pydantic-core 2.50, measured) differs from `json.dumps` with compact separators only in numbers:
# `1e-05` is `0.00001` there, and `1e-07` is `1e-7`. Both leave all characters beyond ASCII unescaped, U+2028 too.


_quoted: Final = json.JSONEncoder(ensure_ascii=False).encode
#: The smallest exponent that is still written out as zeros.
_WRITTEN_OUT: Final = -5


def compact_json(value: object) -> str:
    """Return a JSON value as text without spaces, byte for byte as the Agent Development Kit writes it.

    Raises:
        ValueError: a number is infinite or not a number.
        TypeError: the value has a type that JSON does not have.
    """
    match value:
        case str():
            return _quoted(value)
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case int():
            return str(value)
        case float():
            return _number(value)
        case Mapping():
            members = cast("Mapping[str, object]", value).items()
            return "{" + ",".join(f"{_quoted(str(name))}:{compact_json(member)}" for name, member in members) + "}"
        case list() | tuple():
            return "[" + ",".join(map(compact_json, cast("list[object]", value))) + "]"
        case _:
            raise TypeError(f"JSON has no {type(value).__name__}.")


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"JSON has no number {value}.")
    text = repr(value)
    digits, scientific, exponent = text.partition("e")
    if not scientific:
        return text
    return f"{Decimal(text):f}" if int(exponent) == _WRITTEN_OUT else f"{digits}e{int(exponent):+}"


#: The order of an event's keys.
KEYS: Final = (
    "modelVersion",
    "content",
    "partial",
    "finishReason",
    "errorCode",
    "errorMessage",
    "usageMetadata",
    "invocationId",
    "author",
    "actions",
    "nodeInfo",
    "longRunningToolIds",
    "id",
    "timestamp",
)
#: The name of the model. It cannot be mistaken for a real one.
MODEL_VERSION: Final = "nemo-mock-1"
#: The `errorCode` of an empty answer.
NO_CONTENT: Final = "MODEL_RETURNED_NO_CONTENT"
_NO_PARTS: Final = "The model returned no content (finish_reason=STOP with empty parts)."
_NO_WORDS: Final = (
    "The model returned no actionable content (finish_reason=STOP with thought-only or whitespace-only parts)."
)
_ACTIONS: Final[Json] = {
    "stateDelta": {},
    "artifactDelta": {},
    "requestedAuthConfigs": {},
    "requestedToolConfirmations": {},
}
#: Characters in a token, about as many as models count in English.
_TOKEN_LENGTH: Final = 4
#: A delta: up to three words, or a run of characters in a script that has no spaces.
_DELTA: Final = re.compile(r"(?:\S{1,16}\s*){1,3}|\s+")

#: How a run without a final text ends: the tool asks to skip the summary (`skip`); the model sends nothing; its answer
#: has no content, no parts, or a part without words.
Silence = Literal["skip", "nothing", "no content", "no parts", "no words"]


@dataclass(frozen=True, slots=True)
class Family:
    """The differences between the families of ADK's events.

    - `node_info`: each event names the node that it comes from.
    - `shared_ids`: the deltas and the aggregate of a streamed answer have the same id.
    - `aggregate_names_model`: the aggregate has a `modelVersion`, as deltas have.
    - `flags_silence`: an empty answer has an `errorCode`.
    - `failure_event`: a failure is sent as an event first, and then as the record that is not an event, with details.
    - `silences`, `streamed_silences`: the measured forms of an end without text, without and with `streaming`.
    """

    node_info: bool
    shared_ids: bool
    aggregate_names_model: bool
    flags_silence: bool
    failure_event: bool
    silences: tuple[Silence, ...]
    streamed_silences: tuple[Silence, ...]


#: 2.x, as measured on 2.13.0.
ADK_2: Final = Family(
    node_info=True,
    shared_ids=True,
    aggregate_names_model=True,
    flags_silence=True,
    failure_event=True,
    silences=("skip", "nothing", "no content", "no parts", "no words"),
    streamed_silences=("skip", "nothing", "no words"),
)
#: 1.18 to 1.39, as measured on 1.39.1.
ADK_1: Final = Family(
    node_info=False,
    shared_ids=False,
    aggregate_names_model=False,
    flags_silence=False,
    failure_event=False,
    silences=("skip", "nothing", "no parts", "no words"),
    streamed_silences=("skip", "nothing"),
)


class Adk:
    """A stream of ADK events, all of one invocation.

    Each text is one answer of the model. It is sent whole or, with `streaming`, in deltas and an aggregate. Each tool
    call is its own event: the kit puts parallel calls of a model into one event, but this agent never makes parallel
    calls.
    """

    #: Empty: ADK's own server sends neither Cache-Control nor a header against buffering.
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(
        self, family: Family, heartbeats: Heartbeats, draws: Chance, *, streaming: bool, user_text: str = ""
    ) -> None:
        self._family = family
        self._heartbeats = heartbeats
        self._draws = draws
        self._streaming = streaming
        self._context = _tokens(user_text)  # tokens of the conversation so far
        self._events = 0
        self._open_calls: list[tuple[str, str]] = []  # open calls: the id in the plan and the id on the wire
        self._call_count = 0
        self._wordless = False  # the last event is a tool's response
        silences = family.streamed_silences if streaming else family.silences
        self._silence: Silence = silences[int(draws.fraction("silence") * len(silences))]
        self._shared: Json = {
            "invocationId": f"e-{_uuid(draws, 'invocation')}",
            "author": AGENT,
            "actions": _ACTIONS,
            **({"nodeInfo": {"path": f"{AGENT}@1"}} if family.node_info else {}),
        }

    def record(self, record: Record, now: float, *, last: bool = False) -> list[bytes]:
        """Return the events for one record of the agent, all with the time `now`.

        If a tool's result is the `last` record, it may ask the model to skip the summary.
        """
        self._wordless = isinstance(record, ToolResult)
        match record:
            case Text():
                return self._say(record.content, now)
            case ToolCall():
                return self._call(record, now)
            case ToolResult():
                return [self._respond(record, now, skip=last and self._silence == "skip")]
            case Failure():
                return self.failure(record.code, record.message, now)

    def heartbeat(self) -> bytes:
        """Return a heartbeat record, or `b""` if the profile has none; the kit itself sends none."""
        return self._heartbeats.beat()

    def failure(self, code: int | str, message: str, now: float) -> list[bytes]:
        """Return the records of a failed run.

        In 2.x they are an event with `errorCode` and a record that is not an event; before 2.x only the latter. The kit
        puts the name of an exception where this has `code`; the names in the vendor's service are unknown.
        """
        self._wordless = False
        name, message, now = str(code), replace_surrogates(message), float(now)
        if not self._family.failure_event:
            return [data_record(json.dumps({"error": message}))]
        details = {"error_type": name, "error_message": message, "timestamp": now}
        return [
            self._event({"errorCode": name, "errorMessage": message}, now),
            data_record(json.dumps({"error": f"{name}: {message}", "error_details": details})),
        ]

    def end(self, now: float) -> list[bytes]:
        """Return an empty answer or nothing if the last record was a tool's response; a stream draws the form once."""
        if not self._wordless:
            return []
        self._wordless = False
        flag: Json = {"errorCode": NO_CONTENT, "errorMessage": _NO_PARTS} if self._family.flags_silence else {}
        match self._silence:
            case "skip" | "nothing":
                return []
            case "no content":
                return [self._event({**self._model(""), **flag}, now)]
            case "no parts":
                return [self._event({**self._model(""), **flag, "content": _content()}, now)]
            case "no words":
                return self._say("", now)

    def _say(self, text: str, now: float) -> list[bytes]:
        model = self._model(text)
        flag: Json = (
            {"errorCode": NO_CONTENT, "errorMessage": _NO_WORDS}
            if self._family.flags_silence and not text.strip()
            else {}
        )
        whole = {**model, **flag, "content": _content({"text": text})}
        if not self._streaming:
            return [self._event(whole, now)]
        pieces: list[str] = _DELTA.findall(text) or [""]
        deltas: list[Json] = [
            {"modelVersion": MODEL_VERSION, "content": _content({"text": piece})} for piece in pieces[:-1]
        ]
        deltas.append({**model, "content": _content({"text": pieces[-1]})})
        return self._stream_answer(deltas, whole, now)

    def _call(self, call: ToolCall, now: float) -> list[bytes]:
        wire_id = f"adk-{_uuid(self._draws, 'call', self._call_count)}"
        self._call_count += 1
        self._open_calls.append((call.call_id, wire_id))
        part: Json = {"functionCall": {"id": wire_id, "args": call.args, "name": call.name}}
        long_running: list[str] = []
        whole: Json = {
            **self._model(compact_json(call.args)),
            "content": _content(part),
            "longRunningToolIds": long_running,
        }
        return self._stream_answer([whole], whole, now) if self._streaming else [self._event(whole, now)]

    def _respond(self, result: ToolResult, now: float, *, skip: bool) -> bytes:
        self._context += _tokens(compact_json(result.result))
        part: Json = {
            "functionResponse": {"id": self._close_call(result), "name": result.name, "response": result.result}
        }
        fields: Json = {"content": _content(part, role="user")}
        if skip:
            fields["actions"] = {"skipSummarization": True, **_ACTIONS}
        return self._event(fields, now)

    def _close_call(self, result: ToolResult) -> str:
        """Close the call that the result answers; return the call's id on the wire, or a new id if no call is open."""
        for index, (call_id, wire_id) in enumerate(self._open_calls):
            if call_id == result.call_id:
                del self._open_calls[index]
                return wire_id
        self._call_count += 1
        return f"adk-{_uuid(self._draws, 'call', self._call_count - 1)}"

    def _stream_answer(self, deltas: list[Json], whole: Json, now: float) -> list[bytes]:
        """Return the deltas and the aggregate of one answer."""
        event_id = self._next_id() if self._family.shared_ids else None
        if not self._family.aggregate_names_model:
            whole = {name: value for name, value in whole.items() if name != "modelVersion"}
        partials = [self._event({**delta, "partial": True}, now, event_id) for delta in deltas]
        return [*partials, self._event({**whole, "partial": False}, now, event_id)]

    def _model(self, said: str) -> Json:
        """Return the fields of an answer next to its content, and count the answer's tokens into later prompts."""
        prompt, candidates = self._context, _tokens(said)
        self._context += candidates
        return {
            "modelVersion": MODEL_VERSION,
            "finishReason": "STOP",
            "usageMetadata": {
                "candidatesTokenCount": candidates,
                "promptTokenCount": prompt,
                "totalTokenCount": prompt + candidates,
            },
        }

    def _event(self, fields: Json, now: float, event_id: str | None = None) -> bytes:
        event = {**self._shared, **fields, "id": event_id or self._next_id(), "timestamp": float(now)}
        return data_record(compact_json({key: event[key] for key in KEYS if key in event}))

    def _next_id(self) -> str:
        self._events += 1
        return _uuid(self._draws, "event", self._events)


def _content(*parts: Json, role: Literal["model", "user"] = "model") -> Json:
    return {"parts": parts, "role": role}


def _tokens(text: str) -> int:
    return -(-len(text) // _TOKEN_LENGTH)


def _uuid(draws: Chance, *names: object) -> str:
    """Return an id in the form of a random UUID (version 4), derived from the names."""
    return str(uuid.UUID(bytes=draws.digest(*names)[:16], version=4))

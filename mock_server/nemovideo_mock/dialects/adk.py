"""The dialects of Google's Agent Development Kit, whose path and request body this API shares.

No document of the vendor shows the kit's events; that its service might speak them is *assumed*. Their form is
measured on the kit itself, 2.13.0 for the family 2.x and 1.39.1 for 1.18 to 1.39: compact JSON in raw UTF-8, keys in
the order of `KEYS`, none of them null, one `data:` line an event. Only the numbers of tokens and the name of the model
are ours.

What readers trip over, all of it measured:

- With `streaming`, deltas are followed by an aggregate that repeats the whole text, and a call comes twice.
- A tool's response has the role `user`, and a call has a `finishReason` although the run goes on.
- A run may end after a tool's response without a word, in several forms.
- A failure ends with a record that is no event, in another style of JSON.
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
from nemovideo_mock.dialects.framing import Heartbeats, data_record, encodable
from nemovideo_mock.json_types import Json
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import Failure, Record, Text, ToolCall, ToolResult

# JSON as the Agent Development Kit writes it, byte for byte.
#
# Its serializer (pydantic-core 2.50, measured) differs from `json.dumps` without spaces in one thing: numbers.
# `1e-05` is `0.00001` there and `1e-07` is `1e-7`. Both leave everything beyond ASCII as it is, U+2028 too.


_quoted: Final = json.JSONEncoder(ensure_ascii=False).encode
#: The smallest exponent that is still written as zeros.
_WRITTEN_OUT: Final = -5


def compact(value: object) -> str:
    """A JSON value as text without any space.

    Raises:
        ValueError: a number is infinite or none at all.
        TypeError: the value is nothing that JSON has.
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
            return "{" + ",".join(f"{_quoted(str(name))}:{compact(member)}" for name, member in members) + "}"
        case list() | tuple():
            return "[" + ",".join(map(compact, cast("list[object]", value))) + "]"
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
#: The name of a model that nobody can mistake for a real one.
MODEL_VERSION: Final = "nemo-mock-1"
#: The `errorCode` of an answer with nothing in it.
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
#: Characters of a token, about, as models count English.
_TOKEN_LENGTH: Final = 4
#: A delta: up to three words, or a run of a script that has no spaces.
_DELTA: Final = re.compile(r"(?:\S{1,16}\s*){1,3}|\s+")

#: How a run ends that has no last word: the tool says that no summary is wanted (`skip`); the model says nothing; its
#: answer has no content, no parts, or a part without words.
Silence = Literal["skip", "nothing", "no content", "no parts", "no words"]


@dataclass(frozen=True, slots=True)
class Family:
    """In what the kit's event families differ.

    - `node_info`: each event names the node that it comes from.
    - `shared_ids`: what a streamed answer consists of, deltas and aggregate, has one id.
    - `aggregate_names_model`: the aggregate has a `modelVersion`, as deltas have.
    - `flags_silence`: an empty answer carries an `errorCode`.
    - `failure_event`: a failure is an event before it is the record that is none, and that record has details.
    - `silences`, `streamed_silences`: the measured forms of an end without a word, without and with `streaming`.
    """

    node_info: bool
    shared_ids: bool
    aggregate_names_model: bool
    flags_silence: bool
    failure_event: bool
    silences: tuple[Silence, ...]
    streamed_silences: tuple[Silence, ...]


#: 2.x, as 2.13.0 has it.
ADK_2: Final = Family(
    node_info=True,
    shared_ids=True,
    aggregate_names_model=True,
    flags_silence=True,
    failure_event=True,
    silences=("skip", "nothing", "no content", "no parts", "no words"),
    streamed_silences=("skip", "nothing", "no words"),
)
#: 1.18 to 1.39, as 1.39.1 has it.
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
    """A stream of the kit's events, all of one invocation.

    Each text is one answer of the model, whole or, with `streaming`, in deltas and an aggregate. Calls come one at a
    time: the kit puts calls that the model makes at once into one event, but the agent makes none at once.
    """

    #: The kit adds none: a bare server sends neither Cache-Control nor anything against buffering.
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(
        self, family: Family, heartbeats: Heartbeats, draws: Chance, *, streaming: bool, user_text: str = ""
    ) -> None:
        self._family = family
        self._heartbeats = heartbeats
        self._draws = draws
        self._streaming = streaming
        self._context = _tokens(user_text)  # tokens of all that was said so far
        self._events = 0
        self._calls: list[tuple[str, str]] = []  # open calls: the plan's id and the one on the wire
        self._called = 0
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
        """The events that say it, all at this instant; a tool's `last` result may say that no word will follow."""
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
        """A sign of life, or nothing (`b""`); the kit itself has none."""
        return self._heartbeats.beat()

    def failure(self, code: int | str, message: str, now: float) -> list[bytes]:
        """The run broke: in 2.x an event with `errorCode` and a record that is no event, before that only the latter.

        The kit has the name of an exception where this has `code`; what the vendor's would be called is unknown.
        """
        self._wordless = False
        name, message, now = str(code), encodable(message), float(now)
        if not self._family.failure_event:
            return [data_record(json.dumps({"error": message}))]
        details = {"error_type": name, "error_message": message, "timestamp": now}
        return [
            self._event({"errorCode": name, "errorMessage": message}, now),
            data_record(json.dumps({"error": f"{name}: {message}", "error_details": details})),
        ]

    def end(self, now: float) -> list[bytes]:
        """After a tool's response without a word: an empty answer, or nothing, as drawn once for the stream."""
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
        return self._streamed(deltas, whole, now)

    def _call(self, call: ToolCall, now: float) -> list[bytes]:
        wire_id = f"adk-{_uuid(self._draws, 'call', self._called)}"
        self._called += 1
        self._calls.append((call.call_id, wire_id))
        part: Json = {"functionCall": {"id": wire_id, "args": call.args, "name": call.name}}
        long_running: list[str] = []
        whole: Json = {
            **self._model(compact(call.args)),
            "content": _content(part),
            "longRunningToolIds": long_running,
        }
        return self._streamed([whole], whole, now) if self._streaming else [self._event(whole, now)]

    def _respond(self, result: ToolResult, now: float, *, skip: bool) -> bytes:
        self._context += _tokens(compact(result.result))
        part: Json = {
            "functionResponse": {"id": self._answered(result), "name": result.name, "response": result.result}
        }
        fields: Json = {"content": _content(part, role="user")}
        if skip:
            fields["actions"] = {"skipSummarization": True, **_ACTIONS}
        return self._event(fields, now)

    def _answered(self, result: ToolResult) -> str:
        """The wire's id of the call that this answers, which is open no longer; a new one where nobody called."""
        for index, (call_id, wire_id) in enumerate(self._calls):
            if call_id == result.call_id:
                del self._calls[index]
                return wire_id
        self._called += 1
        return f"adk-{_uuid(self._draws, 'call', self._called - 1)}"

    def _streamed(self, deltas: list[Json], whole: Json, now: float) -> list[bytes]:
        """The deltas and the aggregate of one answer."""
        event_id = self._next_id() if self._family.shared_ids else None
        if not self._family.aggregate_names_model:
            whole = {name: value for name, value in whole.items() if name != "modelVersion"}
        partials = [self._event({**delta, "partial": True}, now, event_id) for delta in deltas]
        return [*partials, self._event({**whole, "partial": False}, now, event_id)]

    def _model(self, said: str) -> Json:
        """What an answer of the model has besides its content; the answer is part of what the next one is made from."""
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
        return data_record(compact({key: event[key] for key in KEYS if key in event}))

    def _next_id(self) -> str:
        self._events += 1
        return _uuid(self._draws, "event", self._events)


def _content(*parts: Json, role: Literal["model", "user"] = "model") -> Json:
    return {"parts": parts, "role": role}


def _tokens(text: str) -> int:
    return -(-len(text) // _TOKEN_LENGTH)


def _uuid(draws: Chance, *names: object) -> str:
    """An id in the form of a random UUID (version 4)."""
    return str(uuid.UUID(bytes=draws.digest(*names)[:16], version=4))

"""Extract from a body the facts that rules need, so that the judge does not keep bodies."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast

from nemovideo_contract.journal import RecordEntry, RequestEntry, ResponseEntry
from nemovideo_contract.json_input import JsonInputError, parse

#: Text that a stream may end with after a good turn. Every document says to ignore it then.
NOISE: Final = "I encountered a temporary issue"
#: The number of characters that are kept of a message and of a stream's text.
TEXT_LIMIT: Final = 4000


@dataclass(frozen=True, slots=True)
class DraftFacts:
    """The facts of a draft that rules compare. Equal drafts have the same `digest`.

    `ready` is true if the draft can be exported. `in_text` is true if the draft came as a JSON string instead of an
    object.
    """

    ready: bool
    digest: str
    in_text: bool = False


#: The kind of a stream record: text for the user, a tool call, a tool result, an error, a heartbeat, or another record.
RecordKind = Literal["text", "call", "result", "error", "heartbeat", "other"]


def body_of(entry: RequestEntry | ResponseEntry) -> object | None:
    """Return the JSON value of a request's or response's body, or None if it is not JSON or was cut."""
    return None if is_cut(entry) else entry["body"].get("json")


def is_cut(entry: RequestEntry | ResponseEntry) -> bool:
    """Return whether a part of the body is missing from the journal."""
    return entry["body"].get("cut", False)


def at(value: object, *path: str | int) -> object | None:
    """Return the value at a path of keys and indexes in a JSON value, or None if the path leads nowhere."""
    for step in path:
        if isinstance(value, dict):
            value = cast("dict[object, object]", value).get(step)
        elif isinstance(value, list) and isinstance(step, int):
            items = cast("list[object]", value)
            value = items[step] if -len(items) <= step < len(items) else None
        else:
            return None
    return value


def items_of(value: object) -> list[object]:
    """Return the items of a JSON array, or an empty list if the value is not an array."""
    return cast("list[object]", value) if isinstance(value, list) else []


def text_at(value: object, *path: str | int) -> str | None:
    """Return the value at a path in a JSON value if it is text, else None."""
    found = at(value, *path)
    return found if isinstance(found, str) else None


def code_of(body: object, status: int) -> int | None:
    """Return the API code of a response: the envelope's code, else the HTTP status of an error, else 0.

    Return None if the body has a `code` that is not a number.
    """
    code = at(body, "code")
    if isinstance(code, bool) or (code is not None and not isinstance(code, int)):
        return None
    if isinstance(code, int) and code != 0:
        return code
    return 0 if 200 <= status < 300 else status


def draft_of(value: object) -> DraftFacts:
    """Return the facts of a draft. One document sends the draft as a JSON string; it is decoded first."""
    in_text = isinstance(value, str)
    if isinstance(value, str):
        try:
            value = parse(value, half_pairs=True)
        except JsonInputError:
            return DraftFacts(ready=False, digest=digest(value), in_text=True)
    ready = any(items_of(at(track, "sg")) for track in items_of(at(value, "t")))
    return DraftFacts(ready=ready, digest=digest(value), in_text=in_text)


def message_of(body: object) -> str | None:
    """Return the text of a message to the agent, its parts joined, or None if it has no text."""
    parts = items_of(at(body, "new_message", "parts"))
    words = [text for part in parts if (text := text_at(part, "text")) is not None]
    return "\n".join(words)[:TEXT_LIMIT] if words else None


def is_noise(words: str) -> bool:
    """Return whether a text is the notice of trouble that may follow a good turn and must be ignored."""
    return words.lstrip().startswith(NOISE)


def record_of(entry: RecordEntry) -> tuple[RecordKind, str, int | None]:
    """Return the kind of a stream record, its text (of text and errors), and the code of an error.

    It reads all dialects: flat records with a `type`, and the events of the agent kit.
    """
    if entry["heartbeat"]:
        return "heartbeat", "", None
    data: object = entry.get("data")
    kind = text_at(data, "type")
    if kind == "text":
        return "text", text_at(data, "content") or text_at(data, "text") or "", None
    if kind == "tool_call":
        return "call", text_at(data, "name") or "", None
    if kind == "tool_result":
        return "result", text_at(data, "name") or "", None
    if kind == "heartbeat":
        return "heartbeat", "", None
    failure = at(data, "errorCode")
    if kind == "error" or at(data, "error") or (failure and failure not in _NOTHING_SAID):
        return "error", _error_words(data), _error_code(data)
    code = at(data, "code")
    if isinstance(code, int) and not isinstance(code, bool) and code != 0:
        return "error", text_at(data, "message") or "", code
    return _kit_record(data)


#: The kit reports a model without output as an error. Rules treat it as a silent turn.
_NOTHING_SAID: Final = ("MODEL_RETURNED_NO_CONTENT", "STOP")


def _kit_record(data: object) -> tuple[RecordKind, str, int | None]:
    parts = items_of(at(data, "content", "parts"))
    words = "".join(text_at(part, "text") or "" for part in parts if not at(part, "thought"))
    if words:
        # A record that repeats earlier pieces as a whole adds nothing new. Only a client needs to detect that.
        return "text", words, None
    for part in parts:
        for key, kind in _KIT_TOOLS:
            if at(part, key) is not None:
                return kind, text_at(part, key, "name") or "", None
    return "other", "", None


_KIT_TOOLS: Final[Sequence[tuple[str, RecordKind]]] = (
    ("functionCall", "call"),
    ("function_call", "call"),
    ("functionResponse", "result"),
    ("function_response", "result"),
)


def _error_words(data: object) -> str:
    for path in (("message",), ("errorMessage",), ("error", "message"), ("error",)):
        if (words := text_at(data, *path)) is not None:
            return words
    return ""


def _error_code(data: object) -> int | None:
    for path in (("code",), ("errorCode",), ("error", "code")):
        code = at(data, *path)
        if isinstance(code, str) and code.isascii() and code.isdigit():
            return int(code)
        if isinstance(code, int) and not isinstance(code, bool):
            return code
    return None


def digest(value: object) -> str:
    """Return a short digest. Equal JSON values have the same digest, whatever the order of their keys."""
    return hashlib.sha256(canonical_json(value).encode("ascii"), usedforsecurity=False).hexdigest()[:16]


def canonical_json(value: object) -> str:
    """Return the canonical spelling of a JSON value, or an empty string for None."""
    if value is None:
        return ""
    return _WHOLE.sub("", json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":")))


#: The fraction of a whole number: jq and many languages write 5.0 as 5.
_WHOLE: Final = re.compile(r"(?<=[\d])\.0(?=[,\]}]|\Z)")

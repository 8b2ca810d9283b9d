"""What rules need to know of a body, taken out of it when it is read, so that bodies needn't be kept."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast

from nemovideo_contract.journal import RecordEntry, RequestEntry, ResponseEntry

#: What a stream may end with after a good turn; every document says to ignore it then.
NOISE: Final = "I encountered a temporary issue"
#: Characters that are kept of a message and of a stream's words.
TEXT_LIMIT: Final = 4000


@dataclass(frozen=True, slots=True)
class DraftFacts:
    """A draft as far as rules compare it: whether it can be exported, and a digest that equal drafts share.

    `in_text` says that it came as a string that spells it.
    """

    ready: bool
    digest: str
    in_text: bool = False


#: What a stream record is: words for the user, a tool at work, its result, an error, a sign of life, or none of these.
RecordKind = Literal["text", "call", "result", "error", "heartbeat", "other"]


def body_of(entry: RequestEntry | ResponseEntry) -> object | None:
    """The JSON value of a request's or response's body; None where it is none, or was cut."""
    return None if is_cut(entry) else entry["body"].get("json")


def is_cut(entry: RequestEntry | ResponseEntry) -> bool:
    """Whether a part of the body is missing from the journal."""
    return entry["body"].get("cut", False)


def at(value: object, *path: str | int) -> object | None:
    """What stands at a path of keys and places in a JSON value; None where there is nothing."""
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
    """A JSON array's items; none where it is no array."""
    return cast("list[object]", value) if isinstance(value, list) else []


def text_at(value: object, *path: str | int) -> str | None:
    """The same where it is text."""
    found = at(value, *path)
    return found if isinstance(found, str) else None


def code_of(body: object, status: int) -> int | None:
    """The API's code of an answer: the envelope's, else the HTTP status of a refusal; 0 where neither says otherwise.

    None where a body says something that is no code.
    """
    code = at(body, "code")
    if isinstance(code, bool) or (code is not None and not isinstance(code, int)):
        return None
    if isinstance(code, int) and code != 0:
        return code
    return 0 if 200 <= status < 300 else status


def draft_of(value: object) -> DraftFacts:
    """What rules compare of a draft; a draft in a string, as one document has it, is the draft that it spells."""
    in_text = isinstance(value, str)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return DraftFacts(ready=False, digest=digest(value), in_text=True)
    ready = any(items_of(at(track, "sg")) for track in items_of(at(value, "t")))
    return DraftFacts(ready=ready, digest=digest(value), in_text=in_text)


def message_of(body: object) -> str | None:
    """The words of a message to the agent, its parts joined; None where it has none."""
    parts = items_of(at(body, "new_message", "parts"))
    words = [text for part in parts if (text := text_at(part, "text")) is not None]
    return "\n".join(words)[:TEXT_LIMIT] if words else None


def is_noise(words: str) -> bool:
    """Whether words are the ones about trouble that may trail a turn and are to be ignored."""
    return words.lstrip().startswith(NOISE)


def record_of(entry: RecordEntry) -> tuple[RecordKind, str, int | None]:
    """What a stream record is, its words (of text and errors), and the code that an error has.

    All dialects are read: flat records told apart by `type`, and the kit's events.
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


#: The kit reports a model that had nothing to say as an error; it is a silent turn.
_NOTHING_SAID: Final = ("MODEL_RETURNED_NO_CONTENT", "STOP")


def _kit_record(data: object) -> tuple[RecordKind, str, int | None]:
    parts = items_of(at(data, "content", "parts"))
    words = "".join(text_at(part, "text") or "" for part in parts if not at(part, "thought"))
    if words:
        # A whole that repeats its pieces says nothing new; which one repeats is for a client to find out.
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
    """A short digest that equal JSON values share, whatever the order of their keys."""
    return hashlib.sha256(canonical_json(value).encode("ascii"), usedforsecurity=False).hexdigest()[:16]


def canonical_json(value: object) -> str:
    """A JSON value in the one spelling that equal values share; empty for what isn't there."""
    if value is None:
        return ""
    return _WHOLE.sub("", json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":")))


#: The rest of a number that is whole all the same: many languages, and jq, write 5.0 as 5.
_WHOLE: Final = re.compile(r"(?<=[\d])\.0(?=[,\]}]|\Z)")

"""Converts the JSON text of a recording to a `Recording` and back."""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from importlib.resources import files
from typing import Final, cast

from nemovideo_contract.json_input import JsonInputError, parse
from nemovideo_contract.openapi import Json, JsonObject, mapping
from nemovideo_contract.recording.recording import (
    FORMAT,
    BinaryBody,
    Body,
    FilesBody,
    JsonBody,
    RecordedEvent,
    RecordedExchange,
    RecordedFile,
    RecordedRequest,
    RecordedResponse,
    Recording,
    Skipped,
    StreamBody,
    TextBody,
)

#: Decimal places of seconds.
_DIGITS: Final = 3
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class RecordingError(ValueError):
    """A text that is not a recording, or has another format; the message is one sentence."""


@cache
def schema() -> JsonObject:
    """Return the JSON Schema of a recording."""
    text = (files("nemovideo_contract.recording") / "recording.schema.json").read_text(encoding="utf-8")
    return mapping(cast("Json", parse(text)))


def read(text: str) -> Recording:
    """Parse the text of a recording.

    Raises:
        RecordingError: it is not a recording.
    """
    try:
        found = cast("Json", parse(text, unique_keys=True, half_pairs=True))
    except JsonInputError as error:
        raise RecordingError(str(error)) from None
    if not isinstance(found, dict) or "format" not in found:
        raise RecordingError("It is JSON, but not a recording: it has no format.")
    number = found["format"]
    if isinstance(number, int) and number > FORMAT:
        raise RecordingError(
            f"It has the format {number}, and this version reads {FORMAT}: use a newer nemovideo-harness."
        )
    if (problem := _problem(found)) is not None:
        raise RecordingError(f"It is not a recording: {problem}")
    return _recording(found)


def _problem(found: JsonObject) -> str | None:
    """Return where a value departs from the schema, in a sentence; None if it doesn't."""
    from jsonschema import Draft202012Validator

    errors = Draft202012Validator(schema()).iter_errors(found)  # pyright: ignore[reportUnknownMemberType] -- its stubs
    deepest = max(errors, key=lambda error: len(error.absolute_path), default=None)
    return None if deepest is None else f"at {deepest.json_path}, {deepest.message:.160}."


def write(recording: Recording) -> str:
    """Return the text of a recording, readable, with one line end at its end."""
    whole: JsonObject = {
        "format": FORMAT,
        "by": recording.by,
        "at": recording.at,
        "target": recording.target,
        "script": recording.script,
        "exchanges": [_exchange_to_json(each) for each in recording.exchanges],
        "skipped": [{"name": each.name, "reason": each.reason} for each in recording.skipped],
    }
    text = json.dumps(whole, ensure_ascii=False, indent=1) + "\n"
    # UTF-8 can't encode half of a surrogate pair, so it stays escaped.
    return text if text.isascii() or not _SURROGATE.search(text) else json.dumps(whole, indent=1) + "\n"


# --- writing ----------------------------------------------------------------------------------------------------------


def _exchange_to_json(exchange: RecordedExchange) -> JsonObject:
    request, reply = exchange.request, exchange.reply
    asked: JsonObject = {"method": request.method, "path": request.path, "headers": dict(request.headers)}
    asked |= {} if request.token is None else {"token": request.token}
    asked |= {} if request.url is None else {"url": request.url}
    came: JsonObject = {
        "status": reply.status,
        "headers": dict(reply.headers),
        "seconds": round(reply.seconds, _DIGITS),
    }
    came |= {} if reply.broken is None else {"broken": reply.broken}
    came |= {} if reply.whole else {"whole": False}
    return {
        "name": exchange.name,
        "operation": exchange.operation,
        "request": asked | _body_to_json(request.body),
        "reply": came | _body_to_json(reply.body),
    }


def _body_to_json(body: Body) -> JsonObject:
    match body:
        case JsonBody(value):
            return {"json": value}
        case TextBody(text):
            return {"text": text}
        case BinaryBody(size, kind):
            return {"binary": {"size": size, "kind": kind}}
        case FilesBody(listed):
            return {"files": [_file_to_json(each) for each in listed]}
        case StreamBody(records, left):
            return {"records": [_record_to_json(each) for each in records], **({"left": left} if left else {})}
        case None:
            return {}


def _file_to_json(file: RecordedFile) -> JsonObject:
    found: JsonObject = {"field": file.field_name, "name": file.name, "size": file.size}
    return found if file.content is None else found | {"content": base64.b64encode(file.content).decode("ascii")}


def _record_to_json(record: RecordedEvent) -> JsonObject:
    found: JsonObject = {"at": round(record.at, _DIGITS), "text": record.text}
    if record.complaints:
        found["complaints"] = [*record.complaints]
    return found


# --- reading what fits the schema ---------------------------------------------------------------------------------


def _recording(node: JsonObject) -> Recording:
    return Recording(
        target=str(node["target"]),
        at=str(node["at"]),
        by=str(node["by"]),
        script=str(node["script"]),
        exchanges=tuple(_exchange(each) for each in _objects(node["exchanges"])),
        skipped=tuple(Skipped(str(each["name"]), str(each["reason"])) for each in _objects(node.get("skipped", []))),
    )


def _exchange(node: JsonObject) -> RecordedExchange:
    asked, came = mapping(node["request"]), mapping(node["reply"])
    request = RecordedRequest(
        str(asked["method"]),
        str(asked["path"]),
        _strings(asked["headers"]),
        _text(asked.get("token")),
        _body(asked),
        _text(asked.get("url")),
    )
    reply = RecordedResponse(
        int(_number(came["status"])),
        _strings(came["headers"]),
        _number(came["seconds"]),
        _body(came),
        _text(came.get("broken")),
        came.get("whole") is not False,
    )
    return RecordedExchange(str(node["name"]), str(node["operation"]), request, reply)


def _body(node: JsonObject) -> Body:
    if "json" in node:
        return JsonBody(node["json"])
    if "text" in node:
        return TextBody(str(node["text"]))
    if "binary" in node:
        found = mapping(node["binary"])
        return BinaryBody(int(_number(found["size"])), _text(found.get("kind")))
    if "files" in node:
        return FilesBody(tuple(_file(each) for each in _objects(node["files"])))
    if "records" in node:
        return StreamBody(tuple(_record(each) for each in _objects(node["records"])), str(node.get("left", "")))
    return None


def _file(node: JsonObject) -> RecordedFile:
    content = _text(node.get("content"))
    try:
        held = None if content is None else base64.b64decode(content, validate=True)
    except ValueError:
        raise RecordingError(f"It is not a recording: the content of {node['name']} is not base64.") from None
    return RecordedFile(str(node["field"]), str(node["name"]), int(_number(node["size"])), held)


def _record(node: JsonObject) -> RecordedEvent:
    complaints = node.get("complaints", [])
    told = tuple(map(str, complaints)) if isinstance(complaints, list) else ()
    return RecordedEvent(_number(node["at"]), str(node["text"]), told)


def _objects(node: Json) -> list[JsonObject]:
    return [mapping(each) for each in node] if isinstance(node, list) else []


def _strings(node: Json) -> dict[str, str]:
    return {name: str(value) for name, value in mapping(node).items()}


def _text(node: Json) -> str | None:
    return node if isinstance(node, str) else None


def _number(node: Json) -> float:
    assert isinstance(node, int | float)
    return node

"""Records calls and answers as they were; at the end, `redaction` hides the secrets of the whole recording."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, cast

from nemovideo_contract.http.exchange import Answer, Call
from nemovideo_contract.json_input import DEEPEST_BODY, JsonInputError, depth, parse
from nemovideo_contract.openapi import Json
from nemovideo_contract.recording.recording import (
    KEPT_HEADERS,
    BinaryBody,
    Body,
    FilesBody,
    JsonBody,
    RecordedEvent,
    RecordedExchange,
    RecordedFile,
    RecordedRequest,
    RecordedResponse,
    StreamBody,
    TextBody,
)

#: A recording keeps only the size of longer text, in characters. No answer of the API is that long.
LONGEST_TEXT: Final = 1 << 20
#: Signatures of kinds of files: the offset in bytes, the bytes there, and the kind.
_SIGNATURES: Final = (
    (4, b"ftyp", "mp4"),
    (0, b"\x89PNG", "png"),
    (0, b"\xff\xd8\xff", "jpg"),
    (0, b"GIF8", "gif"),
    (0, b"RIFF", "riff"),
    (0, b"\x1a\x45\xdf\xa3", "webm"),
    (0, b"ID3", "mp3"),
)


def capture_exchange(name: str, call: Call, answer: Answer, *, with_files: bool = True) -> RecordedExchange:
    """Return one exchange for a recording. `with_files` keeps the content of uploaded files, which may be private."""
    asked = _request_body(call, with_files=with_files)
    request = RecordedRequest(call.method, call.path, dict(call.headers), call.token, asked, call.url)
    reply = RecordedResponse(
        answer.status,
        capture_headers(answer.headers),
        max(0.0, answer.seconds),
        _came(answer),
        answer.broken,
        answer.whole and answer.broken is None,
    )
    return RecordedExchange(name, call.operation, request, reply)


def capture_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that a recording keeps, in lower case and in the recording's order."""
    given = {name.lower(): value for name, value in headers.items()}
    return {name: given[name] for name in KEPT_HEADERS if name in given}


def body_of(content: bytes) -> Body:
    """Return a body from bytes: JSON, text, or a file."""
    if not content:
        return None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return BinaryBody(len(content), kind_of(content))
    try:
        return JsonBody(cast("Json", parse(text, deepest=DEEPEST_BODY, half_pairs=True)))
    except JsonInputError:
        is_text = len(text) <= LONGEST_TEXT and "\x00" not in text and kind_of(content) is None
        return TextBody(text) if is_text else BinaryBody(len(content), kind_of(content))


def kind_of(content: bytes) -> str | None:
    """Return the kind of file that the first bytes show, or None."""
    return next((kind for at, begin, kind in _SIGNATURES if content[at:].startswith(begin)), None)


def _request_body(call: Call, *, with_files: bool) -> Body:
    if isinstance(call.body, tuple):
        files = (
            RecordedFile(each.field_name, each.name, len(each.content), each.content if with_files else None)
            for each in call.body
        )
        return FilesBody(tuple(files))
    if isinstance(call.body, bytes):
        return body_of(call.body)
    if call.body is None:
        return None
    return JsonBody(call.body) if depth(call.body) <= DEEPEST_BODY else BinaryBody(len(json.dumps(call.body)))


def _came(answer: Answer) -> Body:
    if answer.is_stream:
        records = tuple(RecordedEvent(each.at, each.text, each.complaints) for each in answer.records)
        return StreamBody(records, answer.left.decode("utf-8", "replace"))
    return body_of(answer.content)

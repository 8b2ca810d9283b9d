"""Records of an event stream as bytes: what is in them, and others of the same kind.

A record is whole: lines that end in LF, and a blank one. It is typed (a flat object told apart by `type`) or an event
of the Agent Development Kit (an `author` and `content.parts`); what is made up has the form of the record that it is
made after, and the typed one where that can't be told.
"""

from __future__ import annotations

import json
from typing import Literal, cast

from nemovideo_mock.seeded_random import Chance

#: What a gateway says when the service behind it is gone.
PLAIN_WORDS = b"upstream connect error or disconnect/reset before headers"


def payload(record: bytes) -> bytes:
    """What the `data:` lines of a record carry, joined by line ends; empty where there are none."""
    lines = (line.partition(b":") for line in record.split(b"\n"))
    return b"\n".join(value.removeprefix(b" ") for name, _, value in lines if name == b"data")


def with_payload(record: bytes, data: bytes) -> bytes:
    """The record with other data; its other lines stay."""
    others = [line for line in record.split(b"\n") if line and line.partition(b":")[0] != b"data"]
    return b"\n".join([*others, *(b"data: " + line for line in data.split(b"\n")), b"", b""])


def unknown(record: bytes, kind: str, content: dict[str, object]) -> bytes:
    """A record of a kind that nobody knows, in the form of this one.

    A typed one has that `type`; an event of the kit has the same author and ids, and one part of that name.
    """
    event = _object(payload(record))
    if "author" in event or "invocationId" in event:
        made = {name: value for name, value in event.items() if name not in {"content", "partial"}}
        made["content"] = {"parts": [{kind: content}], "role": "model"}
    else:
        made = {"type": kind, **content}
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    return b"data: " + text.encode("utf-8", "replace") + b"\n\n"


def pad_record(record: bytes, size: int) -> bytes:
    """A record of an unknown kind, in the form of this one, `size` bytes long; longer only where its form alone is."""
    mark = b'"content":"'
    small = unknown(record, "padding", {"content": ""})
    head, _, tail = small.rpartition(mark + b'"')
    return head + mark + b"x" * (size - len(small)) + b'"' + tail


def break_record(
    record: bytes, form: Literal["truncated_json", "bare_text", "no_data_prefix", "invalid_utf8"], chance: Chance
) -> bytes:
    """The record, whole as a record and wrong inside."""
    data = payload(record)
    if form == "bare_text":
        return with_payload(record, PLAIN_WORDS)
    if form == "no_data_prefix":
        return (data or PLAIN_WORDS) + b"\n\n"
    if form == "invalid_utf8":
        # Inside the last string, so that a reader that replaces what it can't decode gets JSON.
        head, quote, tail = data.rpartition(b'"')
        return with_payload(record, head + b"\xff\xfe" + quote + tail if quote else data + b"\xff\xfe")
    kept = data[: inside(len(data), chance)].decode("utf-8", "ignore").encode()
    return with_payload(record, kept or b"{")


def inside(length: int, chance: Chance) -> int:
    """A place inside of so many bytes: at least one of them before it and, where there are two, one behind."""
    return 1 + int(chance.fraction("place") * max(0, length - 1))


def with_line_ends(record: bytes, ends: Literal["crlf", "cr", "mix"], chance: Chance) -> bytes:
    """The record with its line ends written differently; it reads the same.

    In a mix, a line that ends in CR is never followed by an empty one that ends in LF: the two would be one line end.
    """
    forms = {"crlf": (b"\r\n",), "cr": (b"\r",), "mix": (b"\n", b"\r\n", b"\r")}[ends]
    lines = record.split(b"\n")
    pieces = [lines[0]]
    last = b""
    for number, line in enumerate(lines[1:]):
        end = forms[int(chance.fraction(number) * len(forms))]
        if end == b"\n" and last == b"\r" and not lines[number]:
            end = b"\r\n"
        pieces += [end, line]
        last = end
    return b"".join(pieces)


def _object(data: bytes) -> dict[str, object]:
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}

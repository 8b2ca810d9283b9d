"""Read and write event-stream records as bytes, and make new ones in the same format.

A record is complete: lines that end in LF, and a blank line. It is typed (a flat object with a `type`) or an event of
the Agent Development Kit (with an `author` and `content.parts`). A new record gets the format of the record that it is
modeled on, and the typed format if that one's format is unknown.
"""

from __future__ import annotations

import json
from typing import Literal, cast

from nemovideo_contract.json_input import JsonInputError, parse
from nemovideo_mock.seeded_random import Chance

#: The text that a gateway sends if the service behind it is gone.
GATEWAY_TEXT = b"upstream connect error or disconnect/reset before headers"


def payload(record: bytes) -> bytes:
    """Return the content of the record's `data:` lines, joined by line ends; empty if it has none."""
    lines = (line.partition(b":") for line in record.split(b"\n"))
    return b"\n".join(value.removeprefix(b" ") for name, _, value in lines if name == b"data")


def with_payload(record: bytes, data: bytes) -> bytes:
    """Return the record with other data and with its other lines unchanged."""
    others = [line for line in record.split(b"\n") if line and line.partition(b":")[0] != b"data"]
    return b"\n".join([*others, *(b"data: " + line for line in data.split(b"\n")), b"", b""])


def make_unknown_record(record: bytes, kind: str, content: dict[str, object]) -> bytes:
    """Return a record of an undocumented kind, in the format of the given record.

    A typed one has `kind` as its `type`. An ADK event has the same author and ids, and one part named `kind`.
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
    """Return a record of an undocumented kind that is `size` bytes long, or longer if its smallest form is longer."""
    mark = b'"content":"'
    small = make_unknown_record(record, "padding", {"content": ""})
    head, _, tail = small.rpartition(mark + b'"')
    return head + mark + b"x" * (size - len(small)) + b'"' + tail


def break_record(
    record: bytes, form: Literal["truncated_json", "bare_text", "no_data_prefix", "invalid_utf8"], chance: Chance
) -> bytes:
    """Return the record with broken content; it still ends as a record does."""
    data = payload(record)
    if form == "bare_text":
        return with_payload(record, GATEWAY_TEXT)
    if form == "no_data_prefix":
        return (data or GATEWAY_TEXT) + b"\n\n"
    if form == "invalid_utf8":
        # Inside the last string: a reader that replaces undecodable bytes then still gets valid JSON.
        head, quote, tail = data.rpartition(b'"')
        return with_payload(record, head + b"\xff\xfe" + quote + tail if quote else data + b"\xff\xfe")
    kept = data[: cut_position(len(data), chance)].decode("utf-8", "ignore").encode()
    return with_payload(record, kept or b"{")


def cut_position(length: int, chance: Chance) -> int:
    """Return a random cut position in `length` bytes: at least one byte is before it and, if possible, one after it."""
    return 1 + int(chance.fraction("place") * max(0, length - 1))


def with_line_ends(record: bytes, ends: Literal["crlf", "cr", "mix"], chance: Chance) -> bytes:
    """Return the record with other line ends; a reader gets the same record.

    In a mix, a blank line that ends in LF never follows a line that ends in CR: the two would be one line end.
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
        value = parse(data, half_pairs=True)
    except JsonInputError:
        return {}
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}

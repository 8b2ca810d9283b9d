"""Streams for the tests: records in every format, a shaper run to its end, and a strict reader."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from nemovideo_mock.faults import Action, SendBytes, StreamShaper, parse
from nemovideo_mock.seeded_random import Chance

#: A record, and whether it is a heartbeat.
Item = tuple[bytes, bool]


def record(value: object) -> bytes:
    """Return a record as the service writes it."""
    return b"data: " + json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


def text(content: str) -> bytes:
    return record({"type": "text", "content": content})


def adk(content: str) -> bytes:
    return record(
        {"content": {"parts": [{"text": content}], "role": "model"}, "author": "nemo_agent", "invocationId": "e-1"}
    )


HEARTBEATS = (record({"type": "heartbeat"}), b"data:\n\n", b"event: heartbeat\ndata: {}\n\n", b": still here\n\n")

_contents = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_records = st.one_of(_contents.map(text), _contents.map(adk), _contents.map(lambda name: record({"name": name})))
_items = st.one_of(_records, st.sampled_from(HEARTBEATS)).map(lambda data: (data, data in HEARTBEATS))
streams = st.lists(_items, max_size=8)


def shaper(*specs: Mapping[str, object], seed: str = "0") -> StreamShaper:
    return StreamShaper([parse({"name": f"f{n}", **spec}) for n, spec in enumerate(specs)], chance=Chance(seed))


def play(items: Sequence[Item], *specs: Mapping[str, object], seed: str = "0") -> list[Action]:
    """Return all actions for the driver, to the end."""
    shaped = shaper(*specs, seed=seed)
    actions = shaped.start()
    for data, heartbeat in items:
        actions += shaped.feed(data, heartbeat=heartbeat)
    return actions + shaped.finish()


def sent_bytes(actions: Sequence[Action]) -> bytes:
    """Return the bytes on the wire."""
    return b"".join(action.data for action in actions if isinstance(action, SendBytes))


def parse_events(stream: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """Return the events of a stream as (name, data), and the bytes of a last event without a blank line.

    Lines end in CR LF, LF or CR; comments are events with the name ":". A field that the standard does not know, a line
    without a colon and bytes that are not UTF-8 are errors.
    """
    events: list[tuple[str, str]] = []
    name, data, begun = "message", list[str](), b""
    for line in stream.splitlines(keepends=True):
        begun += line
        bare = line.rstrip(b"\r\n").decode("utf-8")
        if not line.endswith((b"\r", b"\n")):
            return events, begun
        field, colon, value = bare.partition(":")
        if not bare:
            if data:
                events.append((name, "\n".join(data)))
            name, data, begun = "message", [], b""
        elif not field:
            events.append((":", value))
        elif field == "data" and colon:
            data.append(value.removeprefix(" "))
        elif field == "event" and colon:
            name = value.removeprefix(" ")
        else:
            raise ValueError(f"no line of an event stream: {bare!r}")
    return events, begun


def events(stream: bytes) -> list[tuple[str, str]]:
    """Return the events of a whole stream; an event that is cut off inside a record is an error."""
    read, rest = parse_events(stream)
    if rest:
        raise ValueError(f"the stream ends inside a record: {rest!r}")
    return read


def plain(items: Sequence[Item]) -> bytes:
    """Return the stream without faults."""
    return b"".join(data for data, _ in items)

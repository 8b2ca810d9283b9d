"""Shared parts of the dialect tests: turns to play, and strict readers of streams."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from hypothesis import strategies as st

from nemovideo_contract.profiles import Profile
from nemovideo_mock.dialects import Dialect, dialect_for
from nemovideo_mock.json_types import Json
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import Record, Text, ToolCall, ToolResult

DATA: Final = Path(__file__).parent / "data"
NOW: Final = 1_795_301_920.3463
TYPED: Final = Profile()
ADK_2: Final = Profile(events="adk-2")
ADK_1: Final = Profile(events="adk-1")


@dataclass(frozen=True, slots=True)
class StreamForm:
    """The form of a turn's stream: a profile's dialect, with or without streaming of tokens."""

    profile: Profile
    streaming: bool = False

    def __str__(self) -> str:
        return f"{self.profile.events}{' streaming' * self.streaming}"


#: All forms that ADK has.
KIT_WAYS: Final = [
    StreamForm(ADK_2),
    StreamForm(ADK_2, streaming=True),
    StreamForm(ADK_1),
    StreamForm(ADK_1, streaming=True),
]

Event = dict[str, Any]  # Any: tests look deep inside

#: Any text: control characters, U+2028, lone surrogates.
texts = st.text(st.characters(), max_size=80)
numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
values: st.SearchStrategy[object] = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
objects: st.SearchStrategy[Json] = st.dictionaries(texts, values, max_size=3)


@st.composite
def turns(draw: st.DrawFn) -> list[Record]:
    """Generate turns: the agent says texts, calls tools, and gets the result of each call."""
    records: list[Record] = []
    for number in range(draw(st.integers(0, 5))):
        if draw(st.booleans()):
            records.append(Text(draw(texts)))
        else:
            name, call_id = draw(texts), f"call_{number}"
            records.append(ToolCall(call_id, name, draw(objects)))
            records.append(ToolResult(call_id, name, draw(objects)))
    return records


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream that was sent, as a list of records."""

    sent: tuple[bytes, ...]

    @property
    def lines(self) -> list[str]:
        """Return the data of each record; fail unless each record is one `data: ` line and a blank line."""
        lines: list[str] = []
        for record in self.sent:
            assert record.startswith(b"data: ")
            assert record.endswith(b"\n\n")
            line = record[len(b"data: ") : -2]
            assert b"\n" not in line
            assert b"\r" not in line
            lines.append(line.decode("utf-8"))
        return lines

    @property
    def objects(self) -> list[Event]:
        """Return the JSON of each record."""
        return [json.loads(line) for line in self.lines]

    @property
    def events(self) -> list[Event]:
        """Return the JSON of each record that is an ADK event, so without the error record."""
        return [value for value in self.objects if "error" not in value]


def play(way: StreamForm, records: list[Record], *, seed: int = 0, user_text: str = "Hello") -> Stream:
    """Return the stream of a turn with these records and its end; each record comes a second after the one before."""
    dialect = dialect_for(way.profile, Chance(str(seed)), streaming=way.streaming, user_text=user_text)
    return Stream(tuple(write_records(dialect, records)))


def write_records(dialect: Dialect, records: list[Record]) -> list[bytes]:
    """Return the bytes that a dialect makes of these records and of the end."""
    sent: list[bytes] = []
    for number, record in enumerate(records):
        sent += dialect.record(record, NOW + number, last=number == len(records) - 1)
    return sent + dialect.end(NOW + len(records))


def as_utf8(value: Json) -> Json:
    """Return the value as UTF-8 can carry it."""
    return cast("Json", json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")))


def parts(event: Event) -> list[Event]:
    """Return the parts of an event's content."""
    return cast("list[Event]", event.get("content", {}).get("parts", []))


def read_records(events: list[Event]) -> list[Record]:
    """Return the records that the events mean, without the partial ones; a call's id is the one on the wire."""
    records: list[Record] = []
    for event in events:
        for part in [] if event.get("partial") else parts(event):
            if "text" in part:
                records.append(Text(part["text"]))
            elif "functionCall" in part:
                call = part["functionCall"]
                records.append(ToolCall(call["id"], call["name"], call["args"]))
            else:
                response = part["functionResponse"]
                records.append(ToolResult(response["id"], response["name"], response["response"]))
    return records

"""The order in which the records of one turn may come, for each dialect; checked record by record, without I/O.

    typed    record*  with  record = heartbeat | text | tool_call | tool_result | error | unknown
             a tool_result answers an earlier tool_call of its name that has no result yet; nothing follows an error
    adk      event* [failure]
             all events have one invocationId; an answer is one event, or partial events and then the whole answer;
             a functionResponse answers an earlier functionCall of its id and name; nothing follows the failure

Heartbeats may come anywhere before a failure, and so may records that no document knows. A stream may end without
words. Only a turn that fails may leave a call without a result. The form of a record is not checked here but by its
schema.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from nemovideo_contract.events.record_contents import parts_of
from nemovideo_contract.openapi import Json, JsonObject
from nemovideo_contract.wire import EventType

_AFTER: Final = "It comes after the failure that ends the stream."


@dataclass(frozen=True, slots=True)
class OrderViolation:
    """A record out of order.

    `index` is its place in the stream from 0, or the number of records if the end itself is wrong. `requirement` is the
    id of the requirement that it breaks. `message` is a sentence that says how.
    """

    index: int
    requirement: str
    message: str


class StreamChecker(Protocol):
    """A checker of one stream, which gets the records as they come."""

    def take(self, record: JsonObject) -> list[OrderViolation]:
        """Return what is out of order with the next record."""
        ...

    def end(self) -> list[OrderViolation]:
        """Return what is wrong with an end here; only for a stream that closed by itself."""
        ...


def stream_checker(dialect: str) -> StreamChecker:
    """Return a checker for one stream; `dialect` is a value of the profile key `events`.

    Raises:
        ValueError: the dialect is unknown.
    """
    if dialect == "typed":
        return _Typed()
    if dialect in {"adk-2", "adk-1"}:
        return _Kit(is_newer=dialect == "adk-2")
    raise ValueError(f"There is no dialect {dialect!r}: take typed, adk-2 or adk-1.")


def check(records: Iterable[JsonObject], dialect: str, *, closed: bool = True) -> list[OrderViolation]:
    """Return what is out of order in the records of a turn; a stream that was cut short is not `closed`.

    Raises:
        ValueError: the dialect is unknown.
    """
    watched = stream_checker(dialect)
    found = [violation for record in records for violation in watched.take(record)]
    return [*found, *watched.end()] if closed else found


@dataclass(slots=True)
class _Typed:
    """The typed dialect: a result belongs to a call with the same name, as records have no ids."""

    taken: int = 0
    has_failed: bool = False
    open_calls: Counter[str] = field(default_factory=Counter[str])

    def take(self, record: JsonObject) -> list[OrderViolation]:
        index, self.taken = self.taken, self.taken + 1
        if self.has_failed:
            return [OrderViolation(index, "stream-error-last", _AFTER)]
        name = str(record.get("name"))
        match record.get("type"):
            case EventType.TOOL_CALL:
                self.open_calls[name] += 1
            case EventType.TOOL_RESULT:
                if not self.open_calls[name]:
                    return [OrderViolation(index, "stream-order", f"It is a result of {name}, which has no open call.")]
                self.open_calls[name] -= 1
            case EventType.ERROR:
                self.has_failed = True
            case _:
                pass
        return []

    def end(self) -> list[OrderViolation]:
        return [] if self.has_failed else _find_unanswered(self.taken, (+self.open_calls).elements())


@dataclass(slots=True)
class _Answer:
    """The content of the partial events of one answer so far; `event_id` is the first one's."""

    event_id: str
    texts: list[tuple[bool, str]] = field(default_factory=list[tuple[bool, str]])
    calls: list[Json] = field(default_factory=list[Json])

    def add(self, event: JsonObject) -> None:
        """Add what an event says; pieces of text that follow each other become one."""
        for part in parts_of(event):
            text, is_thought = part.get("text"), part.get("thought") is True
            if isinstance(text, str) and self.texts and self.texts[-1][0] is is_thought:
                self.texts[-1] = (is_thought, self.texts[-1][1] + text)
            elif isinstance(text, str):
                self.texts.append((is_thought, text))
            elif "functionCall" in part:
                self.calls.append(part["functionCall"])

    def says(self, event: JsonObject) -> bool:
        """Return whether an event says all of this and nothing else."""
        whole = _Answer(self.event_id)
        whole.add(event)
        return (whole.texts, whole.calls) == (self.texts, self.calls)


@dataclass(slots=True)
class _Kit:
    """The events of the Agent Development Kit, as measured on 2.13.0 (newer) and on 1.39.1.

    `calls` has the names of all calls by their ids. A call in `patient` may be answered in a later turn.
    """

    is_newer: bool
    taken: int = 0
    has_ended: bool = False
    is_failing: bool = False
    invocation: Json = None
    ids: set[str] = field(default_factory=set[str])
    answer: _Answer | None = None
    calls: dict[str, str] = field(default_factory=dict[str, str])
    open_calls: set[str] = field(default_factory=set[str])
    patient: set[str] = field(default_factory=set[str])

    def take(self, record: JsonObject) -> list[OrderViolation]:
        index, self.taken = self.taken, self.taken + 1
        if self.has_ended:
            return [OrderViolation(index, "stream-error-last", _AFTER)]
        if "error" in record:
            return [OrderViolation(index, *each) for each in self._fail()]
        if "invocationId" not in record:
            return []  # a heartbeat, or an unknown record
        return [OrderViolation(index, *each) for each in self._event(record)]

    def end(self) -> list[OrderViolation]:
        if self.has_ended:
            return []
        if self.is_failing:
            return [OrderViolation(self.taken, "stream-adk-error", "The failing event has no error record after it.")]
        found = _find_unanswered(self.taken, (self.calls[call] for call in sorted(self.open_calls - self.patient)))
        if self.answer is not None:
            found.append(
                OrderViolation(self.taken, "stream-adk-aggregate", "Partial events have no whole answer after them.")
            )
        return found

    def _fail(self) -> Iterator[tuple[str, str]]:
        self.has_ended = True
        if self.is_newer and not self.is_failing:
            yield "stream-adk-error", "The error record has no failing event before it."

    def _event(self, event: JsonObject) -> Iterator[tuple[str, str]]:
        if self.is_failing:
            yield "stream-adk-error", "An event comes after the failing event, in place of the error record."
        if self.invocation is None:
            self.invocation = event["invocationId"]
        elif event["invocationId"] != self.invocation:
            yield "stream-adk-invocation", f"Its invocationId is not the stream's, {self.invocation}."
        yield from self._id(event)
        if self.is_newer and "errorCode" in event and "finishReason" not in event:
            self.is_failing = True  # also in the middle of an answer, whose whole then never comes
            return
        yield from self._piece(event)
        if event.get("partial") is not True:
            yield from self._tools(event)

    def _id(self, event: JsonObject) -> Iterator[tuple[str, str]]:
        """Check that ids are new; in 2.x the events of one answer share their id."""
        event_id = str(event.get("id"))
        if self.is_newer and self.answer is not None and "partial" in event:
            if event_id != self.answer.event_id:
                yield "stream-adk-ids", f"It belongs to the answer {self.answer.event_id} and has another id."
        elif event_id in self.ids:
            yield "stream-adk-ids", f"An earlier event has the id {event_id}."
        self.ids.add(event_id)

    def _piece(self, event: JsonObject) -> Iterator[tuple[str, str]]:
        """Check that the partial events of an answer are followed by the whole answer."""
        is_partial = event.get("partial")
        if is_partial is True:
            self.answer = self.answer or _Answer(str(event.get("id")))
            self.answer.add(event)
            return
        answer, self.answer = self.answer, None
        if is_partial is False:
            if answer is None:
                yield "stream-adk-aggregate", "It is a whole answer without partial events before it."
            elif not answer.says(event):
                yield "stream-adk-aggregate", "It says something else than the partial events of its answer."
        elif answer is not None:
            yield "stream-adk-aggregate", "The partial events before it have no whole answer."

    def _tools(self, event: JsonObject) -> Iterator[tuple[str, str]]:
        patient = event.get("longRunningToolIds")
        if isinstance(patient, list):
            self.patient.update(map(str, patient))
        for part in parts_of(event):
            call, response = part.get("functionCall"), part.get("functionResponse")
            if isinstance(call, dict):
                call_id, name = str(call.get("id")), str(call.get("name"))
                if call_id in self.calls:
                    yield "stream-adk-calls", f"An earlier call has the id {call_id}."
                self.calls[call_id] = name
                self.open_calls.add(call_id)
            if isinstance(response, dict):
                yield from self._respond(str(response.get("id")), str(response.get("name")))

    def _respond(self, call_id: str, name: str) -> Iterator[tuple[str, str]]:
        if call_id not in self.open_calls:
            yield "stream-adk-calls", f"It responds to {call_id}, which is not an open call."
        elif self.calls[call_id] != name:
            yield "stream-adk-calls", f"It responds to {call_id} as {name}, but the call was of {self.calls[call_id]}."
        self.open_calls.discard(call_id)


def _find_unanswered(index: int, names: Iterable[str]) -> list[OrderViolation]:
    return [
        OrderViolation(index, "stream-results-all", f"The stream closes, and a call of {name} has no result.")
        for name in names
    ]

"""What a caller can see in a recording, as facts that are the same from run to run.

Each exchange becomes a few facts: the outcome, the status and the headers, the keys of the body and the kinds of their
values, the records of the stream in their order, and the ending. `value_names` names values that differ from run to
run. Two recordings differ if their facts differ.

A fact may have another fact as its *gate*. If the gate differs, the facts behind it differ as a consequence and are not
reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from nemovideo_contract.openapi import Json, JsonObject
from nemovideo_contract.recording.recorded_stream import RecordedStream, stream_of
from nemovideo_contract.recording.recording import (
    BinaryBody,
    JsonBody,
    RecordedExchange,
    Recording,
    StreamBody,
    TextBody,
)
from nemovideo_contract.recording.value_names import PlaceholderNames, is_made, without_ids, word_of

#: The step of facts about all of a recording.
WHOLE: Final = "the whole recording"
#: The words of a fact that a recording doesn't have.
ABSENT: Final = "not there"
#: A server that sends heartbeats has sent one after so many seconds without a record.
LONG_SILENCE_S: Final = 20.0
#: Subjects of records out of order; the id of the requirement and a bracket follow.
OUT_OF_ORDER: Final = "out of order ("


class Weight(Enum):
    """What a difference in a fact says."""

    #: The servers differ.
    SURE = "sure"
    #: The same server may show another value the next time: the documents say so.
    CHANCE = "chance"
    #: Nothing: it depends on the moment.
    NONE = "none"
    #: A set of words: by chance if one set is a part of the other.
    PART = "part"
    #: The servers differ, if both recordings have it.
    PAIR = "pair"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a caller sees: the step and operation, its `subject`, and its `words`."""

    step: str
    operation: str
    subject: str
    words: str
    gate: str | None = None
    weight: Weight = Weight.SURE

    @property
    def key(self) -> tuple[str, str]:
        """The key by which it is compared."""
        return self.step, self.subject


#: Keys whose values are words of the API, or numbers that the caller asked for; compared unchanged.
_LITERAL: Final = frozenset({"status", "type", "file_type", "tt", "author", "role", "aspect_ratio", "credits"})
#: Keys whose numbers are whole by the documents. Elsewhere a fraction means nothing.
_WHOLE: Final = frozenset(
    {"available", "frozen", "total", "progress", "width", "height", "d", "s", "size", "duration_ms"}
)
#: Numbers of at least this size are times since 1970.
_TIMES_MS: Final = 10**12
_TIMES_S: Final = 10**9
#: Keys of a record whose content is up to each tool.
_OPAQUE: Final = frozenset({"args", "result", "response"})
#: The kinds of tracks by their number.
_TRACKS: Final = {0: "video", 1: "audio", 7: "text"}
#: Headers that are compared by value. The others are only compared by presence.
_SAID_HEADERS: Final = frozenset({"content-type", "content-encoding", "accept-ranges"})
_POLL: Final = "render_status"


def facts_of(recording: Recording) -> dict[tuple[str, str], Fact]:
    """Return the facts of a recording by step and subject, in the order in which they came."""
    names = PlaceholderNames()
    found: dict[tuple[str, str], Fact] = {}
    steps = steps_of(recording)
    heard: list[RecordedStream] = []
    for step, exchange in zip(steps, recording.exchanges, strict=True):
        request, reply = exchange.request.body, exchange.reply.body
        if isinstance(request, JsonBody):
            names.sent(request.value)
        names.sent([part for part in exchange.request.path.split("/") if is_made(part)])
        for fact in _facts_of(step, exchange, names):
            _add(found, fact)
        if isinstance(reply, JsonBody):
            names.given(step, reply.value)
        if isinstance(reply, StreamBody):
            heard.append(stream_of(reply))
    forms = {form for each in heard for form in each.signs}
    # A short silence needs no heartbeat, so its absence means nothing.
    if forms or any(each.silence_s >= LONG_SILENCE_S for each in heard):
        words = " and ".join(sorted(forms)) or "none"
        _add(found, Fact(WHOLE, "run_sse", "signs of life", words, weight=Weight.PART))
    for fact in _prices(steps, recording):
        _add(found, fact)
    return found


def steps_of(recording: Recording) -> list[str]:
    """Return a name for each exchange: its own name, with a number if it repeats. Polls of one export share a name."""
    named: list[str] = []
    seen: dict[str, list[tuple[str, str]]] = {}
    for each in recording.exchanges:
        known = seen.setdefault(each.name, [])
        identity = (each.operation, each.request.path if each.operation == _POLL else str(len(known)))
        if identity not in known:
            known.append(identity)
        number = known.index(identity) + 1
        named.append(each.name if number == 1 else f"{each.name} ({number})")
    return named


def operations_of(recording: Recording) -> dict[str, str]:
    """Return the operation of each step, in order."""
    return {step: each.operation for step, each in zip(steps_of(recording), recording.exchanges, strict=True)}


def refusals_of(recording: Recording) -> dict[str, str]:
    """Return the message of each step that was refused with a message."""
    found: dict[str, str] = {}
    for step, each in zip(steps_of(recording), recording.exchanges, strict=True):
        value = each.reply.body.value if isinstance(each.reply.body, JsonBody) else None
        message = value.get("message") if isinstance(value, dict) else None
        if isinstance(message, str) and message and outcome_of(each).startswith("refused"):
            found[step] = message
    return found


def _add(found: dict[tuple[str, str], Fact], fact: Fact) -> None:
    """Add a fact; a step with several polls collects the words of all of them."""
    before = found.get(fact.key)
    if before is None or (fact.operation == _POLL and fact.subject == "status of the export"):
        found[fact.key] = fact
    elif fact.words not in before.words.split(" or "):
        words = " or ".join(sorted({*before.words.split(" or "), fact.words}))
        found[fact.key] = Fact(fact.step, fact.operation, fact.subject, words, fact.gate, fact.weight)


# --- one exchange -----------------------------------------------------------------------------------------------------


def _facts_of(step: str, exchange: RecordedExchange, names: PlaceholderNames) -> Iterator[Fact]:
    operation, reply = exchange.operation, exchange.reply

    def fact(subject: str, words: str, gate: str | None = "outcome", weight: Weight = Weight.SURE) -> Fact:
        return Fact(step, operation, subject, words, gate, weight)

    yield fact("outcome", outcome_of(exchange), None)
    if reply.broken is not None:
        return
    yield fact("HTTP status", str(reply.status))
    for name, value in reply.headers.items():
        said = value.partition(";")[0].strip().lower() if name in _SAID_HEADERS else "there"
        yield fact(f"header {name}", said)
    match reply.body:
        case JsonBody(content):
            yield from _facts_of_json(step, operation, content, names)
        case StreamBody():
            yield from _facts_of_stream(step, stream_of(reply.body), names)
        case _:
            pass


def outcome_of(exchange: RecordedExchange) -> str:
    """Return how a call was answered, in a few words: what a caller looks at first."""
    reply = exchange.reply
    if reply.broken is not None:
        return "broke off"
    match reply.body:
        case JsonBody(value):
            return _outcome_of_json(reply.status, value)
        case StreamBody():
            found = stream_of(reply.body)
            if not found.values:
                return "a stream without a record"
            return "a stream" if found.refusal is None else f"refused with {found.refusal} in a stream"
        case BinaryBody(kind=kind):
            return f"a file ({kind})" if kind else "a file"
        case TextBody():
            return f"text, HTTP {reply.status}"
        case _:
            return f"nothing, HTTP {reply.status}"


def _outcome_of_json(status: int, value: Json) -> str:
    if not isinstance(value, dict):
        return f"JSON that is not an object, HTTP {status}"
    code = value.get("code")
    if (code is None or code == 0) and status < 400:
        return "answered"
    if isinstance(code, int):
        return f"refused with {code}"
    return f"refused with HTTP {status}" + (" and a detail" if "detail" in value else "")


def _facts_of_json(step: str, operation: str, value: Json, names: PlaceholderNames) -> Iterator[Fact]:
    gate = "outcome"
    status = export_status(value)
    if operation in {"submit_render", _POLL, "cancel_render"} and status is not None:
        form = "wrapped" if isinstance(value, dict) and isinstance(value.get("data"), dict) else "flat"
        yield Fact(step, operation, "form of the answer", form, gate)
        gate = "form of the answer"
        yield Fact(step, operation, "status of the export", status, "outcome")
        if operation == _POLL:
            # What a poll shows before the end depends on its moment.
            phase = f"while it is {status}"
            yield Fact(step, operation, phase, "seen", gate, Weight.NONE)
            yield from shapes(step, operation, value, names, gate=phase, begin=f"{phase}: ")
            return
    yield from shapes(step, operation, value, names, gate=gate)


def export_status(value: Json) -> str | None:
    """Return the status of an export from a flat or a wrapped body, or None."""
    if not isinstance(value, dict):
        return None
    inner = value.get("data")
    found = value.get("status", inner.get("status") if isinstance(inner, dict) else None)
    return word_of(found) if isinstance(found, str) else None


def _facts_of_stream(step: str, stream: RecordedStream, names: PlaceholderNames) -> Iterator[Fact]:
    def fact(subject: str, words: str, gate: str | None = "outcome", weight: Weight = Weight.SURE) -> Fact:
        return Fact(step, "run_sse", subject, words, gate, weight)

    yield fact("dialect of the records", stream.dialect)
    if stream.complaints:
        yield fact("framing", "; ".join(sorted(stream.complaints)))
    yield fact("order of the records", ", ".join(stream.order) or "words alone")
    for violation in stream.violations:
        message = without_ids(violation.message)
        yield fact(f"{OUT_OF_ORDER}{violation.requirement})", message, "dialect of the records")
    yield fact("ending", stream.ending, weight=Weight.CHANCE if stream.ending in {"words", "silence"} else Weight.SURE)
    if stream.ending == "words":
        apology = "there" if stream.apologises else ABSENT
        yield fact("“temporary issue” at the end", apology, "ending", Weight.CHANCE)
        talk = "there" if stream.speaks_of_buttons else ABSENT
        yield fact("talk of buttons and panels", talk, "ending", Weight.CHANCE)
    for kind, value in stream.kinds:
        gate = f"a record {kind}"
        # The order has the kinds of records; here is what they look like.
        yield fact(gate, "seen", "dialect of the records", Weight.NONE)
        yield from shapes(step, "run_sse", value, names, gate=gate, begin=f"{gate}: ")


# --- bodies -----------------------------------------------------------------------------------------------------------


def shapes(
    step: str, operation: str, node: Json, names: PlaceholderNames, *, gate: str, begin: str = "", place: str = ""
) -> Iterator[Fact]:
    """Yield the facts of a JSON value: its keys, and the kinds of their values. `begin` comes before each subject."""
    if isinstance(node, dict):
        for key, value in node.items():
            inner = f"{place}.{'*' if is_made(key) else key}" if place else ("*" if is_made(key) else key)
            yield Fact(step, operation, begin + inner, _words_of(key, value, names), gate)
            if isinstance(value, dict | list) and not (operation == "run_sse" and key in _OPAQUE):
                yield from shapes(step, operation, value, names, gate=begin + inner, begin=begin, place=inner)
    elif isinstance(node, list):
        for each in node:
            inner = f"{place}[{_kind_of(each)}]"
            if isinstance(each, dict | list):
                if not inner.endswith("[]"):
                    yield Fact(step, operation, begin + inner, "there", gate)
                behind = gate if inner.endswith("[]") else begin + inner
                yield from shapes(step, operation, each, names, gate=behind, begin=begin, place=inner)
            else:
                yield Fact(step, operation, begin + inner, _words_of("", each, names), gate)


def _kind_of(element: Json) -> str:
    """Return what tells elements of a list apart: the kind of a track, or an empty string."""
    number = element.get("tt") if isinstance(element, dict) else None
    return _TRACKS.get(number, str(number)) if isinstance(number, int) else ""


def _words_of(key: str, value: Json, names: PlaceholderNames) -> str:
    if isinstance(value, dict | list):
        kind = "object" if isinstance(value, dict) else "list"
        return f"{'a' if kind == 'list' else 'an'} {kind}" if value else f"an empty {kind}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return repr(value) if key in _LITERAL and word_of(value) == value else names.of(value)
    return _words_of_number(key, value)


def _words_of_number(key: str, value: float) -> str:
    if key in _LITERAL:
        return str(value)
    if abs(value) >= _TIMES_S:
        return "a time in milliseconds" if abs(value) >= _TIMES_MS else "a time in seconds"
    if key in _WHOLE:
        return "a whole number" if float(value).is_integer() else "a number with a fraction"
    return "a number"


# --- several exchanges ------------------------------------------------------------------------------------------------


def _prices(steps: list[str], recording: Recording) -> Iterator[Fact]:
    """Yield the price of each message that is the only one between two readings of the balance."""
    before: int | None = None
    since: list[str] = []
    for step, each in zip(steps, recording.exchanges, strict=True):
        if each.operation == "run_sse":
            since.append(step)
        body = each.reply.body
        total = _total(body.value) if each.operation == "credits" and isinstance(body, JsonBody) else None
        if total is None:
            continue
        if before is not None and len(since) == 1:
            yield Fact(since[0], "run_sse", "price", f"{before - total} credits", "outcome", Weight.PAIR)
        before, since = total, []


def _total(value: Json) -> int | None:
    inner: JsonObject = {}
    if isinstance(value, dict) and isinstance(data := value.get("data"), dict):
        inner = data
    total = inner.get("total")
    return total if isinstance(total, int) else None

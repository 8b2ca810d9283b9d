"""What a recorded stream says, in any dialect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from nemovideo_contract.events import grammar
from nemovideo_contract.events.record_contents import dialect_of, stamps_of, whole_parts_of, words_of
from nemovideo_contract.http.conformity import form_of
from nemovideo_contract.http.sse import Record, StrictReader
from nemovideo_contract.openapi import JsonObject
from nemovideo_contract.recording.recording import StreamBody
from nemovideo_contract.recording.value_names import word_of

#: What a good answer may end with (documented: F1 to F3).
_APOLOGY: Final = "temporary issue"
#: The words after a tool's name if its call or its result has no partner.
_CALLED: Final = " without a result"
_DONE: Final = " without a call"
#: A code that a record has as text. Longer text is an id.
_CODE: Final = re.compile(r"[0-9]{1,7}")
#: Talk of a user interface, which an API doesn't have.
_BUTTONS: Final = re.compile(r"(?i)\b(click|tap|panel|button|preview window|drag)\b|点击|按钮|面板|拖")


@dataclass(frozen=True, slots=True)
class RecordedStream:
    """One stream. `dialect` is typed, adk-2, adk-1, or words for an unknown dialect.

    `order` has what happens, in order and without repetition: calls of tools, their results, failures, unknown kinds.
    `ending` is words, silence, a failure, or how the stream broke off. `signs` are the forms of its heartbeats. `kinds`
    has each record with its kind. `silence_s` is the longest time between two records without heartbeats, in seconds.
    """

    values: tuple[JsonObject, ...]
    dialect: str
    order: tuple[str, ...]
    ending: str
    refusal: int | str | None
    words: str
    signs: frozenset[str]
    complaints: frozenset[str]
    kinds: tuple[tuple[str, JsonObject], ...]
    violations: tuple[grammar.OrderViolation, ...]
    silence_s: float

    @property
    def apologises(self) -> bool:
        """Whether its last words are about a temporary issue."""
        return _APOLOGY in self.words[-100:]

    @property
    def speaks_of_buttons(self) -> bool:
        """Whether it speaks of a user interface."""
        return _BUTTONS.search(self.words) is not None


@lru_cache(maxsize=64)
def stream_of(body: StreamBody) -> RecordedStream:
    """Return what the records of a stream say."""
    records = list(_records(body))
    signs = frozenset(form_of(each) or "another form" for each in records if each.is_sign_of_life)
    told = [each for each in records if not each.is_sign_of_life]
    values = tuple(value for each in told if (value := each.value) is not None)
    complaints = {complaint for each in records for complaint in each.complaints}
    complaints |= {complaint for each in body.records for complaint in each.complaints}
    complaints |= {"a record is not a JSON object" for each in told if each.value is None}
    complaints |= {"it ends inside a record"} if body.left else set()
    dialect = dialect_of(values) or ("none that is known" if values else "no record")
    acts = [act for value in values for act in _acts(value)]
    works = [act for act in acts if act != "words"]
    words = "\n".join(word for value in values for word in words_of(value))
    is_known = dialect in {"typed", "adk-2", "adk-1"}
    return RecordedStream(
        values,
        dialect,
        tuple(_collapse(works)),
        _ending(acts),
        _refusal(values) if set(acts) <= {"a failure"} and values else None,
        words,
        signs,
        frozenset(complaints),
        tuple((kind, value) for value in values for kind in [_kind(value)]),
        tuple(grammar.check(values, dialect, closed=not body.left)) if is_known else (),
        max(_longest([each.at for each in told]), _longest(stamps_of(values))),
    )


def _longest(ats: list[float]) -> float:
    return max((late - early for early, late in pairwise(ats)), default=0.0)


def _records(body: StreamBody) -> Iterator[Record]:
    for each in body.records:
        yield from StrictReader().feed(each.text.encode("utf-8", "replace") + b"\n\n", each.at)


def _acts(value: JsonObject) -> Iterator[str]:
    """Yield what a record does: say words, call a tool, give its result, or fail."""
    kind = value.get("type")
    if kind == "text":
        yield "words"
    elif kind == "tool_call" or kind == "tool_result":
        yield _name(value) + (_CALLED if kind == "tool_call" else _DONE)
    elif kind == "error" or "error" in value or "errorCode" in value:
        yield "a failure"
    elif isinstance(kind, str):
        yield f"a record of the type {word_of(kind)}"
    else:
        for part in whole_parts_of(value):
            call, response = part.get("functionCall"), part.get("functionResponse")
            if isinstance(call, dict):
                yield _name(call) + _CALLED
            elif isinstance(response, dict):
                yield _name(response) + _DONE
            elif "text" in part:
                yield "words"


def _name(value: JsonObject) -> str:
    """Return the name of a tool in a record or a part, if it is a word; else its form."""
    return word_of(f"{value.get('name')}")


def _collapse(works: list[str]) -> list[str]:
    """Return the work with each call and its result as one entry, and repetitions only once.

    How many calls of a tool one edit takes is up to the agent.
    """
    kept: list[str] = []
    for work in works:
        name = work.removesuffix(_DONE)
        if work.endswith(_DONE) and kept[-1:] == [name + _CALLED]:
            kept[-1] = name
        else:
            kept.append(work)
        if len(kept) > 1 and kept[-1] == kept[-2]:
            del kept[-1]
    return kept


def _ending(acts: list[str]) -> str:
    if not acts:
        return "nothing at all"
    return {"words": "words", "a failure": "a failure"}.get(acts[-1], "silence")


def _refusal(values: tuple[JsonObject, ...]) -> int | str:
    for value in values:
        code = value.get("code", value.get("errorCode"))
        if isinstance(code, str) and _CODE.fullmatch(code):
            return int(code)
        if isinstance(code, int):
            return code
    return "a failure"


def _kind(value: JsonObject) -> str:
    kind = value.get("type")
    if isinstance(kind, str):
        is_named = kind in {"tool_call", "tool_result"} and "name" in value
        return f"{kind} of {_name(value)}" if is_named else word_of(kind)
    if "error" in value:
        return "error"
    return "event" if "invocationId" in value else "of no kind"

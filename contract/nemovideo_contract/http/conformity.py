"""Checks answers against the specification as one profile has it.

On a fake or another local server the specification is closed: every key that it doesn't name is a difference. The real
service may have more than its documents, so there the specification is open.
"""

from __future__ import annotations

import json
from typing import Final

from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from nemovideo_contract.http.exchange import Answer
from nemovideo_contract.http.sse import Record
from nemovideo_contract.openapi import (
    Json,
    JsonObject,
    at,
    document,
    mapping,
    narrow_to_profile,
    operations,
    records,
    resolve,
    standalone,
)
from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import EVENT_STREAM, Path

_DOCUMENT: Final = document()
_STREAM: Final = at(_DOCUMENT, "paths", Path.RUN_SSE, "post", "responses", "200", "content", EVENT_STREAM)
#: Heartbeats by their form, each without the empty line at its end.
HEARTBEATS: Final = {name: str(at(form, "text")) for name, form in mapping(at(_STREAM, "x-heartbeats")).items()}
_SHOWN: Final = 300


def heartbeats_of(profile: Profile) -> frozenset[str]:
    """Return the forms of heartbeats that a profile sends, by their names in `HEARTBEATS`."""
    several = {"mixed": frozenset({"typed", "empty"}), "none": frozenset[str]()}
    return several.get(profile.heartbeat, frozenset({profile.heartbeat}))


def form_of(record: Record) -> str | None:
    """Return the form of a heartbeat, or None if it has no documented form."""
    return next((name for name, text in HEARTBEATS.items() if text == record.text), None)


class ConformityChecker:
    """Finds what is wrong with answers of one profile; if `closed`, unnamed keys are wrong."""

    def __init__(self, profile: Profile, *, closed: bool) -> None:
        self.profile = profile
        self._root = narrow_to_profile(_DOCUMENT, profile)
        self._components = standalone(self._root, {}, closed=closed)
        self._operations = {each.id: each for each in operations(self._root)}
        self._records = records(profile.events) if profile.events != "typed" else None
        self._validators: dict[str, Draft202012Validator] = {}

    def problems(self, answer: Answer) -> list[str]:
        """Return what departs from the specification, one sentence each."""
        operation = self._operations.get(answer.call.operation)
        if operation is None:
            return []
        here = f"{operation.id} {answer.status}"
        responses = mapping(operation.node["responses"])
        if str(answer.status) not in responses:
            return [f"HTTP status {answer.status} is not one of {', '.join(responses)}"]
        named = resolve(self._root, responses[str(answer.status)])
        content = mapping(named["content"])
        if answer.media not in content:
            said = answer.headers.get("content-type", "missing")
            return [f"the header Content-Type is {said}, and not one of {', '.join(content)}"]
        found = self._header_problems(here, answer, mapping(named.get("headers", {})))
        if answer.is_stream:
            schema = at(content, EVENT_STREAM, "x-records")
            return found + [problem for each in answer.records for problem in self._record_problems(each, schema)]
        if answer.media == "application/json":
            body = answer.object
            if body is None:
                return [*found, "the body is not a JSON object"]
            found += self._validate(here, at(content, answer.media, "schema"), body)
        return found

    def problems_of_value(self, value: JsonObject) -> list[str]:
        """Return what is wrong with one record of a stream."""
        return self._validate(f"record {self.profile.events}", self._records or at(_STREAM, "x-records"), value)

    def _header_problems(self, here: str, answer: Answer, named: JsonObject) -> list[str]:
        if ("retry-after" in answer.headers) != ("Retry-After" in named):
            return [f"{here} {'lacks' if named else 'has'} the header Retry-After"]
        return []

    def _record_problems(self, record: Record, schema: Json) -> list[str]:
        found = [f"a record: {each}: {record.text[:_SHOWN]!r}" for each in record.complaints]
        if record.is_sign_of_life:
            return found
        if record.value is None:
            return [*found, f"a record is not a JSON object: {record.text[:_SHOWN]!r}"]
        return found + self._validate(f"record {self.profile.events}", self._records or schema, record.value)

    def _validate(self, here: str, schema: Json, value: Json) -> list[str]:
        validator = self._validators.get(here)
        if validator is None:
            whole = {**mapping(schema), **({} if schema is self._records else self._components)}
            validator = self._validators[here] = Draft202012Validator(whole, format_checker=FormatChecker())
        return [
            f"{here}: {error.json_path}: {error.message:.{_SHOWN}} in {json.dumps(value, ensure_ascii=False)[:_SHOWN]}"
            for each in validator.iter_errors(value)  # pyright: ignore[reportUnknownMemberType] -- its stubs
            for error in [_nearest(each)]
        ]


def _nearest(error: ValidationError) -> ValidationError:
    """Return the error for the nearest of the allowed forms: the one that fits deepest, with the fewest faults."""
    while error.context:
        forms: dict[object, list[ValidationError]] = {}
        for each in error.context:
            forms.setdefault(each.relative_schema_path[0], []).append(each)
        faults = min(forms.values(), key=lambda found: (-max(len(each.path) for each in found), len(found)))
        error = faults[0]
    return error

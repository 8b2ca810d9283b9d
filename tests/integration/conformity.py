"""Holds answers against the specification as one profile has it, closed to whatever it doesn't name."""

from __future__ import annotations

import json
import re
from typing import Final

import httpx
from jsonschema import Draft202012Validator, FormatChecker

from nemovideo_contract.openapi import (
    Json,
    JsonObject,
    Operation,
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

SPECIFICATION: Final = document()
_STREAM: Final = at(SPECIFICATION, "paths", Path.RUN_SSE, "post", "responses", "200", "content", EVENT_STREAM)
#: Signs of life by their form, each without the line break that ends it.
HEARTBEATS: Final = {name: str(at(form, "text")) for name, form in mapping(at(_STREAM, "x-heartbeats")).items()}

#: One answer that was checked: the operation's id, the HTTP status, and the codes in its body or its stream.
Seen = tuple[str, int, int | None]


def heartbeats_of(profile: Profile) -> set[str]:
    """The signs of life that a profile sends."""
    several = {"mixed": {"typed", "empty"}, "none": set[str]()}
    return {HEARTBEATS[form] for form in several.get(profile.heartbeat, {profile.heartbeat})}


class Conformity:
    """The check of one profile's answers.

    `seen` is what passed it; `heartbeats` and `failures` count signs of life and errors in streams.
    """

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.seen: set[Seen] = set()
        self.heartbeats = 0
        self.failures = 0
        self._root = narrow_to_profile(SPECIFICATION, profile)
        self._closed = standalone(self._root, {}, closed=True)
        self._validators: dict[str, Draft202012Validator] = {}
        self._operations = sorted(
            ((re.compile(re.sub(r"\{\w+\}", "[^/]+", each.path)), each) for each in operations(self._root)),
            key=lambda pair: pair[1].path.count("{"),  # fixed segments win over parameters
        )
        self._records = records(profile.events) if profile.events != "typed" else None

    def operation_of(self, request: httpx.Request) -> Operation:
        """The operation that a request is, by method and path."""
        path = request.url.raw_path.decode("ascii").partition("?")[0]  # a %2F is no slash
        for pattern, operation in self._operations:
            if operation.method == request.method and pattern.fullmatch(path):
                return operation
        raise AssertionError(f"{request.method} {path} is no operation")

    def check(self, answer: httpx.Response) -> httpx.Response:
        """The answer, read whole: its status, headers, media type, body and code are among those of its operation.

        Raises:
            AssertionError: one of them isn't.
        """
        answer.read()
        operation = self.operation_of(answer.request)
        here = f"{operation.id} {answer.status_code}"
        responses = mapping(operation.node["responses"])
        assert str(answer.status_code) in responses, f"{here} is no answer of this operation: {answer.text:.200}"
        named = resolve(self._root, responses[str(answer.status_code)])
        self._check_headers(here, answer, mapping(named.get("headers", {})))
        media = answer.headers["content-type"].partition(";")[0]
        content = mapping(named["content"])
        assert media in content, f"{here} comes as {media}, not as one of {list(content)}"
        codes: list[int | None] = [None]
        if media == "application/json":
            codes = [self._check_json(here, answer, mapping(content[media]))]
        elif media == EVENT_STREAM:
            codes = [*self._check_stream(here, answer.text, at(content, media, "x-records"))] or codes
        self.seen |= {(operation.id, answer.status_code, code) for code in codes}
        return answer

    def _check_headers(self, here: str, answer: httpx.Response, named: JsonObject) -> None:
        assert ("retry-after" in answer.headers) == ("Retry-After" in named), f"{here}: Retry-After"
        for name, header in named.items():
            self._validate(f"{here} {name}", at(header, "schema"), int(answer.headers[name]))

    def _check_json(self, here: str, answer: httpx.Response, content: JsonObject) -> int | None:
        body: Json = answer.json()
        self._validate(here, content["schema"], body)
        code = mapping(body).get("code")
        if not isinstance(code, int):
            return None
        examples = [resolve(self._root, each)["value"] for each in mapping(content["examples"]).values()]
        shown = [mapping(each).get("code") for each in examples]
        assert code in shown, f"{here} shows no example with the code {code}"
        if self.profile.errors == "http":
            assert (code == 0) == answer.is_success, f"{here} has the code {code}"
        return code

    def _check_stream(self, here: str, text: str, schema: Json) -> list[int]:
        """The codes of the records that are errors."""
        assert not text or text.endswith("\n\n"), f"{here}: the last record is not ended"
        alive = heartbeats_of(self.profile)
        codes: list[int] = []
        for record in filter(None, text.split("\n\n")):
            if record in alive:
                self.heartbeats += 1
                continue
            assert record not in HEARTBEATS.values(), f"{here}: a sign of life in another form: {record}"
            assert record.startswith("data: "), f"{here}: {record}"
            assert "\n" not in record, f"{here}: a record of two lines"
            value: Json = json.loads(record.removeprefix("data: "))
            self._validate(f"{here} {self.profile.events}", self._records or schema, value)
            self.failures += mapping(value).get("type") == "error" or "error" in mapping(value)
            codes += _code_in(mapping(value))
        return codes

    def _validate(self, here: str, schema: Json, value: Json) -> None:
        validator = self._validators.get(here)
        if validator is None:
            whole = {**mapping(schema), **({} if schema is self._records else self._closed)}
            validator = self._validators[here] = Draft202012Validator(whole, format_checker=FormatChecker())
        problems = [
            f"{error.json_path}: {error.message:.300}"
            for error in validator.iter_errors(value)  # pyright: ignore[reportUnknownMemberType] -- its stubs
        ]
        assert not problems, f"{here} doesn't fit: {problems} in {json.dumps(value)[:600]}"


def _code_in(record: JsonObject) -> list[int]:
    """The API's code in a record that is an error, in any dialect."""
    if record.get("type") == "error" and isinstance(code := record["code"], int):
        return [code]
    return [int(str(record["errorCode"]))] if str(record.get("errorCode")).isdecimal() else []

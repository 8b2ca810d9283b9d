"""The specification and the vocabulary say the same, and the comparison would notice if they did not."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from nemovideo_contract import wire
from nemovideo_contract.openapi import (
    Json,
    JsonObject,
    Operation,
    at,
    document,
    mapping,
    operations,
    parameters,
    resolve,
)
from tests.contract.agreement import FACETS, Facet, constants, differences

SPECIFICATION = document()


@pytest.mark.parametrize("facet", FACETS, ids=lambda facet: facet.name)
def test_specification_and_vocabulary_agree(facet: Facet) -> None:
    assert facet.differences(SPECIFICATION) == []


def test_every_constant_of_the_vocabulary_is_compared() -> None:
    covered = frozenset[str]().union(*(facet.covers for facet in FACETS))
    assert sorted(constants() - covered) == [], "constants that no facet compares"
    assert sorted(covered - constants()) == [], "facets that compare constants which are gone"


def test_differences_name_what_is_missing_extra_or_different() -> None:
    found = differences({"both": 1, "extra": 2, "other": 3}, {"both": 1, "other": 4, "missing": 5})
    assert found == [
        "only openapi.yaml has extra: 2",
        "openapi.yaml lacks missing: 5",
        "other: openapi.yaml says 3, the vocabulary 4",
    ]


def _drop(*keys: str) -> Callable[[JsonObject], None]:
    def edit(root: JsonObject) -> None:
        del mapping(at(root, *keys[:-1]))[keys[-1]]

    return edit


def _put(value: Json, *keys: str) -> Callable[[JsonObject], None]:
    def edit(root: JsonObject) -> None:
        mapping(at(root, *keys[:-1]))[keys[-1]] = value

    return edit


def _append(value: Json, *keys: str) -> Callable[[JsonObject], None]:
    def edit(root: JsonObject) -> None:
        listed = at(root, *keys)
        assert isinstance(listed, list)
        listed.append(value)

    return edit


_SCHEMAS = ("components", "schemas")
_PARAMETERS = ("components", "parameters")
_BEARER = ("components", "securitySchemes", "bearer")
_CONTENT = ("paths", "/run_sse", "post", "responses", "200", "content")
_EXTRA_OPERATION: JsonObject = {"operationId": "extra", "responses": {"200": {"content": {"text/plain": {}}}}}

DOCTORED: tuple[tuple[str, str, Callable[[JsonObject], None]], ...] = (
    ("paths", "/run_sse", _drop("paths", "/run_sse")),
    ("paths", "/api/extra", _put({"get": _EXTRA_OPERATION}, "paths", "/api/extra")),
    ("operations", "extra", _put(_EXTRA_OPERATION, "paths", "/run_sse", "get")),
    ("operations", "run_sse", _put("talk", "paths", "/run_sse", "post", "operationId")),
    ("path parameters", "render_id", _put("render", *_PARAMETERS, "RenderId", "name")),
    ("headers", "X-Skill-Platform", _put("X-Platform", *_PARAMETERS, "SkillPlatform", "name")),
    ("headers", "run_sse X-Skill-Source", _drop("paths", "/run_sse", "post", "parameters")),
    ("headers", "X-Client-Id", _put("no", *_PARAMETERS, "ClientId", "required")),
    ("codes", "code 418", _append(418, *_SCHEMAS, "Error", "properties", "code", "enum")),
    ("codes", "code 4001", _put([4002], *_SCHEMAS, "Error", "properties", "code", "enum")),
    ("codes", "code 1", _put(1, *_SCHEMAS, "CreditsAnswer", "properties", "code", "const")),
    ("examples of errors", "rate_limited", _drop("components", "examples", "rate_limited")),
    ("examples of errors", "not_found", _put({"value": {"code": 410}}, "components", "examples", "not_found")),
    ("enumerations", "RenderStatus", _append("cancelled", *_SCHEMAS, "RenderStatus", "enum")),
    ("enumerations", "RunRequest.app_name", _put("other", *_SCHEMAS, "RunRequest", "properties", "app_name", "const")),
    ("enumerations", "Extra.mode", _put({"properties": {"mode": {"enum": ["a"]}}}, *_SCHEMAS, "Extra")),
    ("types of stream records", "heartbeat", _drop(*_SCHEMAS, "TypedEvent", "discriminator", "mapping", "heartbeat")),
    ("limits", "PATIENCE_S", _put({"value": 3}, "paths", "/run_sse", "post", "x-limits", "PATIENCE_S")),
    ("limits", "TURN_LIMIT_S", _drop("paths", "/run_sse", "post", "x-limits", "TURN_LIMIT_S")),
    ("limits", "run_sse TURN_LIMIT_S", _put(600, "paths", "/run_sse", "post", "x-limits", "TURN_LIMIT_S", "value")),
    ("formats", "image", _append("heic", "paths", wire.Path.UPLOAD, "post", "x-formats", "image")),
    ("limits within schemas", "longest client id", _put(65, *_PARAMETERS, "ClientId", "schema", "maxLength")),
    ("limits within schemas", "form fields", _put({}, *_SCHEMAS, "UploadForm", "properties", "file")),
    ("known values", "SkillPlatform", _append("github", *_PARAMETERS, "SkillPlatform", "schema", "x-known-values")),
    ("prefixes", "ClaimToken.claim_token", _drop(*_SCHEMAS, "ClaimToken", "properties", "claim_token", "x-prefix")),
    ("prefixes", "test tokens", _put("test_", *_BEARER, "x-test-tokens", "x-prefix")),
    ("scopes", "SCOPES", _append("delete", *_BEARER, "x-scopes", "SCOPES", "value")),
    ("scopes", "ANONYMOUS_SCOPES", _drop(*_BEARER, "x-scopes", "ANONYMOUS_SCOPES")),
    ("dialects and signs of life", "events adk-1", _drop(*_CONTENT, wire.EVENT_STREAM, "x-dialects", "adk-1")),
    ("dialects and signs of life", "heartbeat dot", _put({}, *_CONTENT, wire.EVENT_STREAM, "x-heartbeats", "dot")),
    ("environment", "NEMO_REGION", _put({}, "x-environment", "NEMO_REGION")),
    ("servers", "servers", _append({"url": "https://other.example"}, "servers")),
    ("media types of answers", "run_sse", _drop(*_CONTENT, wire.EVENT_STREAM)),
)  # fmt: skip


@pytest.mark.parametrize(("facet", "odd_one_out", "edit"), DOCTORED)
def test_a_doctored_specification_is_noticed_by_name(
    facet: str, odd_one_out: str, edit: Callable[[JsonObject], None]
) -> None:
    doctored = copy.deepcopy(SPECIFICATION)
    edit(doctored)
    (compared,) = (each for each in FACETS if each.name == facet)
    assert odd_one_out in " ".join(compared.differences(doctored))


def test_every_facet_is_proved_by_a_doctored_specification() -> None:
    assert {facet.name for facet in FACETS} == {facet for facet, _, _ in DOCTORED}


#: Where a code comes under a status that is neither 200 nor its own.
FITTING = {
    wire.Code.TOKEN_INVALID: "401",
    wire.Code.SESSION_NOT_FOUND: "404",
    wire.Code.INSUFFICIENT_CREDITS: "402",
    wire.Code.UNSUPPORTED_FILE: "415",
    wire.Code.FILE_TOO_LARGE: "413",
    wire.Code.BAD_REQUEST: "413",
}


def _statuses_of(operation_id: str) -> dict[int, set[str]]:
    """The codes that an operation's answers show as examples, each with the HTTP statuses under which it does."""
    (operation,) = (each for each in operations(SPECIFICATION) if each.id == operation_id)
    found: dict[int, set[str]] = {}
    for status, answer in mapping(operation.node["responses"]).items():
        for content in mapping(resolve(SPECIFICATION, answer).get("content", {})).values():
            for example in mapping(mapping(content).get("examples", {})).values():
                value = resolve(SPECIFICATION, example)["value"]
                code = value.get("code") if isinstance(value, dict) else None
                if isinstance(code, int):
                    found.setdefault(code, set()).add(status)
    return found


def _codes_of(operation_id: str) -> set[int]:
    return set(_statuses_of(operation_id))


def test_every_code_is_answered_by_some_operation() -> None:
    answered = set[int]().union(*(_codes_of(operation.id) for operation in operations(SPECIFICATION)))
    assert answered == {int(code) for code in wire.Code}


@pytest.mark.parametrize("operation", tuple(operations(SPECIFICATION)), ids=lambda operation: operation.id)
def test_a_code_that_is_no_status_comes_with_200_and_with_the_status_that_fits_it(operation: Operation) -> None:
    for code, statuses in _statuses_of(operation.id).items():
        fitting = FITTING.get(wire.Code(code))
        if code < 1000:
            assert statuses <= {"200" if code == 0 else str(code), fitting}, code
        else:
            assert statuses == {"200", fitting}, code


def test_every_call_with_a_bearer_can_be_refused_for_its_token_or_scope() -> None:
    for operation in operations(SPECIFICATION):
        if operation.node.get("security") != []:
            assert {wire.Code.TOKEN_INVALID, wire.Code.MISSING_SCOPE} <= _codes_of(operation.id), operation.id


def test_only_the_anonymous_token_is_had_without_a_bearer() -> None:
    assert [each.id for each in operations(SPECIFICATION) if each.node.get("security") == []] == ["anonymous_token"]
    assert SPECIFICATION["security"] == [{"bearer": []}]


def test_every_call_that_names_a_session_or_render_can_miss_it() -> None:
    expected = {"session_id": wire.Code.SESSION_NOT_FOUND, "sessionId": wire.Code.SESSION_NOT_FOUND}
    expected["render_id"] = wire.Code.NOT_FOUND
    named = 0
    for operation in operations(SPECIFICATION):
        names = {str(parameter["name"]) for parameter in parameters(SPECIFICATION, operation)}
        body = mapping(mapping(operation.node.get("requestBody", {})).get("content", {}))
        if "application/json" in body:
            schema = resolve(SPECIFICATION, at(body, "application/json", "schema"))
            names |= set(mapping(schema["properties"]))
        for name in names & set(expected):
            named += 1
            assert expected[name] in _codes_of(operation.id), f"{operation.id} takes {name}"
    assert named == 8

"""The specification on its own: valid, with a source for every fact and examples that obey their schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from openapi_spec_validator import OpenAPIV31SpecValidator

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
    standalone,
)
from tests.contract.agreement import nodes

SPECIFICATION = document()
STANDINGS = {"documented", "assumed"}


def _complaints(schema: Json, value: Json) -> list[str]:
    validator = Draft202012Validator(standalone(SPECIFICATION, schema, closed=True), format_checker=FormatChecker())
    errors: Iterator[ValidationError] = validator.iter_errors(value)  # pyright: ignore[reportUnknownMemberType] -- its stubs
    return [f"{error.json_path}: {error.message}" for error in errors]


def _contents() -> Iterator[tuple[str, str, JsonObject]]:
    """Where it stands, media type and media type object of each request body and each answer."""
    for operation in operations(SPECIFICATION):
        bodies: dict[str, Json] = dict(mapping(operation.node["responses"]))
        if "requestBody" in operation.node:
            bodies["request"] = operation.node["requestBody"]
        for name, body in bodies.items():
            for media_type, content in mapping(resolve(SPECIFICATION, body)["content"]).items():
                yield f"{operation.id} {name}", media_type, mapping(content)


def _examples(media_type: str) -> Iterator[tuple[str, Json, Json]]:
    """Where it stands, schema and value of each example of that media type."""
    for where, found, content in _contents():
        if found == media_type:
            for name, example in mapping(content["examples"]).items():
                schema = content["x-records"] if "x-records" in content else content["schema"]
                yield f"{where} {name}", schema, resolve(SPECIFICATION, example)["value"]


def test_specification_is_valid_openapi_and_a_broken_one_would_not_be() -> None:
    OpenAPIV31SpecValidator(SPECIFICATION).validate()
    broken = document()
    del mapping(broken["info"])["version"]
    assert not OpenAPIV31SpecValidator(broken).is_valid()


def test_document_is_fresh_at_each_call() -> None:
    mapping(document()["info"])["title"] = "changed"
    assert at(document(), "info", "title") == "NemoVideo agent API"


def test_every_body_has_a_schema_and_examples() -> None:
    bare = [f"{where} {kind}" for where, kind, content in _contents() if not {"schema", "examples"} <= set(content)]
    assert bare == ["download_render 200 video/mp4"], "only a video is beyond schema and example"


@pytest.mark.parametrize("media_type", ["application/json", "multipart/form-data"])
def test_examples_obey_their_schemas_and_name_no_undeclared_key(media_type: str) -> None:
    examples = list(_examples(media_type))
    assert examples
    assert {where: found for where, schema, value in examples if (found := _complaints(schema, value))} == {}


def test_examples_of_schemas_and_parameters_obey_them() -> None:
    listed: list[tuple[str, Json, Json]] = []
    for name, schema in mapping(at(SPECIFICATION, "components", "schemas")).items():
        values = mapping(schema).get("examples", [])
        assert isinstance(values, list)
        listed += [(name, schema, value) for value in values]
        if "default" in mapping(schema):
            listed.append((name, schema, at(schema, "default")))
    for name, parameter in mapping(at(SPECIFICATION, "components", "parameters")).items():
        listed.append((name, at(parameter, "schema"), at(parameter, "example")))
    assert len(listed) > 10
    assert {name: found for name, schema, value in listed if (found := _complaints(schema, value))} == {}


def test_streams_in_examples_are_records_of_the_typed_dialect() -> None:
    seen: set[object] = set()
    for where, schema, stream in _examples("text/event-stream"):
        assert isinstance(stream, str)
        assert stream.endswith("\n\n"), f"{where}: the last record is not ended"
        for record in stream.removesuffix("\n\n").split("\n\n"):
            assert record.startswith("data:"), where
            assert "\n" not in record, f"{where}: a record of two lines"
            payload = record.removeprefix("data:").strip()
            if payload:
                event: Json = json.loads(payload)
                assert _complaints(schema, event) == [], where
                seen.add(at(event, "type"))
            else:
                seen.add("empty")
    assert seen == {"text", "tool_call", "tool_result", "heartbeat", "error", "empty"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("AnonymousToken", {"token": "nmv_usr_short", "user_id": "anon_1", "expires_at": "2026-03-25", "credits": 100}),
        ("TypedEvent", {"type": "text", "content": "under both keys", "text": "under both keys"}),
        ("TypedEvent", {"type": "text"}),
        ("KitError", {"detail": []}),
        ("RenderRequest", {"id": "render_1", "session_id": "1", "draft": {"t": [], "d": 0, "m": {}}}),
        ("Error", {"code": 0, "message": "no error"}),
        ("VideoTrack", {"tt": 1, "sg": []}),
    ],
)
def test_schemas_refuse_what_is_wrong(schema: str, value: Json) -> None:
    assert _complaints({"$ref": f"#/components/schemas/{schema}"}, value)


@pytest.mark.parametrize("operation", tuple(operations(SPECIFICATION)), ids=lambda operation: operation.id)
def test_an_error_is_never_mistaken_for_a_success(operation: Operation) -> None:
    content = at(operation.node, "responses", "200", "content", "application/json")
    value: Json = {"code": 1001, "message": "Token is invalid or expired", "data": None}
    assert _complaints(at(content, "schema"), value) == []


def _marked() -> Iterator[tuple[str, JsonObject]]:
    """Everything that must say where it comes from."""
    for operation in operations(SPECIFICATION):
        yield operation.id, operation.node
        for name, limit in mapping(operation.node.get("x-limits", {})).items():
            yield f"{operation.id} {name}", mapping(limit)
        for parameter in parameters(SPECIFICATION, operation):
            yield f"{operation.id} {parameter['name']}", parameter
    for name, variable in mapping(SPECIFICATION["x-environment"]).items():
        yield name, mapping(variable)
    for name, answer in mapping(at(SPECIFICATION, "components", "responses")).items():
        yield name, mapping(answer)
    for where, node in nodes(at(SPECIFICATION, "components", "schemas")):
        if node.get("type") == "object":
            for key, value in mapping(node.get("properties", {})).items():
                yield f"{where} {key}", mapping(value)


def test_everything_says_whether_it_is_documented_or_assumed() -> None:
    assert [where for where, node in _marked() if node.get("x-standing") not in STANDINGS] == []


def test_whatever_is_documented_names_its_documents() -> None:
    documents = tuple(mapping(SPECIFICATION["x-documents"]))
    for where, node in nodes(SPECIFICATION):
        if node.get("x-standing") == "documented":
            assert "x-source" in node, f"{where} is documented, but not where"
        if "x-source" in node:
            for source in str(node["x-source"]).split("; "):
                assert source.startswith(documents), f"{where}: {source} is no name in x-documents"


def test_every_document_is_a_source_of_something() -> None:
    sources = "; ".join(str(node["x-source"]) for _, node in nodes(SPECIFICATION) if "x-source" in node)
    assert [name for name in mapping(SPECIFICATION["x-documents"]) if name not in sources] == []


def test_every_component_is_used() -> None:
    used = json.dumps(SPECIFICATION)
    for kind in ("schemas", "parameters", "responses", "examples"):
        for name in mapping(at(SPECIFICATION, "components", kind)):
            assert f'"#/components/{kind}/{name}"' in used, f"nothing refers to {kind}/{name}"


def test_every_array_says_what_its_items_are() -> None:
    # JSON Schema does not ask for it, but generators of clients leave out a schema that does not.
    arrays = [(where, node) for where, node in nodes(SPECIFICATION) if "array" in (node.get("type"), *_types(node))]
    assert len(arrays) > 10
    assert [where for where, node in arrays if "items" not in node] == []


def _types(node: JsonObject) -> list[Json]:
    types = node.get("type")
    return types if isinstance(types, list) else []

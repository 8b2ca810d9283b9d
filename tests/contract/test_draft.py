"""The draft's types and its schemas are one thing written twice; and what counts as ready for export."""

from __future__ import annotations

import types
from typing import Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from nemovideo_contract import draft
from nemovideo_contract.openapi import Json, JsonObject, at, document, mapping
from tests.contract.agreement import differences

SCHEMAS = mapping(at(document(), "components", "schemas"))
TYPES: dict[str, type] = {
    name: value for name, value in vars(draft).items() if isinstance(value, type) and is_typeddict(value)
}
#: The keys that some document names, by type; whatever else stands in a draft is assumed.
DOCUMENTED = {
    "Draft": {"t", "d", "m"},
    "DraftMeta": {"title", "width", "height"},
    "VideoTrack": {"tt", "sg"},
    "AudioTrack": {"tt", "sg"},
    "TextTrack": {"tt", "sg"},
}
SCALARS: dict[type, str] = {str: "string", int: "integer", float: "number"}


def _schema_of(annotation: object) -> JsonObject:
    """The schema of an annotation, so far as types go: no bounds, no words."""
    origin = get_origin(annotation)
    if origin is NotRequired:
        return _schema_of(get_args(annotation)[0])
    if origin is list:
        return {"type": "array", "items": _schema_of(get_args(annotation)[0])}
    if origin in {Union, types.UnionType}:
        return {"oneOf": [_schema_of(each) for each in get_args(annotation)]}
    if origin is Literal:
        values = list(get_args(annotation))
        return {"const": values[0]} if len(values) == 1 else {"type": "string", "enum": values}
    assert isinstance(annotation, type)
    if annotation in SCALARS:
        return {"type": SCALARS[annotation]}
    return {"$ref": f"#/components/schemas/{annotation.__name__}"}


def _core(schema: Json) -> Json:
    """A schema without bounds, words and marks."""
    if isinstance(schema, list):
        return [_core(each) for each in schema]
    if isinstance(schema, dict):
        kept = {"type", "items", "oneOf", "enum", "const", "$ref"}
        return {key: _core(value) for key, value in schema.items() if key in kept}
    return schema


@pytest.mark.parametrize("name", TYPES)
def test_a_draft_type_and_its_schema_have_the_same_keys_of_the_same_types(name: str) -> None:
    hints = get_type_hints(TYPES[name], include_extras=True)
    declared = {key: _schema_of(annotation) for key, annotation in hints.items()}
    written = {key: _core(schema) for key, schema in mapping(at(SCHEMAS, name, "properties")).items()}
    assert differences(written, declared) == []


@pytest.mark.parametrize("name", TYPES)
def test_a_draft_type_and_its_schema_require_the_same_keys(name: str) -> None:
    required = mapping(SCHEMAS[name]).get("required", [])
    assert isinstance(required, list)
    # `__required_keys__` is wrong under `from __future__ import annotations`, where NotRequired is still a string.
    hints = get_type_hints(TYPES[name], include_extras=True)
    total: bool = vars(TYPES[name])["__total__"]
    assert required == [key for key, hint in hints.items() if total and get_origin(hint) is not NotRequired]


@pytest.mark.parametrize("name", TYPES)
def test_exactly_what_documents_name_is_marked_documented(name: str) -> None:
    properties = mapping(at(SCHEMAS, name, "properties"))
    documented = {key for key, schema in properties.items() if at(schema, "x-standing") == "documented"}
    assert documented == DOCUMENTED.get(name, set())


def test_a_draft_schema_without_a_type_would_be_noticed() -> None:
    referred = {
        name for name in SCHEMAS if any(f"schemas/{name}'" in str(SCHEMAS[known]) for known in TYPES) or name == "Draft"
    }
    assert referred == set(TYPES)


def test_comparing_would_notice_another_key_or_type() -> None:
    declared = {"text": _schema_of(str), "size": _schema_of(int)}
    assert differences({"text": {"type": "string"}, "size": {"type": "string"}, "font": {}}, declared) == [
        "only openapi.yaml has font: {}",
        "size: openapi.yaml says {'type': 'string'}, the vocabulary {'type': 'integer'}",
    ]


UNREADY: tuple[Json, ...] = (
    None,
    {},
    {"t": []},
    {"t": None},
    {"t": "tracks"},
    {"t": [{"tt": 0}]},
    {"t": [{"tt": 0, "sg": []}]},
    [],
    "draft",
)


@pytest.mark.parametrize("value", UNREADY)
def test_a_draft_without_any_segment_is_not_ready(value: Json) -> None:
    assert not draft.is_ready(value)


def test_a_draft_with_a_segment_in_any_track_is_ready() -> None:
    ready: Json = {"t": [{"tt": 7, "sg": []}, {"tt": 0, "sg": [{"d": 1000}]}]}
    assert draft.is_ready(ready)

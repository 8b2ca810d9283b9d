"""What of the specification belongs to which profile."""

from __future__ import annotations

import json

import pytest

from nemovideo_contract.openapi import Json, JsonObject, at, document, holds, mapping, narrow_to_profile
from nemovideo_contract.profiles import KEYS, PROFILES, Profile, ProfileError, choices, find_profile
from tests.contract.agreement import nodes

SPECIFICATION = document()
#: The keys that change the form of an answer and not only what happens.
FORMS = {
    "busy",
    "empty_draft",
    "errors",
    "events",
    "render",
    "retry_after",
    "text_key",
    "token_expiry",
    "token_limit",
    "turn_errors",
}


def _conditions() -> set[str]:
    found: set[str] = set()
    for _, node in nodes(SPECIFICATION):
        if "x-profile" in node:
            found.add(str(node["x-profile"]))
        if "x-required" in node:
            found |= {str(condition) for condition in mapping(node["x-required"]).values()}
    return found


@pytest.mark.parametrize("condition", sorted(_conditions()))
def test_every_mark_is_true_of_some_profiles_and_false_of_others(condition: str) -> None:
    key = condition.replace(">", "=").partition("=")[0]
    answers = {holds(condition, Profile().replace({key: value})) for value in choices(key) or ("0", "30")}
    assert answers == {True, False}


def test_only_profile_keys_that_change_the_form_of_a_response_are_conditions() -> None:
    assert {condition.replace(">", "=").partition("=")[0] for condition in _conditions()} == FORMS


def test_every_profile_key_is_spoken_of() -> None:
    prose = " ".join(str(node.get("description", "")) for _, node in nodes(SPECIFICATION))
    assert [key for key in KEYS if f"`{key}`" not in prose and f"`{key}=" not in prose and key not in FORMS] == []


@pytest.mark.parametrize(
    ("condition", "changes"),
    [
        ("render=flat", {}),
        ("empty_draft=object|null", {"empty_draft": "null"}),
        ("retry_after>0", {"retry_after": 1}),
        ("two_stage=true", {"two_stage": True}),
        ("size_limit_mb=500", {"size_limit_mb": 500}),
    ],
)
def test_a_condition_holds_where_the_profile_has_the_value(condition: str, changes: dict[str, object]) -> None:
    assert holds(condition, Profile().replace(changes))


@pytest.mark.parametrize(
    ("condition", "changes"),
    [
        ("render=wrapped", {}),
        ("empty_draft=object|null", {"empty_draft": "absent"}),
        ("retry_after>0", {}),
        ("two_stage=true", {}),
        ("size_limit_mb=500", {}),
    ],
)
def test_a_condition_fails_where_the_profile_has_another(condition: str, changes: dict[str, object]) -> None:
    assert not holds(condition, Profile().replace(changes))


@pytest.mark.parametrize("condition", ["render", "render=round", "shape=flat", "retry_after>soon", ""])
def test_a_text_that_is_not_a_condition_is_refused(condition: str) -> None:
    with pytest.raises(ProfileError):
        holds(condition, Profile())


ROOT: JsonObject = {
    "components": {
        "schemas": {
            "Flat": {"type": "object", "x-profile": "render=flat"},
            "Wrapped": {"type": "object", "x-profile": "render=wrapped"},
            "Both": {"oneOf": [{"$ref": "#/components/schemas/Flat"}, {"$ref": "#/components/schemas/Wrapped"}]},
            "Token": {
                "type": "object",
                "required": ["token"],
                "x-required": {"expires_at": "token_expiry=week"},
                "properties": {"token": {}, "expires_at": {"x-profile": "token_expiry=week"}},
            },
        }
    }
}


def test_schemas_of_another_profile_are_removed_with_their_references() -> None:
    schemas = mapping(at(narrow_to_profile(ROOT, Profile()), "components", "schemas"))
    assert set(schemas) == {"Flat", "Both", "Token"}
    assert at(schemas, "Both", "oneOf") == [{"$ref": "#/components/schemas/Flat"}]


def test_a_field_that_a_profile_always_has_is_required_there() -> None:
    weekly = mapping(at(narrow_to_profile(ROOT, Profile()), "components", "schemas", "Token"))
    endless = mapping(at(narrow_to_profile(ROOT, Profile(token_expiry="never")), "components", "schemas", "Token"))
    assert weekly["required"] == ["token", "expires_at"]
    assert endless["required"] == ["token"]
    assert list(mapping(endless["properties"])) == ["token"]


@pytest.mark.parametrize("name", PROFILES)
def test_no_reference_of_a_narrowed_specification_leads_nowhere(name: str) -> None:
    whole = narrow_to_profile(SPECIFICATION, find_profile(name))
    for where, node in nodes(whole):
        reference: Json = node.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/"):
            assert at(whole, *reference.removeprefix("#/").split("/")) is not None, where
    assert '"oneOf": []' not in json.dumps(whole)

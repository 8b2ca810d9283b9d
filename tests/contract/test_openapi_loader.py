"""The ways into the specification."""

from __future__ import annotations

import pytest

from nemovideo_contract.openapi import Json, JsonObject, at, mapping, resolve, standalone

ROOT: JsonObject = {
    "components": {
        "schemas": {
            "Pair": {"type": "object", "properties": {"left": {"$ref": "#/components/schemas/Free"}}},
            "Free": {"type": "object"},
            "Alias": {"$ref": "#/components/schemas/Pair"},
        }
    }
}


def test_a_value_is_found_by_its_path() -> None:
    assert at(ROOT, "components", "schemas", "Free", "type") == "object"


def test_a_missing_key_on_the_way_raises() -> None:
    with pytest.raises(KeyError, match=r"^'responses'$"):
        at(ROOT, "components", "responses")


@pytest.mark.parametrize("node", [None, [], "text", 1])
def test_a_node_that_is_not_an_object_is_refused(node: Json) -> None:
    with pytest.raises(TypeError, match=r"^expected an object, found "):
        mapping(node)


def test_references_are_followed_to_their_end() -> None:
    assert resolve(ROOT, {"$ref": "#/components/schemas/Alias"}) is at(ROOT, "components", "schemas", "Pair")


def test_a_closed_schema_refuses_other_keys_wherever_properties_are_named() -> None:
    whole = standalone(ROOT, {"$ref": "#/components/schemas/Pair"}, closed=True)
    assert at(whole, "components", "schemas", "Pair", "additionalProperties") is False
    assert "additionalProperties" not in mapping(at(whole, "components", "schemas", "Free"))
    assert "additionalProperties" not in mapping(at(ROOT, "components", "schemas", "Pair"))


def test_an_open_schema_stays_as_it_is_written() -> None:
    whole = standalone(ROOT, {"$ref": "#/components/schemas/Pair"})
    assert whole == {"$ref": "#/components/schemas/Pair", **ROOT}

"""Hypothesis strategies of values that fit a schema of the specification, for the JSON Schema keywords that it uses."""

from __future__ import annotations

from typing import Final, TypeAlias, cast

from hypothesis import strategies as st

from nemovideo_contract.openapi import Json, JsonObject, document, mapping, resolve

Values: TypeAlias = "st.SearchStrategy[Json]"

_ROOT: Final = document()
#: The highest number without a limit in the schema, and the longest list.
MOST: Final = 60_000
LONGEST: Final = 3
#: Letters of several scripts, and characters that break careless code: quotes, line ends, characters outside the BMP.
SCRIPTS: Final = "abcXYZ 0189 äöñ Жук 视频片段 ビデオ 동영상 مقطع 🎬🌸 \"'\\<>&{}[]:;,.!?…–\n\t\u2028"


def fitting(schema: Json) -> Values:
    """Return a strategy of values that fit a schema.

    Raises:
        ValueError: the schema uses something that no strategy here supports.
    """
    node = resolve(_ROOT, schema)
    if "const" in node:
        return st.just(node["const"])
    for key in ("enum", "x-known-values"):
        if isinstance(values := node.get(key), list):
            return st.sampled_from(values)
    for key in ("oneOf", "anyOf"):
        if isinstance(choices := node.get(key), list):
            return st.one_of(*map(fitting, choices))
    kind = node.get("type")
    if isinstance(kind, list):
        return st.one_of(*(fitting({**node, "type": each}) for each in kind))
    return _of_type(str(kind), node)


def _of_type(kind: str, node: JsonObject) -> Values:
    least, most = _limit(node, "minimum", 0), _limit(node, "maximum", MOST)
    match kind:
        case "object":
            return _objects(node)
        case "array":
            return cast("Values", st.lists(fitting(node["items"]), max_size=LONGEST))
        case "string":
            shortest = int(_limit(node, "minLength", 0))
            return st.text(SCRIPTS, min_size=shortest, max_size=int(_limit(node, "maxLength", shortest + 30)))
        case "integer":
            return st.integers(int(least), int(most))
        case "number":
            return st.integers(int(least * 100), int(most * 100)).map(lambda number: number / 100)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case _:
            raise ValueError(f"No strategy is known for a schema of the type {kind!r}.")


def _objects(node: JsonObject) -> Values:
    properties = {name: fitting(each) for name, each in mapping(node.get("properties", {})).items()}
    required = set(map(str, cast("list[Json]", node.get("required", []))))
    always = {name: each for name, each in properties.items() if name in required}
    others = {name: each for name, each in properties.items() if name not in required}
    return cast("Values", st.fixed_dictionaries(always, optional=others))


def _limit(node: JsonObject, key: str, default: float) -> float:
    found = node.get(key, default)
    assert isinstance(found, int | float)
    return found


def schema(name: str) -> Json:
    """Return a schema from the specification's components."""
    return mapping(mapping(mapping(_ROOT["components"])["schemas"]))[name]


def header(name: str) -> tuple[str, Json]:
    """Return a header from the specification's parameters: its name on the wire, and its schema."""
    found = mapping(mapping(mapping(_ROOT["components"])["parameters"])[name])
    return str(found["name"]), found["schema"]

"""The specification as data: `openapi.yaml`, read and looked into.

`document()` is the whole of it, `narrow_to_profile()` what of it one profile has. The rest are the few ways in that
its readers share: a value by its path, the operations in order, the schema of a dialect's records, and a component as
a JSON Schema that stands on its own, open as it is written or closed against keys that it does not name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, TypeAlias, cast

import yaml

from nemovideo_contract.profiles import Profile, ProfileError, check_value

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
JsonObject: TypeAlias = dict[str, Json]

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
#: Where the components of a bundled schema are.
_COMPONENTS: Final = "#/components/schemas/"
_CONDITION: Final = re.compile(r"(?P<key>\w+)(?P<sign>[=>])(?P<values>.+)")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its id, method in upper case, path template, and its own part of the document."""

    id: str
    method: str
    path: str
    node: JsonObject


def text() -> str:
    """`openapi.yaml` as it is written."""
    return (files("nemovideo_contract") / "openapi.yaml").read_text(encoding="utf-8")


def document() -> JsonObject:
    """The specification, parsed anew at each call, so that a caller may change what it gets."""
    # The loader in C takes 20 ms, the one in Python 150; wheels of PyYAML carry the first, not every build does.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return mapping(cast("Json", yaml.load(text(), loader)))  # noqa: S506 -- both loaders are the safe ones


def mapping(node: Json) -> JsonObject:
    """The node, known to be an object.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(node, dict):
        raise TypeError(f"expected an object, found {type(node).__name__}: {node!r:.80}")
    return node


def at(node: Json, *keys: str) -> Json:
    """What stands at these keys, one level a key.

    Raises:
        KeyError: a key on the way is missing.
        TypeError: something on the way is no object.
    """
    for key in keys:
        node = mapping(node)[key]
    return node


def resolve(root: JsonObject, node: Json) -> JsonObject:
    """The object, or the one that its `$ref` points to within `root`."""
    found = mapping(node)
    while isinstance(reference := found.get("$ref"), str):
        found = mapping(at(root, *reference.removeprefix("#/").split("/")))
    return found


def operations(root: JsonObject) -> Iterator[Operation]:
    """The operations in the order of the document."""
    for path, item in mapping(root["paths"]).items():
        for method, node in mapping(item).items():
            if method in METHODS:
                yield Operation(str(mapping(node)["operationId"]), method.upper(), path, mapping(node))


def parameters(root: JsonObject, operation: Operation) -> list[JsonObject]:
    """The parameters of an operation, those of its path first, references resolved."""
    listed = [mapping(at(root, "paths", operation.path)).get("parameters", []), operation.node.get("parameters", [])]
    return [resolve(root, each) for some in listed if isinstance(some, list) for each in some]


def standalone(root: JsonObject, schema: Json, *, closed: bool = False) -> JsonObject:
    """The schema with all that its references need, ready for a JSON Schema validator.

    Closed, an object that names its properties takes no others: what our own examples and our own fake send is checked
    so, while a reader of the real service stays open.
    """
    components: Json = {"schemas": at(root, "components", "schemas")}
    whole: JsonObject = {**mapping(schema), "components": components}
    return mapping(_close_schema(whole)) if closed else whole


def bundle_schema(root: JsonObject, schema: Json) -> JsonObject:
    """The schema as a document of its own: what its references need, and nothing else, stands in `$defs`."""
    needed: dict[str, Json] = {}

    def moved(node: Json) -> Json:
        if isinstance(node, list):
            return [moved(each) for each in node]
        if isinstance(node, dict):
            return {key: moved(value) for key, value in node.items()}
        if not isinstance(node, str) or not node.startswith(_COMPONENTS):
            return node
        name = node.removeprefix(_COMPONENTS)
        if name not in needed:
            needed[name] = None  # before its own references, which may come back to it
            needed[name] = moved(at(root, "components", "schemas", name))
        return f"#/$defs/{name}"

    whole = mapping(moved(schema))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole, "$defs": needed}


def records(dialect: str) -> JsonObject:
    """The JSON Schema of one record of a stream, by the value of the profile key `events`.

    Raises:
        FileNotFoundError: there is no such dialect.
    """
    file = files("nemovideo_contract") / "events" / f"{dialect}.schema.json"
    return mapping(cast("Json", json.loads(file.read_text(encoding="utf-8"))))


def holds(condition: str, profile: Profile) -> bool:
    """Whether a condition is true of a profile: `key=value`, `key=one|another`, or `key>0` of a whole number.

    Raises:
        ProfileError: it is no condition, or names a key or a value that doesn't exist.
    """
    found = _CONDITION.fullmatch(condition)
    if found is None:
        raise ProfileError(f"{condition!r} is no condition on a profile: write key=value or key>0.")
    key, chosen = found["key"], profile.as_dict().get(found["key"])
    if found["sign"] == ">":
        least = check_value(key, found["values"])
        return isinstance(chosen, int) and isinstance(least, int) and chosen > least
    return chosen in [check_value(key, value) for value in found["values"].split("|")]


def narrow_to_profile(root: JsonObject, profile: Profile) -> JsonObject:
    """The specification as one profile has it.

    Whatever is marked `x-profile` stays where the condition holds and goes where it doesn't, references to it as well;
    what `x-required` asks for under a condition that holds is required.
    """

    def belongs(node: Json) -> bool:
        if not isinstance(node, dict):
            return True
        marked = (node, resolve(root, node)) if "$ref" in node else (node,)
        return all(holds(str(each["x-profile"]), profile) for each in marked if "x-profile" in each)

    def kept(node: Json) -> Json:
        if isinstance(node, list):
            return [kept(each) for each in node if belongs(each)]
        if not isinstance(node, dict):
            return node
        inner = {key: kept(value) for key, value in node.items() if belongs(value)}
        if "x-required" in node:
            always = node.get("required", [])
            assert isinstance(always, list)
            conditions = mapping(node["x-required"]).items()
            inner["required"] = [*always, *(name for name, asked in conditions if holds(str(asked), profile))]
        return inner

    return mapping(kept(root))


def _close_schema(node: Json) -> Json:
    if isinstance(node, list):
        return [_close_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    inner = {key: _close_schema(value) for key, value in node.items()}
    if isinstance(node.get("properties"), dict) and node.get("type") == "object":
        inner.setdefault("additionalProperties", False)
    return inner

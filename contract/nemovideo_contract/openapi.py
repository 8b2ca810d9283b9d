"""The specification as data: functions that read `openapi.yaml`.

`document()` returns the whole specification, `narrow_to_profile()` the part that one profile has. The other functions
return a value by its path, the operations in order, the schema of a dialect's records, and a component as a separate
JSON Schema. Such a schema is open as written, or closed: then it forbids keys that it does not name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, TypeAlias, cast
from urllib.parse import unquote

import yaml

from nemovideo_contract.json_input import parse
from nemovideo_contract.profiles import Profile, ProfileError, check_value

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
JsonObject: TypeAlias = dict[str, Json]

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
#: The methods that create nothing.
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
#: The prefix of a reference to a component.
_COMPONENTS: Final = "#/components/schemas/"
_CONDITION: Final = re.compile(r"(?P<key>\w+)(?P<sign>[=>])(?P<values>.+)")
_DOTS: Final = frozenset({".", ".."})


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: its id, its method in upper case, its path template, and its part of the document."""

    id: str
    method: str
    path: str
    node: JsonObject


def text() -> str:
    """Return the text of `openapi.yaml`."""
    return (files("nemovideo_contract") / "openapi.yaml").read_text(encoding="utf-8")


def document() -> JsonObject:
    """Parse and return the specification. Each call returns a new object, which the caller may change."""
    # The loader in C takes 20 ms, the one in Python 150 ms. PyYAML's wheels contain the C loader, some builds do not.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return mapping(cast("Json", yaml.load(text(), loader)))  # noqa: S506 -- both loaders are the safe ones


def mapping(node: Json) -> JsonObject:
    """Return the node if it is an object.

    Raises:
        TypeError: it is not an object.
    """
    if not isinstance(node, dict):
        raise TypeError(f"expected an object, found {type(node).__name__}: {node!r:.80}")
    return node


def at(node: Json, *keys: str) -> Json:
    """Return the value at these keys, one key for each level.

    Raises:
        KeyError: a key on the way is missing.
        TypeError: a value on the way is not an object.
    """
    for key in keys:
        node = mapping(node)[key]
    return node


def resolve(root: JsonObject, node: Json) -> JsonObject:
    """Return the object, or the object in `root` that its `$ref` points to."""
    found = mapping(node)
    while isinstance(reference := found.get("$ref"), str):
        found = mapping(at(root, *reference.removeprefix("#/").split("/")))
    return found


def operations(root: JsonObject) -> Iterator[Operation]:
    """Yield the operations in the order of the document."""
    for path, item in mapping(root["paths"]).items():
        for method, node in mapping(item).items():
            if method in METHODS:
                yield Operation(str(mapping(node)["operationId"]), method.upper(), path, mapping(node))


def possible_operations(method: str, path: str) -> frozenset[str]:
    """Return the ids of the operations that a request may be, by its method and path; empty if there is none.

    `path` is below the base URL and encoded as sent. A server may read an encoded slash as a slash or as a part of a
    name, so a request may be two operations. A path with a segment `.` or `..` is none.
    """
    bare = re.split("[?#]", path, maxsplit=1)[0]
    segments = [unquote(each) for each in bare.split("/")]
    if _DOTS & set(segments):
        return frozenset()
    whole = unquote(bare).split("/")
    return frozenset(
        name
        for verb, template, name in _templates()
        if verb == method.upper() and any(_matches(template, given) for given in (segments, whole))
    )


@cache
def _templates() -> tuple[tuple[str, tuple[str, ...], str], ...]:
    return tuple((each.method, tuple(each.path.split("/")), each.id) for each in operations(document()))


def _matches(template: tuple[str, ...], given: list[str]) -> bool:
    return len(template) == len(given) and all(
        bool(said) if wanted.startswith("{") else said == wanted for wanted, said in zip(template, given, strict=True)
    )


def parameters(root: JsonObject, operation: Operation) -> list[JsonObject]:
    """Return the parameters of an operation, first those of its path, with references resolved."""
    listed = [mapping(at(root, "paths", operation.path)).get("parameters", []), operation.node.get("parameters", [])]
    return [resolve(root, each) for some in listed if isinstance(some, list) for each in some]


def standalone(root: JsonObject, schema: Json, *, closed: bool = False) -> JsonObject:
    """Return the schema with all components that it refers to, ready for a JSON Schema validator.

    In a closed schema, an object that names its properties takes no others. Our examples and our fake are checked by
    closed schemas. The real service may send more keys than its documents name, so it is checked by open ones.
    """
    components: Json = {"schemas": at(root, "components", "schemas")}
    whole: JsonObject = {**mapping(schema), "components": components}
    return mapping(_close_schema(whole)) if closed else whole


def bundle_schema(root: JsonObject, schema: Json) -> JsonObject:
    """Return the schema as a separate document; its `$defs` has the components that it refers to, and no others."""
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
    """Return the JSON Schema of a stream's record; `dialect` is a value of the profile key `events`.

    Raises:
        FileNotFoundError: the dialect is unknown.
    """
    file = files("nemovideo_contract") / "events" / f"{dialect}.schema.json"
    return mapping(cast("Json", parse(file.read_bytes())))


def holds(condition: str, profile: Profile) -> bool:
    """Return whether a profile fulfils a condition: `key=value`, `key=one|another`, or `key>0` for a whole number.

    Raises:
        ProfileError: the condition is malformed, or names a key or a value that doesn't exist.
    """
    found = _CONDITION.fullmatch(condition)
    if found is None:
        raise ProfileError(f"{condition!r} is not a condition on a profile. Write key=value or key>0.")
    key, chosen = found["key"], profile.as_dict().get(found["key"])
    if found["sign"] == ">":
        least = check_value(key, found["values"])
        return isinstance(chosen, int) and isinstance(least, int) and chosen > least
    return chosen in [check_value(key, value) for value in found["values"].split("|")]


def narrow_to_profile(root: JsonObject, profile: Profile) -> JsonObject:
    """Return the specification for one profile.

    A node with `x-profile` is removed if its condition is false, and so are references to it. A property in
    `x-required` becomes required if its condition is true.
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

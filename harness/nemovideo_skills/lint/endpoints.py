"""The contract's endpoints, and the endpoint that a path in a document means."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from nemovideo_contract.openapi import Json, JsonObject, document, mapping, operations, resolve
from nemovideo_contract.wire import Path


class PathMatch(StrEnum):
    """The way in which a path matches its endpoint."""

    #: The path is the same.
    EXACT = "exact"
    #: The same without underscores, which mirrors take for emphasis.
    BARE = "bare"
    #: The beginning of the endpoint's path, as prose shortens it.
    SHORT = "short"
    #: No endpoint matches.
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of an object in a request, the keys below them, and the required ones.

    `below` is None if any key is allowed. `is_closed` is true if other keys are mistakes.
    """

    below: Mapping[str, Keys | None]
    required: frozenset[str]
    is_closed: bool = True


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path template with its methods, and the JSON body of its POST if there is one."""

    path: Path
    methods: frozenset[str]
    body: Keys | None

    @property
    def name(self) -> str:
        """The name in messages: the methods and the path."""
        return f"{'/'.join(sorted(self.methods))} {self.path}"

    @property
    def needs_bearer(self) -> bool:
        """True if the call needs the bearer and the attribution headers."""
        return self.path is not Path.ANONYMOUS_TOKEN


#: Words that are joined to a path when a mirror drops the marks around it.
_GLUE: Final = (
    "with", "and", "to", "for", "using", "or", "in", "then", "returns", "header", "is", "as", "on", "by", "via", "from",
    "at", "the",
)  # fmt: skip


@cache
def endpoints() -> tuple[Endpoint, ...]:
    """Return the endpoints of the specification."""
    root = document()
    methods: dict[str, set[str]] = {}
    bodies: dict[str, Keys] = {}
    for operation in operations(root):
        methods.setdefault(operation.path, set()).add(operation.method)
        request = operation.node.get("requestBody")
        content = mapping(mapping(request)["content"]) if request is not None else {}
        if "application/json" in content:
            bodies[operation.path] = _keys(root, mapping(content["application/json"])["schema"])
    return tuple(Endpoint(Path(path), frozenset(some), bodies.get(path)) for path, some in methods.items())


def _keys(root: JsonObject, schema: Json) -> Keys:
    node = resolve(root, schema)
    properties = mapping(node.get("properties", {}))
    below: dict[str, Keys | None] = {}
    for name, value in properties.items():
        inner = resolve(root, value)
        if inner.get("type") == "array":
            inner = resolve(root, inner.get("items", {}))
        # The draft comes from the service itself, so its keys are not checked.
        opaque = name == "draft" or "properties" not in inner
        below[name] = None if opaque else _keys(root, inner)
    required = node.get("required", [])
    assert isinstance(required, list)
    return Keys(below, frozenset(map(str, required)))


def fitting(path: str) -> tuple[Endpoint | None, PathMatch]:
    """Return the endpoint that a path without its query means; a placeholder may have any name or be missing."""
    segments = path.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0].lstrip("/").split("/")
    for fit, spelled in ((PathMatch.EXACT, _as_it_is), (PathMatch.BARE, _bare)):
        for endpoint in endpoints():
            if _is(endpoint, segments, spelled):
                return endpoint, fit
    words = [each for each in segments if each not in {"", "*"}]
    for endpoint in endpoints():
        template = endpoint.path.lstrip("/").split("/")
        if len(words) < len(template) and all(_fits(a, b, _bare) for a, b in zip(template, words, strict=False)):
            return endpoint, PathMatch.SHORT
    for word in _GLUE:
        if segments[-1].endswith(word) and len(segments[-1]) > len(word):
            unglued = [*segments[:-1], segments[-1].removesuffix(word)]
            for endpoint in endpoints():
                if _is(endpoint, unglued, _as_it_is):
                    return endpoint, PathMatch.EXACT
    return None, PathMatch.NONE


def closest(path: str) -> Endpoint | None:
    """Return the endpoint that is most similar to this path, or None."""
    names = {str(each.path): each for each in endpoints()}
    plain = path.split("?", maxsplit=1)[0].lower()
    found = difflib.get_close_matches(plain, names, 1, cutoff=0.65)
    return names[found[0]] if found else None


def _is(endpoint: Endpoint, segments: list[str], spelled: Mapping[str, str]) -> bool:
    template = endpoint.path.lstrip("/").split("/")
    return len(template) == len(segments) and all(_fits(a, b, spelled) for a, b in zip(template, segments, strict=True))


class _Bare(dict[str, str]):
    """Names without underscores."""

    def __missing__(self, name: str) -> str:
        return name.replace("_", "")


class _AsItIs(dict[str, str]):
    """Names without a change."""

    def __missing__(self, name: str) -> str:
        return name


_bare: Final = _Bare()
_as_it_is: Final = _AsItIs()


def _fits(template: str, segment: str, spelled: Mapping[str, str]) -> bool:
    if template.startswith("{"):
        # `lambda` and `latest` are never ids.
        return segment not in {"lambda", "latest", "draft"}
    return spelled[template] == segment or template == segment

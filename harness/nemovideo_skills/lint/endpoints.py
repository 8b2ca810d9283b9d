"""The contract's endpoints, and which of them a path in a document means."""

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
    """How a path fits the endpoint that it means."""

    #: Letter by letter.
    EXACT = "exact"
    #: But for underscores, which mirrors take for emphasis.
    BARE = "bare"
    #: It is the beginning of one, as prose shortens it.
    SHORT = "short"
    #: Not at all.
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Keys:
    """What an object of a request may hold: keys with what is below them, and which must be there.

    `below` is None where anything may stand; `is_closed` where other keys than these are mistakes.
    """

    below: Mapping[str, Keys | None]
    required: frozenset[str]
    is_closed: bool = True


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path template with its methods, and the JSON body of its POST where it takes one."""

    path: Path
    methods: frozenset[str]
    body: Keys | None

    @property
    def name(self) -> str:
        """The call as one writes it."""
        return f"{'/'.join(sorted(self.methods))} {self.path}"

    @property
    def needs_bearer(self) -> bool:
        """Whether the bearer and the attribution headers belong on it."""
        return self.path is not Path.ANONYMOUS_TOKEN


#: Words that prose glues to a path when a mirror drops the marks around it.
_GLUE: Final = (
    "with", "and", "to", "for", "using", "or", "in", "then", "returns", "header", "is", "as", "on", "by", "via", "from",
    "at", "the",
)  # fmt: skip


@cache
def endpoints() -> tuple[Endpoint, ...]:
    """The endpoints of the specification."""
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
        # A draft is the service's own: whoever sends one sends what it read.
        opaque = name == "draft" or "properties" not in inner
        below[name] = None if opaque else _keys(root, inner)
    required = node.get("required", [])
    assert isinstance(required, list)
    return Keys(below, frozenset(map(str, required)))


def fitting(path: str) -> tuple[Endpoint | None, PathMatch]:
    """The endpoint that a path means, without its query; placeholders stand for themselves or are missing."""
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
    """The endpoint that somebody who wrote this path probably meant, or None."""
    names = {str(each.path): each for each in endpoints()}
    plain = path.split("?", maxsplit=1)[0].lower()
    found = difflib.get_close_matches(plain, names, 1, cutoff=0.65)
    return names[found[0]] if found else None


def _is(endpoint: Endpoint, segments: list[str], spelled: Mapping[str, str]) -> bool:
    template = endpoint.path.lstrip("/").split("/")
    return len(template) == len(segments) and all(_fits(a, b, spelled) for a, b in zip(template, segments, strict=True))


class _Bare(dict[str, str]):
    """Names without their underscores."""

    def __missing__(self, name: str) -> str:
        return name.replace("_", "")


class _AsItIs(dict[str, str]):
    """Names as they are."""

    def __missing__(self, name: str) -> str:
        return name


_bare: Final = _Bare()
_as_it_is: Final = _AsItIs()


def _fits(template: str, segment: str, spelled: Mapping[str, str]) -> bool:
    if template.startswith("{"):
        # `lambda` and `latest` are never somebody's id.
        return segment not in {"lambda", "latest", "draft"}
    return spelled[template] == segment or template == segment

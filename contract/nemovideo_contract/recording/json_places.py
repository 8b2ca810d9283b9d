"""Find values in JSON by their places: the keys and indexes on the way to them."""

from __future__ import annotations

from collections.abc import Iterator

from nemovideo_contract.openapi import Json

#: A path to a value in a JSON body.
Place = tuple[str | int, ...]


def strings(node: Json, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield every string in a JSON value, with its place."""
    for where, each in nodes(node, place):
        if isinstance(each, str):
            yield where, each


def nodes(node: Json, place: Place = ()) -> Iterator[tuple[Place, Json]]:
    """Yield a JSON value and then every value inside it, each with its place."""
    yield place, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from nodes(value, (*place, key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from nodes(value, (*place, number))


def at(node: Json, place: Place) -> Json:
    """Return the value at a place.

    Raises:
        LookupError: there is none.
    """
    for key in place:
        if isinstance(node, dict) and isinstance(key, str):
            node = node[key]
            continue
        if isinstance(node, list) and isinstance(key, int):
            node = node[key]
            continue
        raise LookupError(f"there is no {key}")
    return node


def key_of(place: Place) -> str:
    """Return the last name on the way to a place."""
    return next((key for key in reversed(place) if isinstance(key, str)), "the body")

"""Which operations a request may turn out to be, by its method and path, whatever its caller takes it for."""

from __future__ import annotations

import re
from functools import cache
from typing import Final
from urllib.parse import unquote

from nemovideo_contract.openapi import document, operations

#: Methods by which nothing is made.
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_DOTS: Final = frozenset({".", ".."})


def possible_operations(method: str, path: str) -> frozenset[str]:
    """The specification's ids of the operations that a request may be; empty where it is none.

    `path` is below the base URL, as it is sent. A server may take an encoded slash for a slash or for part of a name,
    so that there may be two; a path that leads up or nowhere is none.
    """
    bare = re.split("[?#]", path, maxsplit=1)[0]
    segments = [unquote(each) for each in bare.split("/")]
    if _DOTS & set(segments):
        return frozenset()
    whole = unquote(bare).split("/")
    return frozenset(
        name
        for verb, template, name in _templates()
        if verb == method.upper() and any(_fits(template, given) for given in (segments, whole))
    )


@cache
def _templates() -> tuple[tuple[str, tuple[str, ...], str], ...]:
    return tuple((each.method, tuple(each.path.split("/")), each.id) for each in operations(document()))


def _fits(template: tuple[str, ...], given: list[str]) -> bool:
    return len(template) == len(given) and all(
        bool(said) if wanted.startswith("{") else said == wanted for wanted, said in zip(template, given, strict=True)
    )

"""Rules about paths: a caller uses only the API's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from nemovideo_contract.requirements.requirement import parse_sources
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.operations import Operation, format_call, methods_of, plain, target_of
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule
from nemovideo_skills.judge.text_format import times

#: The pages of the web application.
_PAGES: Final = re.compile(
    r"/(?:workspace|register|login|signup|signin|task|tasks|project|projects|dashboard|settings|editor|billing|pricing"
    r"|account|export|timeline)(?:/.*)?"
)
#: Paths that programs request from any server.
_ANYWHERE: Final = re.compile(r"/|/favicon\.ico|/robots\.txt|/\.well-known/.*|/cdn/.*|/_mock(?:/.*)?")
_ASIDE: Final = frozenset({"HEAD", "OPTIONS"})


def known_paths(history: History) -> Iterator[Observation]:
    """Check each call; group unknown calls by method and path."""
    strange: dict[str, list[Exchange]] = {}
    known: Exchange | None = None
    for each in history.exchanges:
        if each.call is not Operation.OTHER:
            known = known or each
        elif each.method not in _ASIDE and not (_ANYWHERE.fullmatch(plain(each.path)) or each.succeeded):
            strange.setdefault(format_call(each.method, plain(each.path)), []).append(each)
    if known is not None and not strange:
        yield Kept(known)
    for name, group in strange.items():
        yield Broken(group[0], f"{name} {_is(group[0])}; it was called {times(len(group))}.", (group[0],))


def _is(exchange: Exchange) -> str:
    path = plain(exchange.path)
    if "//" in path and (target := target_of(exchange.method, path.replace("//", "/-/"))).call is not Operation.OTHER:
        empty = next((name for name in ("session", "user", "render") if getattr(target, name) == "-"), "part")
        return f"has an empty {empty} id"
    if methods := methods_of(path):
        return f"accepts only {' and '.join(methods)}"
    if _PAGES.fullmatch(path):
        return "is a web page for people, not a call"
    return "is not a call of the API"


RULES: Final = (
    Rule(
        "known-paths",
        "A caller uses only the API's own calls: no page of the web application, and no invented path.",
        "warning",
        "provable",
        parse_sources("F2 1.9 §3 and §4", "F5 calls and GUI words", "F1 the endpoints"),
        "Nothing happens, but the user hears that it did or that it can't be done.",
        "List the endpoints with their methods, and say which call replaces each GUI word.",
        known_paths,
    ),
)

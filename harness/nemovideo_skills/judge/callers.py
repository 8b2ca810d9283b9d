"""Group exchanges by caller, by what a caller shows: its client id, token, account, or the URL of a file.

Exchanges that share one of these belong together: a token request and the calls with that token, or the calls before
and after a token was replaced. Other exchanges are assigned by their session, by their skill, or because only one
caller is possible. The last resort is the machine that they came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from nemovideo_contract.wire import CLIENT_ID_HEADER, SKILL_SOURCE_HEADER
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.operations import Operation

_CLIENT_ID = CLIENT_ID_HEADER.lower()
_SOURCE = SKILL_SOURCE_HEADER.lower()


@dataclass(frozen=True, slots=True)
class Caller:
    """One caller in one world: its display name, and its exchanges in the order of the journal."""

    world: str
    name: str
    exchanges: tuple[Exchange, ...]


def callers_of(exchanges: Sequence[Exchange], *, together: bool = False) -> list[Caller]:
    """Return the callers of a journal, in the order of their first calls.

    With `together`, all exchanges of a world belong to one caller. Use it if each caller has its own world.
    """
    worlds: dict[str, list[Exchange]] = {}
    for each in exchanges:
        worlds.setdefault(each.world, []).append(each)
    found = [_caller(group) for own in worlds.values() for group in ([own] if together else _attribute(_group(own)))]
    places = {(each.world, each.first): place for place, each in enumerate(exchanges)}
    return sorted(found, key=lambda each: places[each.world, each.exchanges[0].first])


def _caller(exchanges: Sequence[Exchange]) -> Caller:
    return Caller(exchanges[0].world, _name(exchanges), tuple(exchanges))


def _name(exchanges: Sequence[Exchange]) -> str:
    account = next((each.account for each in exchanges if each.account is not None), None)
    skill = next((name for each in exchanges if (name := each.headers.get(_SOURCE))), None)
    host = next((each.host for each in exchanges if each.host is not None), "an unknown machine")
    who = account or f"someone at {host}"
    return f"{who} ({skill})" if skill else who


# --- by signs that prove it -------------------------------------------------------------------------------------------


def _group(exchanges: Sequence[Exchange]) -> list[list[Exchange]]:
    """Return the exchanges of one world, grouped by proven signs of a caller, else by machine."""
    groups = _Groups()
    for place, exchange in enumerate(exchanges):
        groups.add(place, list(_signs(exchange)) or [f"machine {exchange.host}"])
    return [[exchanges[place] for place in places] for places in groups.members()]


def _signs(exchange: Exchange) -> Iterator[str]:
    if client_id := exchange.headers.get(_CLIENT_ID):
        yield f"client {client_id}"
    if exchange.account is not None:
        yield f"account {exchange.account}"
    token = exchange.answer.get("token")
    for mark in (exchange.bearer, token):
        if isinstance(mark, str):
            yield f"token {mark}"
    if exchange.call is Operation.OUTPUT and exchange.target.user is not None:
        yield f"account {exchange.target.user}"


class _Groups:
    """A union-find over signs: it joins the sets of exchanges that share a sign."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._sign: dict[int, str] = {}

    def add(self, place: int, signs: Sequence[str]) -> None:
        self._sign[place] = signs[0]
        root = self._root(signs[0])
        for sign in signs[1:]:
            self._parent[self._root(sign)] = root

    def members(self) -> list[list[int]]:
        found: dict[str, list[int]] = {}
        for place, sign in self._sign.items():
            found.setdefault(self._root(sign), []).append(place)
        return list(found.values())

    def _root(self, sign: str) -> str:
        root = sign
        while (parent := self._parent.setdefault(root, root)) != root:
            root = parent
        while sign != root:
            self._parent[sign], sign = root, self._parent[sign]
        return root


# --- by what else they tell -------------------------------------------------------------------------------------------


def _attribute(groups: Sequence[list[Exchange]]) -> list[list[Exchange]]:
    """Return the groups, after exchanges without a known account are assigned to the only possible caller."""
    known = [group for group in groups if any(each.account is not None for each in group)]
    found = [list(group) for group in known]
    owners = _Owners(known)
    nobody: list[list[Exchange]] = []
    for group in groups:
        if any(each.account is not None for each in group):
            continue
        rest: list[Exchange] = []
        for each in group:
            owner = owners.of(each)
            (rest if owner is None else found[owner]).append(each)
        if rest:
            nobody.append(rest)
    return [sorted(each, key=lambda exchange: exchange.first) for each in (*found, *nobody)]


class _Owners:
    """The owners of sessions and skills that belong to exactly one caller."""

    def __init__(self, groups: Sequence[Sequence[Exchange]]) -> None:
        self._count = len(groups)
        placed = [(place, each) for place, group in enumerate(groups) for each in group]
        self._sessions = _only((place, each.session or each.answer.get("session_id")) for place, each in placed)
        self._skills = _only((place, each.headers.get(_SOURCE)) for place, each in placed)

    def of(self, exchange: Exchange) -> int | None:
        """Return the index of the caller that made an exchange, or None if several callers are possible."""
        if self._count == 1:
            return 0
        owner = None if exchange.session is None else self._sessions.get(exchange.session)
        skill = exchange.headers.get(_SOURCE)
        return owner if owner is not None or skill is None else self._skills.get(skill)


def _only(pairs: Iterable[tuple[int, object]]) -> dict[str, int]:
    owners: dict[str, set[int]] = {}
    for place, name in pairs:
        if isinstance(name, str) and name:
            owners.setdefault(name, set()).add(place)
    return {name: next(iter(places)) for name, places in owners.items() if len(places) == 1}

"""Who made which exchanges, told by what a caller shows: its client id, its token, its account, a file's URL.

Exchanges that share one of these belong together: a token request and the work that its token did, the work before a
token expired and after it was replaced. What shows none of them is told by the machine that it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nemovideo_contract.wire import CLIENT_ID_HEADER, SKILL_SOURCE_HEADER
from nemovideo_harness.conduct.calls import Call
from nemovideo_harness.conduct.exchanges import Exchange

_CLIENT_ID = CLIENT_ID_HEADER.lower()
_SOURCE = SKILL_SOURCE_HEADER.lower()
#: What stands for a caller that showed nothing but where it calls from.
_STRAY = "machine "


@dataclass(frozen=True, slots=True)
class Caller:
    """One caller in one world: a name for people, and its exchanges in the order of the journal."""

    world: str
    name: str
    exchanges: tuple[Exchange, ...]


def callers_of(exchanges: Sequence[Exchange]) -> list[Caller]:
    """The callers of a journal, in the order in which they first called."""
    groups = _Groups()
    for place, exchange in enumerate(exchanges):
        signs = [f"{exchange.world} {sign}" for sign in _signs(exchange)]
        groups.add(place, signs or [f"{exchange.world} {_STRAY}{exchange.host}"])
    return _with_strays([_caller([exchanges[place] for place in places]) for places in groups.members()])


def _signs(exchange: Exchange) -> Iterable[str]:
    if client_id := exchange.headers.get(_CLIENT_ID):
        yield f"client {client_id}"
    if exchange.account is not None:
        yield f"account {exchange.account}"
    token = exchange.answer.get("token")
    for mark in (exchange.bearer, token):
        if isinstance(mark, str):
            yield f"token {mark}"
    if exchange.call is Call.OUTPUT and exchange.target.user is not None:
        yield f"account {exchange.target.user}"


def _name(exchanges: Sequence[Exchange]) -> str:
    account = next((each.account for each in exchanges if each.account is not None), None)
    skill = next((name for each in exchanges if (name := each.headers.get(_SOURCE))), None)
    host = next((each.host for each in exchanges if each.host is not None), "an unknown machine")
    who = account or f"somebody at {host}"
    return f"{who} ({skill})" if skill else who


def _caller(exchanges: Sequence[Exchange]) -> Caller:
    return Caller(exchanges[0].world, _name(exchanges), tuple(exchanges))


def _with_strays(callers: Sequence[Caller]) -> list[Caller]:
    """Calls without any sign go to the only caller of their world, if there is only one: who else was it."""
    found: list[Caller] = []
    for world in dict.fromkeys(each.world for each in callers):
        signed = [each for each in callers if each.world == world and any(map(_signed, each.exchanges))]
        strays = [each for each in callers if each.world == world and each not in signed]
        if len(signed) == 1:
            own = [exchange for each in (*signed, *strays) for exchange in each.exchanges]
            found.append(_caller(sorted(own, key=lambda each: each.first)))
        else:
            found += sorted([*signed, *strays], key=lambda each: each.exchanges[0].first)
    return found


def _signed(exchange: Exchange) -> bool:
    return next(iter(_signs(exchange)), None) is not None


class _Groups:
    """Sets of places that share a sign, joined as signs turn out to belong together."""

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

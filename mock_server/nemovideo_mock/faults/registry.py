"""The faults of one world: their order, and how often each one matched a request and fired.

Chance is a hash of the seed, the fault's name, the caller (account and session), and the number of requests from this
caller that the fault has counted. Requests of other callers therefore change no draw. The counts behind `after`,
`first` and `every` belong to the world, unless a fault counts `per` account or session.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from nemovideo_mock.faults.endpoints import Endpoint
from nemovideo_mock.faults.fault import Fault, Requester, parse
from nemovideo_mock.faults.fault_fields import FaultError
from nemovideo_mock.faults.kinds import KINDS, Layer
from nemovideo_mock.faults.request_kinds import Latency
from nemovideo_mock.json_fields import quote_value, suggest_name
from nemovideo_mock.seeded_random import Chance

#: More faults than anyone adds by hand; each request checks all of them.
MOST_FAULTS: Final = 1000

#: An account and a session; each is empty if unknown.
Caller = tuple[str, str]


@dataclass(frozen=True, slots=True)
class FaultStatus:
    """The state of a fault.

    `matched` is the number of requests that it concerns, `fired` the number of times that it fired. `remaining` says
    how often it can still fire; it is None without a limit and if the limit is per account or session.
    `seconds_left` is None if the fault lives forever. `active` says whether it may fire again.
    """

    fault: Fault
    matched: int
    fired: int
    active: bool
    remaining: int | None
    seconds_left: float | None

    def as_json(self) -> dict[str, object]:
        """Return the fault and its counts in one object."""
        counts = {name: getattr(self, name) for name in ("matched", "fired", "active", "remaining", "seconds_left")}
        return self.fault.as_json() | counts


@dataclass(slots=True)
class _Tally:
    matched: int = 0
    fired: int = 0


@dataclass(slots=True)
class _Entry:
    fault: Fault
    added_at: float
    total: _Tally = field(default_factory=_Tally)
    shares: dict[Caller, _Tally] = field(default_factory=dict[Caller, _Tally])
    places: dict[Caller, int] = field(default_factory=dict[Caller, int])

    def seconds_left(self, now: float) -> float | None:
        life = self.fault.trigger.seconds
        return None if life is None else max(0.0, self.added_at + life - now)

    def tally(self, caller: Caller) -> _Tally:
        """Return the counts that `after`, `first` and `every` use."""
        per = self.fault.trigger.per
        if per == "world":
            return self.total
        return self.shares.setdefault(caller if per == "session" else (caller[0], ""), _Tally())

    def count(self, caller: Caller) -> int:
        """Count a request; return its number for this caller, from 1, or 0 if the fault does not use chance."""
        tally = self.tally(caller)
        tally.matched += 1
        if tally is not self.total:
            self.total.matched += 1
        if not self.fault.is_random:
            return 0  # without this, the registry would keep every session for ever
        self.places[caller] = self.places.get(caller, 0) + 1
        return self.places[caller]

    def fire(self, caller: Caller) -> None:
        tally = self.tally(caller)
        tally.fired += 1
        if tally is not self.total:
            self.total.fired += 1

    def status(self, now: float) -> FaultStatus:
        first = self.fault.trigger.first
        left = self.seconds_left(now)
        remaining = first - self.total.fired if first is not None and self.fault.trigger.per == "world" else None
        if left == 0 or self.fault.trigger.probability == 0:
            remaining = 0
        return FaultStatus(self.fault, self.total.matched, self.total.fired, remaining != 0, remaining, left)


class Faults:
    """The faults of a world, in the order in which they were added; times are seconds on the world's clock."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._entries: dict[str, _Entry] = {}
        self._name_counts: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, spec: Mapping[str, object], now: float) -> Fault:
        """Add a fault after the others and return it with its name; replace a fault of the same name and its counts.

        Raises:
            FaultError: the fault is not valid, or there are too many faults.
        """
        fault = parse(spec)
        if len(self._entries) - (fault.name in self._entries) >= MOST_FAULTS:
            raise FaultError(f"There are {MOST_FAULTS} faults already: remove some first.")
        if not fault.name:
            fault = dataclasses.replace(fault, name=self._make_name(fault.kind.name))
        self._entries.pop(fault.name, None)
        self._entries[fault.name] = _Entry(fault, now)
        return fault

    def remove(self, name: str) -> Fault:
        """Remove a fault and return it.

        Raises:
            FaultError: no fault has this name.
        """
        if name not in self._entries:
            hint = suggest_name(name, self._entries) if self._entries else "there are none."
            raise FaultError(f"There is no fault {quote_value(name)}: {hint}")
        return self._entries.pop(name).fault

    def clear(self, account: str | None = None) -> int:
        """Remove all faults, or all that are limited to one account; return how many were removed."""
        gone = [name for name, entry in self._entries.items() if account in {None, entry.fault.scope.account}]
        for name in gone:
            del self._entries[name]
        return len(gone)

    def list(self, now: float) -> tuple[FaultStatus, ...]:
        """Return the state of each fault, in order; faults whose lifetime is over stay in the list."""
        return tuple(entry.status(now) for entry in self._entries.values())

    def draw(
        self,
        layer: Layer,
        endpoint: Endpoint,
        who: Requester,
        now: float,
        *,
        only: Callable[[Fault], bool] = lambda _: True,
    ) -> tuple[Fault, ...]:
        """Return the faults of a layer that fire on this request, in order.

        Each fault that matches the request adds one to its count of requests. So call this once for each request and
        layer. If a layer applies faults at several moments, call it once at each moment, and let `only` select the
        faults of that moment. In a fault with jitter, the random part is already decided.
        """
        if not self._entries:
            return ()
        fired: list[Fault] = []
        slots: set[str] = set()
        caller = (who.account or "", who.session or "")
        for entry in self._entries.values():
            fault = entry.fault
            if (
                fault.layer != layer
                or not only(fault)
                or not fault.concerns(endpoint, who)
                or entry.seconds_left(now) == 0
            ):
                continue
            number = entry.count(caller)
            tally = entry.tally(caller)
            slot = fault.kind.slot
            if slot in slots or not fault.trigger.is_due(tally.matched, tally.fired):
                continue
            chance = self._chance.of("fault", fault.name, *caller, number)
            if not chance.happens(fault.trigger.probability):
                continue
            entry.fire(caller)
            if slot is not None:
                slots.add(slot)
            fired.append(_draw_parameters(fault, chance))
        return tuple(fired)

    def as_json(self) -> dict[str, object]:
        """Return the complete state, with counts, as `restore` accepts it."""
        faults = [
            {
                "fault": entry.fault.as_json(),
                "added_at": entry.added_at,
                "matched": entry.total.matched,
                "fired": entry.total.fired,
                "shares": [[*place, tally.matched, tally.fired] for place, tally in entry.shares.items()],
                "places": [[*place, number] for place, number in entry.places.items()],
            }
            for entry in self._entries.values()
        ]
        return {"faults": faults, "made": dict(self._name_counts)}

    def restore(self, saved: Mapping[str, object]) -> None:
        """Replace the state with one that `as_json` returned.

        Raises:
            FaultError: it is not such a state; then nothing changes.
        """
        try:
            restored = [_entry(_mapping(one)) for one in _items(saved["faults"])]
            made = {kind: _whole(number) for kind, number in _mapping(saved["made"]).items()}
        except KeyError as error:
            raise FaultError(f"The saved faults are not valid: {error} is missing.") from error
        except (TypeError, ValueError) as error:
            raise FaultError(f"The saved faults are not valid: {str(error).rstrip('.')}.") from error
        if len(restored) > MOST_FAULTS:
            raise FaultError(f"The saved faults are not valid: there are more than {MOST_FAULTS}.")
        self._entries = {entry.fault.name: entry for entry in restored}
        self._name_counts = {kind: number for kind, number in made.items() if kind in KINDS}

    def _make_name(self, kind: str) -> str:
        while True:
            self._name_counts[kind] = self._name_counts.get(kind, 0) + 1
            name = f"{kind}-{self._name_counts[kind]}"
            if name not in self._entries:
                return name


def _draw_parameters(fault: Fault, chance: Chance) -> Fault:
    effect = fault.effect
    if isinstance(effect, Latency) and effect.jitter:
        delay = chance.between(effect.delay, effect.delay + effect.jitter, "jitter")
        return dataclasses.replace(fault, effect=Latency(delay))
    return fault


def _entry(saved: Mapping[str, object]) -> _Entry:
    fault = parse(saved["fault"])
    added_at = saved["added_at"]
    if not fault.name or not isinstance(added_at, int | float):
        raise ValueError("a fault has no name or no time")
    total = _Tally(_whole(saved["matched"]), _whole(saved["fired"]))
    entry = _Entry(fault, float(added_at), total)
    for account, session, matched, fired in (_items(each, 4) for each in _items(saved["shares"])):
        entry.shares[_text(account), _text(session)] = _Tally(_whole(matched), _whole(fired))
    for account, session, number in (_items(each, 3) for each in _items(saved["places"])):
        entry.places[_text(account), _text(session)] = _whole(number)
    return entry


def _items(value: object, count: int | None = None) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"{quote_value(value)} is not a list")
    items = cast("list[object]", value)
    if count is not None and len(items) != count:
        raise ValueError(f"{quote_value(items)} is not a list of {count}")
    return items


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{quote_value(value)} is not an object")
    return cast("Mapping[str, object]", value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{quote_value(value)} is not a text")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{quote_value(value)} is not a count")
    return value

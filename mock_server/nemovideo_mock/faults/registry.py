"""The faults of one world: in which order they were added, what each has met and how often it fired.

Chance is the hash of the seed, the fault's name, who asks, and how many of its requests this fault has met from there:
what others do in between changes no draw. The counts behind `after`, `first` and `every` are the world's unless a
fault counts `per` account or session.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from nemovideo_mock.faults.endpoints import Endpoint
from nemovideo_mock.faults.fault import Fault, Requester, parse
from nemovideo_mock.faults.fault_fields import FaultError, close_to, quote_value
from nemovideo_mock.faults.kinds import KINDS, Layer
from nemovideo_mock.faults.request_kinds import Latency
from nemovideo_mock.seeded_random import Chance

#: More than anybody orders by hand; each is looked at for each request.
MOST_FAULTS: Final = 1000

#: An account and a session, empty where unknown.
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class FaultStatus:
    """How a fault stands.

    `matched` requests were of the kind that it concerns, and it `fired` on so many. `remaining` says how often it can
    still fire: None is without limit, also where the limit is each account's or session's own. `seconds_left` is None
    where it lives for ever. `active` is whether it may fire again.
    """

    fault: Fault
    matched: int
    fired: int
    active: bool
    remaining: int | None
    seconds_left: float | None

    def as_json(self) -> dict[str, object]:
        """The fault and its counts in one object."""
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
    shares: dict[Place, _Tally] = field(default_factory=dict[Place, _Tally])
    places: dict[Place, int] = field(default_factory=dict[Place, int])

    def seconds_left(self, now: float) -> float | None:
        life = self.fault.when.seconds
        return None if life is None else max(0.0, self.added_at + life - now)

    def tally(self, place: Place) -> _Tally:
        """The counts that `after`, `first` and `every` go by."""
        per = self.fault.when.per
        if per == "world":
            return self.total
        return self.shares.setdefault(place if per == "session" else (place[0], ""), _Tally())

    def count(self, place: Place) -> int:
        """Count a request from a place; gives its number there, from 1, or 0 where nothing is drawn by it."""
        tally = self.tally(place)
        tally.matched += 1
        if tally is not self.total:
            self.total.matched += 1
        if not self.fault.draws:
            return 0  # or every session that there ever was would stay here
        self.places[place] = self.places.get(place, 0) + 1
        return self.places[place]

    def fire(self, place: Place) -> None:
        tally = self.tally(place)
        tally.fired += 1
        if tally is not self.total:
            self.total.fired += 1

    def standing(self, now: float) -> FaultStatus:
        first = self.fault.when.first
        left = self.seconds_left(now)
        remaining = first - self.total.fired if first is not None and self.fault.when.per == "world" else None
        if left == 0 or self.fault.when.probability == 0:
            remaining = 0
        return FaultStatus(self.fault, self.total.matched, self.total.fired, remaining != 0, remaining, left)


class Faults:
    """The faults of a world, in the order in which they were added; times are seconds on the world's clock."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._entries: dict[str, _Entry] = {}
        self._made: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, spec: Mapping[str, object], now: float) -> Fault:
        """Add a fault, as the last; one of the same name goes, with its counts. Gives it with the name that it has.

        Raises:
            FaultError: there is no such fault, or there are too many.
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
        """Take a fault away.

        Raises:
            FaultError: there is none of that name.
        """
        if name not in self._entries:
            hint = close_to(name, self._entries) if self._entries else "there are none."
            raise FaultError(f"There is no fault {quote_value(name)}: {hint}")
        return self._entries.pop(name).fault

    def clear(self, account: str | None = None) -> int:
        """Take away all faults, or those aimed at one account; gives how many there were."""
        gone = [name for name, entry in self._entries.items() if account in {None, entry.fault.aim.account}]
        for name in gone:
            del self._entries[name]
        return len(gone)

    def list(self, now: float) -> tuple[FaultStatus, ...]:
        """How each fault stands, in order; those whose life is over stay listed."""
        return tuple(entry.standing(now) for entry in self._entries.values())

    def draw(
        self,
        layer: Layer,
        endpoint: Endpoint,
        who: Requester,
        now: float,
        *,
        only: Callable[[Fault], bool] = lambda _: True,
    ) -> tuple[Fault, ...]:
        """The faults of a layer that strike this request, in order; counts the request for each that it concerns.

        Ask once for each request and layer, or at each of its moments for those that it concerns (`only`). What has
        jitter has it drawn.
        """
        if not self._entries:
            return ()
        struck: list[Fault] = []
        slots: set[str] = set()
        place = (who.account or "", who.session or "")
        for entry in self._entries.values():
            fault = entry.fault
            if (
                fault.layer != layer
                or not only(fault)
                or not fault.concerns(endpoint, who)
                or entry.seconds_left(now) == 0
            ):
                continue
            number = entry.count(place)
            tally = entry.tally(place)
            slot = fault.kind.slot
            if slot in slots or not fault.when.due(tally.matched, tally.fired):
                continue
            chance = self._chance.of("fault", fault.name, *place, number)
            if not chance.happens(fault.when.probability):
                continue
            entry.fire(place)
            if slot is not None:
                slots.add(slot)
            struck.append(_draw_parameters(fault, chance))
        return tuple(struck)

    def as_json(self) -> dict[str, object]:
        """Everything, counts included, as `restore` takes it."""
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
        return {"faults": faults, "made": dict(self._made)}

    def restore(self, saved: Mapping[str, object]) -> None:
        """Take over what `as_json` gave, in place of what there is.

        Raises:
            FaultError: it isn't that; then nothing changes.
        """
        try:
            restored = [_entry(cast("Mapping[str, object]", one)) for one in _items(saved["faults"])]
            made = {kind: _whole(number) for kind, number in cast("Mapping[str, object]", saved["made"]).items()}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FaultError(f"These are no saved faults: {error}") from error
        if len(restored) > MOST_FAULTS:
            raise FaultError(f"These are no saved faults: there are more than {MOST_FAULTS}.")
        self._entries = {entry.fault.name: entry for entry in restored}
        self._made = {kind: number for kind, number in made.items() if kind in KINDS}

    def _make_name(self, kind: str) -> str:
        while True:
            self._made[kind] = self._made.get(kind, 0) + 1
            name = f"{kind}-{self._made[kind]}"
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
        raise ValueError("one has no name or no time")
    total = _Tally(_whole(saved["matched"]), _whole(saved["fired"]))
    entry = _Entry(fault, float(added_at), total)
    for account, session, matched, fired in map(_items, _items(saved["shares"])):
        entry.shares[_text(account), _text(session)] = _Tally(_whole(matched), _whole(fired))
    for account, session, number in map(_items, _items(saved["places"])):
        entry.places[_text(account), _text(session)] = _whole(number)
    return entry


def _items(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"{quote_value(value)} is not a list")
    return cast("list[object]", value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{quote_value(value)} is not a text")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{quote_value(value)} is not a count")
    return value

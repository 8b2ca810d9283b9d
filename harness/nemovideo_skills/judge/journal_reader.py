"""A journal as it is read: its exchanges, how many entries it has, and in which line each call begins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from nemovideo_contract.journal import Entry, read_entries
from nemovideo_skills.judge.callers import callers_of
from nemovideo_skills.judge.exchanges import Exchange, ExchangeAssembler

#: What `ExchangeAssembler` puts behind the name of a world that was made anew.
_LIFE = re.compile(r" \(\d+\)\Z")


@dataclass(frozen=True, slots=True)
class Gap:
    """A place where a journal lacks entries: the numbers of those around it; `before` is 0 at a world's beginning."""

    world: str
    before: int
    after: int

    def __str__(self) -> str:
        first, last = self.before + 1, self.after - 1
        if first == last:
            return f"Entry {first:,} of world {self.world} is missing."
        where = ", its beginning," if self.before == 0 else ""
        return f"Entries {first:,} to {last:,} of world {self.world}{where} are missing."


class JournalReader:
    """Takes in a journal, entry by entry.

    `entries` counts them. `lines` has the number of the line, from 1, in which an exchange begins, by the exchange's
    world and first entry; it is empty where the journal did not come in lines. `is_disordered` says that numbers went
    back in the lines: `in_order` puts such lines right where they are of one life of their world.
    """

    def __init__(self) -> None:
        self.assembly = ExchangeAssembler()
        self.entries = 0
        self.is_disordered = False
        self.lines: dict[tuple[str, int], int] = {}

    def __repr__(self) -> str:
        return f"<Journal of {self.entries} entries, {len(self.assembly.exchanges)} exchanges>"

    def feed(self, entry: Entry, line: int | None = None) -> Exchange | None:
        """The next entry, and the line that it is; the exchange that it belongs to."""
        self.entries += 1
        exchange = self.assembly.feed(entry)
        if line is not None and exchange is not None and entry["kind"] == "request":
            self.lines[exchange.world, exchange.first] = line
        return exchange

    def read(self, lines: Iterable[str | bytes]) -> None:
        """All entries of these lines, in their order.

        Raises:
            JournalError: a line is not an entry of a journal.
        """
        counted = _Counted(lines)
        for entry in read_entries(counted):
            self.is_disordered = self.is_disordered or entry["n"] < self.assembly.last.get(entry["world"], 0)
            self.feed(entry, counted.number)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Where entries are missing, world by world."""
        return tuple(Gap(world, *around) for world, gaps in self.assembly.gaps.items() for around in gaps)

    @property
    def open(self) -> int:
        """How many exchanges have begun and not ended."""
        return sum(each.end == "open" for each in self.assembly.exchanges)

    def of(self, name: str, *, together: bool = False) -> ExchangeAssembler:
        """The exchanges of the callers whose name has this in it, in small letters or capitals; the gaps stay.

        Raises:
            LookupError: there is none; its argument lists the names of those that there are.
        """
        callers = callers_of(self.assembly.exchanges, together=together)
        chosen = [each for each in callers if name.casefold() in each.name.casefold()]
        if not chosen:
            raise LookupError([each.name for each in callers])
        assembly = ExchangeAssembler()
        assembly.exchanges = sorted((each for caller in chosen for each in caller.exchanges), key=_place)
        assembly.gaps = self.assembly.gaps
        return assembly


def _place(exchange: Exchange) -> tuple[str, int]:
    return exchange.world, exchange.first


def path_of(exchange: Exchange) -> str:
    """An exchange's path without its world's own base path."""
    return exchange.path.removeprefix(f"/w/{_LIFE.sub('', exchange.world)}")


def in_order(lines: Iterable[str | bytes]) -> JournalReader:
    """A journal of lines that somebody has shuffled, sorted by their numbers within each world.

    A world in which two entries have one number was begun anew: its lines stay as they are. All entries are held in
    memory at once.

    Raises:
        JournalError: a line is not an entry of a journal.
    """
    counted = _Counted(lines)
    found = [(entry, counted.number) for entry in read_entries(counted)]
    places: dict[str, list[int]] = {}
    for place, (entry, _) in enumerate(found):
        places.setdefault(entry["world"], []).append(place)
    ordered = list(found)
    for own in places.values():
        group = [found[place] for place in own]
        if _is_one_life(entry for entry, _ in group):
            group.sort(key=lambda each: each[0]["n"])
        for place, each in zip(own, group, strict=True):
            ordered[place] = each
    journal = JournalReader()
    for entry, line in ordered:
        journal.feed(entry, line)
    return journal


def _is_one_life(entries: Iterable[Entry]) -> bool:
    """Whether no two different entries have one number; the same one may be there twice."""
    seen: dict[int, tuple[object, ...]] = {}
    for each in entries:
        sign = (each["kind"], each.get("exchange"), each["real"])
        if seen.setdefault(each["n"], sign) != sign:
            return False
    return True


class _Counted:
    """Lines, and the number of the one that was given last."""

    def __init__(self, lines: Iterable[str | bytes]) -> None:
        self._lines = lines
        self.number = 0

    def __iter__(self) -> Iterator[str | bytes]:
        for number, line in enumerate(self._lines, 1):
            self.number = number
            yield line


def worlds_of(exchanges: Sequence[Exchange]) -> list[str]:
    """The worlds that were called, in the order of their first call."""
    return list(dict.fromkeys(each.world for each in exchanges))

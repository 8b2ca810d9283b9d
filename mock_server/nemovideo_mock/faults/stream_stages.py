"""The stages of a stream shaper. Each fault has one stage, which changes the parts of a stream or adds actions to them.

A stage gets the parts that the previous stages passed on. Other elements (a pause, an end) pass a stage unchanged.
Only the natural end of a stream is given to `end`, which may put something before it or replace it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from nemovideo_mock.faults import stream_records
from nemovideo_mock.faults.stream_actions import Action, EndStream, FailStream, OnlyHeartbeats, Pause, Stall
from nemovideo_mock.faults.stream_kinds import (
    Cut,
    Drip,
    Duplicate,
    HeartbeatsOnly,
    LineEnds,
    Malformed,
    Oversized,
    Reorder,
    Silence,
    StreamFailure,
    UnknownEvent,
)
from nemovideo_mock.seeded_random import Chance

#: Pieces of one record; a huge record in single bytes would make millions of actions.
MOST_PIECES = 10_000


@dataclass(frozen=True, slots=True)
class Part:
    """A record in the shaper: its bytes, and its numbers from 1.

    `number` counts records only, `place` counts heartbeats too. `number` is None for a heartbeat, and both are None for
    a record that a fault made. `fault` is the last fault that changed it.
    """

    data: bytes
    heartbeat: bool = field(kw_only=True)
    number: int | None
    place: int | None
    fault: str | None = None

    def position(self, *, with_heartbeats: bool) -> int | None:
        """Return the number that a fault compares: with or without heartbeats counted."""
        return self.place if with_heartbeats else self.number


Element = Part | Action


class Stage:
    """The base of all stages: starts with nothing, keeps the natural end, and makes marked parts."""

    def __init__(self, name: str, chance: Chance) -> None:
        self.name = name
        self.chance = chance

    def start(self) -> Sequence[Element]:
        """Return the elements before the first part."""
        return ()

    def part(self, part: Part) -> Sequence[Element]:
        """Return the elements that replace a part."""
        raise NotImplementedError

    def end(self, end: EndStream) -> Sequence[Element]:
        """Return the elements that replace the natural end."""
        return (end,)

    def change(self, part: Part, data: bytes) -> Part:
        """Return the part with other bytes and this fault's name."""
        return dataclasses.replace(part, data=data, fault=self.name)

    def insert(self, data: bytes) -> Part:
        """Return a new part that this fault inserts."""
        return Part(data, heartbeat=False, number=None, place=None, fault=self.name)


class NoHeartbeatsStage(Stage):
    """Drops heartbeats."""

    def part(self, part: Part) -> Sequence[Element]:
        """Return a record unchanged, and nothing for a heartbeat."""
        return () if part.heartbeat else (part,)


class ChosenStage(Stage):
    """Changes the chosen record, or each record."""

    def __init__(
        self, name: str, chance: Chance, effect: UnknownEvent | Oversized | Malformed | Duplicate | Reorder
    ) -> None:
        super().__init__(name, chance)
        self.effect = effect

    def is_chosen(self, part: Part) -> bool:
        """Return whether the effect applies to this part."""
        position = part.position(with_heartbeats=self.effect.count_heartbeats)
        return position is not None and self.effect.record in {"each", position}

    def part(self, part: Part) -> Sequence[Element]:
        """Return the part with the effect applied."""
        if not self.is_chosen(part):
            return (part,)
        effect = self.effect
        if isinstance(effect, UnknownEvent):
            return self.insert(stream_records.make_unknown_record(part.data, effect.type, {"percent": 40})), part
        if isinstance(effect, Oversized):
            return self.insert(stream_records.pad_record(part.data, effect.bytes)), part
        if isinstance(effect, Malformed):
            return (self.change(part, stream_records.break_record(part.data, effect.form, self.chance.of(part.place))),)
        return part, self.change(part, part.data)


class ReorderStage(ChosenStage):
    """Holds the chosen record back until the next record has passed or the stream ends."""

    def __init__(self, name: str, chance: Chance, effect: Reorder) -> None:
        super().__init__(name, chance, effect)
        self._held: list[Part] = []

    def part(self, part: Part) -> Sequence[Element]:
        """Return the next record, and after it the held one."""
        if self.is_chosen(part):
            self._held.append(self.change(part, part.data))
            return ()
        if part.position(with_heartbeats=self.effect.count_heartbeats) is None:
            return (part,)
        return part, *self._release()

    def end(self, end: EndStream) -> Sequence[Element]:
        """Return the held record, if any, and then the end."""
        return *self._release(), end

    def _release(self) -> tuple[Part, ...]:
        held = tuple(self._held)
        self._held.clear()
        return held


class GateStage(Stage):
    """Counts the records that are sent, and acts after a number of them."""

    def __init__(self, name: str, chance: Chance, effect: Cut | Silence | StreamFailure) -> None:
        super().__init__(name, chance)
        self.effect = effect
        self._left = effect.records

    def start(self) -> Sequence[Element]:
        """Return the action if it is due before the first record."""
        return (self._action(),) if self._left == 0 and not self._cuts_inside() else ()

    def part(self, part: Part) -> Sequence[Element]:
        """Return the part, with the action after it or in its middle when it is due."""
        if part.heartbeat and not self.effect.count_heartbeats:
            return (part,)
        self._left -= 1
        if self._left == -1 and self._cuts_inside():
            # Before the blank line: the rest of the record must not read as a complete record.
            length = stream_records.cut_position(len(part.data.rstrip(b"\n")), self.chance)
            return self.change(part, part.data[:length]), self._action()
        return (part, self._action()) if self._left == 0 and not self._cuts_inside() else (part,)

    def _cuts_inside(self) -> bool:
        return isinstance(self.effect, Cut) and self.effect.mid_record

    def _action(self) -> Action:
        effect = self.effect
        if isinstance(effect, Cut):
            return EndStream(abrupt=effect.how == "abort", fault=self.name)
        if isinstance(effect, Silence):
            return Stall(effect.pause, self.name)
        return FailStream(effect.code, effect.message, self.name)


class HeartbeatsOnlyStage(Stage):
    """Lets a number of records pass; then only heartbeats pass, and the stream does not end."""

    def __init__(self, name: str, chance: Chance, effect: HeartbeatsOnly) -> None:
        super().__init__(name, chance)
        self._left = effect.records

    def start(self) -> Sequence[Element]:
        """Return the action if it is due before the first record."""
        return () if self._left else (OnlyHeartbeats(self.name),)

    def part(self, part: Part) -> Sequence[Element]:
        """Return the part while records may pass."""
        if part.heartbeat:
            return (part,)
        if not self._left:
            return ()
        self._left -= 1
        return (part,) if self._left else (part, OnlyHeartbeats(self.name))

    def end(self, end: EndStream) -> Sequence[Element]:
        """Return the end, or the action if only heartbeats may pass."""
        return (end,) if self._left else (OnlyHeartbeats(self.name),)


class LineEndsStage(Stage):
    """Writes other line ends."""

    def __init__(self, name: str, chance: Chance, effect: LineEnds) -> None:
        super().__init__(name, chance)
        self.effect = effect
        self._parts = 0

    def part(self, part: Part) -> Sequence[Element]:
        """Return the part with other line ends."""
        self._parts += 1
        chance = self.chance.of(self._parts)
        return (self.change(part, stream_records.with_line_ends(part.data, self.effect.ends, chance)),)


class DripStage(Stage):
    """Cuts parts into small pieces."""

    def __init__(self, name: str, chance: Chance, effect: Drip) -> None:
        super().__init__(name, chance)
        self.effect = effect

    def part(self, part: Part) -> Sequence[Element]:
        """Return the pieces, with pauses between them."""
        size = max(self.effect.bytes, -(-len(part.data) // MOST_PIECES))
        return list(self._pieces(part, size)) if len(part.data) > size else (part,)

    def _pieces(self, part: Part, size: int) -> Iterator[Element]:
        for begin in range(0, len(part.data), size):
            if begin:
                yield Pause(self.effect.pause, self.name)
            yield self.change(part, part.data[begin : begin + size])

"""One stage a fault: records go in, records and other actions come out.

A stage sees the parts of a stream that the stages before it let through. What isn't a part (a pause, an end) passes a
stage untouched, except that the natural end of a stream is asked about: `end` may put something before it or in its
place.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from nemovideo_mock.faults import records
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

#: Pieces of one record: a huge record in single bytes would be millions of actions.
MOST_PIECES = 10_000


@dataclass(frozen=True, slots=True)
class Part:
    """A record on its way: its bytes, and its numbers from 1.

    `number` counts records, `place` heartbeats as well; None where a heartbeat has no number, or where the record was
    made up on the way. `fault` is the last one that touched it.
    """

    data: bytes
    heartbeat: bool = field(kw_only=True)
    number: int | None
    place: int | None
    fault: str | None = None

    def position(self, *, with_heartbeats: bool) -> int | None:
        """The number that a fault goes by."""
        return self.place if with_heartbeats else self.number


Element = Part | Action


class Stage:
    """What the stages share: beginnings and ends as they are, and parts of their own making."""

    def __init__(self, name: str, chance: Chance) -> None:
        self.name = name
        self.chance = chance

    def start(self) -> Sequence[Element]:
        """What comes before the first part."""
        return ()

    def part(self, part: Part) -> Sequence[Element]:
        """What comes in the place of a part."""
        raise NotImplementedError

    def end(self, end: EndStream) -> Sequence[Element]:
        """What comes in the place of the natural end."""
        return (end,)

    def touched(self, part: Part, data: bytes) -> Part:
        """The part with other bytes, marked as this fault's."""
        return dataclasses.replace(part, data=data, fault=self.name)

    def made(self, data: bytes) -> Part:
        """A part that this fault makes up."""
        return Part(data, heartbeat=False, number=None, place=None, fault=self.name)


class NoHeartbeatsStage(Stage):
    """Drops heartbeats."""

    def part(self, part: Part) -> Sequence[Element]:
        """Records alone."""
        return () if part.heartbeat else (part,)


class ChosenStage(Stage):
    """Does something to the chosen record, or to each."""

    def __init__(
        self, name: str, chance: Chance, effect: UnknownEvent | Oversized | Malformed | Duplicate | Reorder
    ) -> None:
        super().__init__(name, chance)
        self.effect = effect

    def chosen(self, part: Part) -> bool:
        """Whether this is the record."""
        position = part.position(with_heartbeats=self.effect.count_heartbeats)
        return position is not None and self.effect.record in {"each", position}

    def part(self, part: Part) -> Sequence[Element]:
        """The record as the effect has it."""
        if not self.chosen(part):
            return (part,)
        effect = self.effect
        if isinstance(effect, UnknownEvent):
            return self.made(records.unknown(part.data, effect.type, {"percent": 40})), part
        if isinstance(effect, Oversized):
            return self.made(records.pad_record(part.data, effect.bytes)), part
        if isinstance(effect, Malformed):
            return (self.touched(part, records.break_record(part.data, effect.form, self.chance.of(part.place))),)
        return part, self.touched(part, part.data)


class ReorderStage(ChosenStage):
    """Holds the chosen record back until the next one has passed, or the stream ends."""

    def __init__(self, name: str, chance: Chance, effect: Reorder) -> None:
        super().__init__(name, chance, effect)
        self._held: list[Part] = []

    def part(self, part: Part) -> Sequence[Element]:
        """The next record, and then the one that was held."""
        if self.chosen(part):
            self._held.append(self.touched(part, part.data))
            return ()
        if part.position(with_heartbeats=self.effect.count_heartbeats) is None:
            return (part,)
        return part, *self._released()

    def end(self, end: EndStream) -> Sequence[Element]:
        """A record without a follower comes last anyway."""
        return *self._released(), end

    def _released(self) -> tuple[Part, ...]:
        held = tuple(self._held)
        self._held.clear()
        return held


class GateStage(Stage):
    """Counts what is sent, and does something once there were so many records."""

    def __init__(self, name: str, chance: Chance, effect: Cut | Silence | StreamFailure) -> None:
        super().__init__(name, chance)
        self.effect = effect
        self._left = effect.records

    def start(self) -> Sequence[Element]:
        """It may be due before any record."""
        return (self._action(),) if self._left == 0 and not self._inside() else ()

    def part(self, part: Part) -> Sequence[Element]:
        """The part; behind it, or in the middle of it, what is due."""
        if part.heartbeat and not self.effect.count_heartbeats:
            return (part,)
        self._left -= 1
        if self._left == -1 and self._inside():
            # Short of the blank line: what is left of the record mustn't read as a whole one.
            length = records.inside(len(part.data.rstrip(b"\n")), self.chance)
            return self.touched(part, part.data[:length]), self._action()
        return (part, self._action()) if self._left == 0 and not self._inside() else (part,)

    def _inside(self) -> bool:
        return isinstance(self.effect, Cut) and self.effect.mid_record

    def _action(self) -> Action:
        effect = self.effect
        if isinstance(effect, Cut):
            return EndStream(abrupt=effect.how == "abort", fault=self.name)
        if isinstance(effect, Silence):
            return Stall(effect.pause, self.name)
        return FailStream(effect.code, effect.message, self.name)


class HeartbeatsOnlyStage(Stage):
    """Lets so many records through; then nothing but heartbeats, and no natural end."""

    def __init__(self, name: str, chance: Chance, effect: HeartbeatsOnly) -> None:
        super().__init__(name, chance)
        self._left = effect.records

    def start(self) -> Sequence[Element]:
        """It may begin before any record."""
        return () if self._left else (OnlyHeartbeats(self.name),)

    def part(self, part: Part) -> Sequence[Element]:
        """The part, while it still may pass."""
        if part.heartbeat:
            return (part,)
        if not self._left:
            return ()
        self._left -= 1
        return (part,) if self._left else (part, OnlyHeartbeats(self.name))

    def end(self, end: EndStream) -> Sequence[Element]:
        """No end, where it has begun."""
        return (end,) if self._left else (OnlyHeartbeats(self.name),)


class LineEndsStage(Stage):
    """Writes line ends differently."""

    def __init__(self, name: str, chance: Chance, effect: LineEnds) -> None:
        super().__init__(name, chance)
        self.effect = effect
        self._parts = 0

    def part(self, part: Part) -> Sequence[Element]:
        """The same part in other bytes."""
        self._parts += 1
        chance = self.chance.of(self._parts)
        return (self.touched(part, records.with_line_ends(part.data, self.effect.ends, chance)),)


class DripStage(Stage):
    """Cuts parts into small pieces."""

    def __init__(self, name: str, chance: Chance, effect: Drip) -> None:
        super().__init__(name, chance)
        self.effect = effect

    def part(self, part: Part) -> Sequence[Element]:
        """The pieces, with pauses between them."""
        size = max(self.effect.bytes, -(-len(part.data) // MOST_PIECES))
        return list(self._pieces(part, size)) if len(part.data) > size else (part,)

    def _pieces(self, part: Part, size: int) -> Iterator[Element]:
        for begin in range(0, len(part.data), size):
            if begin:
                yield Pause(self.effect.pause, self.name)
            yield self.touched(part, part.data[begin : begin + size])

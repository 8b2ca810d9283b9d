"""Apply the stream faults to a stream's records; the result is a list of actions for the sender.

Several faults work in this order, and faults of one kind in the order in which they were added:

1. Heartbeats are dropped.
2. Records are inserted (`unknown_event`, `oversized`), broken (`malformed`), repeated (`duplicate`) and moved
   (`reorder`).
3. The records that are sent are counted by `heartbeats_only`, `stall`, `stream_error` and `cut`.
4. The bytes change: `crlf`, then `drip`.

So a record keeps its number if other records are inserted before it, and a cut after three records comes after three
records that were sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from nemovideo_mock.faults.fault import Fault
from nemovideo_mock.faults.kinds import Effect
from nemovideo_mock.faults.stream_actions import Action, EndStream, SendBytes, Stall, is_last
from nemovideo_mock.faults.stream_kinds import (
    Cut,
    Drip,
    Duplicate,
    HeartbeatsOnly,
    LineEnds,
    Malformed,
    NoHeartbeats,
    Oversized,
    Reorder,
    Silence,
    StreamFailure,
    UnknownEvent,
)
from nemovideo_mock.faults.stream_stages import (
    ChosenStage,
    DripStage,
    Element,
    GateStage,
    HeartbeatsOnlyStage,
    LineEndsStage,
    NoHeartbeatsStage,
    Part,
    ReorderStage,
    Stage,
)
from nemovideo_mock.seeded_random import Chance

#: The order in which faults work on a stream.
ORDER: Final[tuple[type[Effect], ...]] = (
    NoHeartbeats,
    UnknownEvent,
    Oversized,
    Malformed,
    Duplicate,
    Reorder,
    HeartbeatsOnly,
    Silence,
    StreamFailure,
    Cut,
    LineEnds,
    Drip,
)


class StreamShaper:
    """Applies the faults of one stream to its records.

    Call `start` before the first record, `feed` for each record and heartbeat, and `finish` when the stream would end
    by itself. The last action of `finish` says how the stream ends: `EndStream`, or `Stall(None)` or `OnlyHeartbeats`
    if it does not end. The list is empty if an earlier action has ended the stream. `chance` is the stream's own.

    Raises:
        TypeError: a fault is not a stream fault.
    """

    def __init__(self, faults: Sequence[Fault], *, chance: Chance) -> None:
        ordered = sorted(faults, key=lambda fault: _rank(fault.effect))
        self._stages = [_stage(fault, chance.of("shape", fault.name)) for fault in ordered]
        self._records = 0
        self._places = 0
        self._started = False
        self._last: Action | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more is sent."""
        return self._last is not None

    def start(self) -> list[Action]:
        """Return the actions before the first record; `feed` and `finish` call this if it was not called."""
        if self._started:
            return []
        self._started = True
        elements: list[Element] = []
        for stage in self._stages:
            elements = [*stage.start(), *_pass_through(stage, elements)]
        return self._actions(elements)

    def feed(self, record: bytes, *, heartbeat: bool) -> list[Action]:
        """Return the actions for the next record; none after the end.

        The record is complete: `data: ...` and a blank line.
        """
        actions = self.start()
        if self.over:
            return actions
        self._places += 1
        self._records += not heartbeat
        elements: list[Element] = [
            Part(record, heartbeat=heartbeat, number=None if heartbeat else self._records, place=self._places)
        ]
        for stage in self._stages:
            elements = _pass_through(stage, elements)
        return actions + self._actions(elements)

    def finish(self) -> list[Action]:
        """Return the actions after the last record."""
        actions = self.start()
        if self.over:
            # A stalled stream stays stalled; an ended stream has nothing left to do.
            return actions or [last for last in [self._last] if isinstance(last, Stall)]
        elements: list[Element] = [EndStream()]
        for stage in self._stages:
            elements = _pass_through(stage, elements)
        return actions + self._actions(elements)

    def _actions(self, elements: Iterable[Element]) -> list[Action]:
        actions: list[Action] = []
        for element in elements:
            action = _action(element)
            actions.append(action)
            if is_last(action):
                self._last = action
                break
        return actions


def _action(element: Element) -> Action:
    if isinstance(element, Part):
        return SendBytes(element.data, element.fault, heartbeat=element.heartbeat)
    return element


def _pass_through(stage: Stage, elements: Iterable[Element]) -> list[Element]:
    passed: list[Element] = []
    for element in elements:
        if isinstance(element, Part):
            passed += stage.part(element)
        elif isinstance(element, EndStream) and element.fault is None:
            passed += stage.end(element)
        else:
            passed.append(element)
    return passed


def _rank(effect: Effect) -> int:
    if type(effect) not in ORDER:
        raise TypeError(f"{type(effect).__name__} is not a fault of streams")
    return ORDER.index(type(effect))


def _stage(fault: Fault, chance: Chance) -> Stage:
    effect = fault.effect
    match effect:
        case Reorder():
            return ReorderStage(fault.name, chance, effect)
        case UnknownEvent() | Oversized() | Malformed() | Duplicate():
            return ChosenStage(fault.name, chance, effect)
        case Cut() | Silence() | StreamFailure():
            return GateStage(fault.name, chance, effect)
        case HeartbeatsOnly():
            return HeartbeatsOnlyStage(fault.name, chance, effect)
        case LineEnds():
            return LineEndsStage(fault.name, chance, effect)
        case Drip():
            return DripStage(fault.name, chance, effect)
        case _:
            return NoHeartbeatsStage(fault.name, chance)

"""What the faults of a stream make of its records, as actions for whoever sends them.

Several faults work in this order, and those of one kind in the order in which they were added: heartbeats are dropped;
records are put in (`unknown_event`, `oversized`), broken (`malformed`), repeated (`duplicate`) and moved (`reorder`);
then what is sent is counted by `heartbeats_only`, `stall`, `stream_error` and `cut`; last come the bytes, `crlf` before
`drip`. So a record keeps its number whatever is put before it, and a cut after three records is one after three that
were sent.
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

#: In which order faults work on a stream.
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
    """One stream's records on their way through its faults.

    `start` before the first record, `feed` for each record and heartbeat, `finish` when the stream would end by itself.
    The last action of `finish` says how it ends: `EndStream`, or `Stall(None)` or `OnlyHeartbeats` where it doesn't;
    it is empty where an earlier action has ended it. `chance` is the stream's own.

    Raises:
        TypeError: a fault isn't one of streams.
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
        """What is due before any record; `feed` and `finish` begin with it where nobody asked."""
        if self._started:
            return []
        self._started = True
        elements: list[Element] = []
        for stage in self._stages:
            elements = [*stage.start(), *_through(stage, elements)]
        return self._actions(elements)

    def feed(self, record: bytes, *, heartbeat: bool) -> list[Action]:
        """What to do about the next record: whole, as `data: ...` and a blank line; nothing once all is over."""
        actions = self.start()
        if self.over:
            return actions
        self._places += 1
        self._records += not heartbeat
        elements: list[Element] = [
            Part(record, heartbeat=heartbeat, number=None if heartbeat else self._records, place=self._places)
        ]
        for stage in self._stages:
            elements = _through(stage, elements)
        return actions + self._actions(elements)

    def finish(self) -> list[Action]:
        """What to do now that there are no more records."""
        actions = self.start()
        if self.over:
            # A stream in silence stays so; one that was ended has nothing left to do.
            return actions or [last for last in [self._last] if isinstance(last, Stall)]
        elements: list[Element] = [EndStream()]
        for stage in self._stages:
            elements = _through(stage, elements)
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


def _through(stage: Stage, elements: Iterable[Element]) -> list[Element]:
    through: list[Element] = []
    for element in elements:
        if isinstance(element, Part):
            through += stage.part(element)
        elif isinstance(element, EndStream) and element.fault is None:
            through += stage.end(element)
        else:
            through.append(element)
    return through


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

"""How long things took, roughly: by the service's own time stamps if both recordings have them, else as measured."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from nemovideo_contract.events.record_contents import stamps_of
from nemovideo_contract.openapi import Json
from nemovideo_contract.recording.facts import steps_of
from nemovideo_contract.recording.recorded_stream import stream_of
from nemovideo_contract.recording.recording import JsonBody, RecordedExchange, Recording, StreamBody

#: Two times differ if the longer is at least this many times, and this many seconds more than, the shorter.
FACTOR: Final = 2.0
LEAST_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Timing:
    """A time in seconds, and the operation that took it."""

    operation: str
    seconds: float

    def __str__(self) -> str:
        return f"about {self.seconds:.0f} s" if self.seconds >= 1 else "less than 1 s"

    def differs(self, other: Timing) -> bool:
        """Return whether one time is so much longer that the two count as different."""
        short, long = sorted((self.seconds, other.seconds))
        return long - short >= LEAST_S and long >= FACTOR * short


def times_of(recording: Recording) -> dict[tuple[str, str], Timing]:
    """Return the times of a recording in seconds, by step and by what took them."""
    found: dict[tuple[str, str], Timing] = {}
    for step, each in zip(steps_of(recording), recording.exchanges, strict=True):
        if isinstance(each.reply.body, StreamBody):
            for what, seconds in _of_stream(each, each.reply.body):
                found[step, what] = Timing(each.operation, seconds)
        elif each.operation == "render_status" and isinstance(each.reply.body, JsonBody):
            own = _between(each.reply.body.value)
            if own is not None:
                found[step, "time by its own stamps"] = Timing(each.operation, own)
    return found


def _of_stream(exchange: RecordedExchange, body: StreamBody) -> list[tuple[str, float]]:
    found = [("time to the end", exchange.reply.seconds)]
    ats = [each.at for each in body.records]
    if ats:
        found.append(("time to the first record", ats[0]))
        longest = max((late - early for early, late in pairwise(ats)), default=0.0)
        found.append(("longest time without a record", longest))
    stamps = stamps_of(stream_of(body).values)
    if len(stamps) > 1:
        found.append(("time by its own stamps", stamps[-1] - stamps[0]))
    return found


def _between(value: Json) -> float | None:
    """Return the seconds between createdAt and completedAt of a wrapped answer, which are in milliseconds."""
    data = value.get("data") if isinstance(value, dict) else None
    begun, done = (data.get("createdAt"), data.get("completedAt")) if isinstance(data, dict) else (None, None)
    return (done - begun) / 1000 if isinstance(begun, float | int) and isinstance(done, float | int) else None

"""Faults of a stream of events: what they do, not when. Their class docstrings are what the documents show.

`records` counts what the caller is sent; `record` is the number that a record has by itself, from 1, whatever other
faults put before it or between. Heartbeats have no number and don't count unless `count_heartbeats` says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from nemovideo_mock.faults.request_kinds import LONGEST_WAIT, ErrorCode
from nemovideo_mock.faults.rules import Flag, Number, OneOf, Ordinal, Whole, Words

#: Records; no turn has as many.
MOST_RECORDS: Final = 1_000_000
#: Bytes of a record made up by `oversized`.
LARGEST_RECORD: Final = 32 * 1024 * 1024

Records = Annotated[int, Whole("records that are sent before", 0, MOST_RECORDS)]
RecordOrEach = Annotated[int | Literal["each"], Ordinal("which record, from 1", MOST_RECORDS)]
CountHeartbeats = Annotated[bool, Flag("heartbeats count as records")]


@dataclass(frozen=True, slots=True)
class Cut:
    """The stream ends after so many records, cleanly or abruptly, between two records or inside the next one."""

    records: Records = 1
    mid_record: Annotated[bool, Flag("it ends inside the record that would have come next")] = False
    how: Annotated[
        Literal["close", "abort"], OneOf("a clean end of the answer, or a broken connection", ("close", "abort"))
    ] = "close"
    count_heartbeats: CountHeartbeats = False


@dataclass(frozen=True, slots=True)
class Silence:
    """After so many records nothing comes for a while or for ever, not even a heartbeat."""

    records: Records = 1
    pause: Annotated[float | None, Number("seconds of silence; null is for ever", 0, LONGEST_WAIT, above=True)] = None
    count_heartbeats: CountHeartbeats = False


@dataclass(frozen=True, slots=True)
class HeartbeatsOnly:
    """After so many records nothing but heartbeats comes, for ever, though the work goes on."""

    records: Records = 1


@dataclass(frozen=True, slots=True)
class Drip:
    """Every record arrives in small pieces."""

    bytes: Annotated[int, Whole("bytes at a time; a record comes in 10,000 pieces at most", 1, 1_000_000)] = 16
    pause: Annotated[float, Number("seconds between two pieces", 0, LONGEST_WAIT)] = 0.1


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A record, or each, is sent twice."""

    record: RecordOrEach = 1
    count_heartbeats: CountHeartbeats = False


@dataclass(frozen=True, slots=True)
class Reorder:
    """A record changes places with the one that follows it."""

    record: Annotated[int, Whole("which record, from 1", 1, MOST_RECORDS)] = 1
    count_heartbeats: CountHeartbeats = False


@dataclass(frozen=True, slots=True)
class Malformed:
    """A record, or each, arrives broken: cut JSON, plain words, no `data:` before it, or bytes that aren't UTF-8."""

    record: RecordOrEach = 1
    form: Annotated[
        Literal["truncated_json", "bare_text", "no_data_prefix", "invalid_utf8"],
        OneOf("how it is broken", ("truncated_json", "bare_text", "no_data_prefix", "invalid_utf8")),
    ] = "truncated_json"
    count_heartbeats: CountHeartbeats = False


@dataclass(frozen=True, slots=True)
class LineEnds:
    """Lines end in CR LF, in CR, or in any of the three forms by turns; all of them are legal."""

    ends: Annotated[Literal["crlf", "cr", "mix"], OneOf("how lines end", ("crlf", "cr", "mix"))] = "crlf"


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """A record of a type that no document knows comes before a record, or before each."""

    record: RecordOrEach = 1
    type: Annotated[str, Words("its type", 100)] = "progress"
    count_heartbeats: CountHeartbeats = False


@dataclass(frozen=True, slots=True)
class Oversized:
    """A huge record of a type that no document knows comes before a record."""

    record: Annotated[int, Whole("which record, from 1", 1, MOST_RECORDS)] = 1
    bytes: Annotated[int, Whole("bytes of the whole record", 1024, LARGEST_RECORD)] = 1024 * 1024
    count_heartbeats: CountHeartbeats = False


@dataclass(frozen=True, slots=True)
class StreamFailure:
    """After so many records the stream says that it failed, and ends; the turn itself goes on."""

    records: Records = 1
    code: ErrorCode = 500
    message: Annotated[str, Words("what it says", 1000)] = "I encountered a temporary issue"
    count_heartbeats: CountHeartbeats = False


@dataclass(frozen=True, slots=True)
class NoHeartbeats:
    """The stream has no heartbeats: between records there is silence."""


StreamEffect = (
    Cut
    | Silence
    | HeartbeatsOnly
    | Drip
    | Duplicate
    | Reorder
    | Malformed
    | LineEnds
    | UnknownEvent
    | Oversized
    | StreamFailure
    | NoHeartbeats
)

"""Effects of the faults of an event stream. Their class docstrings appear in the generated documents.

`records` is the number of records sent to the caller. `record` is the number of a record in the stream, counted from
1; records that other faults insert do not change it. Heartbeats have no number and do not count unless
`count_heartbeats` is true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from nemovideo_mock.faults.fault_fields import Flag, NonEmptyText, Number, OneOf, Ordinal, Whole
from nemovideo_mock.faults.request_kinds import LONGEST_WAIT, ErrorCode

#: Records; no turn has so many.
MOST_RECORDS: Final = 1_000_000
#: Bytes of a record that `oversized` makes.
LARGEST_RECORD: Final = 32 * 1024 * 1024

Records = Annotated[int, Whole("the number of records before the fault", 0, MOST_RECORDS)]
RecordOrEach = Annotated[int | Literal["each"], Ordinal("the number of the record; the first is 1", MOST_RECORDS)]
CountHeartbeats = Annotated[bool, Flag("if true, heartbeats count as records")]


@dataclass(frozen=True, slots=True)
class Cut:
    """The stream ends after some records: cleanly or abruptly, between two records or inside the next one."""

    records: Records = 1
    mid_record: Annotated[bool, Flag("if true, the stream ends inside the next record")] = False
    how: Annotated[
        Literal["close", "abort"],
        OneOf("close: a clean end of the response; abort: a broken connection", ("close", "abort")),
    ] = "close"
    count_heartbeats: CountHeartbeats = False


@dataclass(frozen=True, slots=True)
class Silence:
    """After some records, the stream sends nothing for a while or forever, not even a heartbeat."""

    records: Records = 1
    pause: Annotated[
        float | None, Number("the seconds of silence; null means forever", 0, LONGEST_WAIT, above=True)
    ] = None
    count_heartbeats: CountHeartbeats = False


@dataclass(frozen=True, slots=True)
class HeartbeatsOnly:
    """After some records, the stream sends only heartbeats, forever. The work continues."""

    records: Records = 1


@dataclass(frozen=True, slots=True)
class Drip:
    """Every record arrives in small pieces."""

    bytes: Annotated[int, Whole("the bytes in each piece; a record has at most 10,000 pieces", 1, 1_000_000)] = 16
    pause: Annotated[float, Number("the seconds between two pieces", 0, LONGEST_WAIT)] = 0.1


@dataclass(frozen=True, slots=True)
class Duplicate:
    """One record, or each record, is sent twice."""

    record: RecordOrEach = 1
    count_heartbeats: CountHeartbeats = False


@dataclass(frozen=True, slots=True)
class Reorder:
    """Two consecutive records change places."""

    record: Annotated[int, Whole("the number of the record; the first is 1", 1, MOST_RECORDS)] = 1
    count_heartbeats: CountHeartbeats = False


@dataclass(frozen=True, slots=True)
class Malformed:
    """One record, or each record, is malformed: cut JSON, plain text, no `data:` prefix, or invalid UTF-8."""

    record: RecordOrEach = 1
    form: Annotated[
        Literal["truncated_json", "bare_text", "no_data_prefix", "invalid_utf8"],
        OneOf("how the record is malformed", ("truncated_json", "bare_text", "no_data_prefix", "invalid_utf8")),
    ] = "truncated_json"
    count_heartbeats: CountHeartbeats = False


@dataclass(frozen=True, slots=True)
class LineEnds:
    """Lines end in CR LF, in CR, or in a mix of CR LF, CR and LF. All of these are legal."""

    ends: Annotated[Literal["crlf", "cr", "mix"], OneOf("how lines end", ("crlf", "cr", "mix"))] = "crlf"


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """A record of an undocumented type comes before one record, or before each record."""

    record: RecordOrEach = 1
    type: Annotated[str, NonEmptyText("the type of the record", 100)] = "progress"
    count_heartbeats: CountHeartbeats = False


@dataclass(frozen=True, slots=True)
class Oversized:
    """A huge record of an undocumented type comes before one record."""

    record: Annotated[int, Whole("the number of the record; the first is 1", 1, MOST_RECORDS)] = 1
    bytes: Annotated[int, Whole("the bytes of the whole record", 1024, LARGEST_RECORD)] = 1024 * 1024
    count_heartbeats: CountHeartbeats = False


@dataclass(frozen=True, slots=True)
class StreamFailure:
    """After some records, the stream reports a failure and ends. The turn itself continues."""

    records: Records = 1
    code: ErrorCode = 500
    message: Annotated[str, NonEmptyText("the text of the error", 1000)] = "I encountered a temporary issue"
    count_heartbeats: CountHeartbeats = False


@dataclass(frozen=True, slots=True)
class NoHeartbeats:
    """The stream has no heartbeats: it sends nothing between records."""


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

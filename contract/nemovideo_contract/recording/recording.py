"""What a tape is: the exchanges of one run in their order, as plain values.

A tape is JSON with a `format` number; `tape.schema.json` beside this module says how it is written, and
`nemovideo_contract.recording.serialization` reads and writes it. Nothing here knows of files, sockets or secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from nemovideo_contract.openapi import Json

#: The number of the format that this version writes and reads.
FORMAT: Final = 1
#: The answers' headers that are kept; the others belong to the connection, to the machine or to the moment.
KEPT_HEADERS: Final = (
    "content-type",
    "content-encoding",
    "content-disposition",
    "accept-ranges",
    "location",
    "retry-after",
    "www-authenticate",
    "allow",
)


@dataclass(frozen=True, slots=True)
class JsonBody:
    """A body that is JSON, parsed."""

    value: Json


@dataclass(frozen=True, slots=True)
class TextBody:
    """A body that is text and no JSON."""

    text: str


@dataclass(frozen=True, slots=True)
class BinaryBody:
    """A body that is neither: its size in bytes, and the kind of file that its first bytes show, if they show one."""

    size: int
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """One part of an upload's form; `content` in bytes is kept only of files that belong to nobody."""

    field_name: str
    name: str
    size: int
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class FilesBody:
    """A form of files."""

    files: tuple[RecordedFile, ...]


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """One block of a stream without its empty line, and when it was whole, in seconds from the request.

    `complaints` say how it departs from the framing, as the strict reader has it.
    """

    at: float
    text: str
    complaints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamBody:
    """A stream of events; `left` is what came after the last empty line."""

    records: tuple[RecordedEvent, ...]
    left: str = ""


Body: TypeAlias = JsonBody | TextBody | BinaryBody | FilesBody | StreamBody | None


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """What was sent: `url` is absolute where the call went to an address that an answer had given."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    token: str | None = None
    body: Body = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedResponse:
    """What came: `seconds` is how long it took, `broken` how it broke off, `whole` whether it was read to its end.

    A status of 0 is a connection that broke before there was one.
    """

    status: int
    headers: Mapping[str, str]
    seconds: float
    body: Body = None
    broken: str | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class RecordedExchange:
    """One call and what came of it. `operation` is the specification's id, empty where the call is none of its own."""

    name: str
    operation: str
    request: RecordedRequest
    reply: RecordedResponse


@dataclass(frozen=True, slots=True)
class Skipped:
    """A call, or a part of the script, that was not made, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded run. `target` says what was recorded, `at` when it began (ISO 8601, UTC), `by` what wrote it."""

    target: str
    at: str
    by: str
    script: str
    exchanges: tuple[RecordedExchange, ...]
    skipped: tuple[Skipped, ...] = ()

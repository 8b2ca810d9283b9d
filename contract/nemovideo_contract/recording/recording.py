"""A recording: the exchanges of one run in their order, as plain values.

A recording is JSON with a `format` number. `recording.schema.json` in this folder describes it, and `serialization`
reads and writes it. This module knows no files, sockets or secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from nemovideo_contract.openapi import Json

#: The number of the format that this version writes and reads.
FORMAT: Final = 1
#: The response headers that a recording keeps. The others depend on the connection, the machine or the moment.
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
    """A body that is text but not JSON."""

    text: str


@dataclass(frozen=True, slots=True)
class BinaryBody:
    """A body that is neither: its size in bytes, and the kind of file that its first bytes show, or None."""

    size: int
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """One part of an upload's form. `content` has the bytes only of files that are not private."""

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
    """One block of a stream without its empty line; `at` is when it was complete, in seconds from the request.

    `complaints` say how it departs from the framing, in the words of the strict reader.
    """

    at: float
    text: str
    complaints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamBody:
    """A stream of events; `left` is the text after the last empty line."""

    records: tuple[RecordedEvent, ...]
    left: str = ""


Body: TypeAlias = JsonBody | TextBody | BinaryBody | FilesBody | StreamBody | None


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """What was sent; `url` is absolute if the call went to an address from an earlier answer."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    token: str | None = None
    body: Body = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedResponse:
    """What came: `seconds` is how long it took, `broken` how it broke off, `whole` whether it was read to its end.

    A status of 0 means that the connection broke before there was a status.
    """

    status: int
    headers: Mapping[str, str]
    seconds: float
    body: Body = None
    broken: str | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class RecordedExchange:
    """One call and its answer. `operation` is the id in the specification, or empty for a call that it doesn't have."""

    name: str
    operation: str
    request: RecordedRequest
    reply: RecordedResponse


@dataclass(frozen=True, slots=True)
class Skipped:
    """A call, or a part of the script, that was not made, with the reason."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded run. `target` is what was recorded, `at` when it began (ISO 8601, UTC), `by` what wrote it."""

    target: str
    at: str
    by: str
    script: str
    exchanges: tuple[RecordedExchange, ...]
    skipped: tuple[Skipped, ...] = ()

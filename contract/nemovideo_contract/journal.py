"""The format of a journal: the lines that the fake writes under `GET /_mock/journal`, one JSON object a line.

The fake writes its entries with `write_line`. Readers of a journal get typed entries from `read_entries`. The classes
here are the format: the reader takes its checks from their annotations.

A fake writes all members. `NotRequired` marks two kinds of members: those that an entry has only in some cases, and
those that a reader can do without. Times are in seconds since the epoch: `virtual` by the clock of the world, `real` by
the clock of the machine.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import (
    Any,
    Final,
    Literal,
    NotRequired,
    Protocol,
    TypedDict,
    cast,
    get_args,
)

from nemovideo_contract.json_input import JsonInputError, parse
from nemovideo_contract.typed_dict_checks import checks_of, find_wrong_member

Kind = Literal["request", "response", "record", "end", "control"]
BodyKind = Literal["empty", "json", "text", "binary", "multipart"]
#: How an exchange ended: complete; cut or reset by a fault; by the caller; because the fake stopped.
EndHow = Literal["complete", "cut", "reset", "caller_left", "stopped"]
#: The name and the value of a header line.
HeaderLine = tuple[str, str]


class Body(TypedDict, total=False):
    """A request's or a response's body. `size` is in bytes, and `sha256` is there if `json` or `text` isn't the whole.

    `cut` says that the text is not complete. A body of the kind `json` has `json`, one of the kind `text` has `text`.
    """

    kind: BodyKind
    size: int
    sha256: str
    cut: bool
    json: Any
    text: str


class FilePart(TypedDict):
    """One file of a multipart body; `size` is in bytes."""

    name: str
    content_type: str
    size: int


class CommonFields(TypedDict):
    """What every entry says. `n` counts from 1 in the order of the journal."""

    n: int
    world: str
    virtual: float
    real: float
    session: NotRequired[str | None]
    account: NotRequired[str | None]
    scenario: NotRequired[str | None]
    joined: NotRequired[bool]


class ExchangeFields(CommonFields):
    """What every entry of an exchange says: also the number of the exchange, from 1."""

    exchange: int


class _Inline(TypedDict):
    """What a record and a control entry say of their JSON value. `parsed` is false if the value is text."""

    parsed: NotRequired[bool]
    size: NotRequired[int]
    sha256: NotRequired[str]
    cut: NotRequired[bool]


class RequestFields(ExchangeFields):
    """A request without its body. `received_…` is the time at which the body was there.

    `complete` is false if the body never was. `client` is host and port of the caller.
    """

    kind: Literal["request"]
    method: str
    path: str
    query: str
    headers: list[HeaderLine]
    client: NotRequired[tuple[str, int] | None]
    http_version: NotRequired[str]
    received_virtual: NotRequired[float]
    received_real: NotRequired[float]
    complete: NotRequired[bool]
    files: NotRequired[list[FilePart]]


class RequestEntry(RequestFields):
    """A request."""

    body: Body


class ResponseFields(ExchangeFields):
    """A response without its body. `stream` says that its records are entries; `fault` names the faults applied."""

    kind: Literal["response"]
    status: int
    headers: list[HeaderLine]
    stream: NotRequired[bool]
    fault: NotRequired[list[str]]


class ResponseEntry(ResponseFields):
    """A response."""

    body: Body


class RecordFields(ExchangeFields):
    """A record of a stream without its data. `number` counts from 1 in the stream; `event` is its `event:` line."""

    kind: Literal["record"]
    number: int
    event: NotRequired[str | None]
    heartbeat: bool
    fault: NotRequired[str | None]


class RecordEntry(RecordFields, _Inline):
    """A record of a stream."""

    data: NotRequired[Any]


class EndEntry(ExchangeFields):
    """The end of an exchange, with the number of records and of bytes that the response sent."""

    kind: Literal["end"]
    how: EndHow
    records: NotRequired[int]
    sent: NotRequired[int]
    fault: NotRequired[list[str]]


class ControlFields(CommonFields):
    """A change through the control API, without its details."""

    kind: Literal["control"]
    action: str


class ControlEntry(ControlFields, _Inline):
    """A change through the control API."""

    details: NotRequired[Any]


Entry = RequestEntry | ResponseEntry | RecordEntry | EndEntry | ControlEntry
#: What an entry says in addition to its body.
EntryFields = RequestFields | ResponseFields | RecordFields | EndEntry | ControlFields

_ENTRIES: Final[Mapping[str, type]] = {
    "request": RequestEntry,
    "response": ResponseEntry,
    "record": RecordEntry,
    "end": EndEntry,
    "control": ControlEntry,
}
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
#: The first moment after the year 9999, in seconds since the epoch.
LATEST: Final = 253_402_300_800


class JournalError(ValueError):
    """A journal that can't be read; the message says in which line and why."""


# --- writing ----------------------------------------------------------------------------------------------------------


class Content(Protocol):
    """The content of a body, as `write_line` needs it. `text` is also there for JSON, and is None for binary bodies."""

    size: int
    sha256: str | None
    cut: bool

    @property
    def kind(self) -> BodyKind:
        """The kind of the body."""
        ...

    @property
    def text(self) -> str | None:
        """The text of the body."""
        ...


_ContentKey = Literal["body", "data", "details"]
_CONTENT_KEYS: Final[dict[str, _ContentKey]] = {
    "request": "body",
    "response": "body",
    "record": "data",
    "control": "details",
}
_FIRST: Final = ("n", "kind", "world", "exchange")


def write_line(fields: EntryFields, content: Content | None = None) -> str:
    """Return an entry as one line of JSON, without the line break. Every kind but `end` needs the content."""
    head = dump(_in_order(fields))
    if content is None:
        return head
    # JSON goes in as it came: numbers and double keys stay, and the line needs no more room than the body did.
    return f"{head[:-1]},{_content_members(_CONTENT_KEYS[fields['kind']], content)}}}"


def _in_order(members: Mapping[str, object]) -> dict[str, object]:
    return {name: members[name] for name in _FIRST if name in members} | dict(members)


def _content_members(key: _ContentKey, content: Content) -> str:
    kind = content.kind
    rest: dict[str, object] = {} if content.sha256 is None else {"sha256": content.sha256}
    if content.cut:
        rest["cut"] = True
    value = "null"
    if kind == "json":
        # Line breaks can only be between values: inside strings they are escaped.
        value = (content.text or "").replace("\n", " ").replace("\r", " ")
    elif content.text is not None:
        value = dump(content.text)
    if key != "body":
        head = dump({"parsed": kind == "json", "size": content.size, **rest})[1:-1]
        return f'{head},"{key}":{value}'
    head = dump({"kind": kind, "size": content.size, **rest})[:-1]
    return f'"body":{head},"{kind}":{value}}}' if kind in {"json", "text"} else f'"body":{head}}}'


def dump(value: object) -> str:
    """Return a value as the journal spells JSON: without spaces, not escaped to ASCII, always valid UTF-8."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text


# --- reading ----------------------------------------------------------------------------------------------------------


def read_entries(lines: Iterable[str | bytes]) -> Iterator[Entry]:
    """Read the entries of a journal's lines. Empty lines are skipped.

    Raises:
        JournalError: a line is not an entry of a journal.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = parse(line, half_pairs=True)
        except JsonInputError as error:
            raise JournalError(
                f"Line {number} is not JSON: a journal has one entry a line, as GET /_mock/journal writes it."
                if error.position is not None
                else f"Line {number} can't be read: {error.reason}."
            ) from None
        try:
            entry = parse_entry(value)
        except JournalError as error:
            raise JournalError(f"Line {number} is not an entry of a journal: {error}.") from None
        yield entry


def parse_entry(value: object) -> Entry:
    """Return a JSON value as the entry that it is: the same object, checked.

    Raises:
        JournalError: the value is not an entry; the message says why, without a full stop.
    """
    if not isinstance(value, dict):
        raise JournalError("it is not a JSON object")
    found = cast("dict[str, Any]", value)
    kind = found.get("kind")
    members = _MEMBERS.get(kind) if isinstance(kind, str) else None
    if members is None:
        raise JournalError(f"its kind is {kind!r}")
    if (name := find_wrong_member(found, members)) is not None:
        wrong = "is not of the right type" if name in found else "is missing"
        raise JournalError(f"the {name!r} of the {kind} entry {wrong}")
    if found["n"] < 1:
        raise JournalError(f"entries are numbered from 1, and its n is {found['n']}")
    if not (_is_moment(found["virtual"]) and _is_moment(found["real"])):
        raise JournalError("its times are not seconds since the epoch")
    return cast("Entry", found)


def _is_moment(seconds: float) -> bool:
    """Return whether a number can be a time. An integer may be of any length, and a float may be NaN."""
    return abs(seconds) < LATEST and not math.isnan(seconds)


_MEMBERS: Final = {kind: checks_of(form) for kind, form in _ENTRIES.items()}

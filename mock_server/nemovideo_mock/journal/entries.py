"""What stands in a journal: one class for each kind of entry, written out as JSON only when somebody reads it.

Entries hold no secrets. Times are in seconds since the epoch: `virtual` by the world's clock, `real` by the machine's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal, cast

from nemovideo_mock.journal.bodies import JournalBody
from nemovideo_mock.journal.redaction import Secrets
from nemovideo_mock.json_types import Json

#: How an exchange ended: as it should; by a fault's clean cut or reset; by the caller; or by the fake's own stop.
EndHow = Literal["complete", "cut", "reset", "caller_left", "stopped"]
Kind = Literal["request", "response", "record", "end", "control"]
RawHeaders = list[tuple[bytes, bytes]]

#: Bytes that an entry takes beside what it holds of variable length: as JSON, and in memory.
ENTRY_COST: Final = 480
#: The same for one header line, one file, one name of a fault.
PIECE_COST: Final = 100
#: Bytes that one character takes at most in JSON: as `\u0001`.
WORST_COST: Final = 6


@dataclass(slots=True)
class Origin:
    """To whom entries belong. One object for all entries of an exchange: what is found out later counts for all."""

    exchange: int | None = None
    session: str | None = None
    account: str | None = None
    scenario: str | None = None
    joined: bool = False
    #: Bytes that the names above take in each entry.
    cost: int = 0

    def name(self, *, session: str | None = None, account: str | None = None, scenario: str | None = None) -> None:
        """Say to whom the entries belong; what isn't said stays."""
        self.session = session or self.session
        self.account = account or self.account
        self.scenario = scenario or self.scenario
        self.cost = sum(text_cost(name) for name in (self.session, self.account, self.scenario) if name is not None)

    def scrub(self, secrets: Secrets) -> None:
        """Search the names again."""
        self.session, self.account, self.scenario = (
            None if name is None else secrets.text(name) for name in (self.session, self.account, self.scenario)
        )


@dataclass(slots=True)
class FilePart:
    """One file of a multipart body; `size` in bytes."""

    name: str
    content_type: str
    size: int


@dataclass(slots=True, kw_only=True)
class Entry:
    """What every entry says. `n` counts from 1 in the order of appending."""

    kind: ClassVar[Kind]
    world: str
    origin: Origin
    virtual: float
    real: float
    n: int = 0
    #: What the entry takes of the journal's bytes.
    cost: int = 0
    #: Up to which of the known credentials it was searched.
    revision: int = 0

    @property
    def exchange(self) -> int | None:
        """The number of the exchange; None for what isn't part of one."""
        return self.origin.exchange

    @property
    def session(self) -> str | None:
        """The session that the exchange was about, where known."""
        return self.origin.session

    @property
    def account(self) -> str | None:
        """The account whose token was used, where known."""
        return self.origin.account

    @property
    def scenario(self) -> str | None:
        """The scenario that a test token asked for."""
        return self.origin.scenario

    @property
    def joined(self) -> bool:
        """Whether the caller takes part in the world's clock."""
        return self.origin.joined

    def own_fields(self) -> Json:
        """What only this kind of entry says, but for its body."""
        raise NotImplementedError

    def own_body(self) -> tuple[str, JournalBody] | None:
        """The body and the key that it stands under."""
        return None

    def scrub(self, secrets: Secrets) -> None:
        """Search again, for credentials that have been seen since."""
        self.origin.scrub(secrets)

    def line(self) -> str:
        """The entry as one line of JSON, without the line break."""
        head: Json = {"n": self.n, "kind": self.kind, "world": self.world}
        if self.exchange is not None:
            head["exchange"] = self.exchange
        head |= {
            "virtual": self.virtual,
            "real": self.real,
            "session": self.session,
            "account": self.account,
            "scenario": self.scenario,
            "joined": self.joined,
            **self.own_fields(),
        }
        body = self.own_body()
        if body is None:
            return _dump(head)
        # JSON goes in as it came: nothing is lost (numbers, double keys), and it takes no more room than it took.
        return f"{_dump(head)[:-1]},{_body_members(*body)}}}"

    def as_json(self) -> Json:
        """The entry as JSON values."""
        return cast("Json", json.loads(self.line()))


@dataclass(slots=True, kw_only=True)
class RequestEntry(Entry):
    """A request, appended when its body was there; its times are those of its head.

    `received_virtual` and `received_real` say when the body was there. `complete` is false where it never was. `path`
    is as ASGI has it, without percent-encoding; `query` is encoded, without the `?`.
    """

    kind = "request"
    method: str
    path: str
    query: str
    raw_headers: RawHeaders
    client: tuple[str, int] | None
    http_version: str
    body: JournalBody
    files: Sequence[FilePart]
    received_virtual: float
    received_real: float
    complete: bool

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The header lines in order."""
        return decode_headers(self.raw_headers)

    def own_fields(self) -> Json:
        """What only a request says."""
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": self.headers,
            "client": self.client,
            "http_version": self.http_version,
            "received_virtual": self.received_virtual,
            "received_real": self.received_real,
            "complete": self.complete,
            "files": [{"name": part.name, "content_type": part.content_type, "size": part.size} for part in self.files],
        }

    def own_body(self) -> tuple[str, JournalBody]:
        """The request's body."""
        return "body", self.body

    def scrub(self, secrets: Secrets) -> None:
        """Search again."""
        Entry.scrub(self, secrets)
        self.method, self.path, self.query = map(secrets.text, (self.method, self.path, self.query))
        self.raw_headers = secrets.again(self.raw_headers)
        self.files = [file_part(secrets, part) for part in self.files]
        self.body.scrub(secrets)


@dataclass(slots=True, kw_only=True)
class ResponseEntry(Entry):
    """A response; its times are those of its head. A stream's has no body: its records are entries of their own.

    `fault` names the faults that were applied to it.
    """

    kind = "response"
    status: int
    raw_headers: RawHeaders
    body: JournalBody
    stream: bool
    fault: tuple[str, ...]

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The header lines in order."""
        return decode_headers(self.raw_headers)

    def own_fields(self) -> Json:
        """What only a response says."""
        return {"status": self.status, "headers": self.headers, "stream": self.stream, "fault": self.fault}

    def own_body(self) -> tuple[str, JournalBody]:
        """The response's body."""
        return "body", self.body

    def scrub(self, secrets: Secrets) -> None:
        """Search again."""
        Entry.scrub(self, secrets)
        self.fault = tuple(map(secrets.text, self.fault))
        self.raw_headers = secrets.again(self.raw_headers)
        self.body.scrub(secrets)


@dataclass(slots=True, kw_only=True)
class RecordEntry(Entry):
    """A record of a stream, as it was sent. `number` counts from 1 in its stream.

    `data` is what stands in its `data:` lines, or the whole record where it has none; `event` what its `event:` line
    says. `fault` names the fault that made or changed it.
    """

    kind = "record"
    number: int
    data: JournalBody
    event: str | None
    heartbeat: bool
    fault: str | None

    def own_fields(self) -> Json:
        """What only a record says."""
        return {"number": self.number, "event": self.event, "heartbeat": self.heartbeat, "fault": self.fault}

    def own_body(self) -> tuple[str, JournalBody]:
        """The record's data."""
        return "data", self.data

    def scrub(self, secrets: Secrets) -> None:
        """Search again."""
        Entry.scrub(self, secrets)
        self.event = None if self.event is None else secrets.text(self.event)
        self.fault = None if self.fault is None else secrets.text(self.fault)
        self.data.scrub(secrets)


@dataclass(slots=True, kw_only=True)
class EndEntry(Entry):
    """The end of an exchange: `how` it ended, with how many `records` and bytes of the response's body `sent`.

    `fault` names the faults that were applied, also where no response was sent.
    """

    kind = "end"
    how: EndHow
    records: int
    sent: int
    fault: tuple[str, ...] = ()

    def own_fields(self) -> Json:
        """What only an end says."""
        return {"how": self.how, "records": self.records, "sent": self.sent, "fault": self.fault}

    def scrub(self, secrets: Secrets) -> None:
        """Search again."""
        Entry.scrub(self, secrets)
        self.fault = tuple(map(secrets.text, self.fault))


@dataclass(slots=True, kw_only=True)
class ControlEntry(Entry):
    """Something that was changed through the control API: `action` says what, `details` with which values."""

    kind = "control"
    action: str
    details: JournalBody = field(default_factory=lambda: JournalBody(None, 0))

    def own_fields(self) -> Json:
        """What only a control entry says."""
        return {"action": self.action}

    def own_body(self) -> tuple[str, JournalBody]:
        """The details."""
        return "details", self.details

    def scrub(self, secrets: Secrets) -> None:
        """Search again."""
        Entry.scrub(self, secrets)
        self.action = secrets.text(self.action)
        self.details.scrub(secrets)


AnyEntry = RequestEntry | ResponseEntry | RecordEntry | EndEntry | ControlEntry


def decode_headers(headers: RawHeaders) -> list[tuple[str, str]]:
    """Header lines as text."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def file_part(secrets: Secrets, part: FilePart) -> FilePart:
    """A file without secrets in its names."""
    return FilePart(secrets.text(part.name), secrets.text(part.content_type), part.size)


def text_cost(text: str) -> int:
    """Bytes that a text takes as JSON: at most twice as many as said here."""
    return len(text) if text.isascii() and text.isprintable() else WORST_COST * len(text)


def headers_cost(headers: RawHeaders) -> int:
    """The same for header lines."""
    lines = b" ".join([b" ".join(pair) for pair in headers])
    return PIECE_COST * len(headers) + text_cost(lines.decode("latin-1"))


def _body_members(key: str, body: JournalBody) -> str:
    """The members that tell of a body: `data` and `details` are values, `body` is an object that says what it is."""
    kind = body.kind
    rest: Json = {} if body.sha256 is None else {"sha256": body.sha256}
    if body.cut:
        rest["cut"] = True
    value = "null"
    if kind == "json":
        # Line breaks can only stand between values: within strings they are escaped.
        value = (body.text or "").replace("\n", " ").replace("\r", " ")
    elif body.text is not None:
        value = _dump(body.text)
    if key != "body":
        head = _dump({"parsed": kind == "json", "size": body.size, **rest})[1:-1]
        return f'{head},"{key}":{value}'
    head = _dump({"kind": kind, "size": body.size, **rest})[:-1]
    return f'"body":{head},"{kind}":{value}}}' if kind in {"json", "text"} else f'"body":{head}}}'


def _dump(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text

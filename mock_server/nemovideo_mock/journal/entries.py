"""The entries of a journal: one class for each kind. An entry becomes JSON only when a caller reads it.

`nemovideo_contract.journal` has the format of the JSON. Entries contain no secrets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, cast

from nemovideo_contract import journal
from nemovideo_contract.journal import EndHow, HeaderLine, Kind
from nemovideo_contract.json_input import parse
from nemovideo_mock.journal.bodies import JournalBody
from nemovideo_mock.journal.redaction import Secrets
from nemovideo_mock.json_types import Json

RawHeaders = list[tuple[bytes, bytes]]

#: The bytes that an entry takes, as JSON and in memory, not counting its parts of variable length.
ENTRY_COST: Final = 480
#: The same for one header line, one file or one name of a fault.
PIECE_COST: Final = 100
#: The most bytes that one character takes in JSON: as `\u0001`.
WORST_COST: Final = 6


@dataclass(slots=True)
class Origin:
    """The exchange, session, account and scenario of entries.

    All entries of an exchange share one object, so a name that becomes known later is in all of them.
    """

    exchange: int | None = None
    session: str | None = None
    account: str | None = None
    scenario: str | None = None
    joined: bool = False
    #: The size in bytes of the names above in each entry.
    cost: int = 0

    def name(self, *, session: str | None = None, account: str | None = None, scenario: str | None = None) -> None:
        """Set the names that are given; the others stay."""
        self.session = session or self.session
        self.account = account or self.account
        self.scenario = scenario or self.scenario
        self.cost = sum(text_cost(name) for name in (self.session, self.account, self.scenario) if name is not None)

    def scrub(self, secrets: Secrets) -> None:
        """Redact the names again: credentials that were remembered later may be in them."""
        self.session, self.account, self.scenario = (
            None if name is None else secrets.text(name) for name in (self.session, self.account, self.scenario)
        )


@dataclass(slots=True)
class FilePart:
    """One file of a multipart body; `size` is in bytes."""

    name: str
    content_type: str
    size: int


@dataclass(slots=True, kw_only=True)
class Entry:
    """The part that all entries have. `n` counts from 1 in the order of the journal."""

    kind: ClassVar[Kind]
    world: str
    origin: Origin
    virtual: float
    real: float
    n: int = 0
    #: The size of the entry in the journal, in bytes.
    cost: int = 0
    #: The revision of the secrets at the last search.
    revision: int = 0

    @property
    def exchange(self) -> int | None:
        """The number of the exchange; None if the entry belongs to none."""
        return self.origin.exchange

    @property
    def session(self) -> str | None:
        """The session of the exchange, if known."""
        return self.origin.session

    @property
    def account(self) -> str | None:
        """The account of the token that the call used, if known."""
        return self.origin.account

    @property
    def scenario(self) -> str | None:
        """The scenario of the test token that the call used."""
        return self.origin.scenario

    @property
    def joined(self) -> bool:
        """True if the caller takes part in the clock of the world."""
        return self.origin.joined

    def common_fields(self) -> journal.CommonFields:
        """Return the members that all entries have."""
        return {
            "n": self.n,
            "world": self.world,
            "virtual": self.virtual,
            "real": self.real,
            "session": self.session,
            "account": self.account,
            "scenario": self.scenario,
            "joined": self.joined,
        }

    def exchange_fields(self) -> journal.ExchangeFields:
        """Return the members that all entries of an exchange have."""
        assert self.exchange is not None
        return {**self.common_fields(), "exchange": self.exchange}

    def fields(self) -> journal.EntryFields:
        """Return the members of the entry without its body."""
        raise NotImplementedError

    def content(self) -> JournalBody | None:
        """Return the body; None if this kind of entry has none."""
        return None

    def scrub(self, secrets: Secrets) -> None:
        """Redact the entry again: credentials that were remembered later may be in it."""
        self.origin.scrub(secrets)

    def line(self) -> str:
        """Return the entry as one line of JSON, without the line break."""
        return journal.write_line(self.fields(), self.content())

    def as_json(self) -> Json:
        """Return the entry as a JSON value."""
        return cast("Json", parse(self.line()))


@dataclass(slots=True, kw_only=True)
class RequestEntry(Entry):
    """A request. It is appended when its body has arrived; its times are those of its head.

    `received_virtual` and `received_real` are the times at which the body was complete. `complete` is false if the body
    never was. `path` is without percent-encoding, as in ASGI; `query` is encoded, without the `?`.
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
    def headers(self) -> list[HeaderLine]:
        """The header lines in order."""
        return decode_headers(self.raw_headers)

    def fields(self) -> journal.RequestFields:
        """Return the members of the entry without its body."""
        return {
            **self.exchange_fields(),
            "kind": "request",
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

    def content(self) -> JournalBody:
        """Return the body."""
        return self.body

    def scrub(self, secrets: Secrets) -> None:
        """Search the entry again."""
        Entry.scrub(self, secrets)
        self.method, self.path, self.query = map(secrets.text, (self.method, self.path, self.query))
        self.raw_headers = secrets.again(self.raw_headers)
        self.files = [file_part(secrets, part) for part in self.files]
        self.body.scrub(secrets)


@dataclass(slots=True, kw_only=True)
class ResponseEntry(Entry):
    """A response; its times are those of its head. A stream has no body here: each of its records is an entry.

    `fault` names the faults that were applied to it.
    """

    kind = "response"
    status: int
    raw_headers: RawHeaders
    body: JournalBody
    stream: bool
    fault: tuple[str, ...]

    @property
    def headers(self) -> list[HeaderLine]:
        """The header lines in order."""
        return decode_headers(self.raw_headers)

    def fields(self) -> journal.ResponseFields:
        """Return the members of the entry without its body."""
        return {
            **self.exchange_fields(),
            "kind": "response",
            "status": self.status,
            "headers": self.headers,
            "stream": self.stream,
            "fault": list(self.fault),
        }

    def content(self) -> JournalBody:
        """Return the body."""
        return self.body

    def scrub(self, secrets: Secrets) -> None:
        """Search the entry again."""
        Entry.scrub(self, secrets)
        self.fault = tuple(map(secrets.text, self.fault))
        self.raw_headers = secrets.again(self.raw_headers)
        self.body.scrub(secrets)


@dataclass(slots=True, kw_only=True)
class RecordEntry(Entry):
    """A record of a stream, as it was sent. `number` counts from 1 in its stream.

    `data` is the content of its `data:` lines, or the whole record if it has none; `event` is its `event:` line.
    `fault` names the fault that made or changed it.
    """

    kind = "record"
    number: int
    data: JournalBody
    event: str | None
    heartbeat: bool
    fault: str | None

    def fields(self) -> journal.RecordFields:
        """Return the members of the entry without its body."""
        return {
            **self.exchange_fields(),
            "kind": "record",
            "number": self.number,
            "event": self.event,
            "heartbeat": self.heartbeat,
            "fault": self.fault,
        }

    def content(self) -> JournalBody:
        """Return the data."""
        return self.data

    def scrub(self, secrets: Secrets) -> None:
        """Search the entry again."""
        Entry.scrub(self, secrets)
        self.event = None if self.event is None else secrets.text(self.event)
        self.fault = None if self.fault is None else secrets.text(self.fault)
        self.data.scrub(secrets)


@dataclass(slots=True, kw_only=True)
class EndEntry(Entry):
    """The end of an exchange: `how` it ended, the number of `records`, and the bytes of the body that were `sent`.

    `fault` names the faults that were applied, also if no response was sent.
    """

    kind = "end"
    how: EndHow
    records: int
    sent: int
    fault: tuple[str, ...] = ()

    def fields(self) -> journal.EndEntry:
        """Return the members of the entry."""
        return {
            **self.exchange_fields(),
            "kind": "end",
            "how": self.how,
            "records": self.records,
            "sent": self.sent,
            "fault": list(self.fault),
        }

    def scrub(self, secrets: Secrets) -> None:
        """Search the entry again."""
        Entry.scrub(self, secrets)
        self.fault = tuple(map(secrets.text, self.fault))


@dataclass(slots=True, kw_only=True)
class ControlEntry(Entry):
    """A change through the control API: `action` names the change, `details` has its values."""

    kind = "control"
    action: str
    details: JournalBody = field(default_factory=lambda: JournalBody(None, 0))

    def fields(self) -> journal.ControlFields:
        """Return the members of the entry without its body."""
        return {
            **self.common_fields(),
            "kind": "control",
            "action": self.action,
        }

    def content(self) -> JournalBody:
        """Return the details."""
        return self.details

    def scrub(self, secrets: Secrets) -> None:
        """Search the entry again."""
        Entry.scrub(self, secrets)
        self.action = secrets.text(self.action)
        self.details.scrub(secrets)


AnyEntry = RequestEntry | ResponseEntry | RecordEntry | EndEntry | ControlEntry


def decode_headers(headers: RawHeaders) -> list[HeaderLine]:
    """Return header lines as text."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def file_part(secrets: Secrets, part: FilePart) -> FilePart:
    """Return the file without secrets in its names."""
    return FilePart(secrets.text(part.name), secrets.text(part.content_type), part.size)


def text_cost(text: str) -> int:
    """Return an estimate of the bytes of a text in JSON. The truth is at most twice as much."""
    return len(text) if text.isascii() and text.isprintable() else WORST_COST * len(text)


def headers_cost(headers: RawHeaders) -> int:
    """Return the same estimate for header lines."""
    lines = b" ".join([b" ".join(pair) for pair in headers])
    return PIECE_COST * len(headers) + text_cost(lines.decode("latin-1"))

"""Exchanges: one request and all that it was answered, put together from a journal's entries.

An exchange keeps facts and not bodies, and of a stream what it held and not its records, so a journal of any length
takes about a kilobyte an exchange.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal, cast
from urllib.parse import urlsplit

from nemovideo_contract.journal import ControlEntry, EndEntry, EndHow, Entry, HeaderLine, RequestEntry, ResponseEntry
from nemovideo_contract.wire import TOKEN_PREFIX
from nemovideo_skills.judge import body_facts
from nemovideo_skills.judge.body_facts import DraftFacts
from nemovideo_skills.judge.operations import Operation, OperationMatch, target_of
from nemovideo_skills.judge.streams import StreamFacts

#: How an exchange ended, as the journal says it; `open` where it has not ended yet.
End = EndHow | Literal["open"]
#: What a fake notes when a caller has waited by its virtual clock.
WAIT: Final = "clock.wait"
#: What stands for a token in a journal, after which only a hash follows.
TOKEN_MARK: Final = f"{TOKEN_PREFIX}*"


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request and what it was answered.

    `first` and `last` are the numbers of its first and last entry in the journal. Times are seconds since the epoch,
    by the world's clock (`virtual`) and by the machine's (`real`); the ends are None while it is open. Header names are
    in small letters. `code` is the answer's code: 0 for success, None where there is no answer, or one that has none.
    `token_in` says where else than in its header the request carried a token: `path`, `query`, `body`. `draft` is what
    a submission sent or a state showed; `state` a digest of the whole state, which changes when anything in it does.
    `lost` says that entries of it are missing between those that are there. `waited` says that its caller then waited
    by the fake's virtual clock (`POST /_mock/clock/wait`), as far as one can tell by its machine.
    `files` are name, content type and bytes of each uploaded file; `answered` is the number of the response's entry.
    """

    world: str
    number: int
    first: int
    last: int
    method: str
    path: str
    query: str
    target: OperationMatch
    headers: Mapping[str, str]
    host: str | None
    joined: bool
    virtual: float
    real: float
    session: str | None
    account: str | None
    scenario: str | None
    files: tuple[tuple[str, str, int], ...] = ()
    request_body: object | None = None
    request_cut: bool = False
    token_in: tuple[str, ...] = ()
    message: str | None = None
    submitted: str | None = None
    draft: DraftFacts | None = None
    state: str | None = None
    status: int | None = None
    code: int | None = None
    answer: Mapping[str, Any] = field(default_factory=dict[str, Any])
    retry_after: float | None = None
    fault: tuple[str, ...] = ()
    stream: StreamFacts | None = None
    end: End = "open"
    ended_virtual: float | None = None
    ended_real: float | None = None
    answered: int | None = None
    lost: bool = False
    waited: bool = False

    @property
    def call(self) -> Operation:
        """Which of the API's calls this is."""
        return self.target.call

    @property
    def bearer(self) -> str | None:
        """What stands for the token that it showed, or None; the same token has the same mark."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() or None if scheme.lower() == "bearer" else None

    @property
    def succeeded(self) -> bool:
        """Whether it was answered, and not by an error; a stream counts from its first byte."""
        return self.code == 0 and self.status is not None and self.status < 300

    @property
    def refusal(self) -> int | None:
        """The code of the error that it was answered with, as answer or as a stream's only record; else None."""
        if self.stream is not None:
            lone = not (self.stream.texts or self.stream.calls or self.stream.results)
            return self.stream.error_code if lone else None
        return self.code or None


class ExchangeAssembler:
    """Puts exchanges together from entries, fed in the order of the journal; several worlds may be mixed.

    Requests for a file whose URL a poll has named are told as such, whoever fetches it. `gaps` has, for each world, the
    places where entries are missing: pairs of the numbers between which they would be. A world whose numbers begin anew
    was made anew: it is told as another one, `NAME (2)`. Entries that come twice count once.
    """

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.gaps: dict[str, list[tuple[int, int]]] = {}
        self.last: dict[str, int] = {}
        self._lives: dict[str, int] = {}
        self._time: dict[str, float] = {}
        self._open: dict[tuple[str, int], Exchange] = {}
        self._files: dict[tuple[str, str], Exchange] = {}
        self._latest: dict[tuple[str, str | None], Exchange] = {}

    def feed(self, entry: Entry) -> Exchange | None:
        """The next entry; the exchange that it belongs to, if it is part of one that began in this journal."""
        world, n = self._world(entry), entry["n"]
        before = self.last.get(world, 0)
        if n <= before:
            return None
        if n != before + 1:
            self.gaps.setdefault(world, []).append((before, n))
        self.last[world] = n
        self._time[world] = max(entry["real"], self._time.get(world, entry["real"]))
        if entry["kind"] == "control":
            self._noted(entry, world)
            return None
        if entry["kind"] == "request":
            return self._requested(entry, world)
        key = (world, entry["exchange"])
        found = self._open.get(key)
        if found is None:
            return None
        found.last = n
        found.session = entry.get("session") or found.session
        found.account = entry.get("account") or found.account
        if entry["kind"] == "response":
            _add_answer(found, entry)
            if isinstance(url := found.answer.get("url"), str):
                self._files[world, urlsplit(url).path] = found
        elif entry["kind"] == "record":
            if found.stream is None:
                found.stream, found.lost = StreamFacts(), True
            found.lost = found.lost or entry["number"] != found.stream.records + 1
            found.stream.add(entry)
        else:
            _add_end(found, entry)
            del self._open[key]
        return found

    def _requested(self, entry: RequestEntry, world: str) -> Exchange:
        exchange = _begin(entry, world)
        if (poll := self._files.get((world, exchange.path))) is not None and exchange.call is Operation.OTHER:
            exchange.target = OperationMatch(Operation.OUTPUT, poll.account, poll.session, poll.target.render)
        self._open[world, exchange.number] = exchange
        self.exchanges.append(exchange)
        self._latest[world, exchange.host] = exchange
        return exchange

    def _noted(self, entry: ControlEntry, world: str) -> None:
        """A wait by the clock's own call is the wait of whoever called last from that machine."""
        if entry["action"] != WAIT:
            return
        found = self._latest.get((world, body_facts.text_at(entry.get("details"), "client")))
        if found is not None:
            found.waited = True

    def _world(self, entry: Entry) -> str:
        """The world's name, with a number where it is not the first of that name."""
        name = entry["world"]
        life = self._lives.setdefault(name, 1)
        world = name if life == 1 else f"{name} ({life})"
        # Requests are written down when their body is there, with the time of their head: times may go back a little,
        # but numbers go back only in a copy of what was there, or in a new journal.
        if entry["n"] <= self.last.get(world, 0) and entry["real"] > self._time[world]:
            self._lives[name] = life + 1
            return f"{name} ({life + 1})"
        return world


def assemble(entries: Iterable[Entry]) -> ExchangeAssembler:
    """All exchanges of a journal."""
    assembly = ExchangeAssembler()
    for entry in entries:
        assembly.feed(entry)
    return assembly


def _begin(entry: RequestEntry, world: str) -> Exchange:
    headers = _intern_headers(tuple(_headers(entry["headers"])))
    target = target_of(entry["method"], entry["path"])
    body = body_facts.body_of(entry)
    client = entry.get("client")
    exchange = Exchange(
        world=world,
        number=entry["exchange"],
        first=entry["n"],
        last=entry["n"],
        method=entry["method"],
        path=entry["path"],
        query=entry["query"],
        target=target,
        headers=headers,
        host=client[0] if client is not None else None,
        joined=entry.get("joined", False),
        virtual=entry["virtual"],
        real=entry["real"],
        session=target.session or entry.get("session"),
        account=entry.get("account"),
        scenario=entry.get("scenario"),
        files=tuple((each["name"], each["content_type"], each["size"]) for each in entry.get("files", ())),
        request_cut=body_facts.is_cut(entry) or _unread(entry, headers),
        token_in=tuple(
            place
            for place, text in (
                ("path", entry["path"]),
                ("query", entry["query"]),
                ("body", body_facts.canonical_json(body)),
            )
            if TOKEN_MARK in text
        ),
    )
    match target.call:
        case Operation.MESSAGE:
            exchange.request_body = body
            exchange.message = body_facts.message_of(body)
            exchange.session = body_facts.text_at(body, "session_id") or exchange.session
        case Operation.SUBMIT:
            exchange.submitted = body_facts.text_at(body, "id")
            exchange.session = body_facts.text_at(body, "sessionId") or exchange.session
            if isinstance(body, dict):
                fields = cast("dict[str, object]", body)
                exchange.request_body = {key: value for key, value in fields.items() if key != "draft"}
                exchange.draft = body_facts.draft_of(fields["draft"]) if "draft" in fields else None
        case Operation.SESSION | Operation.UPLOAD | Operation.CLAIM:
            exchange.request_body = body
        case _:
            pass
    return exchange


@lru_cache(maxsize=1024)
def _intern_headers(lines: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Header lines by name; a caller sends the same ones again and again, and they are kept once."""
    return MappingProxyType(dict(lines))


def _unread(entry: RequestEntry, headers: Mapping[str, str]) -> bool:
    """Whether there was more of a body than the journal has: the fake needn't read what it refuses by its head."""
    announced = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    return not entry.get("complete", True) or (announced and not entry["body"].get("size"))


def _headers(lines: Iterable[HeaderLine]) -> Iterator[HeaderLine]:
    """Yield header lines with their names in small letters."""
    return ((name.lower(), value) for name, value in lines)


def _add_answer(exchange: Exchange, entry: ResponseEntry) -> None:
    exchange.answered = entry["n"]
    exchange.status = entry["status"]
    exchange.fault = tuple(entry.get("fault", ()))
    headers = dict(_headers(entry["headers"]))
    exchange.retry_after = _seconds(headers.get("retry-after"))
    if entry.get("stream"):
        exchange.stream = StreamFacts()
        exchange.code = 0 if 200 <= entry["status"] < 300 else entry["status"]
        return
    body = body_facts.body_of(entry)
    exchange.code = body_facts.code_of(body, entry["status"])
    exchange.answer = _select_answer_facts(exchange.call, body)
    if exchange.call is Operation.STATE and exchange.code == 0 and body is not None:
        exchange.draft = body_facts.draft_of(body_facts.at(body, "data", "state", "draft"))
        exchange.state = body_facts.digest(body_facts.at(body, "data", "state"))


def _select_answer_facts(call: Operation, body: object) -> dict[str, Any]:
    """What is kept of an answer: only what some rule asks for."""
    data = body_facts.at(body, "data")
    match call:
        case Operation.TOKEN:
            wanted = {key: body_facts.at(data, key) for key in ("token", "user_id", "expires_at")}
        case Operation.SESSION:
            wanted = {key: body_facts.at(data, key) for key in ("session_id", "user_id")}
        case Operation.CREDITS:
            wanted = {key: body_facts.at(data, key) for key in ("available", "frozen", "total")}
        case Operation.SUBMIT | Operation.POLL:
            wanted = {
                "status": body_facts.text_at(body, "status") or body_facts.text_at(data, "status"),
                "url": body_facts.text_at(body, "output", "url")
                or body_facts.text_at(data, "outputUrl")
                or body_facts.text_at(body, "outputUrl"),
            }
        case _:
            wanted = {}
    return {key: value for key, value in wanted.items() if value is not None}


def _add_end(exchange: Exchange, entry: EndEntry) -> None:
    exchange.end = entry["how"]
    exchange.ended_virtual = entry["virtual"]
    exchange.ended_real = entry["real"]
    exchange.fault = exchange.fault or tuple(entry.get("fault", ()))
    sent = 0 if exchange.stream is None else exchange.stream.records
    unanswered = exchange.end == "complete" and exchange.status is None
    exchange.lost = exchange.lost or unanswered or entry.get("records", sent) != sent


def _seconds(value: str | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None

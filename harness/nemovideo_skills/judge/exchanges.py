"""Exchanges: one request with all of its response, assembled from a journal's entries.

An exchange keeps facts instead of bodies, and counts instead of a stream's records. A journal of any length therefore
takes about one kilobyte an exchange.
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
from nemovideo_skills.judge.stream_facts import StreamFacts

#: The end of an exchange, in the journal's words; `open` if it has not ended yet.
End = EndHow | Literal["open"]
#: The control entry that a fake writes when a caller waits on its virtual clock.
WAIT: Final = "clock.wait"
#: The prefix of a token's mark in a journal; a hash follows it.
TOKEN_MARK: Final = f"{TOKEN_PREFIX}*"


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request and its response.

    - `first`, `last`, `answered`: the numbers in the journal of its first entry, its last entry and its response.
    - `virtual`, `real`: times in seconds since the epoch, by the world's clock and by the machine's clock. The end
      times are None while the exchange is open.
    - `headers`: by lower-case names.
    - `code`: the code of the response. 0 means success; None means no response, or a response without a code.
    - `token_in`: the places outside the header that carried a token: `path`, `query`, `body`.
    - `draft`: the draft that a submission sent or a state returned. `state`: a digest of the whole state.
    - `lost`: True if entries of this exchange are missing.
    - `waited`: True if the caller then waited on the fake's virtual clock (`POST /_mock/clock/wait`). In that
      request, the caller is recognised by its machine.
    - `files`: the name, content type and size in bytes of each uploaded file.
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
        """The API operation of the request."""
        return self.target.call

    @property
    def bearer(self) -> str | None:
        """The mark of the token in the Authorization header, or None. The same token has the same mark."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() or None if scheme.lower() == "bearer" else None

    @property
    def succeeded(self) -> bool:
        """True if the response was not an error; a stream counts as a success from its first byte."""
        return self.code == 0 and self.status is not None and self.status < 300

    @property
    def refusal(self) -> int | None:
        """The error code of the response, or of a stream that has only one error record; else None."""
        if self.stream is not None:
            lone = not (self.stream.texts or self.stream.calls or self.stream.results)
            return self.stream.error_code if lone else None
        return self.code or None


class ExchangeAssembler:
    """Assembles exchanges from entries, which must come in the order of the journal. It can mix several worlds.

    A request for a file whose URL a poll returned gets the operation `OUTPUT`, from any caller. `gaps` lists, for each
    world, the missing entries as pairs of the entry numbers around them. If the numbers of a world restart, the world
    was created again: it gets a new name, `NAME (2)`. Duplicate entries count once.
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
        """Process the next entry, and return its exchange, or None if its exchange did not begin in this journal."""
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
        """Assign a wait on the clock to the last caller from the same machine."""
        if entry["action"] != WAIT:
            return
        found = self._latest.get((world, body_facts.text_at(entry.get("details"), "client")))
        if found is not None:
            found.waited = True

    def _world(self, entry: Entry) -> str:
        """Return the world's name, with a number if an earlier world had the same name."""
        name = entry["world"]
        life = self._lives.setdefault(name, 1)
        world = name if life == 1 else f"{name} ({life})"
        # A request is logged when its body has arrived, with the time of its head, so times may go back a little. Entry
        # numbers go back only in duplicated lines or in a new journal.
        if entry["n"] <= self.last.get(world, 0) and entry["real"] > self._time[world]:
            self._lives[name] = life + 1
            return f"{name} ({life + 1})"
        return world


def assemble(entries: Iterable[Entry]) -> ExchangeAssembler:
    """Return all exchanges of a journal."""
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
    """Return the headers by name. Equal sets are stored once, as a caller repeats them in every request."""
    return MappingProxyType(dict(lines))


def _unread(entry: RequestEntry, headers: Mapping[str, str]) -> bool:
    """Return whether the journal lacks a part of the body; the fake may refuse a request before it has read all."""
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
    """Return the facts of a response that some rule needs."""
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

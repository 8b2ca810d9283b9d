"""The recorder of one exchange: it turns a request and its response into entries of the journal."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from nemovideo_contract.journal import EndHow
from nemovideo_mock.journal.bodies import BROKEN_END, CONTROL, Collector, JournalBody
from nemovideo_mock.journal.entries import (
    PIECE_COST,
    WORST_COST,
    EndEntry,
    FilePart,
    Origin,
    RawHeaders,
    RecordEntry,
    RequestEntry,
    ResponseEntry,
    headers_cost,
    text_cost,
)
from nemovideo_mock.journal.redaction import Secrets
from nemovideo_mock.journal.stream_redaction import StreamRedaction

if TYPE_CHECKING:
    from nemovideo_mock.journal.journal import Journal

#: The characters that an entry keeps of a name (of a session, an account, a file), and those that are searched.
NAME_LIMIT: Final = 128
NAME_SEARCHED: Final = 1024
#: Characters that names do not contain. In JSON they would take more bytes than estimated.
UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
#: The methods of HTTP. They need no search for tokens.
METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
#: The most bytes that an entry keeps of a header line's name and of its value; the most header lines of a message.
HEADER_LIMIT: Final = 8192
HEADERS_LIMIT: Final = 256
#: The most characters that an entry keeps of a path and of a query.
URL_LIMIT: Final = 16_384


class ExchangeRecorder:
    """Records one exchange. `Journal.open` makes it; times are in seconds since the epoch.

    It appends the request when the body is there, a stream's response when its head is sent, any other response at the
    end, and each record when it is sent. `end` closes the recorder; it ignores calls after that.
    """

    __slots__ = (
        "_ended",
        "_journal",
        "_origin",
        "_records",
        "_request",
        "_request_body",
        "_response",
        "_response_body",
        "_stream_redaction",
        "faults",
    )

    def __init__(
        self,
        journal: Journal,
        origin: Origin,
        method: str,
        path: str,
        query: bytes,
        headers: RawHeaders,
        client: tuple[str, int] | None,
        http_version: str,
        virtual: float,
        real: float,
    ) -> None:
        secrets = journal.secrets
        #: Names of the faults that were applied to the response, in order.
        self.faults: list[str] = []
        self._journal = journal
        self._origin = origin
        self._records = 0
        self._ended = False
        self._response: ResponseEntry | None = None
        self._stream_redaction: StreamRedaction | None = None
        self._request_body: Collector | None = None
        self._response_body: Collector | None = None
        # Headers first: all later texts are searched for the credentials that they carry.
        kept, cost = _limit_headers(secrets.headers(headers))
        self._request: RequestEntry | None = RequestEntry(
            world=journal.world,
            origin=origin,
            virtual=virtual,
            real=real,
            method=method if method in METHODS else clip_name(secrets, method),
            path=secrets.text(path)[:URL_LIMIT],
            query=secrets.query(query)[:URL_LIMIT] if query else "",
            raw_headers=kept,
            client=client,
            http_version=http_version,
            body=JournalBody(None, 0),
            files=(),
            received_virtual=virtual,
            received_real=real,
            complete=False,
            cost=cost,
        )

    def __repr__(self) -> str:
        return f"<ExchangeRecorder {self.number} records={self._records}>"

    @property
    def number(self) -> int:
        """The number of the exchange, from 1 in its journal."""
        return self._origin.exchange or 0

    @property
    def session(self) -> str | None:
        """The session of the exchange, as soon as it is known."""
        return self._origin.session

    @session.setter
    def session(self, session: str) -> None:
        self._origin.name(session=clip_name(self._journal.secrets, session))

    @property
    def account(self) -> str | None:
        """The account of the token that the call used, as soon as it is known."""
        return self._origin.account

    @account.setter
    def account(self, account: str) -> None:
        self._origin.name(account=clip_name(self._journal.secrets, account))

    @property
    def scenario(self) -> str | None:
        """The scenario of the test token that the call used."""
        return self._origin.scenario

    @scenario.setter
    def scenario(self, scenario: str) -> None:
        self._origin.name(scenario=clip_name(self._journal.secrets, scenario))

    @property
    def files(self) -> Sequence[FilePart]:
        """The files of a multipart request. They can be set until the request is appended."""
        return self._request.files if self._request is not None else ()

    @files.setter
    def files(self, files: Sequence[FilePart]) -> None:
        secrets = self._journal.secrets
        if self._request is not None:
            self._request.files = [
                FilePart(clip_name(secrets, part.name), clip_name(secrets, part.content_type), part.size)
                for part in files[:HEADERS_LIMIT]
            ]

    def request_body(self, chunk: bytes) -> None:
        """Take the next bytes of the request's body."""
        if self._request_body is None:
            multipart = self._request is not None and _content_type(self._request.raw_headers).startswith(b"multipart/")
            self._request_body = Collector(self._journal.body_limit, multipart=multipart)
        self._request_body.add(chunk)

    def request_done(self, virtual: float, real: float) -> None:
        """Append the request: its body is complete."""
        self._append_request(virtual, real, complete=True)

    def response(self, status: int, headers: RawHeaders, virtual: float, real: float) -> None:
        """Take the head of the response."""
        if self._response is not None or self._ended:
            return
        kept, cost = _limit_headers(self._journal.secrets.headers(headers))
        self._response = ResponseEntry(
            world=self._journal.world,
            origin=self._origin,
            virtual=virtual,
            real=real,
            status=status,
            raw_headers=kept,
            body=JournalBody(None, 0),
            stream=_content_type(headers).startswith(b"text/event-stream"),
            fault=(),
            cost=cost,
        )
        if self._response.stream:
            self._append_response(virtual, real)

    def response_body(self, chunk: bytes) -> None:
        """Take the next bytes of the response's body. Those of a stream are only counted: its records are entries."""
        if self._response_body is None:
            stream = self._response is not None and self._response.stream
            # A collector keeps only the size of a multipart body; the same is wanted for a stream.
            self._response_body = Collector(self._journal.body_limit, multipart=stream)
        self._response_body.add(chunk)

    def record(
        self, data: bytes, virtual: float, real: float, *, heartbeat: bool = False, fault: str | None = None
    ) -> None:
        """Append a record: `data` has its bytes as they are sent, or only the content of its `data:` lines."""
        if self._ended:
            return
        journal = self._journal
        if self._stream_redaction is None:
            self._stream_redaction = StreamRedaction(journal.secrets)
        self._records += 1
        payload, event = payload_of(data)
        size = len(payload)
        digest: str | None = None
        cut = size > journal.body_limit
        if cut:
            digest = hashlib.sha256(payload, usedforsecurity=False).hexdigest()
            payload = BROKEN_END.sub(b"", payload[: journal.body_limit])
        payload = self._stream_redaction.redact(payload, cut=cut)
        body = JournalBody(payload, size, digest, cut=cut)
        cost = len(payload) * (WORST_COST if CONTROL.search(payload) is not None else 1)
        entry = RecordEntry(
            world=journal.world,
            origin=self._origin,
            virtual=virtual,
            real=real,
            number=self._records,
            data=body,
            event=clip_name(journal.secrets, event) if event is not None else None,
            heartbeat=heartbeat,
            fault=clip_name(journal.secrets, fault) if fault is not None else None,
        )
        journal.append(entry, cost)

    def end(self, how: EndHow, virtual: float, real: float) -> None:
        """Append the end of the exchange. Only the first call counts."""
        if self._ended:
            return
        self._append_request(virtual, real, complete=False)
        if self._response is not None and not self._response.stream:
            self._append_response(virtual, real)
        self._ended = True
        self._stream_redaction = None
        sent = self._response_body.size if self._response_body is not None else 0
        fault = tuple(clip_name(self._journal.secrets, name) for name in self.faults)
        self._journal.append(
            EndEntry(
                world=self._journal.world,
                origin=self._origin,
                virtual=virtual,
                real=real,
                how=how,
                records=self._records,
                sent=sent,
                fault=fault,
            ),
            sum(PIECE_COST + text_cost(name) for name in fault),
        )

    def _append_request(self, virtual: float, real: float, *, complete: bool) -> None:
        request = self._request
        if request is None:
            return
        self._request = None
        if self._request_body is not None:
            request.body = self._request_body.body(self._journal.secrets)
        request.received_virtual = virtual
        request.received_real = real
        request.complete = complete
        cost = request.cost + text_cost(request.path) + text_cost(request.query)
        if request.files:
            cost += sum(PIECE_COST + text_cost(part.name) + text_cost(part.content_type) for part in request.files)
        self._journal.append(request, cost + request.body.cost)

    def _append_response(self, virtual: float, real: float) -> None:
        self._append_request(virtual, real, complete=False)
        response = self._response
        assert response is not None
        response.fault = tuple(clip_name(self._journal.secrets, name) for name in self.faults)
        if self._response_body is not None and not response.stream:
            response.body = self._response_body.body(self._journal.secrets)
        cost = response.cost + response.body.cost
        if response.fault:
            cost += sum(PIECE_COST + text_cost(name) for name in response.fault)
        self._journal.append(response, cost)


def payload_of(record: bytes) -> tuple[bytes, str | None]:
    """Return the content of a record's `data:` lines, joined by line breaks, and of its `event:` line.

    Bytes without such lines are the payload as they are: a comment, a part of a record, or plain JSON.
    """
    if record.startswith(b"data: ") and record.endswith(b"\n\n") and record.count(b"\n") == 2 and b"\r" not in record:
        return record[6:-2], None
    data: list[bytes] = []
    event: str | None = None
    for line in record.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        name, _, value = line.partition(b":")
        if name == b"data":
            data.append(value.removeprefix(b" "))
        elif name == b"event":
            event = value.removeprefix(b" ").decode("utf-8", "replace")
    if not data:
        return record.strip(b"\r\n"), event
    return b"\n".join(data), event


def clip_name(secrets: Secrets, name: str) -> str:
    """Return a name without secrets and control characters, of limited length."""
    searched = secrets.text(name) if len(name) <= NAME_SEARCHED else secrets.beginning(name[:NAME_SEARCHED])
    return UNPRINTABLE.sub("\ufffd", searched[:NAME_LIMIT])


def _limit_headers(headers: RawHeaders) -> tuple[RawHeaders, int]:
    """Return header lines of limited number and length, and their size in bytes."""
    cost = headers_cost(headers)
    if cost > HEADER_LIMIT:
        headers = [(name[:HEADER_LIMIT], value[:HEADER_LIMIT]) for name, value in headers[:HEADERS_LIMIT]]
        cost = headers_cost(headers)
    return headers, cost


def _content_type(headers: RawHeaders) -> bytes:
    for name, value in headers:
        if name == b"content-type" or name.lower() == b"content-type":
            return value.lower()
    return b""

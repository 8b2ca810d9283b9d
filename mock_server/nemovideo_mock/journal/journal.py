"""The journal of a world: all requests and responses in order, limited in entries and bytes.

It reads no clock: callers pass the time. Entries are redacted when they are appended, and become JSON only when a
caller reads them. A journal belongs to one event loop.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from nemovideo_contract.journal import Kind
from nemovideo_mock.journal.bodies import JournalBody
from nemovideo_mock.journal.entries import ENTRY_COST, AnyEntry, ControlEntry, Origin
from nemovideo_mock.journal.exchange_recorder import ExchangeRecorder, clip_name
from nemovideo_mock.journal.redaction import Secrets
from nemovideo_mock.json_types import Json

#: The number of entries that are read at once. The journal may change before the next ones are read.
CHUNK: Final = 256


class Follower:
    """Reads a journal as it grows. If it is too slow, it misses the oldest entries and gets their number."""

    def __init__(self, journal: Journal, wake: Callable[[], None], since: int) -> None:
        self._journal = journal
        self._wake = wake
        self._since = since

    def __repr__(self) -> str:
        return f"<Follower since={self._since}>"

    def wake(self) -> None:
        """Tell the reader that there are entries to take."""
        self._wake()

    def take(self, limit: int = CHUNK) -> tuple[list[AnyEntry], int]:
        """Return the next entries, at most `limit`, and the number of entries before them that are lost."""
        lost = max(0, self._journal.first - 1 - self._since)
        entries = list(islice(self._journal.entries(self._since), limit))
        self._since = entries[-1].n if entries else self._since + lost
        return entries, lost

    def close(self) -> None:
        """Stop following."""
        self._journal.unsubscribe(self)


class Journal:
    """The entries of a world. `seed` is the key of the marks that replace tokens.

    It keeps at most `max_entries` entries and about `max_bytes` bytes. The estimate of bytes is at least half of the
    size of the entries as JSON lines. The oldest entries are dropped first and counted. An entry keeps `body_limit`
    bytes of a body or a record.
    """

    def __init__(
        self,
        world: str,
        *,
        seed: str = "",
        max_entries: int = 10_000,
        max_bytes: int = 32 * 1024 * 1024,
        body_limit: int = 64 * 1024,
    ) -> None:
        self.secrets: Final = Secrets(seed)
        self.world: Final = clip_name(self.secrets, world)
        self.body_limit: Final = body_limit
        #: The number of entries that were dropped to make room.
        self.dropped = 0
        #: The estimated size of the entries in bytes.
        self.bytes = 0
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._entries: deque[AnyEntry] = deque()
        self._last = 0
        self._exchanges = 0
        self._followers: list[Follower] = []

    def __repr__(self) -> str:
        return f"<Journal {self.world!r} entries={len(self)} last={self._last} dropped={self.dropped}>"

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def first(self) -> int:
        """The number of the oldest entry that is still there; of the next entry if the journal is empty."""
        return self._last - len(self._entries) + 1

    @property
    def last(self) -> int:
        """The number of the newest entry; 0 before the first."""
        return self._last

    # --- writing ------------------------------------------------------------------------------------------------------

    def open(
        self,
        method: str,
        path: str,
        query: bytes,
        headers: list[tuple[bytes, bytes]],
        client: tuple[str, int] | None,
        http_version: str,
        virtual: float,
        real: float,
        *,
        joined: bool,
    ) -> ExchangeRecorder:
        """Begin to record an exchange when the head of its request has arrived. Values are those of ASGI."""
        self._exchanges += 1
        origin = Origin(self._exchanges, joined=joined)
        return ExchangeRecorder(self, origin, method, path, query, headers, client, http_version, virtual, real)

    def control(self, action: str, details: Json, virtual: float, real: float) -> None:
        """Append a change through the control API."""
        data = json.dumps(details, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        body = JournalBody(self.secrets.data(data), len(data))
        if len(data) > self.body_limit:
            body = JournalBody(None, len(data))
        entry = ControlEntry(
            world=self.world,
            origin=Origin(),
            virtual=virtual,
            real=real,
            action=clip_name(self.secrets, action),
            details=body,
        )
        self.append(entry, body.cost)

    def append(self, entry: AnyEntry, cost: int) -> None:
        """Number an entry and append it. `cost` is the size in bytes of its parts of variable length."""
        self._last += 1
        entry.n = self._last
        entry.cost = cost = cost + entry.origin.cost + ENTRY_COST
        entry.revision = self.secrets.revision
        entries = self._entries
        entries.append(entry)
        self.bytes += cost
        while self.bytes > self._max_bytes or len(entries) > self._max_entries:
            self.bytes -= entries.popleft().cost
            self.dropped += 1
        for follower in tuple(self._followers):
            follower.wake()

    def clear(self) -> None:
        """Delete all entries. The numbers continue, and `dropped` stays."""
        self._entries.clear()
        self.bytes = 0

    # --- reading ------------------------------------------------------------------------------------------------------

    def entries(
        self,
        since: int = 0,
        *,
        session: str | None = None,
        account: str | None = None,
        kind: Kind | None = None,
    ) -> Iterator[AnyEntry]:
        """Yield the entries after the number `since`, the oldest first. None selects all.

        Entries that are appended meanwhile are read too; those that are dropped meanwhile are skipped.
        """
        while chunk := self._chunk(since):
            for entry in chunk:
                since = entry.n
                if kind not in {None, entry.kind}:
                    continue
                if session not in {None, entry.session} or account not in {None, entry.account}:
                    continue
                yield self._searched(entry)

    def lines(
        self,
        since: int = 0,
        *,
        session: str | None = None,
        account: str | None = None,
        kind: Kind | None = None,
    ) -> Iterator[str]:
        """Yield the same entries as lines of JSON, without line breaks."""
        for entry in self.entries(since, session=session, account=account, kind=kind):
            yield entry.line()

    def subscribe(self, wake: Callable[[], None], since: int | None = None) -> Follower:
        """Follow the journal from the entry after `since`; None means from now on.

        The journal calls `wake` after each entry. `wake` must be quick and must not raise. The follower takes the
        entries later.
        """
        follower = Follower(self, wake, self._last if since is None else since)
        self._followers.append(follower)
        return follower

    def unsubscribe(self, follower: Follower) -> None:
        """Stop waking this follower."""
        if follower in self._followers:
            self._followers.remove(follower)

    def _chunk(self, since: int) -> list[AnyEntry]:
        skipped = max(0, since + 1 - self.first)
        return list(islice(self._entries, skipped, skipped + CHUNK))

    def _searched(self, entry: AnyEntry) -> AnyEntry:
        if entry.revision != self.secrets.revision:
            entry.scrub(self.secrets)
            entry.revision = self.secrets.revision
        return entry

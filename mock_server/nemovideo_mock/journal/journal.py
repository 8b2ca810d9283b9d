"""The journal of a world: what came in and what went out, in order, bounded in entries and bytes.

Pure: whoever appends says what time it is. Everything is redacted when it is appended and turned into JSON only when
it is read. Meant for one event loop.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from nemovideo_mock.journal.bodies import JournalBody
from nemovideo_mock.journal.entries import ENTRY_COST, AnyEntry, ControlEntry, Kind, Origin
from nemovideo_mock.journal.exchange import ExchangeRecorder, clip_name
from nemovideo_mock.journal.redaction import Secrets
from nemovideo_mock.json_types import Json

#: Entries that are read at a time; between two times the journal may change.
CHUNK: Final = 256


class Follower:
    """Reads a journal as it grows. Behind by more than the journal holds, it loses the oldest entries and learns it."""

    def __init__(self, journal: Journal, wake: Callable[[], None], since: int) -> None:
        self._journal = journal
        self._wake = wake
        self._since = since

    def __repr__(self) -> str:
        return f"<Follower since={self._since}>"

    def wake(self) -> None:
        """Tell the follower that there is something to take."""
        self._wake()

    def take(self, limit: int = CHUNK) -> tuple[list[AnyEntry], int]:
        """Up to `limit` entries that it hasn't taken yet, and how many before them were lost."""
        lost = max(0, self._journal.first - 1 - self._since)
        entries = list(islice(self._journal.entries(self._since), limit))
        self._since = entries[-1].n if entries else self._since + lost
        return entries, lost

    def close(self) -> None:
        """Follow no more."""
        self._journal.unsubscribe(self)


class Journal:
    """What happened in a world. `seed` keys the marks that stand in the place of tokens.

    At most `max_entries` entries and about `max_bytes` bytes, by an estimate that is never under half of what the
    entries take as JSON lines; the oldest go first and are counted. Of each body, and each record, `body_limit` bytes
    are kept.
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
        #: Entries that had to go to make room.
        self.dropped = 0
        #: What the entries take, as estimated.
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
        """The number of the oldest entry that is still there; of the next one where there is none."""
        return self._last - len(self._entries) + 1

    @property
    def last(self) -> int:
        """The number of the newest entry; 0 before there was one."""
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
        """The head of a request has arrived; values are as ASGI has them."""
        self._exchanges += 1
        origin = Origin(self._exchanges, joined=joined)
        return ExchangeRecorder(self, origin, method, path, query, headers, client, http_version, virtual, real)

    def control(self, action: str, details: Json, virtual: float, real: float) -> None:
        """Something was changed through the control API."""
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
        """Number an entry and keep it; `cost` is what its parts of variable length take in bytes."""
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
        """Forget all entries; numbers go on, and what was dropped stays counted."""
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
        """Entries after the one with the number `since`, oldest first; None asks for any.

        What is appended while somebody reads is read too; what is dropped meanwhile is passed over.
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
        """The same as lines of JSON, without line breaks."""
        for entry in self.entries(since, session=session, account=account, kind=kind):
            yield entry.line()

    def subscribe(self, wake: Callable[[], None], since: int | None = None) -> Follower:
        """Follow the journal from the entry after `since`; None is from now on.

        `wake` is called at once after each entry; it must be quick and must not raise. The follower takes the entries
        when it has time.
        """
        follower = Follower(self, wake, self._last if since is None else since)
        self._followers.append(follower)
        return follower

    def unsubscribe(self, follower: Follower) -> None:
        """Wake this follower no more."""
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

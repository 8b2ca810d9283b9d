"""The exchanges of one caller in order, and the questions that rules ask about them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Literal

from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.expectations import Expectations
from nemovideo_skills.judge.operations import Operation
from nemovideo_skills.judge.stream_facts import Mark
from nemovideo_skills.judge.transcripts import Transcript

#: The clock that a caller lived by: the world's, the machine's, or the world's if the caller waited on that clock.
Time = Literal["virtual", "real", "auto"]


class History:
    """The exchanges of one caller in one world, in the order of the journal.

    `gaps` are the missing entries, as pairs of the entry numbers around them. `over` is true if the caller has
    finished, so that a missing call counts as not made. `transcript` is what the user saw, if it is known.
    """

    def __init__(
        self,
        world: str,
        caller: str,
        exchanges: Sequence[Exchange],
        *,
        gaps: Sequence[tuple[int, int]] = (),
        over: bool = True,
        expectations: Expectations | None = None,
        time: Time = "auto",
        transcript: Transcript | None = None,
    ) -> None:
        self.world = world
        self.caller = caller
        self.exchanges = tuple(exchanges)
        self.gaps = tuple(gaps)
        self.over = over
        self.expectations = expectations or Expectations()
        self.transcript = transcript
        self.virtual = time == "virtual" or (
            time == "auto"
            and bool(exchanges)
            and (all(each.joined for each in exchanges) or any(each.waited for each in exchanges))
        )

    def __repr__(self) -> str:
        return f"<History of {self.caller} in {self.world}: {len(self.exchanges)} exchanges>"

    # --- times, in seconds of the time that the caller lived through ---

    def began(self, exchange: Exchange) -> float:
        """Return the time at which a request's head arrived."""
        return exchange.virtual if self.virtual else exchange.real

    def ended(self, exchange: Exchange) -> float | None:
        """Return the time at which an exchange ended, or None if it is still open."""
        return exchange.ended_virtual if self.virtual else exchange.ended_real

    def between(self, earlier: Exchange, later: Exchange) -> float:
        """Return the seconds from the end of one exchange (its start if it has no end) to the start of another."""
        ended = self.ended(earlier)
        return self.began(later) - (self.began(earlier) if ended is None else ended)

    def came(self, mark: Mark) -> float:
        """Return the time at which a stream's record was sent."""
        return mark[1] if self.virtual else mark[2]

    # --- what came before and after ---

    def of(self, *calls: Operation, session: str | None = None) -> list[Exchange]:
        """Return the exchanges of these operations in order, of one session if one is given."""
        return [each for each in self._among(session, calls) if each.call in calls]

    def after(self, exchange: Exchange, *calls: Operation, session: str | None = None) -> Iterator[Exchange]:
        """Return the exchanges that began after another one, in order; all operations if none is given."""
        among = self._among(session, calls)
        for place in range(bisect_right(among, exchange.first, key=_first), len(among)):
            if not calls or among[place].call in calls:
                yield among[place]

    def before(self, exchange: Exchange, *calls: Operation, session: str | None = None) -> Iterator[Exchange]:
        """Return the exchanges that began before another one, newest first; all operations if none is given."""
        among = self._among(session, calls)
        for place in range(bisect_left(among, exchange.first, key=_first) - 1, -1, -1):
            if not calls or among[place].call in calls:
                yield among[place]

    @cached_property
    def sessions(self) -> list[str]:
        """The session ids, in the order of their first use."""
        return list(self._by_session)

    def _among(self, session: str | None, calls: Sequence[Operation]) -> Sequence[Exchange]:
        """Return the shortest index that contains all of these operations in this session."""
        if session is not None:
            return self._by_session.get(session, ())
        return self._by_call.get(calls[0], ()) if len(calls) == 1 else self.exchanges

    @cached_property
    def _by_call(self) -> dict[Operation, list[Exchange]]:
        found: dict[Operation, list[Exchange]] = {}
        for each in self.exchanges:
            found.setdefault(each.call, []).append(each)
        return found

    @cached_property
    def _by_session(self) -> dict[str, list[Exchange]]:
        found: dict[str, list[Exchange]] = {}
        for each in self.exchanges:
            if each.session is not None:
                found.setdefault(each.session, []).append(each)
        return found

    # --- how much of it can be known ---

    def whole(self, since: int, until: float) -> bool:
        """Return whether the journal has every entry between two numbers."""
        return not any(low < until and high > since for low, high in self.gaps)

    def known(self, exchange: Exchange) -> bool:
        """Return whether the journal has the whole exchange, as far as the entry numbers show."""
        if exchange.lost:
            return False
        return exchange.end != "open" or not self.gaps or self.gaps[-1][1] <= exchange.last


def _first(exchange: Exchange) -> int:
    return exchange.first

"""One caller's exchanges in order, with the questions that rules ask about them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Literal

from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.expectations import Expectations
from nemovideo_skills.judge.operations import Operation
from nemovideo_skills.judge.streams import Mark
from nemovideo_skills.judge.transcripts import Transcript

#: Which time a caller lived through: the world's, the machine's, or the world's where it took part in that clock.
Time = Literal["virtual", "real", "auto"]


class History:
    """What one caller did in one world, in the order of the journal.

    `gaps` are the places where the journal lacks entries, as pairs of the numbers around them; `over` says whether
    the caller has finished, so that what it has not done will not be done any more. `transcript` is what its user saw,
    where that is known.
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
        """When a request's head arrived."""
        return exchange.virtual if self.virtual else exchange.real

    def ended(self, exchange: Exchange) -> float | None:
        """When an exchange was over; None where it is not."""
        return exchange.ended_virtual if self.virtual else exchange.ended_real

    def between(self, earlier: Exchange, later: Exchange) -> float:
        """Seconds from the end of one exchange (from its beginning, where it has none) to the beginning of another."""
        ended = self.ended(earlier)
        return self.began(later) - (self.began(earlier) if ended is None else ended)

    def came(self, mark: Mark) -> float:
        """When a stream's record was sent."""
        return mark[1] if self.virtual else mark[2]

    # --- what came before and after ---

    def of(self, *calls: Operation, session: str | None = None) -> list[Exchange]:
        """The exchanges of these calls, of one session where one is named, in order."""
        return [each for each in self._among(session, calls) if each.call in calls]

    def after(self, exchange: Exchange, *calls: Operation, session: str | None = None) -> Iterator[Exchange]:
        """What was asked after an exchange had begun, of these calls (of all, where none is named), in order."""
        among = self._among(session, calls)
        for place in range(bisect_right(among, exchange.first, key=_first), len(among)):
            if not calls or among[place].call in calls:
                yield among[place]

    def before(self, exchange: Exchange, *calls: Operation, session: str | None = None) -> Iterator[Exchange]:
        """What was asked before an exchange began, of these calls (of all, where none is named), newest first."""
        among = self._among(session, calls)
        for place in range(bisect_left(among, exchange.first, key=_first) - 1, -1, -1):
            if not calls or among[place].call in calls:
                yield among[place]

    @cached_property
    def sessions(self) -> list[str]:
        """The sessions that were named, in the order of their first mention."""
        return list(self._by_session)

    def _among(self, session: str | None, calls: Sequence[Operation]) -> Sequence[Exchange]:
        """The shortest list that has all of these calls of this session."""
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
        """Whether the journal has every entry between two numbers of it."""
        return not any(low < until and high > since for low, high in self.gaps)

    def known(self, exchange: Exchange) -> bool:
        """Whether the journal has all of an exchange, or at least nothing says that it hasn't."""
        if exchange.lost:
            return False
        return exchange.end != "open" or not self.gaps or self.gaps[-1][1] <= exchange.last


def _first(exchange: Exchange) -> int:
    return exchange.first

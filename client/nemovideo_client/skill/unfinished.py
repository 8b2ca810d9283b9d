"""Work that goes on while the user speaks again: what is to be known before the next message is sent behind it.

A second message is taken, charged and queued behind the first, which is what no skill should do unasked. So whoever
left a turn, or looked for its work in vain, looks again first: at the state, which shows what has changed, and at the
credits, of which some are frozen as long as paid work goes on. Both reads are free.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from nemovideo_client import flows
from nemovideo_client.answers import Session, State
from nemovideo_client.flows.effects import Flow
from nemovideo_client.flows.turns import changes


class Standing(Enum):
    """Where unfinished work stands: OVER: it shows, and nothing is frozen; AT_WORK: credits are frozen; UNSEEN."""

    OVER = auto()
    AT_WORK = auto()
    UNSEEN = auto()


@dataclass(slots=True)
class Unfinished:
    """A turn whose end was not seen.

    `before` is the state before it; `is_looked_for` says that it was waited for as long as the documents ask; `asked`
    is the wish that was held back for it, and that is carried out when the user says it again.
    """

    before: State | None
    is_looked_for: bool
    asked: str | None = None
    #: Whether the user has seen a state that shows its work.
    is_told: bool = False

    def note(self, state: State) -> None:
        """Take note of a state that the user was told."""
        self.is_told = self.is_told or (self.before is not None and not state.same_as(self.before))


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at unfinished work shows."""

    standing: Standing
    state: State
    changes: tuple[str, ...]


def look(service: flows.Service, session: Session, left: Unfinished) -> Flow[Look]:
    """Look where unfinished work stands, by two reads."""
    state = yield from flows.read_state(service, session.session_id)
    frozen = (yield from flows.read_credits(service)).frozen
    found = () if left.before is None else changes(left.before, state)
    if frozen > 0:
        return Look(Standing.AT_WORK, state, found)
    return Look(Standing.OVER if found else Standing.UNSEEN, state, found)

"""Work that goes on while the user speaks again: what is to be known before the next message is sent behind it.

A second message is taken, charged and queued behind the first, which is what no skill should do unasked. So whoever
left a turn, or looked for its work in vain, looks again first: at the credits, of which some are frozen as long as paid
work goes on, and where none are, at the state, which shows what has changed. Both reads are free.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from nemovideo_client import flows
from nemovideo_client.errors import NemoError
from nemovideo_client.flows.effects import Flow
from nemovideo_client.flows.turns import changes
from nemovideo_client.models import Session, State


class WorkStatus(Enum):
    """Where unfinished work stands.

    OVER: it shows, and no credits are frozen; AT_WORK: some are; UNSEEN: none are, and nothing shows; UNKNOWN: the
    credits could not be read, and work of two stages shows before it is over.
    """

    OVER = auto()
    AT_WORK = auto()
    UNSEEN = auto()
    UNKNOWN = auto()


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
class WorkCheck:
    """What a look at unfinished work shows."""

    standing: WorkStatus
    #: None where the credits told enough.
    state: State | None = None
    changes: tuple[str, ...] = ()


def check_work(service: flows.Service, session: Session, left: Unfinished) -> Flow[WorkCheck]:
    """Look where unfinished work stands, by two reads at most; credits that can't be read leave that open.

    Raises:
        NemoError: The state can't be read.
    """
    try:
        frozen: int | None = (yield from flows.read_credits(service)).frozen
    except NemoError:
        frozen = None  # not every token may ask for them
    if frozen:
        return WorkCheck(WorkStatus.AT_WORK)
    state = yield from flows.read_state(service, session.session_id)
    found = () if left.before is None else changes(left.before, state)
    if frozen is None:
        return WorkCheck(WorkStatus.UNKNOWN, state, found)
    return WorkCheck(WorkStatus.OVER if found else WorkStatus.UNSEEN, state, found)

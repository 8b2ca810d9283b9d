"""Work that may go on while the user speaks again: the check before the next message.

The service accepts a second message, charges for it and queues it after the first. A skill should not cause that unless
the user asks for it. So if a turn was closed early, or its work did not appear, the agent first checks. It reads the
credits, of which some are frozen while paid work goes on. If none are frozen, it reads the state, which shows the
changes. Both reads are free.
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
    """The status of unfinished work.

    - OVER: its changes show, and no credits are frozen.
    - AT_WORK: some credits are frozen.
    - UNSEEN: no credits are frozen, and no changes show.
    - UNKNOWN: the credits could not be read. Changes do not prove the end, because work in two stages shows them early.
    """

    OVER = auto()
    AT_WORK = auto()
    UNSEEN = auto()
    UNKNOWN = auto()


@dataclass(slots=True)
class Unfinished:
    """A turn whose end was not seen.

    `before` is the state before it. `is_looked_for` is true if the agent has waited for it as long as the documents
    ask. `asked` is the request that the agent held back for it; the agent carries it out if the user repeats it.
    """

    before: State | None
    is_looked_for: bool
    asked: str | None = None
    #: Whether the user has seen a state that shows its work.
    is_reported: bool = False

    def note(self, state: State) -> None:
        """Record a state that the user has seen."""
        self.is_reported = self.is_reported or (self.before is not None and not state.same_as(self.before))


@dataclass(frozen=True, slots=True)
class WorkCheck:
    """The result of checking unfinished work."""

    status: WorkStatus
    #: None if the credits were enough to decide.
    state: State | None = None
    changes: tuple[str, ...] = ()


def check_work(service: flows.Service, session: Session, left: Unfinished) -> Flow[WorkCheck]:
    """Check unfinished work with at most two reads; the status is UNKNOWN if the credits cannot be read.

    Raises:
        NemoError: The state cannot be read.
    """
    try:
        frozen: int | None = (yield from flows.read_credits(service)).frozen
    except NemoError:
        frozen = None  # not every token may read them
    if frozen:
        return WorkCheck(WorkStatus.AT_WORK)
    state = yield from flows.read_state(service, session.session_id)
    found = () if left.before is None else changes(left.before, state)
    if frozen is None:
        return WorkCheck(WorkStatus.UNKNOWN, state, found)
    return WorkCheck(WorkStatus.OVER if found else WorkStatus.UNSEEN, state, found)

"""Find turns with a broken stream, and what the caller then learned from the state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.operations import Operation

#: The operations that use a session.
WORK: Final = (Operation.MESSAGE, Operation.UPLOAD, Operation.SUBMIT, Operation.STATE)
#: Status codes of a gateway that gave up on a service which may still be working.
GATEWAY: Final = frozenset({502, 504})
#: Seconds by which a fake may notice later than its caller that a stream is over.
NOTICED_S: Final = 1.0


def broke_off(turn: Exchange) -> bool:
    """Return whether the caller knows that the stream ended before the turn; a clean early end is not visible."""
    return turn.end in {"reset", "caller_left"} or turn.status in GATEWAY


def stream_end_time(history: History, turn: Exchange) -> float:
    """Return the earliest time at which a stream was over for its caller.

    Before the fake notices that the caller is gone, a virtual clock may jump and heartbeats may be written.
    """
    ended = history.ended(turn)
    if ended is not None and (not history.virtual or turn.end not in {"caller_left", "reset"}):
        return ended
    progress = None if turn.stream is None else turn.stream.progress
    return history.began(turn) if progress is None else history.came(progress)


def followers(history: History, turn: Exchange) -> Iterator[Exchange]:
    """Return the calls that used the turn's session after its stream was over, in order."""
    ended = history.ended(turn)
    if ended is None or turn.session is None:
        return
    for each in history.after(turn, *WORK, session=turn.session):
        if each.first > turn.last or history.began(each) >= ended - NOTICED_S:
            yield each


def words_of(turn: Exchange) -> str | None:
    """Return the text of a message in the form in which rules compare it."""
    return None if turn.message is None else " ".join(turn.message.casefold().split())


@dataclass(slots=True)
class Recovery:
    """The calls after a broken stream in its session, up to the next message.

    `reads` has the state reads in order. `found` is the first read that shows a change. `doubtful` is true if the state
    before the turn is unknown, so that a change can't be recognised. `then` is the next message.
    """

    turn: Exchange
    reads: list[Exchange] = field(default_factory=list[Exchange])
    found: Exchange | None = None
    doubtful: bool = False
    lost: bool = False
    then: Exchange | None = None

    @property
    def unchanged(self) -> list[Exchange]:
        """The reads that are known to show no change."""
        return [] if self.doubtful or self.found is not None else self.reads


def recoveries(history: History) -> Iterator[Recovery]:
    """Return the recovery after each broken stream."""
    for turn in history.of(Operation.MESSAGE):
        if broke_off(turn) and turn.session is not None:
            yield recovery(history, turn)


def recovery(history: History, turn: Exchange, *, until: Exchange | None = None) -> Recovery:
    """Return the recovery after a stream, up to another exchange if one is given."""
    before = _Before(history, turn)
    found = Recovery(turn, doubtful=not before.known)
    for each in followers(history, turn):
        if until is not None and each.first >= until.first:
            break
        if each.call is Operation.MESSAGE:
            found.then = each
            break
        if each.call is Operation.STATE and each.succeeded:
            found.reads.append(each)
            if found.found is None and before.differs(each):
                found.found = each
        elif each.call is Operation.STATE and each.refusal in {1001, 1002}:
            found.lost = True
    return found


def first_known_entry(history: History, turn: Exchange) -> int:
    """Return the entry number from which the journal must be complete for `recovery` to be right."""
    earlier = next(history.before(turn, Operation.STATE, session=turn.session), None)
    return 0 if earlier is None else earlier.first


class _Before:
    """The state before a turn, as far as the caller knew it."""

    def __init__(self, history: History, turn: Exchange) -> None:
        earlier = history.before(turn, Operation.STATE, Operation.MESSAGE, Operation.UPLOAD, session=turn.session)
        last = next((each for each in earlier if each.succeeded), None)
        self._state = last.state if last is not None and last.call is Operation.STATE else None
        talked = any(history.before(turn, Operation.MESSAGE, session=turn.session))
        self._empty = not talked and self._state is None
        self.known = self._state is not None or self._empty

    def differs(self, read: Exchange) -> bool:
        """Return whether a read differs from the state before the turn."""
        if self._state is not None:
            return read.state != self._state
        return self._empty and read.draft is not None and read.draft.ready

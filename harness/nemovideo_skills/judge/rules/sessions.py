"""Rules about sessions: created before the work, one for each project, and dropped when the service loses them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from nemovideo_contract.requirements.requirement import parse_sources
from nemovideo_contract.wire import Code
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.operations import Operation
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule, Unsure
from nemovideo_skills.judge.text_format import quantity, short

#: The operations that use a session, without the claim token's call: it is optional, and its failure has no effect.
WORK: Final = frozenset({Operation.MESSAGE, Operation.UPLOAD, Operation.STATE, Operation.SUBMIT})
#: Allowed uses of a lost session: one call may fail by a temporary error.
_FORGIVEN: Final = 1


def session_before_work(history: History) -> Iterator[Observation]:
    """Check the first use of each session."""
    settled: set[str] = set()
    for each in history.exchanges:
        made = _created_session(each)
        if made is not None:
            settled.add(made)
        elif each.call in WORK and each.session is not None and each.session not in settled:
            settled.add(each.session)
            if each.refusal == Code.SESSION_NOT_FOUND:
                what = (
                    f"The {each.call} call named the session {short(each.session)}, which this caller had not created."
                )
                yield Broken(each, what, (each,), since=0, until=each.first)
            elif each.succeeded:
                yield Unsure(each, "The session was created before this journal began.")
        elif each.call in WORK and each.session is not None:
            yield Kept(each)


def _created_session(exchange: Exchange) -> str | None:
    """Return the session that an exchange created."""
    session = exchange.answer.get("session_id")
    return session if exchange.call is Operation.SESSION and exchange.succeeded and isinstance(session, str) else None


def one_session_per_project(history: History) -> Iterator[Observation]:
    """Check each session that is created."""
    used = {each.session for each in history.exchanges if each.call in WORK}
    idle: Exchange | None = None
    uploads = _Uploads()
    for each in history.exchanges:
        if (made := _created_session(each)) is not None:
            if idle is not None:
                what = "The caller created two sessions in a row and used only the second."
                yield Broken(each, what, (idle, each), since=0, until=None)
            idle = each if made not in used else None
            yield Kept(each)
        elif each.call is not Operation.TOKEN:
            idle = None
        if (former := uploads.moved(each)) is not None:
            what = "The caller uploaded the files of a finished turn again, into another session, and left the first."
            yield Broken(each, what, (former, each), since=0, until=each.first)


class _Uploads:
    """The files of each session, to find projects that were started again without need."""

    def __init__(self) -> None:
        self._at: dict[tuple[tuple[str, str, int], ...], Exchange] = {}
        #: The sessions in which a turn ended well and every other call succeeded, without an export.
        self._good: Counter[str] = Counter()
        self._over: set[str] = set()

    def moved(self, each: Exchange) -> Exchange | None:
        """Process the next exchange; return the upload that it repeats in another session without need, or None."""
        session = each.session
        if each.refusal == Code.SESSION_NOT_FOUND:
            self._at.clear()  # another session after an error has a reason
        if session is None or each.call not in WORK:
            return None
        if each.call is Operation.UPLOAD and each.succeeded and each.files:
            former = self._at.get(each.files)
            self._at[each.files] = each
            if former is None or former.session is None or former.session == session:
                return None
            return former if self._good[former.session] and former.session not in self._over else None
        if each.call is Operation.SUBMIT or not each.succeeded:
            self._over.add(session)
        elif each.call is Operation.MESSAGE and each.end == "complete" and each.stream is not None:
            if each.stream.errors:
                self._over.add(session)
            else:
                self._good[session] += 1
        return None


def new_session_when_lost(history: History) -> Iterator[Observation]:
    """Check each session that the service does not know any more."""
    lost: dict[str, list[Exchange]] = {}
    for each in history.exchanges:
        if each.session is None or each.call not in WORK:
            continue
        uses = lost.get(each.session)
        if uses is None:
            if each.refusal == Code.SESSION_NOT_FOUND:
                lost[each.session] = [each]
        elif each.refusal == Code.SESSION_NOT_FOUND:
            uses.append(each)
        elif each.succeeded and len(uses) <= 1 + _FORGIVEN:
            del lost[each.session]  # the session was still there
    for session, (first, *uses) in lost.items():
        if len(uses) <= _FORGIVEN:
            yield Kept(first)
        else:
            what = f"The session {short(session)} was lost (1002), but {quantity(len(uses), 'more call')} used it."
            yield Broken(uses[0], what, (first, *uses[:2]), since=first.last, until=uses[-1].first)


RULES: Final = (
    Rule(
        "session-before-work",
        "Messages, uploads, states and exports name a session that the caller has created before.",
        "error",
        "provable",
        parse_sources("F2 1.9 §3.0", "F3 §3.0", "F5 setup"),
        "The call gets 1002, and the service does nothing.",
        "Say that session_id comes from POST /api/tasks/me/with-session/nemo_agent and replaces <sid>.",
        session_before_work,
    ),
    Rule(
        "one-session-per-project",
        "A project has one session, and all its calls use it.",
        "warning",
        "likely",
        parse_sources("F2 1.9 §3.0, once per project", "F3 §3.0", "F5 setup"),
        "Each session begins empty: the earlier work is not in it, and edits cost credits again.",
        "Create the session once, save session_id, and use it for every message about the same video.",
        one_session_per_project,
    ),
    Rule(
        "new-session-when-lost",
        "After 1002, a caller does not use the session again, but creates a new one.",
        "warning",
        "provable",
        parse_sources("F2 1.9 §7", "F3 §7", "F4 errors", "F5 errors"),
        "Every call is refused, and the user waits for nothing.",
        "For 1002, write: create a new session, upload the files again, and tell the user.",
        new_session_when_lost,
    ),
)

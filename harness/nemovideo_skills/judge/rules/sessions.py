"""Sessions: made before the work, one for each project, and given up when the service knows them no more."""

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

#: What is done with a session; the claim token's call is an extra whose refusal nobody minds.
WORK: Final = frozenset({Operation.MESSAGE, Operation.UPLOAD, Operation.STATE, Operation.SUBMIT})
#: Uses of a lost session that are forgiven: one call may have failed in passing.
_FORGIVEN: Final = 1


def session_before_work(history: History) -> Iterator[Observation]:
    """Each session that is worked in, at its first use."""
    settled: set[str] = set()
    for each in history.exchanges:
        made = _created_session(each)
        if made is not None:
            settled.add(made)
        elif each.call in WORK and each.session is not None and each.session not in settled:
            settled.add(each.session)
            if each.refusal == Code.SESSION_NOT_FOUND:
                what = f"The {each.call} call named the session {short(each.session)}, which this caller had not made."
                yield Broken(each, what, (each,), since=0, until=each.first)
            elif each.succeeded:
                yield Unsure(each, "The session was made before this journal began.")
        elif each.call in WORK and each.session is not None:
            yield Kept(each)


def _created_session(exchange: Exchange) -> str | None:
    """The session that an exchange has made."""
    session = exchange.answer.get("session_id")
    return session if exchange.call is Operation.SESSION and exchange.succeeded and isinstance(session, str) else None


def one_session_per_project(history: History) -> Iterator[Observation]:
    """Each session that is made."""
    used = {each.session for each in history.exchanges if each.call in WORK}
    idle: Exchange | None = None
    uploads = _Uploads()
    for each in history.exchanges:
        if (made := _created_session(each)) is not None:
            if idle is not None:
                what = "Two sessions were made one after the other, and nothing was done in the first."
                yield Broken(each, what, (idle, each), since=0, until=None)
            idle = each if made not in used else None
            yield Kept(each)
        elif each.call is not Operation.TOKEN:
            idle = None
        if (former := uploads.moved(each)) is not None:
            what = "The files of a finished turn were uploaded again, into another session, and the first was left."
            yield Broken(each, what, (former, each), since=0, until=each.first)


class _Uploads:
    """Which files are in which session, to find projects that were begun a second time without need."""

    def __init__(self) -> None:
        self._at: dict[tuple[tuple[str, str, int], ...], Exchange] = {}
        #: Sessions in which a turn has ended well and nothing else has been refused, failed, or exported.
        self._good: Counter[str] = Counter()
        self._over: set[str] = set()

    def moved(self, each: Exchange) -> Exchange | None:
        """The next exchange; the upload that it repeats in another session, if it does so without need."""
        session = each.session
        if each.refusal == Code.SESSION_NOT_FOUND:
            self._at.clear()  # whatever is begun after that is begun with reason
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
    """Each session that the service said it does not know."""
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
            del lost[each.session]  # it was not gone, after all
    for session, (first, *uses) in lost.items():
        if len(uses) <= _FORGIVEN:
            yield Kept(first)
        else:
            what = f"The session {short(session)} was gone (1002), and {quantity(len(uses), 'more call')} named it."
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

"""Rules about renders: what a caller does while a render runs, and after it failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from nemovideo_contract.requirements.requirement import parse_sources
from nemovideo_contract.wire import POLL_LIMIT, Code, RenderStatus
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.operations import Operation
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule
from nemovideo_skills.judge.text_format import seconds, times

#: Allowed renders for one request of the user: the first and one retry.
_TRIES: Final = 2
_FINAL: Final = frozenset({RenderStatus.COMPLETED, RenderStatus.FAILED})
#: Errors that do not concern the render itself; other rules cover them.
_OTHER_REFUSALS: Final = frozenset(
    {Code.EXPORT_BLOCKED, Code.MISSING_SCOPE, Code.RATE_LIMITED, Code.TOKEN_INVALID, Code.SESSION_NOT_FOUND}
)


@dataclass(slots=True)
class _Render:
    """One accepted submission, and the status that polls returned."""

    submission: Exchange
    polls: int = 0
    over: bool = False
    failed: Exchange | None = None

    def add(self, poll: Exchange) -> None:
        """Process the next poll of this render."""
        self.polls += 1
        status = poll.answer.get("status")
        lost = poll.refusal in {Code.NOT_FOUND, Code.SESSION_NOT_FOUND}
        self.over = self.over or lost or status in _FINAL
        if status == RenderStatus.FAILED and self.failed is None:
            self.failed = poll


def one_export_at_a_time(history: History) -> Iterator[Observation]:
    """Check each submission of a draft that was submitted before in the same session."""
    renders: dict[str, _Render] = {}
    last: dict[tuple[str, str], _Render] = {}
    for each in history.of(Operation.SUBMIT, Operation.POLL):
        if each.call is Operation.POLL:
            if each.target.render in renders:
                renders[each.target.render].add(each)
            continue
        if each.session is None or each.submitted is None or each.draft is None:
            continue
        key = (each.session, each.draft.digest)
        before = last.get(key)
        if before is not None and each.submitted not in renders:
            first = before.submission
            # A caller that polled as often as the documents ask has given up, and may start again.
            if before.over or before.polls >= POLL_LIMIT:
                yield Kept(each)
            else:
                gap = history.began(each) - history.began(first)
                what = f"The same draft was submitted again after {seconds(gap)}, while its first render was running."
                yield Broken(each, what, (first, each), since=0, until=each.first)
        if each.end == "complete" and each.answer.get("status") is not None:
            last[key] = renders.setdefault(each.submitted, _Render(each))


@dataclass(slots=True)
class _UserRequest:
    """The submissions for one request of the user; a change of the session or a read of the state ends it."""

    since: int
    submissions: list[Exchange] = field(default_factory=list[Exchange])
    failures: int = 0


def failed_export_once_more(history: History) -> Iterator[Observation]:
    """Check each submission that follows a failed one without a read of the state in between."""
    requests: dict[str, _UserRequest] = {}
    of: dict[str, _UserRequest] = {}
    for each in history.exchanges:
        if each.call is Operation.POLL and each.answer.get("status") == RenderStatus.FAILED:
            request = of.pop(each.target.render or "", None)
            if request is not None:
                request.failures += 1
        elif each.session is None:
            continue
        elif each.call in {Operation.STATE, Operation.MESSAGE}:
            requests[each.session] = _UserRequest(each.last)
        elif each.call is Operation.SUBMIT:
            request = requests.setdefault(each.session, _UserRequest(0))
            request.submissions.append(each)
            if request.failures == 1:
                yield Kept(each)
            elif request.failures >= _TRIES:
                what = f"An export was submitted again after it had failed {times(request.failures)}."
                proof = tuple(request.submissions[-2:])
                yield Broken(each, what, proof, since=request.since, until=each.first)
            if each.refusal is not None and each.refusal not in _OTHER_REFUSALS:
                request.failures += 1
            elif each.submitted is not None:
                of[each.submitted] = request


def failed_export_retried(history: History) -> Iterator[Observation]:
    """Check the first failed render of each session."""
    renders: dict[str, str] = {}
    failed: dict[str, Exchange] = {}
    retried: dict[str, Exchange] = {}
    for each in history.of(Operation.SUBMIT, Operation.POLL):
        if each.call is Operation.SUBMIT:
            if each.session is not None and each.submitted is not None:
                renders[each.submitted] = each.session
                if each.session in failed:
                    retried.setdefault(each.session, each)
        elif each.answer.get("status") == RenderStatus.FAILED:
            session = renders.get(each.target.render or "")
            if session is not None:
                failed.setdefault(session, each)
    for session, poll in failed.items():
        if session in retried:
            yield Kept(retried[session])
        else:
            what = "A render failed, and the caller did not retry the export."
            yield Broken(poll, what, (poll,), since=poll.last, until=None)


RULES: Final = (
    Rule(
        "one-export-at-a-time",
        "While a draft is being rendered, a caller polls it and does not submit it again.",
        "warning",
        "likely",
        parse_sources("F2 1.9 §3.5 c", "F3 §3.5", "F5 export"),
        "The same video is rendered twice, and the user waits longer.",
        "Keep the render ID, and poll it until status is completed or failed.",
        one_export_at_a_time,
    ),
    Rule(
        "failed-export-once-more",
        "A caller gives up an export after the second failure.",
        "warning",
        "likely",
        parse_sources("F2 1.9 §3.5 and §7, retry once", "F3 §3.5"),
        "The user waits for renders that fail, and hears nothing about it.",
        "Write: on failure, retry once with a new ID; then tell the user.",
        failed_export_once_more,
    ),
    Rule(
        "failed-export-retried",
        "A caller retries a failed render once, with a new ID.",
        "note",
        "likely",
        parse_sources("F2 1.9 §3.5 and §7", "F3 §3.5"),
        "The user hears of a failure that a retry would have solved; exports are free.",
        "Write: on failure, retry once with a new ID.",
        failed_export_retried,
    ),
)

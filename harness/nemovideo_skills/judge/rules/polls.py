"""Rules about polls: how often and how long a caller polls a render, and how it downloads the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from nemovideo_contract.requirements.requirement import parse_sources
from nemovideo_contract.wire import RenderStatus
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.operations import Operation
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule
from nemovideo_skills.judge.text_format import quantity, seconds, short

#: Our own client, if its configuration has a shorter interval than the documents. It does that only on a fake.
_HURRY: Final = re.compile(r"nemovideo-harness/\S+ \(polls every \S+ s\)")
_FINAL: Final = frozenset({RenderStatus.COMPLETED, RenderStatus.FAILED})
#: Status codes for a render that the service does not know or does not show to this caller.
_UNKNOWN: Final = frozenset({400, 403, 404, 410, 422})
#: Allowed polls of a finished render before the download: a caller that lost its state polls once more.
_FORGIVEN: Final = 1
#: Allowed polls of an unknown render: a render may appear a little later than its submission.
_FORGIVEN_UNKNOWN: Final = 2
#: The number of intervals after which a poll does not belong to the same wait.
_PAUSE: Final = 5


def _renders(history: History) -> list[list[Exchange]]:
    """Return the polls and downloads of each render, in order."""
    found: dict[str, list[Exchange]] = {}
    for each in history.of(Operation.POLL, Operation.DOWNLOAD, Operation.OUTPUT):
        if each.target.render is not None:
            found.setdefault(each.target.render, []).append(each)
    return list(found.values())


def _status(exchange: Exchange) -> str | None:
    """Return the status in a poll's response, or None if it is not a poll or has no status."""
    status = exchange.answer.get("status")
    is_complete = exchange.call is Operation.POLL and exchange.succeeded and exchange.end == "complete"
    return status if is_complete and isinstance(status, str) else None


def poll_interval(history: History) -> Iterator[Observation]:
    """Check each render that was polled again while unfinished or unknown; the first poll may come at any time."""
    wanted = history.expectations.poll_interval
    for events in _renders(history):
        polls = [each for each in events if each.call is Operation.POLL and not _in_a_hurry(each)]
        pairs = [(a, b) for a, b in pairwise(polls) if _goes_on(a) or _is_unknown(a)]
        # The gap is measured from start to start, so a slow response is part of the wait.
        gaps = [(history.began(b) - history.began(a), a, b) for a, b in pairs]
        soon = [gap for gap in gaps if history.expectations.short(gap[0], wanted)]
        if soon:
            gap, before, poll = soon[0]
            longest = max(length for length, _, _ in soon)
            between = seconds(gap) if seconds(longest) == seconds(gap) else f"{seconds(gap)} to {seconds(longest)}"
            what = f"A render was polled again after {between}"
            what += f", {quantity(len(soon), 'time')}." if len(soon) > 1 else f", and not after {seconds(wanted)}."
            yield Broken(poll, what, (before, poll))
        elif gaps:
            yield Kept(gaps[0][2])


def _in_a_hurry(poll: Exchange) -> bool:
    """Return whether the caller declares a faster poll interval than the documents, as our commands do on a fake."""
    return _HURRY.fullmatch(poll.headers.get("user-agent", "")) is not None


def _goes_on(poll: Exchange) -> bool:
    status = _status(poll)
    return status is not None and status not in _FINAL


def _is_unknown(poll: Exchange) -> bool:
    return poll.refusal in _UNKNOWN


def poll_bounded(history: History) -> Iterator[Observation]:
    """Check each render that was polled while it was unfinished."""
    limit = history.expectations.poll_limit * (1 + history.expectations.slack)
    for events in _renders(history):
        polls = [each for each in events if each.call is Operation.POLL]
        runs = _runs(history, polls)
        if not runs:
            continue
        first, last, count = max(runs, key=lambda run: history.began(run[1]) - history.began(run[0]))
        span = history.began(last) - history.began(first)
        if span > limit:
            what = f"A render was polled for {seconds(span)}, {quantity(count, 'time')}."
            yield Broken(last, what, (first, last), since=first.last, until=last.first)
        else:
            yield Kept(last)


def _runs(history: History, polls: list[Exchange]) -> list[tuple[Exchange, Exchange, int]]:
    """Return the first poll, the last poll and the count of each run of polls of an unfinished render."""
    runs: list[tuple[Exchange, Exchange, int]] = []
    running = False
    for before, poll in pairwise(polls):
        pause = history.began(poll) - history.began(before)
        if not _goes_on(before) or pause > _PAUSE * history.expectations.poll_interval:
            running = False
            continue
        first, _, count = runs.pop() if running else (before, before, 1)
        runs.append((first, poll, count + 1))
        running = True
    return runs


def no_poll_after_end(history: History) -> Iterator[Observation]:
    """Check each render that polls reported as finished or as unknown."""
    for events in _renders(history):
        yield from _find_polls_of_lost_render(events)
        end: Exchange | None = None
        more: list[Exchange] = []
        for each in events:
            if each.call is not Operation.POLL:
                break
            if end is not None:
                more.append(each)
            elif _status(each) in _FINAL:
                end = each
        if end is None:
            continue
        if len(more) <= _FORGIVEN:
            yield Kept(end)
        else:
            what = f"A render was {_status(end)}, but was polled {quantity(len(more), 'more time')}."
            yield Broken(more[0], what, (end, more[-1]), since=end.last, until=more[-1].first)


def _find_polls_of_lost_render(events: list[Exchange]) -> Iterator[Observation]:
    """Return the polls that reported a render as refused or unknown; none if the render appeared later."""
    polls = [each for each in events if each.call is Operation.POLL]
    unknown = [each for each in polls if _is_unknown(each)]
    if not unknown or any(_status(each) is not None for each in polls if each.first > unknown[0].first):
        return
    first, more = unknown[0], unknown[1:]
    if len(more) <= _FORGIVEN_UNKNOWN:
        yield Kept(first)
    else:
        what = f"A poll got {first.refusal}, but the render was polled {quantity(len(more), 'more time')}."
        yield Broken(more[0], what, (first, more[-1]), since=first.last, until=more[-1].first)


def output_url_first(history: History) -> Iterator[Observation]:
    """Check each first use of the download call for a render whose URL a poll returned."""
    for events in _renders(history):
        reported: Exchange | None = None
        fetched = False
        for each in events:
            if each.call is Operation.OUTPUT:
                fetched = True
            elif each.call is Operation.POLL:
                reported = each if each.answer.get("url") else reported
            elif reported is not None:
                if fetched:
                    yield Kept(each)
                else:
                    render = short(each.target.render or "")
                    what = (
                        f"{render} was downloaded with the download call, but the caller had not tried its output.url."
                    )
                    yield Broken(each, what, (reported, each), since=reported.last, until=each.first)
                break
        else:
            if fetched:
                yield Kept(events[-1])


RULES: Final = (
    Rule(
        "poll-interval",
        "A caller polls a render every 30 s; one document says every 10 s.",
        "warning",
        "provable",
        parse_sources("F1 render, 10 s", "F2 1.9 §3.5 c", "F3 §3.5", "F5 export"),
        "The service may respond with 429, and the caller loses track of the export.",
        "Put sleep 30 into the loop.",
        poll_interval,
    ),
    Rule(
        "poll-bounded",
        "A caller stops polling after some minutes, even if the render is not finished.",
        "warning",
        "likely",
        parse_sources("F1 render, 30 polls of 10 s", "F2 1.9 §3.5 c, 10 polls", "F5 one skill, 10 minutes"),
        "The user waits forever for a render that hangs.",
        "Poll ten times; then say that the render continues, and how to ask for it later.",
        poll_bounded,
    ),
    Rule(
        "no-poll-after-end",
        "A caller does not poll a render that is completed or failed, or that the service does not know.",
        "warning",
        "provable",
        parse_sources("F1 render", "F2 1.9 §3.5 c", "F5 export"),
        "The user waits for a video that is ready, or for one that will never come.",
        "End the loop at completed, failed and errors; read the status where your profile has it: at the top level"
        " or in data.",
        no_poll_after_end,
    ),
    Rule(
        "output-url-first",
        "A caller downloads the file from output.url, and uses the download call only if that fails.",
        "note",
        "likely",
        parse_sources("F1 download, as a fallback", "F2 1.9 §3.5 d", "F3 §3.5"),
        "The file goes through the service's API, which is slower and needs the token.",
        "Download output.url first, without the token; on failure use /api/render/proxy/<id>/download.",
        output_url_first,
    ),
)

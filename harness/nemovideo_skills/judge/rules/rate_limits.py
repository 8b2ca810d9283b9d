"""Rules about rate limits: one wait, as long as the response asks, and one retry.

A user may repeat a request that met the limit twice, so tries are counted in pairs. A try that follows a pair after the
same wait is the third try of a loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nemovideo_contract.requirements.requirement import parse_sources
from nemovideo_contract.wire import Code
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.rules.common import by_itself
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule
from nemovideo_skills.judge.text_format import seconds, times

#: The wait in seconds above which a caller should tell its user, who may then ask at any time.
_WORTH_WAITING_S: Final = 60


def _same_calls(history: History) -> Iterator[list[Exchange]]:
    """Return the later calls to the same address for the same session, in order."""
    found: dict[tuple[str, str, str | None], list[Exchange]] = {}
    for each in history.exchanges:
        found.setdefault((each.method, each.path, each.session), []).append(each)
    yield from found.values()


def rate_limit_wait(history: History) -> Iterator[Observation]:
    """Check each first 429 of a call, and the next call of the same kind."""
    for calls in _same_calls(history):
        again = False
        since = 0
        for each, following in zip(calls, [*calls[1:], None], strict=True):
            if each.refusal != Code.RATE_LIMITED:
                again, since = False, each.first
                continue
            if again or following is None:
                again = False  # the user may ask again at any time
                yield Kept(each)
                continue
            again = True
            wanted = history.expectations.rate_wait if each.retry_after is None else each.retry_after
            gap = history.between(each, following)
            is_known_to_user = wanted > _WORTH_WAITING_S and not by_itself(history, each, following)
            if history.expectations.short(gap, wanted) and not is_known_to_user:
                what = f"The {each.call} call got 429 and was repeated after {seconds(gap)}, not {seconds(wanted)}."
                yield Broken(following, what, (each, following), since=since, until=following.first)
            else:
                yield Kept(following)


def rate_limit_one_retry(history: History) -> Iterator[Observation]:
    """Check each call that got 429; a third try without another call in between comes from a loop."""
    for calls in _same_calls(history):
        since = 0
        row: list[Exchange] = []
        for each in calls:
            if len(row) > 1 and next(history.after(row[-1])) is each and _steady(history, row[-1], each):
                what = f"The {each.call} call got 429 {times(len(row))} in a row, and was repeated once more."
                yield Broken(each, what, (row[-2], row[-1], each), since=since, until=each.first)
                break
            if len(row) > 1 or each.refusal != Code.RATE_LIMITED:
                if row:
                    yield Kept(row[-1])
                row, since = [], each.first
            if each.refusal == Code.RATE_LIMITED:
                row.append(each)
        else:
            if row:
                yield Kept(row[-1])


def _steady(history: History, refused: Exchange, following: Exchange) -> bool:
    """Return whether a call follows a refused one as in a loop: at once, or after the requested wait."""
    wanted = history.expectations.rate_wait if refused.retry_after is None else refused.retry_after
    gap = history.between(refused, following)
    return by_itself(history, refused, following) or wanted * (1 - history.expectations.slack) <= gap <= wanted * 2


RULES: Final = (
    Rule(
        "rate-limit-wait",
        "After 429, a caller waits as long as Retry-After says, else 30 s.",
        "warning",
        "provable",
        parse_sources("F2 1.9 §7", "F3 §7", "F5 errors", "standard RFC 9110 §10.2.3"),
        "The caller hits the limit again and has used its only retry.",
        "For 429, write: sleep 30, then retry once.",
        rate_limit_wait,
    ),
    Rule(
        "rate-limit-one-retry",
        "After 429, a caller retries a call only once.",
        "warning",
        "likely",
        parse_sources("F2 1.9 §7, once", "F3 §7", "F5 errors"),
        "The user waits for a limit that may last seven days.",
        "For 429, write: retry once, then tell the user.",
        rate_limit_one_retry,
    ),
)

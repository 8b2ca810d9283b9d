"""Rules about refusals: each error code has one correct reaction, and an unchanged repeat is never correct.

The journal can't tell whether a user or a program repeats a request. So a repeat counts only if no user can have asked
for it in between, or if there are more repeats than a user would ask for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from nemovideo_contract.requirements.requirement import parse_sources
from nemovideo_contract.wire import ATTRIBUTION_HEADERS, Code
from nemovideo_skills.judge.body_facts import canonical_json
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.operations import Operation
from nemovideo_skills.judge.rules.common import by_itself
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule
from nemovideo_skills.judge.text_format import quantity, times

#: Allowed tries of one refused request, which a user may have asked for.
_TRIES: Final = 2
#: Allowed uses of a refused token: of a caller's own token, which it can replace, and of a given token.
_FORGIVEN_OWN: Final = 1
_FORGIVEN_GIVEN: Final = 9
#: Error codes that a repeat does not change, without those that have their own rule.
_FINAL: Final = frozenset(
    {Code.BAD_REQUEST, Code.MISSING_SCOPE, Code.NOT_FOUND, 405, 410, 413, 415, 422, Code.SESSION_NOT_FOUND}
)
#: Operations that carry out a user's request. Set-up is tried again with each request, and uploads have their own rule.
_POSTS: Final = frozenset({Operation.MESSAGE, Operation.SUBMIT, Operation.CLAIM})


@dataclass(slots=True)
class _Dead:
    """A refused token, and the calls that used it since then, while the caller did not request another."""

    refusal: Exchange
    forgiven: int
    asked: int
    uses: list[Exchange] = field(default_factory=list[Exchange])

    @property
    def shown_on(self) -> bool:
        """Return whether it was used more often than allowed."""
        return len(self.uses) > self.forgiven

    def add(self, use: Exchange, asked: int) -> None:
        """Process the next call that uses it; `asked` counts the token requests so far."""
        if asked != self.asked and not self.shown_on:
            self.uses.clear()
        self.asked = asked
        if use.first > (self.refusal.answered or self.refusal.last):
            self.uses.append(use)


def dead_token_dropped(history: History) -> Iterator[Observation]:
    """Check each token that got 1001."""
    own: set[object] = set()
    dead: dict[str, _Dead] = {}
    asked = 0
    for each in history.exchanges:
        known = dead.get(each.bearer or "")
        if each.call is Operation.TOKEN:
            own.add(each.answer.get("token"))
            asked += 1
        elif known is None:
            if each.bearer is not None and each.refusal == Code.TOKEN_INVALID:
                dead[each.bearer] = _Dead(each, _FORGIVEN_OWN if each.bearer in own else _FORGIVEN_GIVEN, asked)
        elif each.refusal == Code.TOKEN_INVALID:
            if each.call is not Operation.SESSION:  # documents ask to connect again for each request of the user
                known.add(each, asked)
        elif each.succeeded and not known.shown_on:
            del dead[each.bearer or ""]  # the token was not the reason
    for known in dead.values():
        uses = known.uses
        if not known.shown_on:
            yield Kept(known.refusal)
        else:
            what = f"The token got 1001, but {quantity(len(uses), 'more call')} used it."
            yield Broken(uses[0], what, (known.refusal, *uses[:2]), since=known.refusal.last, until=uses[-1].first)


def new_token_once(history: History) -> Iterator[Observation]:
    """Check each new token that follows a 1001."""
    refusals: list[Exchange] = []
    given: list[Exchange] = []
    for each in history.exchanges:
        if each.call is Operation.TOKEN and each.succeeded and refusals:
            # A caller that is refused again and stops, uses the token once more for the user's next request before it
            # gets another.
            if given and len(refusals) == 1:
                what = "A new token got 1001 at once, and the caller requested a second one."
                proof = (given[-1], refusals[0], each)
                yield Broken(each, what, proof, since=given[-1].last, until=each.first)
            else:
                yield Kept(each)
            given, refusals = [each], []
        elif each.bearer is not None and each.refusal == Code.TOKEN_INVALID:
            refusals.append(each)
        elif each.bearer is not None and each.succeeded:
            given, refusals = [], []


def _has_attribution(exchange: Exchange) -> bool:
    return all(exchange.headers.get(name.lower(), "").strip() for name in ATTRIBUTION_HEADERS)


def blocked_export_stops(history: History) -> Iterator[Observation]:
    """Check each export that got 402."""
    blocked: Exchange | None = None
    tries: list[Exchange] = []
    looked = False
    for each in history.of(Operation.SUBMIT, Operation.STATE):
        if each.call is Operation.STATE:
            looked = True
            continue
        if blocked is not None:  # a new request of the user begins with a read of the state, and takes time
            looked = looked and not by_itself(history, tries[-1] if tries else blocked, each)
        if blocked is not None and _has_attribution(each) > _has_attribution(blocked):
            blocked, tries = None, []
        elif blocked is not None:
            tries.append(each)
            if not looked or len(tries) > _TRIES:
                lacking = "" if _has_attribution(each) else " without the attribution headers again,"
                what = f"An export got 402 and was submitted again,{lacking} {times(len(tries))}."
                yield Broken(each, what, (blocked, each), since=blocked.last, until=each.first)
                blocked, tries = None, []
                continue
        looked = False
        if each.refusal == Code.EXPORT_BLOCKED and blocked is None:
            blocked, tries = each, []
            yield Kept(each)
        elif each.succeeded:
            blocked, tries = None, []


def no_credits_stops(history: History) -> Iterator[Observation]:
    """Check each message that got 2001."""
    refused: dict[tuple[str | None, str], Exchange] = {}
    for each in history.of(Operation.MESSAGE, Operation.CREDITS, Operation.TOKEN):
        if each.call is not Operation.MESSAGE:
            available = each.answer.get("available")
            if each.call is Operation.TOKEN or (isinstance(available, int | float) and available > 0):
                refused.clear()
            continue
        words = (each.session, " ".join((each.message or "").casefold().split()))
        if (first := refused.get(words)) is not None:
            what = "A message got 2001 (too few credits), and the caller sent the same text again."
            yield Broken(each, what, (first, each), since=first.last, until=each.first)
        elif _short_of_credits(each):
            refused[words] = each
            yield Kept(each)


def _short_of_credits(message: Exchange) -> bool:
    inside = None if message.stream is None else message.stream.error_code
    return Code.INSUFFICIENT_CREDITS in (message.refusal, inside)


def refused_not_repeated(history: History) -> Iterator[Observation]:
    """Check each request that may change something and got a permanent error."""
    row: list[Exchange] = []
    for each in history.exchanges:
        if row and _content(each) == _content(row[0]):
            row.append(each)
            if each.refusal != row[0].refusal:
                row = []
                continue
            if by_itself(history, row[-2], each) or len(row) > _TRIES:
                what = f"The {each.call} call got {each.refusal} and was sent again unchanged."
                yield Broken(each, what, (row[-2], each), since=row[0].last, until=each.first)
                row = []
        elif each.call in _POSTS and each.refusal in _FINAL and not each.request_cut:
            row = [each]
            yield Kept(each)
        else:
            row = []


def _content(each: Exchange) -> tuple[object, ...]:
    """Return the content of a request; two requests with equal content are the same."""
    draft = None if each.draft is None else each.draft.digest
    return (
        each.method,
        each.path,
        each.query,
        canonical_json(each.request_body),
        draft,
        each.headers.get("x-client-id"),
    )


RULES: Final = (
    Rule(
        "dead-token-dropped",
        "A caller does not use a token again after it got 1001.",
        "warning",
        "likely",
        parse_sources("F2 1.9 §7", "F3 §7", "F5 errors"),
        "Every call is refused, and the user waits for nothing.",
        "For 1001, write: get a new token with the same X-Client-Id, put it into NEMO_TOKEN, and repeat the call.",
        dead_token_dropped,
    ),
    Rule(
        "new-token-once",
        "After 1001, a caller requests one new token; if it is refused too, the caller tells the user.",
        "warning",
        "likely",
        parse_sources("F2 1.9 §7", "F5 errors"),
        "A client gets only one token in seven days: the next request gets 429.",
        "For 1001, write: re-authenticate once, then tell the user.",
        new_token_once,
    ),
    Rule(
        "blocked-export-stops",
        "A caller does not submit an export again after 402, unless the attribution headers were missing.",
        "warning",
        "likely",
        parse_sources("F1 errors", "F2 1.9 §7", "F3 §7", "F5 errors"),
        "The export is refused again, and the user does not hear that the plan does not include exports.",
        "For 402, write: check the three headers; if they were there, tell the user to register or upgrade.",
        blocked_export_stops,
    ),
    Rule(
        "no-credits-stops",
        "A caller does not send a message again after 2001 until there are credits.",
        "warning",
        "likely",
        parse_sources("F0 credits that are short", "F2 1.9 §7", "F3 §7", "F5 errors"),
        "The message is refused again, and the user does not hear how to get credits.",
        "For 2001, write: show the registration link with ?bind=<id>, or say to top up, and wait for the user.",
        no_credits_stops,
    ),
    Rule(
        "refused-not-repeated",
        "A caller does not repeat an unchanged request after a permanent error (400, 403, 404, 1002).",
        "warning",
        "likely",
        parse_sources("F3 §6, cannot be resolved by retrying", "F5 one skill, 4xx is reported at once"),
        "The request is refused again, and the user waits.",
        "Say what each code means and what to change; tell the user everything else.",
        refused_not_repeated,
    ),
)

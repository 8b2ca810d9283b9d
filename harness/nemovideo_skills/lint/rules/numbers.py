"""Rules about numbers, and about contradictions between numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from nemovideo_contract import wire
from nemovideo_contract.reports import Level
from nemovideo_skills.lint.document import Document
from nemovideo_skills.lint.numeric_claim_patterns import Topic
from nemovideo_skills.lint.numeric_claims import NumericClaim
from nemovideo_skills.lint.rules.rule import Hit, Look, Rule, format_source

_NEVER: Final = float("inf")
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class TopicFact:
    """The facts about a topic: the contract's values, the values of other documents with their words, and the source.

    `longer_is_fine` and `shorter_is_fine` are for limits that a document may keep with a margin.
    """

    id: str
    topic: Topic
    level: Level
    sentence: str
    values: tuple[float, ...]
    holds: str
    requirement: str
    others: Mapping[float, str] = field(default_factory=dict[float, str])
    longer_is_fine: bool = False
    shorter_is_fine: bool = False
    #: The text to write, if it differs from `sentence`.
    advice: str = ""

    def accepts(self, value: float) -> bool:
        """Return whether the contract has this value too."""
        if value in self.values:
            return True
        longer = self.longer_is_fine and value > max(self.values)
        return longer or (self.shorter_is_fine and value < min(self.values))


FACTS: Final = (
    TopicFact(
        "poll-interval",
        Topic.POLL_INTERVAL,
        Level.WARNING,
        "A caller polls a render every 30 seconds.",
        (wire.POLL_INTERVAL_S,),
        "most documents poll every 30 seconds",
        "render-poll-interval",
        {10: "the vendor's reference 4.4 has 10 seconds (profile reference-4.4)"},
    ),
    TopicFact(
        "poll-limit",
        Topic.POLL_LIMIT,
        Level.WARNING,
        "A caller polls a render at most 10 times, every 30 seconds.",
        (wire.POLL_LIMIT,),
        "most documents poll at most 10 times",
        "render-poll-limit",
        {
            30: "the vendor's reference 4.4 has 30 polls of 10 seconds (profile reference-4.4)",
            20: "one skill polls for 10 minutes",
        },
    ),
    TopicFact(
        "token-lifetime",
        Topic.TOKEN_LIFETIME,
        Level.ERROR,
        "An anonymous token expires after 7 days.",
        (wire.TOKEN_LIFETIME_S / _DAY_S,),
        "an anonymous token expires after 7 days",
        "token-expiry",
        {_NEVER: "the vendor's documents 1.0 to 1.7 have tokens that do not expire (profile token_expiry=never)"},
    ),
    TopicFact(
        "free-credits",
        Topic.FREE_CREDITS,
        Level.ERROR,
        "An anonymous account begins with 100 credits.",
        (wire.ANONYMOUS_CREDITS,),
        "an anonymous account begins with 100 credits",
        "credits-initial",
    ),
    TopicFact(
        "size-limit",
        Topic.SIZE_LIMIT,
        Level.WARNING,
        "A file has at most 200 MB.",
        (wire.UPLOAD_SIZE_LIMIT / 1_000_000,),
        "documents have 200 or 500 MB, and the vendor does not give a number",
        "upload-size-limit",
        {500: "skills about video have 500 MB, those about images 200 (profile size_limit_mb=500)"},
    ),
    TopicFact(
        "stream-limit",
        Topic.STREAM_LIMIT,
        Level.WARNING,
        "A stream may take 15 minutes.",
        (wire.TURN_LIMIT_S,),
        "a stream may take 15 minutes (--max-time 900)",
        "turn-duration-max",
        {
            600: "the vendor's reference 4.4 has 10 minutes (profile stream_limit=600)",
            300: "the vendor's 4.4 gives up after 5 minutes without a record",
        },
    ),
    TopicFact(
        "heartbeats-only",
        Topic.HEARTBEATS_ONLY,
        Level.WARNING,
        "A caller gives up a stream that has only heartbeats for 10 minutes.",
        (wire.PROGRESS_LIMIT_S,),
        "10 minutes with only heartbeats are a timeout",
        "turn-heartbeats-only",
    ),
    TopicFact(
        "still-working",
        Topic.STILL_WORKING,
        Level.WARNING,
        "The agent tells the user every 2 minutes that the work continues.",
        (wire.STILL_WORKING_S,),
        "the agent should tell the user every 2 minutes that the work continues",
        "turn-still-working",
        shorter_is_fine=True,
    ),
    TopicFact(
        "tokens-per-client",
        Topic.TOKENS_PER_CLIENT,
        Level.ERROR,
        "A client gets one anonymous token in 7 days.",
        (wire.TOKENS_PER_CLIENT,),
        "a client gets one token in 7 days",
        "token-limit-client",
    ),
    TopicFact(
        "tokens-per-address",
        Topic.TOKENS_PER_ADDRESS,
        Level.ERROR,
        "An address gets ten anonymous tokens in 7 days.",
        (wire.TOKENS_PER_ADDRESS,),
        "an address gets ten tokens in 7 days",
        "token-limit-address",
    ),
    TopicFact(
        "tokens-per-hour",
        Topic.TOKENS_PER_HOUR,
        Level.ERROR,
        "Limits per hour are only in the oldest documents.",
        (),
        "an address gets ten tokens in 7 days",
        "token-limit-address",
        {wire.TOKENS_PER_ADDRESS_HOUR: "the oldest documents have 5 tokens an hour (profile token_limit=hour)"},
        advice="An address gets ten anonymous tokens in 7 days.",
    ),
    TopicFact(
        "rate-retry",
        Topic.RATE_RETRY,
        Level.WARNING,
        "After 429, a caller waits 30 seconds and retries once.",
        (30,),
        "every document waits 30 seconds and retries once",
        "code-429",
        longer_is_fine=True,
    ),
    TopicFact(
        "recovery-wait",
        Topic.RECOVERY_WAIT,
        Level.NOTE,
        "After a lost stream, a caller reads the state after 30 seconds, then every 60 seconds.",
        (wire.RECOVERY_FIRST_WAIT_S, wire.RECOVERY_NEXT_WAIT_S),
        "the vendor waits 30 seconds before the first read of the state and 60 before each later one",
        "recovery-wait",
    ),
)


def _format_claim(claim: NumericClaim) -> str:
    words = claim.words if len(claim.words) <= 60 else f"…{claim.words[-58:]}"
    return f'It says "{words}"'


def _looker(fact: TopicFact) -> Look:
    def look(document: Document) -> Iterator[Hit]:
        for claim in document.claims:
            if claim.topic is not fact.topic or fact.accepts(claim.value):
                continue
            other = fact.others.get(claim.value)
            if other is not None:
                message = f"{_format_claim(claim)}; documents disagree: {other}, and {fact.holds}."
                yield Hit(claim.offset, message, level=Level.NOTE)
            else:
                yield Hit(claim.offset, f"{_format_claim(claim)}; {fact.holds}.")

    return look


def _rule(fact: TopicFact) -> Rule:
    advice = f"Write: {fact.advice or fact.sentence}"
    return Rule(fact.id, fact.level, fact.sentence, format_source(fact.requirement), advice, "api", _looker(fact))


#: Topics with only one value in a document.
_SINGLE: Final = (
    Topic.POLL_INTERVAL,
    Topic.POLL_LIMIT,
    Topic.TOKEN_LIFETIME,
    Topic.FREE_CREDITS,
    Topic.SIZE_LIMIT,
    Topic.STREAM_LIMIT,
    Topic.HEARTBEATS_ONLY,
    Topic.TOKENS_PER_CLIENT,
    Topic.TOKENS_PER_ADDRESS,
    Topic.RATE_RETRY,
)


def _contradictions(document: Document) -> Iterator[Hit]:
    """Find topics with two values."""
    for topic in _SINGLE:
        firsts: dict[float, NumericClaim] = {}
        for claim in document.claims:
            if claim.topic is topic:
                firsts.setdefault(claim.value, claim)
        if len(firsts) > 1:
            one, *rest = sorted(firsts.values(), key=lambda each: each.offset)
            for other in rest:
                line = document.text.line_of(one.offset)
                message = f'"{other.words:.80}" contradicts "{one.words:.80}" in line {line} about {topic}.'
                yield Hit(other.offset, message)


contradiction: Final = Rule(
    "contradiction",
    Level.WARNING,
    "A document gives the same value for the same thing everywhere.",
    "the document itself",
    "Keep the correct value, and say it once.",
    "api",
    _contradictions,
)

RULES: Final = (*map(_rule, FACTS), contradiction)

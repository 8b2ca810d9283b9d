"""Find the numbers in a document: how often to poll, when a token expires, how large a file may be.

A claim is a topic with a value in one unit; `numeric_claim_patterns` has the patterns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from nemovideo_skills.lint.document_text import DocumentText, Sentence
from nemovideo_skills.lint.numeric_claim_patterns import AMOUNT, PATTERNS, RATE, Topic, ignoring_case, seconds


@dataclass(frozen=True, slots=True)
class NumericClaim:
    """A topic, its value (`float("inf")` for never), and the words and offset of the statement."""

    topic: Topic
    value: float
    words: str
    offset: int


_RECOVERY_WAIT: Final = ignoring_case(rf"\bwait (?:at least |about |another |for )?{AMOUNT}")
_RECOVERY: Final = ignoring_case(
    r"disconnect|dropp?(?:s|ed)\b|connection (?:is )?(?:lost|breaks|closes early)|stream (?:is )?(?:lost|breaks)"
    r"|断开|断线|中断"
)
#: Text that every pattern needs; most sentences don't contain any of it.
_WORTH_A_LOOK: Final = re.compile(
    r"poll|expir|valid|credit|[kmg]b\b|time-?out|max|heartbeat|every|tokens?\b|retry|wait|again"
    r"|at most|up to|longe|每|天|点|秒|分|时"
)
#: Words that deny or date the statement after them.
_DENIED: Final = ignoring_case(
    r"\b(?:never|don't|do not|must not|should not|wrong to|false to)\s+(?:ever )?"
    r"(?:write|say|claim|tell|state|promise|assume|believe|think)\b|\b(?:used to|formerly|previously)\b"
    r"|(?:不要|切勿|勿|禁止)(?:写|说|声称|告诉|假设|认为)"
)
_HEADING: Final = re.compile(r"^(?:#{1,6} |\*\*)")


#: Calls that show what a program waits for, and the waits of shells and of Python.
_CALLED: Final = ignoring_case(r"(?P<poll>(?:/api/render/proxy)?/lambda/[$<{\w])|/run_?sse|/api/\w|/latest\b")
_SLEEP: Final = re.compile(r"(?<![\w-])sleep[ (](?P<number>\d{1,4})(?![\d.mh])")
#: The largest distance in lines between a wait and its call in a loop.
_LOOP: Final = 4


def waits(lines: Sequence[str]) -> Iterator[tuple[int, re.Match[str]]]:
    """Return the waits of programs that poll a render, with their line indexes: the nearest call must be the poll."""
    slept = [(number, found) for number, line in enumerate(lines) if "sleep" in line and (found := _SLEEP.search(line))]
    for number, found in slept:
        near = sorted(
            range(max(0, number - _LOOP), min(len(lines), number + _LOOP + 1)), key=lambda at: abs(at - number)
        )
        called = next((match for at in near if (match := _CALLED.search(lines[at]))), None)
        if called is not None and called["poll"]:
            yield number, found


def wait_claims(text: DocumentText) -> Iterator[NumericClaim]:
    """Return the time between two polls in programs."""
    for number, found in waits(text.lines):
        offset = text.start_of(number + 1) + found.start("number")
        yield NumericClaim(Topic.POLL_INTERVAL, float(found["number"]), found[0].replace("(", " "), offset)


def claims(sentences: Iterable[Sentence]) -> Iterator[NumericClaim]:
    """Return the claims of sentences, in order."""
    recovering = 0  # the number of further lines that still concern a lost stream
    line = None
    for sentence in sentences:
        if sentence.line is not line:
            line = sentence.line
            if _RECOVERY.search(line):
                recovering = 6
            elif _HEADING.match(line):
                recovering = 0
            recovering -= 1
        if not _WORTH_A_LOOK.search(sentence.text.lower()):
            continue
        yield from _of_sentence(sentence)
        if recovering >= 0 and not RATE.search(sentence.line):
            for match in _RECOVERY_WAIT.finditer(sentence.text):
                yield _claim(Topic.RECOVERY_WAIT, seconds(match), match, sentence)


def _of_sentence(sentence: Sentence) -> Iterator[NumericClaim]:
    for each in PATTERNS:
        match = each.pattern.search(sentence.text)
        if match is None or (each.near and not each.near.search(sentence.text)):
            continue
        if _DENIED.search(sentence.text, 0, match.start()):
            continue
        if (each.unless and each.unless.search(sentence.text)) or (
            each.in_line and not each.in_line.search(sentence.line)
        ):
            continue
        yield _claim(each.topic, each.value(match), match, sentence)


def _claim(topic: Topic, value: float, match: re.Match[str], sentence: Sentence) -> NumericClaim:
    name = next((key for key in ("number", "number2") if key in match.re.groupindex and match[key]), None)
    at = match.start(name) if name else match.start()
    return NumericClaim(topic, value, " ".join(match[0].split()), sentence.offset + at)

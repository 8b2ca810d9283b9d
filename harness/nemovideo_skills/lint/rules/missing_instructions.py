"""Rules about missing instructions: what a skill must tell an agent to do after errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from nemovideo_contract.reports import Level
from nemovideo_contract.wire import Path
from nemovideo_skills.lint.document import Document
from nemovideo_skills.lint.languages import reads
from nemovideo_skills.lint.rules.rule import Hit, Look, Rule, format_source


@dataclass(frozen=True, slots=True)
class Remedy:
    """An instruction: its id, lower-case words by which it is found, and the text to write if it is missing."""

    id: str
    sentence: str
    said: re.Pattern[str]
    requirement: str
    missing: str
    advice: str


def _remedy(name: str, sentence: str, said: str, requirement: str, missing: str, advice: str) -> Remedy:
    return Remedy(name, sentence, re.compile(said), requirement, missing, advice)


def _code(number: int, sentence: str, missing: str, advice: str) -> Remedy:
    return _remedy(f"no-{number}", sentence, rf"(?<!\d){number}(?!\d)", f"code-{number}", missing, advice)


_NO: Final = r"(?:never|don't|do not|must not|avoid|not|without|no|勿|不要|切勿|避免)[^\w\n]{0,4}(?:\w+[^\w\n]+){0,3}?"

REMEDIES: Final = (
    _remedy(
        "no-silent-edit",
        "A skill says what to do when an edit ends without an answer.",
        r"\bno (?:response )?text\b|without (?:any |a )?(?:text|word)|silent(?:ly)? (?:edit|response|complet)"
        r"|no text response|(?:不返回|没有|无|不含|不带)(?:任何)?(?:文本|文字)|静默",
        "turn-silent-edits",
        "what to do when an edit ends without text, as about 30 % do",
        "Write: when a stream closes without text, read the state, compare it with the last one, and say what changed.",
    ),
    _remedy(
        "no-lost-stream",
        "A skill says what to do when a stream is lost.",
        r"(?<!not a )disconnect(?:s|ed|ion)?\b|(?:connection|stream) (?:is )?(?:lost|drops|dropped|breaks|broken|cut)"
        r"|dropped (?:connection|stream)|connection loss|sse (?:timeout|drop)|断开|断线|中断|断流|断连|掉线|连接丢失",
        "recovery-wait",
        "what to do when a stream is lost",
        "Write: wait 30 seconds and read the state; if unchanged, wait 60 seconds and read again, at most five times.",
    ),
    _remedy(
        "no-resend-ban",
        "A skill says: never send a message again while its work may still run.",
        _NO + r"(?:re-?send|send\w* (?:\w+ ){0,3}again|repeat(?:ing)? the message|重发|重新发送|重复发送)"
        r"|(?:勿|不要|不得|不能|不可|不应|切勿|避免|禁止)[^。！\n]{0,15}?(?:重发|重新发送|重复发送|再次发送|再发)",
        "turn-detached",
        "that a message must not be sent again while its work may still run",
        "Write: never send a message again during a turn or after a lost stream; it would do and charge it twice.",
    ),
    _remedy(
        "no-stream-timeout",
        "A skill says how long a stream may take.",
        r"time-?out|--max-time|\b15[ -]?min|\b900 ?s|超时|15 ?分钟|900 ?秒",
        "turn-duration-max",
        "how long a stream may take",
        "Write: keep the stream open for up to 15 minutes (--max-time 900); heartbeats mean that the work continues.",
    ),
    _remedy(
        "no-still-working",
        "A skill says what to tell the user while work runs.",
        r"still working|[仍还]在(?:处理|进行|工作)|every (?:2|two) min|每隔? ?[2两] ?分钟|⏳",
        "turn-still-working",
        "what to tell the user while work runs",
        'Write: every 2 minutes tell the user "Still working…".',
    ),
    _code(
        1001,
        "A skill says what to do about 1001.",
        "what to do about 1001, a bad or expired token",
        "Write: 1001: request one new anonymous token with the same X-Client-Id, then continue.",
    ),
    _code(
        1002,
        "A skill says what to do about 1002.",
        "what to do about 1002, an unknown session",
        "Write: 1002: create a new session.",
    ),
    _code(
        2001,
        "A skill says what to do about 2001.",
        "what to do about 2001, too few credits",
        "Write: 2001: stop; anonymous users register (with ?bind=<id>), registered ones top up.",
    ),
    _code(
        402,
        "A skill says what to do about 402.",
        "what to do about 402, a blocked export",
        "Write: 402: check the X-Skill headers, else register or upgrade the plan; credits do not help.",
    ),
    _code(
        429,
        "A skill says what to do about 429.",
        "what to do about 429, too many tokens",
        "Write: 429: wait 30 seconds and retry once, then tell the user.",
    ),
)  # fmt: skip


def _looker(remedy: Remedy) -> Look:
    def look(document: Document) -> Iterator[Hit]:
        # Numbers are checked in every language, words are not.
        is_readable = remedy.id.removeprefix("no-").isdigit() or reads(document.whole)
        if is_readable and remedy.said.search(document.lowered) is None:
            first = next(
                (call for call in document.calls if call.endpoint and call.endpoint.path is Path.RUN_SSE), None
            )
            yield Hit(first.offset if first else 0, f"It does not say {remedy.missing}.")

    return look


def _rule(remedy: Remedy) -> Rule:
    source = format_source(remedy.requirement)
    return Rule(remedy.id, Level.NOTE, remedy.sentence, source, remedy.advice, "turns", _looker(remedy))


def _language_unread(document: Document) -> Iterator[Hit]:
    """Find documents in another language, whose words can't be checked."""
    if not reads(document.whole):
        yield Hit(0, "It is neither in English nor in Chinese, so its text about recovery was not checked.")


language_unread: Final = Rule(
    "language-unread",
    Level.NOTE,
    "The check reads the text of a document only in English and in Chinese.",
    "the check itself",
    "Calls, headers, bodies and codes were checked; read the rest against the rules yourself.",
    "turns",
    _language_unread,
)

RULES: Final = (*map(_rule, REMEDIES), language_unread)

"""Rules about claims in sentences: what exports cost, what anonymous tokens may do, how to continue after a break."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from nemovideo_contract.reports import Level
from nemovideo_contract.wire import ANONYMOUS_SCOPES
from nemovideo_skills.lint.document import Document
from nemovideo_skills.lint.rules.rule import Hit, format_source, rule

_EXPORT_COST: Final = re.compile(
    r"\b(?:exports?|exporting|renders?|rendering)\b[^.|\n;]{0,30}?\b(?:costs?|consumes?|uses?|charges?|deducts?|takes?)\b"
    r"[^.|\n;]{0,20}?\bcredits?\b"
    r"|(?:导出|渲染)[^。|\n；，]{0,10}(?:消耗|花费|扣除?|收取|需要?)[约大概 \d~-]{0,10}[个点]?积分",
    re.IGNORECASE,
)
_MONEY: Final = re.compile(r"credit|free|积分|免费", re.IGNORECASE)
_NOT_FREE: Final = re.compile(
    r"\b(?:exports?|exporting|renders?|rendering)\b[^.|\n;,]{0,15}\b(?:(?:is|are) (?:not|never)|isn't|aren't) free\b"
    r"(?![- ](?:form|text|of))"
    r"|(?:导出|渲染)[^。|\n；，]{0,4}(?:不是|并非|不)免费",
    re.IGNORECASE,
)
_FREE: Final = re.compile(r"\b(?:not|never|no|n't|free|0|without|zero)\b|n't\b|免费|不", re.IGNORECASE)


@rule(
    "export-cost",
    Level.ERROR,
    "An export costs no credits.",
    format_source("credits-export"),
    "Write that exports are free.",
)
def export_cost(document: Document) -> Iterator[Hit]:
    """Find statements that an export costs credits."""
    is_named = any(word in document.lowered for word in ("export", "render", "导出", "渲染"))
    for sentence in document.sentences if is_named else ():
        # A quick test first, because few sentences are about money and the search is slow.
        if not _MONEY.search(sentence.text):
            continue
        costs = _EXPORT_COST.search(sentence.text)
        found = _NOT_FREE.search(sentence.text) or (None if _FREE.search(sentence.text) else costs)
        if found is not None:
            yield Hit(sentence.offset + found.start(), f'It says "{found[0]}"; exports cost nothing.')


_SCOPES: Final = re.compile(
    r"anonymous tokens? (?:always |only )?(?:have|has|get)\b(?P<list>[^.\n|]{0,80})", re.IGNORECASE
)


@rule(
    "anonymous-scopes",
    Level.NOTE,
    "An anonymous token has the scopes read, write and upload.",
    format_source("token-scopes"),
    "Write that they have `read`, `write` and `upload`, and that exports work with them too.",
)
def anonymous_scopes(document: Document) -> Iterator[Hit]:
    """Find statements that anonymous tokens have all scopes, or the render scope."""
    for found in _SCOPES.finditer(document.whole):
        said = set(re.findall(r"[a-z]+|\*(?!\*)", found["list"].replace("**", "")))
        if "`*`" in found["list"] or ("render" in said and said & set(ANONYMOUS_SCOPES)):
            message = (
                "It gives anonymous tokens more than read, write and upload; documents disagree: those before 1.8 have"
                " all scopes, from 1.8 on these three."
            )
            yield Hit(found.start("list"), message)


_NOT: Final = re.compile(r"\b(?:not|never|n't|no longer)\b|不在", re.IGNORECASE)
_RESUME: Final = re.compile(r"Last-Event-ID", re.IGNORECASE)


@rule(
    "stream-resume",
    Level.NOTE,
    "A caller can't resume a stream: the state shows what the turn has done.",
    f"{format_source('turn-not-resumed')}; {format_source('recovery-wait')}",
    "Wait 30 seconds, read the state, and never send the message again.",
)
def stream_resume(document: Document) -> Iterator[Hit]:
    """Find Last-Event-ID as a way to resume a stream."""
    for sentence in document.sentences if "last-event-id" in document.lowered else ():
        found = _RESUME.search(sentence.text)
        if found is not None and not _NOT.search(sentence.text):
            message = "It resumes a stream with Last-Event-ID; the vendor reads the state instead."
            yield Hit(sentence.offset + found.start(), message)


_RESEND: Final = re.compile(
    r"\b(?:re-?send|send (?:it|(?:the|your) (?:same )?(?:message|request|prompt)) again"
    r"|re-?submit (?:the|your) (?:message|prompt)|retry the (?:same )?(?:message|prompt)"
    r"|repeat the (?:message|request|prompt))\b|重新发送|重发",
    re.IGNORECASE,
)
#: Only a message must not be repeated. A "request" means a message if the same sentence names the stream.
_RESEND_REQUEST: Final = re.compile(
    r"(?:\bstream|\bSSE\b|run_?sse)[^.|\n]{0,60}?(?P<words>\bretry the (?:same )?(?:request|call)\b)", re.IGNORECASE
)
_RESEND_CONTEXT: Final = re.compile(r"stream|SSE|disconnect|time-?out|drop|heartbeat|connection|断|超时", re.IGNORECASE)
_RESEND_NOT: Final = re.compile(
    r"\b(?:never|not|n't|avoid|without|no|only|unchanged|offer|asks?|agrees?|confirms?)\b|n't\b|勿|避免|禁止|不",
    re.IGNORECASE,
)


@rule(
    "resend-advised",
    Level.WARNING,
    "A caller never sends a message again because its stream broke: the work continues, and would cost credits twice.",
    f"{format_source('turn-detached')}; {format_source('recovery-wait')}",
    "Wait 30 seconds, read the state, and report what changed.",
)
def resend_advised(document: Document) -> Iterator[Hit]:
    """Find advice to send a message again after a broken stream."""
    is_worth_it = _RESEND.search(document.lowered) or _RESEND_REQUEST.search(document.lowered)
    for sentence in document.sentences if is_worth_it else ():
        found = _RESEND.search(sentence.text) or _RESEND_REQUEST.search(sentence.text)
        # The sentence above a list says what its steps are about.
        around = document.whole[max(0, sentence.offset - 200) : sentence.offset] + sentence.line
        if found and _RESEND_CONTEXT.search(around) and not _RESEND_NOT.search(sentence.text):
            words = found["words"] if found.re is _RESEND_REQUEST else found[0]
            message = f'It says "{words}" about a message whose stream broke; the work would be done and charged twice.'
            yield Hit(sentence.offset + found.start(), message)


RULES = (export_cost, anonymous_scopes, stream_resume, resend_advised)

"""Decides whether the service has refused a message or may have accepted it, and so whether it may be sent again.

The two mistakes differ in cost. If an accepted message counts as refused, it is sent and paid twice. If a refused
message counts as accepted, the search for its work takes a minute or two. So a message counts as refused only if the
documents, or HTTP itself, say that no work began:

- nothing was sent, or no connection was made;
- a JSON response with a documented code, unless its HTTP status is that of a gateway that stopped waiting for the
  service;
- an HTTP 4xx with a documented status or a JSON object, except 408 and 499, which report a wait that was too long;
- in a stream without any text or work: no credits, no permission, a plan that does not allow it, or a busy session.

An unknown code, a 5xx, or an invalid response may come from a gateway while the service works. The same is true of
1001, 1002 and 429 inside a stream, because the stream begins after the service has accepted the message.
"""

from __future__ import annotations

import re
from typing import Final

from nemovideo_client.errors import (
    ERRORS,
    GAVE_UP,
    ApiError,
    ConnectionFailed,
    ExportBlocked,
    InsufficientCredits,
    MissingScope,
    MisuseError,
    NemoError,
    SessionBusy,
    SessionNotFound,
    TokenInvalid,
)
from nemovideo_client.json_reading import mapping
from nemovideo_contract import wire

#: How many times the state is read, each after a wait, if the service reported a failure. Source: the skill `whisk`.
READS_AFTER_FAILURE: Final = 2
_UNAUTHORIZED: Final = 401
_SETTLED_IN_STREAM: Final = (InsufficientCredits, ExportBlocked, MissingScope, SessionBusy)
_LOOK_FIRST: Final = "The service reported a failure but may still work: read the state before you send this again."
_NOTHING_TO_READ: Final = "The service reported a failure, and it has no state that shows what it did until then."


def is_turned_away(error: NemoError) -> bool:
    """Return whether the service has surely not accepted the message that this error answered."""
    if not isinstance(error, ApiError):
        return isinstance(error, ConnectionFailed | MisuseError)
    if error.status in GAVE_UP:
        return False
    if error.code in ERRORS:
        return True
    status = error.status or 0
    if not 400 <= status < 500:
        return False
    return status in ERRORS or status == _UNAUTHORIZED or mapping(error.body) is not None


def is_settled(error: ApiError) -> bool:
    """Return whether an error inside a stream means that no work goes on."""
    return isinstance(error, _SETTLED_IN_STREAM)


def reads_after(error: NemoError) -> int:
    """Return how many times to read the state after an error, to look for the work."""
    said = isinstance(error, ApiError) and error.status not in GAVE_UP
    return READS_AFTER_FAILURE if said else wire.RECOVERY_READS


def open_ended(error: NemoError, *, has_state: bool) -> NemoError:
    """Return the error, with advice for work that may go on; a plain agent server has no state to read."""
    knows = isinstance(error, (*_SETTLED_IN_STREAM, TokenInvalid, SessionNotFound))
    if isinstance(error, ApiError) and error.hint is None and not knows:
        error.hint = _LOOK_FIRST if has_state else _NOTHING_TO_READ
    return error


# --- announcements ----------------------------------------------------------------------------------------------------

_SENTENCE: Final = re.compile(r"[^.!?…。！？\n]+[.!?…。！？]*")
_OPENING: Final = (
    r"(?:(?:ok(?:ay)?|sure(?: thing)?|great|got it|al(?:l )?right|certainly|of course|perfect|absolutely"
    r"|understood|now|first)\b[\s,!:;—-]*)*"
)
_WORK: Final = (
    r"(?:generat|creat|mak|build|put|assembl|add|chang|edit|updat|trim|cut|appl|start|begin|get started|render|compos"
    r"|produc|process|prepar|adjust|replac|remov|fix|set|turn|work|do)"
)
#: Words between "I'll" and the work, except a denial, or an offer as in "let me know".
_BETWEEN: Final = r"(?:(?!(?:not|never|only|always|know|gladly|happily)\b)\w+\s+){0,2}?"
#: A kind of thing, not one thing: "I'll make videos" describes a task, it does not begin one.
_KIND: Final = r"(?!\w*\s+(?:(?!your|the|these|both|all|two|three)[a-z]+\s+)?(?:videos|clips|reels|slideshows|films)\b)"
_OBJECT: Final = r"(?:on\s+)?(?:it|this|that|them|your|the|an?|\d+)\b"
#: Verbs after which "Creating a clip …" is only the subject of a sentence.
_FINITE: Final = (
    r"\b(?:is|are|was|were|would|could|can|will|may|might|should|does|takes|costs|needs|helps|makes|works|requires"
    r"|failed|looks)\b"
)
_WORK_ZH: Final = r"(?:生成|制作|合成|修改|处理|添加|剪辑|渲染|创建|调整)"
_THING_ZH: Final = r"(?:视频|短片|影片|片子|画面|音乐|字幕|标题|素材)"
_ANNOUNCES: Final = re.compile(
    rf"\s*{_OPENING}(?:(?:I['’]ll|I will|I['’]m going to|I am going to|let me)\s+{_BETWEEN}(?!know\b){_WORK}{_KIND}"
    rf"|I(?:['’]m| am) (?:now )?{_WORK}\w*ing\b{_KIND}|{_WORK}\w*ing\s+{_OBJECT}(?!.*{_FINITE})"
    r"|this (?:may|might|will|can|should) take\s+(?:(?:up to|about|around|just|only)\s+)*"
    r"(?:an?\s+(?:few|couple|while|moment|minute|bit|second|little)|some time|several|\d+|one|two|three|five)\b)"
    rf"|\s*(?:好的?|没问题|收到|明白了?)?[，,、\s]*(?:我(?:会?(?:现在|这就|马上|立即|立刻)|先|来|将|正在)|正在|现在开始|马上|开始)"
    rf".{{0,40}}{_WORK_ZH}(?!前|之前|后)"
    rf"|\s*(?:[您你]的)?{_THING_ZH}(?:正在)?{_WORK_ZH}中(?=[，,。.…!！~～\s]|\Z)"
    r"|\s*(?:这)?可能需要.{0,6}(?:分钟|秒)|\s*请?稍(?:候|等)",
    re.IGNORECASE,
)
_CONDITION: Final = re.compile(
    r"[?？]|\b(?:if|once|when|unless|after|before|as soon as)\b|如果|吗|之后|请先|等你|告诉我", re.IGNORECASE
)


def announces(text: str) -> bool:
    """Return whether the last sentence says that work begins now.

    A stream that ends there is incomplete.
    """
    sentences = [found.group() for found in _SENTENCE.finditer(text) if found.group().strip()]
    return bool(sentences and _ANNOUNCES.match(sentences[-1]) and not _CONDITION.search(sentences[-1]))

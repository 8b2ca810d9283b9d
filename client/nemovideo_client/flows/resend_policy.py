"""Whether a message was turned away, or may have been taken: what decides if anybody may send it again.

By cost: a message that is taken for refused is sent again and paid twice; one that is looked for in vain costs a minute
or two. So refused is only what the documents, or what HTTP itself, say is refused before any work:

- nothing was sent, or no connection came to be;
- a JSON answer with a documented code, unless its HTTP status is that of a gateway which gave up on the service;
- an HTTP 4xx with a documented status or a JSON object, but 408 and 499, which tell of waiting in vain;
- in a stream, with nothing said or done in it: no credits, no permission, a plan that doesn't allow it, a session at
  work.

An unknown code, a 5xx, an answer that is no answer: all of them may come from something that stands before a service
which is at work. So may 1001, 1002 and 429 inside a stream, for a stream begins when the message has been taken.
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

#: Reads of the state, each after a wait, where the service said that it failed. Source: the skill `whisk`.
READS_AFTER_FAILURE: Final = 2
_UNAUTHORIZED: Final = 401
_SETTLED_IN_STREAM: Final = (InsufficientCredits, ExportBlocked, MissingScope, SessionBusy)
_LOOK_FIRST: Final = (
    "The service reported a failure and may be at work all the same: look at the state before you send this again."
)


def is_turned_away(error: NemoError) -> bool:
    """Whether the message that this answered has surely not been taken."""
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
    """Whether an error inside a stream says that no work goes on."""
    return isinstance(error, _SETTLED_IN_STREAM)


def reads_after(error: NemoError) -> int:
    """How often to look for work of which an answer only says that it failed."""
    said = isinstance(error, ApiError) and error.status not in GAVE_UP
    return READS_AFTER_FAILURE if said else wire.RECOVERY_READS


def open_ended(error: NemoError) -> NemoError:
    """The error, with advice that fits work which may go on."""
    knows = isinstance(error, (*_SETTLED_IN_STREAM, TokenInvalid, SessionNotFound))
    if isinstance(error, ApiError) and error.hint is None and not knows:
        error.hint = _LOOK_FIRST
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
#: What stands between "I'll" and the work, but no denial, and no offer as in "let me know".
_BETWEEN: Final = r"(?:(?!(?:not|never|only|always|know|gladly|happily)\b)\w+\s+){0,2}?"
#: A kind of thing rather than a thing: "I'll make videos" tells what somebody is there for.
_KIND: Final = r"(?!\w*\s+(?:(?!your|the|these|both|all|two|three)[a-z]+\s+)?(?:videos|clips|reels|slideshows|films)\b)"
_OBJECT: Final = r"(?:on\s+)?(?:it|this|that|them|your|the|an?|\d+)\b"
#: Verbs that make of "Creating a clip …" the subject of a sentence.
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
    """Whether the last sentence says that work begins now, so that a stream which ends there can't be whole."""
    sentences = [found.group() for found in _SENTENCE.finditer(text) if found.group().strip()]
    return bool(sentences and _ANNOUNCES.match(sentences[-1]) and not _CONDITION.search(sentences[-1]))

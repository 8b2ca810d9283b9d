"""What a document says in numbers: how often to poll, when a token ends, how large a file may be.

A claim is a topic with a value in one unit. The patterns look at one sentence or cell at a time, and each names words
that must be near it and words that make it something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from nemovideo_harness.documents.text import Sentence


class Topic(StrEnum):
    """What a claim is about; the value is how a message names it."""

    #: Seconds.
    POLL_INTERVAL = "the time between two polls"
    POLL_LIMIT = "the number of polls"
    #: Days.
    TOKEN_LIFETIME = "the life of an anonymous token"  # noqa: S105 -- a topic, not a secret
    FREE_CREDITS = "the free credits"
    #: Megabytes.
    SIZE_LIMIT = "the largest upload"
    #: Seconds.
    STREAM_LIMIT = "the longest stream"
    #: Seconds.
    HEARTBEATS_ONLY = "the longest time of heartbeats alone"
    #: Seconds.
    STILL_WORKING = "the time between two signs of life to the user"
    #: In seven days.
    TOKENS_PER_CLIENT = "the tokens of a client"
    #: In seven days.
    TOKENS_PER_ADDRESS = "the tokens of an address"
    TOKENS_PER_HOUR = "the tokens of an address and hour"
    #: Seconds.
    RATE_RETRY = "the wait after 429"
    #: Seconds.
    RECOVERY_WAIT = "the wait after a lost stream"


@dataclass(frozen=True, slots=True)
class Claim:
    """A topic, its value (`float("inf")` for never), and where it is said in what words."""

    topic: Topic
    value: float
    words: str
    offset: int


@dataclass(frozen=True, slots=True)
class _Pattern:
    """How one topic is spoken of.

    `near` must be found in the sentence and `in_line` in its line, `unless` must not be found in the sentence; `value`
    reads a match.
    """

    topic: Topic
    pattern: re.Pattern[str]
    value: Callable[[re.Match[str]], float]
    near: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None
    in_line: re.Pattern[str] | None = None


_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "秒": 1, "分": 60, "小": 3600, "天": 86400}
_UNIT: Final = (
    r"(?P<unit>s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|weeks?|秒|分钟|小时|天)(?![A-Za-z])"
)
#: A number with a unit; the second, for the other order of words, has other names, as one expression must.
_AMOUNT: Final = rf"(?<![\d.])(?P<number>\d{{1,6}})[ -]?{_UNIT}"
_OTHER: Final = _AMOUNT.replace("<number>", "<number2>").replace("<unit>", "<unit2>")


def _re(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _group(match: re.Match[str], name: str) -> str:
    """What a group matched, in the pattern's first alternative or in its second."""
    found = match[name]
    return str(match[f"{name}2"]) if found is None else str(found)


def _number(match: re.Match[str]) -> float:
    return float(_group(match, "number"))


def _seconds(match: re.Match[str]) -> float:
    return _number(match) * _SECONDS[_group(match, "unit")[0].lower()]


def _days(match: re.Match[str]) -> float:
    return _seconds(match) / 86400


def _megabytes(match: re.Match[str]) -> float:
    return _number(match) * {"k": 0.001, "m": 1, "g": 1000}[match["unit"][0].lower()]


def _never(match: re.Match[str]) -> float:
    del match
    return float("inf")


_RENDER: Final = _re(r"render|export|lambda|status|poll|completed|渲染|导出|轮询")
_STREAM: Final = _re(r"run_?sse|\bSSE\b|stream|message|heartbeat|max-time|流|消息|最大超时")
_TOKEN: Final = _re(r"token|令牌|\bcredits\b")
_OTHER_LIVES: Final = _re(
    r"claim|manual|permanent|personal|registered|\burl\b|link|download|output|session|render|cach"
    r"|per (?:client|ip)|/client|per \d|每人|链接"
)
_RATE: Final = _re(r"\b429\b|\brate[- ]?limit|too many|频率|速率")
_FILE: Final = _re(r"file|upload|size|over|文件|上传")
_OTHER_SIZES: Final = _re(r"music|audio|output|bitrate|mbps|render|download|per minute|音乐|导出")
_OTHER_CREDITS: Final = _re(
    r"cost|per clip|generation|\bedit|render|export|registe|\bif\b|below|less|fewer|left|remain|\bmore\b"
)
_SIZE: Final = r"(?<![\d.])(?P<number>\d{1,5}) ?(?P<unit>[KMG])B\b"
_TOKENS: Final = r"(?<![\d.])(?P<number>\d{1,4}) ?(?:anonymous )?tokens? ?"
_PER: Final = r"(?:per|/|every|in|within|an?) ?"
_WEEK: Final = r"(?:7[ -]days?|week)"
_ADDRESS: Final = r"(?:IP|address)(?:es)? ?(?:address )?"

#: In the order in which they are tried; more than one may find something in a sentence.
_PATTERNS: Final = (
    _Pattern(
        Topic.POLL_INTERVAL,
        _re(rf"poll\w*\b[^|]{{0,90}}?\bevery {_AMOUNT}|每 ?{_OTHER}[^|]{{0,4}}轮询"),
        _seconds,
        near=_RENDER,
        unless=_re(r"\bstate\b|credits|still working"),
    ),
    _Pattern(
        Topic.POLL_LIMIT,
        _re(
            r"\bmax(?:imum)?(?: of)? (?P<number>\d{1,4}) (?:polls|attempts|tries|times|requests)\b"
            r"|\b(?:up to|at most) (?P<number2>\d{1,4}) polls\b"
        ),
        _number,
        near=_re(r"poll"),
    ),
    _Pattern(
        Topic.TOKEN_LIFETIME,
        _re(rf"(?:expir\w*|valid)\b[^|\d]{{0,25}}?{_AMOUNT}"),
        _days,
        near=_TOKEN,
        unless=_OTHER_LIVES,
    ),
    _Pattern(
        Topic.TOKEN_LIFETIME,
        _re(rf"{_AMOUNT}[ -]*(?:expir\w*|validity|lifetime|有效期|后过期)|有效期 ?{_OTHER}"),
        _days,
        near=_TOKEN,
        unless=_OTHER_LIVES,
    ),
    _Pattern(
        Topic.TOKEN_LIFETIME,
        _re(r"\b(?:does not|doesn't|do not|don't|never) expires?\b"),
        _never,
        near=_TOKEN,
        unless=_OTHER_LIVES,
    ),
    _Pattern(Topic.FREE_CREDITS, _re(r"(?<![\d.,~-])(?P<number>\d{1,6}) (?:free|trial|starter) credits\b"), _number),
    _Pattern(
        Topic.FREE_CREDITS,
        _re(
            r"(?:free trial|anonymous|trial|试用|令牌|token)[^|\d]{0,40}?"
            r"(?:[(（]|积分|\b(?:with|gets?|gives?|receives?|includes?|grants?)(?: you)?)"
            r" ?(?P<number>\d{1,6})[ -]*(?:credits\b|点|积分)"
        ),
        _number,
        unless=_OTHER_CREDITS,
    ),
    _Pattern(
        Topic.FREE_CREDITS,
        _re(r'"credits" ?: ?(?P<number>\d{1,6})'),
        _number,
        unless=_re(r"available|frozen"),
        # In the answer to the anonymous token's call, on one line or on many.
        in_line=_re(r'^\s*"credits"|token'),
    ),
    _Pattern(
        Topic.SIZE_LIMIT,
        _re(
            r"(?:max\w*|largest|biggest|limit\w*|cap|up to|over|exceed\w*|larger than|reject|[>≤<]|最大|上限|超过)"
            rf"[^|\d]{{0,40}}?{_SIZE}"
        ),
        _megabytes,
        near=_FILE,
        unless=_OTHER_SIZES,
    ),
    _Pattern(
        Topic.SIZE_LIMIT,
        _re(rf"{_SIZE} (?:max\w*|limit|cap|file|per file|each|upload)"),
        _megabytes,
        near=_FILE,
        unless=_OTHER_SIZES,
    ),
    _Pattern(Topic.STREAM_LIMIT, _re(r"--max-time[ =](?P<number>\d{1,6})\b"), _number, in_line=_STREAM),
    _Pattern(
        Topic.STREAM_LIMIT,
        _re(rf"(?:time-?out|超时时间|最大超时|超时)[^|\d]{{0,20}}?{_AMOUNT}"),
        _seconds,
        in_line=_STREAM,
        unless=_re(r"heartbeat|poll|claim|connect|心跳|render|export"),
    ),
    _Pattern(
        Topic.HEARTBEATS_ONLY,
        _re(rf"{_AMOUNT}(?= (?:of )?(?:only )?heartbeats?\b)|heartbeats?[- ]only (?:for )?{_OTHER}"),
        _seconds,
        unless=_re(r"\bevery\b|interval|\beach\b|每"),
    ),
    _Pattern(
        Topic.STILL_WORKING,
        _re(rf"every {_AMOUNT}|每 ?{_OTHER}"),
        _seconds,
        in_line=_re(r"still working|仍在处理|⏳"),
        unless=_re(r"poll|轮询"),
    ),
    _Pattern(
        Topic.TOKENS_PER_CLIENT,
        _re(rf"{_TOKENS}(?:per|/|an?) ?(?:each )?client(?: id)? ?{_PER}{_WEEK}"),
        _number,
    ),
    _Pattern(Topic.TOKENS_PER_ADDRESS, _re(rf"{_TOKENS}{_PER}{_WEEK} ?{_PER}{_ADDRESS}"), _number),
    _Pattern(Topic.TOKENS_PER_ADDRESS, _re(rf"{_TOKENS}(?:per|/|an?) ?{_ADDRESS}{_PER}{_WEEK}"), _number),
    _Pattern(Topic.TOKENS_PER_HOUR, _re(rf"{_TOKENS}(?:per|/|an?) ?{_ADDRESS}(?:and )?(?:{_PER})?hour"), _number),
    _Pattern(
        Topic.RATE_RETRY,
        _re(rf"(?:retry|wait|try again)[^|\d]{{0,25}}?{_AMOUNT}|{_OTHER}后重试"),
        _seconds,
        in_line=_RATE,
        unless=_re(r"\b1001\b|expire|state"),
    ),
)

_RECOVERY_WAIT: Final = _re(rf"\bwait (?:at least |about |another |for )?{_AMOUNT}")
_RECOVERY: Final = _re(
    r"disconnect|dropp?(?:s|ed)\b|connection (?:is )?(?:lost|breaks|closes early)|stream (?:is )?(?:lost|breaks)"
    r"|断开|断线|中断"
)
#: What every pattern needs: most sentences have none of it.
_WORTH_A_LOOK: Final = re.compile(
    r"poll|expir|valid|credit|[kmg]b\b|time-?out|max|heartbeat|every|tokens?\b|retry|wait|again|每|天|点|秒|分|时"
)
_HEADING: Final = re.compile(r"^(?:#{1,6} |\*\*)")


def claims(sentences: Iterable[Sentence]) -> Iterator[Claim]:
    """The claims of a document's sentences, in their order."""
    recovering = 0  # lines for which the text still speaks of a lost stream
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
        if recovering >= 0 and not _RATE.search(sentence.line):
            for match in _RECOVERY_WAIT.finditer(sentence.text):
                yield _claim(Topic.RECOVERY_WAIT, _seconds(match), match, sentence)


def _of_sentence(sentence: Sentence) -> Iterator[Claim]:
    for each in _PATTERNS:
        match = each.pattern.search(sentence.text)
        if match is None or (each.near and not each.near.search(sentence.text)):
            continue
        if (each.unless and each.unless.search(sentence.text)) or (
            each.in_line and not each.in_line.search(sentence.line)
        ):
            continue
        yield _claim(each.topic, each.value(match), match, sentence)


def _claim(topic: Topic, value: float, match: re.Match[str], sentence: Sentence) -> Claim:
    name = next((key for key in ("number", "number2") if key in match.re.groupindex and match[key]), None)
    at = match.start(name) if name else match.start()
    return Claim(topic, value, " ".join(match[0].split()), sentence.offset + at)

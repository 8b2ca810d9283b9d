"""The patterns by which documents state numbers: a topic, its pattern, and the function that reads the value.

A pattern looks at one sentence or table cell at a time. It also names words that must be near a match, and words that
give a match another meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Topic(StrEnum):
    """The topic of a claim; the value is its name in a message."""

    #: In seconds.
    POLL_INTERVAL = "the time between two polls"
    POLL_LIMIT = "the number of polls"
    #: In days.
    TOKEN_LIFETIME = "the lifetime of an anonymous token"  # noqa: S105 -- a topic, not a secret
    FREE_CREDITS = "the free credits"
    #: In megabytes.
    SIZE_LIMIT = "the largest upload"
    #: In seconds.
    STREAM_LIMIT = "the longest stream"
    #: In seconds.
    HEARTBEATS_ONLY = "the longest time with only heartbeats"
    #: In seconds.
    STILL_WORKING = "the time between two status messages to the user"
    #: Per seven days.
    TOKENS_PER_CLIENT = "the tokens of a client"
    #: Per seven days.
    TOKENS_PER_ADDRESS = "the tokens of an address"
    TOKENS_PER_HOUR = "the tokens of an address in an hour"
    #: In seconds.
    RATE_RETRY = "the wait after 429"
    #: In seconds.
    RECOVERY_WAIT = "the wait after a lost stream"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern for one topic.

    `near` must match the sentence and `in_line` its line, and `unless` must not match the sentence. `value` returns the
    number of a match.
    """

    topic: Topic
    pattern: re.Pattern[str]
    value: Callable[[re.Match[str]], float]
    near: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None
    in_line: re.Pattern[str] | None = None


_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "秒": 1, "分": 60, "小": 3600, "天": 86400}
_UNIT: Final = (
    r"(?P<unit>s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:eeks?)?|秒|分钟|小时|天)"
    r"(?![A-Za-z])"
)
_WORDS: Final = {
    word: number
    for number, word in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), 1)
} | {"fifteen": 15, "twenty": 20, "thirty": 30, "sixty": 60, "ninety": 90}
#: A number with a unit.
AMOUNT: Final = rf"(?<![\d.])(?P<number>\d{{1,6}}|(?<![A-Za-z])(?:{'|'.join(_WORDS)}))[ -]?{_UNIT}"
#: The same as `AMOUNT` with other names of its groups, for patterns that contain a number in two alternatives.
_OTHER: Final = AMOUNT.replace("<number>", "<number2>").replace("<unit>", "<unit2>")


def ignoring_case(pattern: str) -> re.Pattern[str]:
    """Compile a pattern that ignores case."""
    return re.compile(pattern, re.IGNORECASE)


def _group(match: re.Match[str], name: str) -> str:
    """Return the text of a group, from the pattern's first or second alternative."""
    found = match[name]
    return str(match[f"{name}2"]) if found is None else str(found)


def _number(match: re.Match[str]) -> float:
    written = _group(match, "number").lower()
    return float(_WORDS.get(written) or written)


def seconds(match: re.Match[str]) -> float:
    """Return the seconds in a match of `AMOUNT`."""
    return _number(match) * _SECONDS[_group(match, "unit")[0].lower()]


def _days(match: re.Match[str]) -> float:
    return seconds(match) / 86400


def _megabytes(match: re.Match[str]) -> float:
    return _number(match) * {"k": 0.001, "m": 1, "g": 1000}[match["unit"][0].lower()]


def _one(match: re.Match[str]) -> float:
    del match
    return 1


def _never(match: re.Match[str]) -> float:
    del match
    return float("inf")


_RENDER: Final = ignoring_case(r"render|export|lambda|status|poll|completed|渲染|导出|轮询")
_NO_RENDER_POLL: Final = ignoring_case(r"\bstate\b|credits|still working")
_STREAM: Final = ignoring_case(r"run_?sse|\bSSE\b|stream|message|heartbeat|max-time|流|消息|最大超时")
_TOKEN: Final = ignoring_case(r"token|令牌|\bcredits\b")
_OTHER_LIVES: Final = ignoring_case(
    r"claim|manual|permanent|personal|registered|\burl\b|link|download|output|session|render|cach"
    r"|per (?:client|ip)|/client|per \d|每人|链接"
)
RATE: Final = ignoring_case(r"\b429\b|\brate[- ]?limit|too many|频率|速率")
_FILE: Final = ignoring_case(r"file|upload|size|over|文件|上传")
_OTHER_SIZES: Final = ignoring_case(
    r"\btypical|\baverage|for example|music|audio|output|bitrate|mbps|render|download|per minute|音乐|导出"
)
_OTHER_CREDITS: Final = ignoring_case(
    r"cost|per clip|generation|\bedit|render|export|registe|\bif\b|below|less|fewer|left|remain|\bmore\b"
)
_SIZE: Final = r"(?<![\d.])(?P<number>\d{1,5}) ?(?P<unit>[KMG])B\b"
_TOKENS: Final = r"(?<![\d.])(?P<number>\d{1,4}) ?(?:anonymous )?tokens? ?"
_PER: Final = r"(?:per|/|every|in|within|an?) ?"
_WEEK: Final = r"(?:7[ -]days?|week)"
_ADDRESS: Final = r"(?:IP|address)(?:es)? ?(?:address )?"

#: In the order in which they are tried; several may match one sentence.
PATTERNS: Final = (
    Pattern(
        Topic.POLL_INTERVAL,
        ignoring_case(rf"poll\w*\b[^|]{{0,90}}?\b(?:every|each) {AMOUNT}|每隔? ?{_OTHER}[^|]{{0,4}}轮询"),
        seconds,
        near=_RENDER,
        unless=_NO_RENDER_POLL,
    ),
    Pattern(
        Topic.POLL_INTERVAL,
        ignoring_case(
            rf"poll\w*\b[^|]{{0,60}}?\b(?:at|with|in|using) (?:an? )?{AMOUNT}[ -]?intervals?\b"
            rf"|轮询[^|。\d]{{0,20}}?(?:每隔?|间隔) ?{_OTHER}"
        ),
        seconds,
        near=_RENDER,
        unless=_NO_RENDER_POLL,
    ),
    Pattern(
        Topic.POLL_INTERVAL,
        ignoring_case(r"poll\w*\b[^|]{0,90}?\b(?:every|each|once a|once per) second\b"),
        _one,
        near=_RENDER,
        unless=_NO_RENDER_POLL,
    ),
    Pattern(
        Topic.POLL_LIMIT,
        ignoring_case(
            r"\bmax(?:imum)?(?: of)? (?P<number>\d{1,4}) (?:polls|attempts|tries|times|requests)\b"
            r"|\b(?:up to|at most) (?P<number2>\d{1,4}) polls\b"
        ),
        _number,
        near=ignoring_case(r"poll"),
    ),
    Pattern(
        Topic.TOKEN_LIFETIME,
        ignoring_case(
            rf"(?:expir\w*|valid)\b[^|\d]{{0,25}}?{AMOUNT}"
            rf"|\btokens?\b[^|\d,;]{{0,15}}?\b(?:good for|lives?|lasts?|lifetime)\b[^|\d,;]{{0,8}}?{_OTHER}"
        ),
        _days,
        near=_TOKEN,
        unless=_OTHER_LIVES,
    ),
    Pattern(
        Topic.TOKEN_LIFETIME,
        ignoring_case(rf"{AMOUNT}[ -]*(?:expir\w*|validity|lifetime|有效期|后过期)|有效期[为是：:]? ?{_OTHER}"),
        _days,
        near=_TOKEN,
        unless=_OTHER_LIVES,
    ),
    Pattern(
        Topic.TOKEN_LIFETIME,
        ignoring_case(r"\b(?:does not|doesn't|do not|don't|never) expires?\b"),
        _never,
        near=_TOKEN,
        unless=_OTHER_LIVES,
    ),
    Pattern(
        Topic.FREE_CREDITS, ignoring_case(r"(?<![\d.,~-])(?P<number>\d{1,6}) (?:free|trial|starter) credits\b"), _number
    ),
    Pattern(
        Topic.FREE_CREDITS,
        ignoring_case(
            r"(?:free trial|anonymous|trial|试用|令牌|token)[^|\d]{0,40}?"
            r"(?:[(（]|积分|\b(?:with|gets?|gives?|receives?|includes?|grants?)(?: you)?)"
            r" ?(?P<number>\d{1,6})[ -]*(?:credits\b|点|积分)"
        ),
        _number,
        unless=_OTHER_CREDITS,
    ),
    Pattern(
        Topic.FREE_CREDITS,
        ignoring_case(r"(?:赠送|免费获得|免费领取|自带|附带|含有?) ?(?P<number>\d{1,6}) ?(?:个|点)?(?:免费)?积分"),
        _number,
        unless=ignoring_case(r"充值|消耗|花费|邀请|注册|购买|套餐"),
    ),
    Pattern(
        Topic.FREE_CREDITS,
        ignoring_case(r'"credits" ?: ?(?P<number>\d{1,6})'),
        _number,
        unless=ignoring_case(r"available|frozen"),
        # Only in the response of the anonymous token's call, on one line or on several.
        in_line=ignoring_case(r'^\s*"credits"|token'),
    ),
    Pattern(
        Topic.SIZE_LIMIT,
        ignoring_case(
            r"(?:max\w*|largest|biggest|limit\w*|cap|up to|over|exceed\w*|larger than|reject|[>≤<]|最大|上限|超过)"
            rf"[^|\d]{{0,40}}?{_SIZE}"
        ),
        _megabytes,
        near=_FILE,
        unless=_OTHER_SIZES,
    ),
    Pattern(
        Topic.SIZE_LIMIT,
        # A file of some size that "uploads in 5 seconds" is an example, not a limit.
        ignoring_case(
            rf"{_SIZE} (?:max\w*\b|limits?\b|caps?\b|per (?:file|upload)\b|each\b"
            r"|(?:file|upload)s?[ -](?:size[ -])?(?:max\w*|limits?|caps?)\b)"
        ),
        _megabytes,
        near=_FILE,
        unless=_OTHER_SIZES,
    ),
    Pattern(Topic.STREAM_LIMIT, ignoring_case(r"--max-time[ =](?P<number>\d{1,6})\b"), _number, in_line=_STREAM),
    Pattern(
        Topic.STREAM_LIMIT,
        ignoring_case(rf"(?:time-?out|超时时间|最大超时|超时)[^|\d]{{0,20}}?{AMOUNT}"),
        seconds,
        in_line=_STREAM,
        unless=ignoring_case(r"heartbeat|poll|claim|connect|心跳|render|export"),
    ),
    Pattern(
        Topic.STREAM_LIMIT,
        ignoring_case(
            rf"\bstreams?\b[^|\d]{{0,25}}?\b(?:takes?|lasts?|runs?|(?:stays?|kept|keep) open|ends?)\b[^|\d]{{0,10}}?"
            rf"(?:\b(?:at most|up to|no longer than|max\w*)\b ?{AMOUNT}|{_OTHER} (?:at most|max\w*|at the longest)\b)"
        ),
        seconds,
        unless=ignoring_case(r"heartbeat|silen|quiet|without|\bwait|心跳"),
    ),
    Pattern(
        Topic.HEARTBEATS_ONLY,
        ignoring_case(rf"{AMOUNT}(?= (?:of )?(?:only )?heartbeats?\b)|heartbeats?[- ]only (?:for )?{_OTHER}"),
        seconds,
        unless=ignoring_case(r"\bevery\b|interval|\beach\b|每"),
    ),
    Pattern(
        Topic.STILL_WORKING,
        ignoring_case(rf"every {AMOUNT}|每 ?{_OTHER}"),
        seconds,
        in_line=ignoring_case(r"still working|仍在处理|⏳"),
        unless=ignoring_case(r"poll|轮询"),
    ),
    Pattern(
        Topic.TOKENS_PER_CLIENT,
        ignoring_case(rf"{_TOKENS}(?:per|/|an?) ?(?:each )?client(?: id)? ?{_PER}{_WEEK}"),
        _number,
    ),
    Pattern(Topic.TOKENS_PER_ADDRESS, ignoring_case(rf"{_TOKENS}{_PER}{_WEEK} ?{_PER}{_ADDRESS}"), _number),
    Pattern(Topic.TOKENS_PER_ADDRESS, ignoring_case(rf"{_TOKENS}(?:per|/|an?) ?{_ADDRESS}{_PER}{_WEEK}"), _number),
    Pattern(
        Topic.TOKENS_PER_HOUR, ignoring_case(rf"{_TOKENS}(?:per|/|an?) ?{_ADDRESS}(?:and )?(?:{_PER})?hour"), _number
    ),
    Pattern(
        Topic.RATE_RETRY,
        ignoring_case(rf"(?:retry|wait|try again)[^|\d]{{0,25}}?{AMOUNT}|{_OTHER}后重试"),
        seconds,
        in_line=RATE,
        unless=ignoring_case(r"\b1001\b|expire|state"),
    ),
)

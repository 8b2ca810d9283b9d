"""Rules about error codes: the known codes, their meanings, and the right actions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from nemovideo_contract.reports import Level
from nemovideo_contract.wire import Code
from nemovideo_skills.lint.document import Document
from nemovideo_skills.lint.error_codes import CodeRow
from nemovideo_skills.lint.rules.rule import Hit, format_source, rule


@dataclass(frozen=True, slots=True)
class _Meaning:
    """The meaning of a code, in a few words and as a pattern."""

    words: str
    pattern: re.Pattern[str]


def _means(words: str, pattern: str) -> _Meaning:
    return _Meaning(words, re.compile(pattern, re.IGNORECASE))


_MEANINGS: Final[Mapping[Code, _Meaning]] = {
    Code.EXPORT_BLOCKED: _means(
        "an export that is blocked by the plan or a missing attribution header",
        r"export|plan|tier|subscri|attribut|header|upgrade|导出|订阅|套餐",
    ),
    Code.MISSING_SCOPE: _means(
        "a scope that the token lacks", r"scope|permission|forbidden|denied|allowed|access|权限"
    ),
    Code.RATE_LIMITED: _means("too many tokens", r"rate|limit|many|thrott|quota|exceed|frequen|频率|速率|限流"),
    Code.TOKEN_INVALID: _means("a bad or expired token", r"token|auth|expired|令牌|未授权|认证"),
    Code.SESSION_NOT_FOUND: _means("an unknown session", r"session|会话"),
    Code.INSUFFICIENT_CREDITS: _means("too few credits", r"credit|balance|quota|积分|余额|额度"),
    Code.UNSUPPORTED_FILE: _means(
        "an unsupported kind of file",
        r"unsupport|not (?:supported|allowed|accepted)|(?:bad|invalid) file|type|format|不支持|类型|格式",
    ),
    Code.FILE_TOO_LARGE: _means("a file that is too large", r"large|size|big|exceed|over|\bMB\b|过大|大小|超"),
    # Last, because its words fit many meanings.
    Code.BAD_REQUEST: _means(
        "a missing X-Client-Id", r"client.?id|missing|bad|invalid|request|header|param|malformed|缺少|无效"
    ),
}
_SOURCES: Final = "; ".join(format_source(f"code-{number}") for number in (1001, 1002, 2001, 4001, 4002))
_CLIENT_ID: Final = re.compile(r"client.?id", re.IGNORECASE)
#: Codes whose words fit any code, so that these words alone are not wrong.
_VAGUE: Final = (Code.BAD_REQUEST,)
#: The smallest code of the service itself; smaller numbers are HTTP statuses, which any server may return.
_OWN_FROM: Final = 1000


@rule(
    "code-unknown",
    Level.WARNING,
    "Codes are 0, 1001, 1002, 2001, 4001 and 4002, and HTTP statuses.",
    _SOURCES,
    "Leave it out, and say that the agent shows other codes to the user unchanged.",
)
def code_unknown(document: Document) -> Iterator[Hit]:
    """Find codes that are not documented."""
    known = {int(code) for code in Code}
    for row in document.rows:
        if row.code >= _OWN_FROM and row.code not in known:
            yield Hit(row.offset, f"The code {row.code} is not documented for this API.")


@rule(
    "code-meaning",
    Level.ERROR,
    "Each code has its own meaning.",
    _SOURCES,
)
def code_meaning(document: Document) -> Iterator[Hit]:
    """Find codes with the meaning of another code."""
    for row in document.rows:
        other = _find_swapped_code(row)
        if other is not None:
            own = _MEANINGS[Code(row.code)]
            said = row.meaning.strip()
            message = f'It says "{said:.60}" about {row.code}, which means {own.words}; that is {int(other)}.'
            yield Hit(
                row.offset, message, f"{row.code} means {own.words}, {int(other)} means {_MEANINGS[other].words}."
            )


def _find_swapped_code(row: CodeRow) -> Code | None:
    """Return the code whose meaning the row gives to its own code, or None if the meaning is right or unclear."""
    own = _MEANINGS.get(Code(row.code)) if row.code in {int(code) for code in _MEANINGS} else None
    if own is None or own.pattern.search(row.meaning):
        return None
    other = next((code for code, each in _MEANINGS.items() if each.pattern.search(row.meaning)), None)
    return None if other in _VAGUE and not _CLIENT_ID.search(row.meaning) else other


@dataclass(frozen=True, slots=True)
class _Action:
    """A wrong action for a code, unless the row also matches `unless`."""

    code: Code
    wrong: re.Pattern[str]
    unless: re.Pattern[str]
    message: str
    advice: str


def _action(code: Code, wrong: str, unless: str, message: str, advice: str) -> _Action:
    return _Action(code, re.compile(wrong, re.IGNORECASE), re.compile(unless, re.IGNORECASE), message, advice)


_ACTIONS: Final = (
    _action(
        Code.EXPORT_BLOCKED,
        r"top.?up|(?:buy|purchase|add|get|need) (?:more )?credits|(?:out of|insufficient|no) credits|充值|积分不足",
        r"\bnot\b[^|]{0,20}credit|\bno credits? (?:issue|problem)|非积分|不是积分",
        "It treats 402 as missing credits; the cause is the plan, or missing attribution headers.",
        "Write: check the three X-Skill headers, else register or upgrade to export; credits do not help.",
    ),
    _action(
        Code.INSUFFICIENT_CREDITS,
        r"\bretry|try again|re-?send|重试",
        r"after|top.?up|\bbuy|regist|upgrade|bind|never|not|充值|注册",
        "It repeats a call after 2001; the balance is still too low.",
        "Write: stop; anonymous users register (with ?bind=<id>), registered ones top up.",
    ),
    _action(
        Code.SESSION_NOT_FOUND,
        r"re-?auth|anonymous-token|new token|重新认证",
        r"(?:new|create|start|another|fresh|re-?create)[^|]{0,15}session|会话",
        "It requests a new token after 1002; the token is valid, but the session is lost.",
        "Write: create a new session.",
    ),
    _action(
        Code.TOKEN_INVALID,
        r"\b(?:top.?up|buy credits|upgrade)\b",
        r"re-?auth|anonymous-token|new token",
        "It asks for money after 1001; the token is invalid or has expired.",
        "Write: request one new anonymous token with the same X-Client-Id.",
    ),
    _action(
        Code.RATE_LIMITED,
        r"\b(?:retry|try|repeat)\w*\b[^|\d]{0,30}\b(?:[2-9]|\d\d+)(?: (?:more )?times|x\b| retries)",
        r"\b(?:never|not|don't)\b",
        "It repeats a call more than once after 429.",
        "Write: wait 30 seconds, retry once, then tell the user.",
    ),
)  # fmt: skip


@rule(
    "code-action",
    Level.ERROR,
    "The advice for a code fits its cause: 1001 a token, 1002 a session, 2001 stop, 402 the plan, 429 one retry.",
    "; ".join(format_source(f"code-{number}") for number in (402, 429, 1001, 1002, 2001)),
)
def code_action(document: Document) -> Iterator[Hit]:
    """Find actions that can't help."""
    for row in document.rows:
        # A row with the meaning of another code also has its action: report the mistake once.
        for each in () if _find_swapped_code(row) is not None else _ACTIONS:
            if row.code == each.code and each.wrong.search(row.text) and not each.unless.search(row.text):
                yield Hit(row.offset, each.message, each.advice)


RULES = (code_unknown, code_meaning, code_action)
